"""flask programme, flask catalogue."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from models import Result
from programmes import demonstration
from server.cli.programme import catalogue_group, programme_group
from server.cli.programme_lint import lint_command
from services import programmes
from tests.programmes.clean import CATALOGUE, NOTICE
from tests.programmes.notices import NOTICES, phase2_text
from tests.services.studying import NOW, cast

PHASE2 = str(NOTICES / "xuchang-2022-phase2" / "programme.toml")


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda group, *arguments: runner.invoke(group, list(arguments))


def file(tmp_path, text: str) -> str:
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


class TestPublish:
    def test_a_notice_and_the_list_of_what_is_published(self, run):
        published = run(programme_group, "publish", PHASE2)
        assert published.exit_code == 0
        assert "已发布 xuchang-2022-phase2 第 1 版" in published.output
        assert run(programme_group, "publish", PHASE2).exit_code == 0
        listed = run(programme_group, "list").output
        assert listed.count("xuchang-2022-phase2") == 1
        assert "2022-08-01 09:00" in listed

    def test_a_changed_text_of_the_same_version_is_refused(self, run, tmp_path):
        run(programme_group, "publish", PHASE2)
        changed = run(programme_group, "publish", file(tmp_path, phase2_text(("mark = 90", "mark = 80"))))
        assert changed.exit_code == 1
        assert "请提高 version" in changed.output

    def test_a_broken_file_says_where(self, run, tmp_path):
        broken = run(programme_group, "publish", file(tmp_path, phase2_text(("mark = 90", 'mark = "90"'))))
        assert broken.exit_code == 1
        assert 'pass_rule.mark = "90"' in broken.output
        assert "Traceback" not in broken.output

    def test_a_file_that_is_not_text(self, run, tmp_path):
        path = tmp_path / "x.toml"
        path.write_bytes(b"\xff\xfe\x00")
        assert "不是 UTF-8 文本" in run(programme_group, "publish", str(path)).output

    def test_a_finding_that_nobody_accepted_is_refused_by_name(self, run, tmp_path):
        path = file(tmp_path, phase2_text(("per_head = 180", "per_head = 181")))
        refused = run(programme_group, "publish", path)
        assert refused.exit_code == 1
        assert "fee_arithmetic，at = fee" in refused.output
        assert "3 × 60 = 180 元" in refused.output
        assert "xuchang" not in run(programme_group, "list").output

    def test_what_was_accepted_is_shown_with_who_and_why(self, run):
        published = run(programme_group, "publish", PHASE2).output
        assert "✓ points_sum，at = pass_rule.total，条款：三" in published
        assert "学时项目组 于 2026-11-22 接受：" in published


class TestLint:
    @pytest.fixture
    def bare(self):
        """The command by itself, as where there are no settings."""
        return lambda *arguments: CliRunner().invoke(lint_command, list(arguments))

    def test_all_notices(self, bare):
        told = bare()
        assert told.exit_code == 0, told.output
        for notice in ("kaifeng-2018", "shexian-2022", "xuchang-2021-phase1", "xuchang-2022-phase2", "yangcheng-2021"):
            assert f"{notice} 第 1 版" in told.output

    def test_an_open_finding_fails_in_both_languages(self, bare, tmp_path):
        told = bare(file(tmp_path, NOTICE.replace("per_head = 125", "per_head = 120")))
        assert told.exit_code == 1
        assert "✗ fee_arithmetic，at = fee，条款：八" in told.output
        assert "线上学时 2.5 × 50 = 125 元，全部学时 2.5 × 60 = 150 元，都不是 120 元" in told.output
        assert "2.5 × 50 = 125, 2.5 × 60 = 150; none of them is 120" in told.output

    def test_a_stale_acceptance_only_warns(self, bare, tmp_path):
        stale = (
            '\n[[accepted]]\ncode = "fee_arithmetic"\nat = "fee"\nreason = "照原文执行"\nby = "某人"\non = 2025-02-01\n'
        )
        told = bare(file(tmp_path, NOTICE + stale))
        assert told.exit_code == 0
        assert "没有这个问题，而文件里还有接受它的理由" in told.output

    def test_a_catalogue_that_is_too_short(self, bare, tmp_path):
        notice, courses = file(tmp_path, NOTICE), tmp_path / "courses.toml"
        courses.write_text(CATALOGUE, encoding="utf-8")
        assert bare(notice, "--catalogue", str(courses)).exit_code == 0
        courses.write_text(CATALOGUE.replace("13500", "60"), encoding="utf-8")
        told = bare(notice, "--catalogue", str(courses))
        assert told.exit_code == 1
        assert "catalogue_short，at = 小学/语文" in told.output

    def test_a_catalogue_belongs_to_one_notice(self, bare, tmp_path):
        assert bare("--catalogue", file(tmp_path, CATALOGUE)).exit_code == 2

    def test_as_json(self, bare):
        told = json.loads(bare("xuchang-2022-phase2", "--json").output)
        [notice] = told
        sums = next(finding for finding in notice["findings"] if finding["code"] == "points_sum")
        assert (sums["at"], sums["clause"], sums["accepted"]["by"]) == ("pass_rule.total", "三", "学时项目组")
        assert "= 90" in sums["zh"]
        assert "= 90" in sums["en"]

    def test_a_broken_file_says_where(self, bare, tmp_path):
        told = bare(file(tmp_path, NOTICE.replace("mark = 60", 'mark = "60"', 1)))
        assert told.exit_code == 1
        assert 'pass_rule.mark = "60"（条款 五）' in told.output

    def test_an_unknown_notice(self, bare):
        assert "没有 nowhere，现有 kaifeng-2018" in bare("nowhere").output


def test_a_notice_may_be_any_file_whatever_its_name(tmp_path):
    copy = tmp_path / "notice.txt"
    copy.write_bytes(Path(PHASE2).read_bytes())
    assert CliRunner().invoke(lint_command, [str(copy)]).exit_code == 0


class TestVersions:
    SECOND = (("version = 1", 'version = 2\nchanges = "改正"'), ("mark = 90", "mark = 1"))

    @pytest.fixture
    def them(self, session):
        made = cast(session)
        made.studied(made.ethics.lessons[0], 2700)
        programmes.publish(session, phase2_text(*self.SECOND, accept=True), NOW)
        session.commit()
        return made

    def test_the_difference_and_then_applying_it(self, run, session, them, tmp_path):
        out = tmp_path / "who.csv"
        told = run(programme_group, "diff", "xuchang-2022-phase2", "--out", str(out))
        assert told.exit_code == 0, told.output
        assert "pass_rule.mark：90 → 1" in told.output
        assert "不合格变为合格 1 人" in told.output
        assert "1 分不合格 → 1 分合格" in told.output
        header, row = out.read_text(encoding="utf-8-sig").splitlines()
        assert header.startswith("报名编号,现版本,姓名")
        assert row.split(",")[1:3] == ["1", them.teacher.name]
        session.rollback()
        command = told.output.splitlines()[-1].split("flask programme ")[1].split()
        applied = run(programme_group, *command)
        assert applied.output == "1 个报名已换到 xuchang-2022-phase2 第 2 版\n"
        assert "没有报名需要更换版本" in run(programme_group, *run_again(run)).output

    def test_the_same_again_ends_what_was_cut_off(self, run, session, them):
        command = run_again(run)
        run(programme_group, *command)
        with session.begin():
            session.execute(sa.delete(Result))  # as if it had been killed right after the move
        assert run(programme_group, *command).output == "没有报名需要更换版本\n"
        assert session.scalars(sa.select(Result.passed)).all() == [True]

    def test_a_file_that_cannot_be_written_is_one_line(self, run, them, tmp_path):
        refused = run(programme_group, "diff", "xuchang-2022-phase2", "--out", str(tmp_path / "nowhere" / "who.csv"))
        assert refused.exit_code == 1
        assert "文件不能打开或写入" in refused.output

    def test_applying_what_nobody_saw(self, run, them):
        refused = run(programme_group, "apply", "xuchang-2022-phase2", "2", "--seen", "0")
        assert refused.exit_code == 1
        assert "请重新查看差异" in refused.output

    def test_a_programme_that_was_never_published(self, run):
        refused = run(programme_group, "diff", "nowhere")
        assert refused.exit_code == 1
        assert "没有发布过项目 nowhere" in refused.output


def run_again(run) -> list[str]:
    """The command that the difference ends with."""
    return (
        run(programme_group, "diff", "xuchang-2022-phase2").output.splitlines()[-1].split("flask programme ")[1].split()
    )


class TestCases:
    def test_all_agree(self, run):
        tried = run(programme_group, "cases")
        assert tried.exit_code == 0, tried.output
        assert tried.output.count("✓") >= 12
        assert "✗" not in tried.output

    def test_one_notice(self, run):
        assert "许昌市" in run(programme_group, "cases", "xuchang-2022-phase2").output

    def test_an_unknown_notice(self, run):
        unknown = run(programme_group, "cases", "nowhere")
        assert unknown.exit_code == 1
        assert "xuchang-2022-phase2" in unknown.output

    def test_a_disagreement_fails_and_is_shown(self, run, tmp_path, monkeypatch):
        folder = tmp_path / "mended"
        folder.mkdir()
        (folder / "programme.toml").write_text(phase2_text(("hours = 15", "hours = 16")), encoding="utf-8")
        (folder / "cases.toml").write_text(
            '[[cases]]\nsays = "应差 15 学时"\non = 2022-08-01\n[cases.expect]\npoints = { ethics = 1 }\n',
            encoding="utf-8",
        )
        monkeypatch.setattr("server.cli.notices.NOTICES", tmp_path)
        tried = run(programme_group, "cases")
        assert tried.exit_code == 1
        assert "✗ 应差 15 学时" in tried.output
        assert "points.ethics：应为 1.0，实为 0.0" in tried.output


class TestCatalogue:
    def test_it_is_imported_once(self, run, tmp_path):
        run(programme_group, "publish", PHASE2)
        path = file(tmp_path, demonstration.catalogue())
        assert (
            "新增课程 8 门、课时 12 个，更新 0 处" in run(catalogue_group, "import", "xuchang-2022-phase2", path).output
        )
        assert (
            "新增课程 0 门、课时 0 个，更新 0 处" in run(catalogue_group, "import", "xuchang-2022-phase2", path).output
        )

    def test_bad_rows_are_named(self, run, tmp_path):
        run(programme_group, "publish", PHASE2)
        path = file(tmp_path, demonstration.catalogue().replace('"ability"', '"gardening"'))
        done = run(catalogue_group, "import", "xuchang-2022-phase2", path)
        assert done.exit_code == 1
        assert done.output.count("没有模块 gardening") == 2

    def test_an_unknown_programme(self, run, tmp_path):
        done = run(catalogue_group, "import", "nowhere", file(tmp_path, demonstration.catalogue()))
        assert done.exit_code == 1
        assert "没有发布过项目 nowhere" in done.output
