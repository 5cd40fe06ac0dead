"""Each published notice agrees with the situations written beside it."""

import re

import pytest

import programmes
from programmes import cases
from tests.programmes.notices import NOTICES, phase2

FOLDERS = sorted(path.parent for path in NOTICES.glob("*/programme.toml"))
SITUATIONS = [
    (path.parent.name, case)
    for path in sorted(NOTICES.glob("*/cases.toml"))
    for case in cases.load(path.read_text(encoding="utf-8"))
]
PROGRAMMES = {
    folder.name: programmes.load((folder / "programme.toml").read_text(encoding="utf-8")) for folder in FOLDERS
}
#: A number, date, moment or truth value as TOML writes it, wherever it stands in a line.
BARE = re.compile(r"(?<= = )(?:[\d.:T-]+|true|false)(?=[\s,}\]]|$)")


@pytest.mark.parametrize(("notice", "case"), SITUATIONS, ids=[f"{name}: {case.says}" for name, case in SITUATIONS])
def test_a_situation_earns_what_the_notice_says(notice, case):
    assert cases.differences(PROGRAMMES[notice], case) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
class TestEachNotice:
    def test_its_id_is_the_folders_name(self, folder):
        assert PROGRAMMES[folder.name].id == folder.name

    def test_it_has_sixteen_situations_or_more_none_told_twice(self, folder):
        said = [case.says for name, case in SITUATIONS if name == folder.name]
        assert len(said) >= 16
        assert len(set(said)) == len(said)

    def test_every_situation_expects_something(self, folder):
        nothing = cases.Expected()
        assert not [case.says for name, case in SITUATIONS if name == folder.name and case.expect == nothing]

    def test_any_single_number_or_date_put_into_quotes_is_refused_with_its_line(self, folder):
        lines = (folder / "programme.toml").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            for match in BARE.finditer(line):
                quoted = f'{line[: match.start()]}"{match[0]}"{line[match.end() :]}'
                with pytest.raises(programmes.ProgrammeError, match=f"第 {number} 行"):
                    programmes.load("\n".join([*lines[: number - 1], quoted, *lines[number:]]))


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
