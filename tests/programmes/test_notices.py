"""Each published notice agrees with the situations written beside it."""

import re

import pytest

import programmes
from programmes import cases
from tests.programmes.notices import NOTICES, phase2

FOLDERS = sorted(path.parent for path in NOTICES.glob("*/programme.toml"))
SITUATIONS = [
    (folder.name, case)
    for folder in FOLDERS
    for case in cases.load((folder / "cases.toml").read_text(encoding="utf-8"))
]


@pytest.mark.parametrize(("notice", "case"), SITUATIONS, ids=[f"{name}: {case.says}" for name, case in SITUATIONS])
def test_a_situation_earns_what_the_notice_says(notice, case):
    programme = programmes.load((NOTICES / notice / "programme.toml").read_text(encoding="utf-8"))
    assert cases.differences(programme, case) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
class TestEachNotice:
    def test_its_id_is_the_folders_name(self, folder):
        assert programmes.load((folder / "programme.toml").read_text(encoding="utf-8")).id == folder.name

    def test_it_has_a_dozen_situations_or_more(self, folder):
        assert len(cases.load((folder / "cases.toml").read_text(encoding="utf-8"))) >= 12

    def test_any_single_number_or_date_put_into_quotes_is_refused_with_its_line(self, folder):
        text = (folder / "programme.toml").read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r"(\w+ = )([\d.:T-]+|true|false)(\s|$)", line)
            if match:
                lines = text.splitlines()
                lines[number - 1] = f'{match[1]}"{match[2]}"'
                with pytest.raises(programmes.ProgrammeError, match=f"第 {number} 行"):
                    programmes.load("\n".join(lines))


class TestDifferences:
    case = cases.load(
        """
        [[cases]]
        says = "错误的期望"
        on = 2022-08-01
        credited = { ethics = 1, gardening = 1 }
        [cases.expect]
        phase = "login_test"
        study_open = false
        hours = { ethics = 2, cooking = 1 }
        score = 3
        """
    )[0]

    def test_each_is_a_line(self):
        assert cases.differences(phase2(), self.case) == [
            "没有模块 gardening",
            "study_open：应为 False，实为 True",
            "score：应为 3.0，实为 1.0",
            "phase：应为 login_test，实为 study",
            "hours.ethics：应为 2.0，实为 1.0",
            "hours.cooking：应为 1.0，实为 None",
        ]

    def test_a_broken_case_is_refused_with_its_line(self):
        with pytest.raises(programmes.ProgrammeError, match="第 4 行"):
            cases.load('[[cases]]\nsays = "x"\non = 2022-08-01\nexpected = {}\n[cases.expect]\n')
