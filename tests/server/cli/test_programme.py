"""flask programme, flask catalogue."""

import pytest

from programmes import demonstration
from server.cli.programme import catalogue_group, programme_group
from tests.programmes.notices import NOTICES, phase2_text

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
        assert "现有 xuchang-2022-phase2" in unknown.output

    def test_a_disagreement_fails_and_is_shown(self, run, tmp_path, monkeypatch):
        folder = tmp_path / "mended"
        folder.mkdir()
        (folder / "programme.toml").write_text(phase2_text(("hours = 15", "hours = 16")), encoding="utf-8")
        (folder / "cases.toml").write_text(
            '[[cases]]\nsays = "应差 15 学时"\non = 2022-08-01\n[cases.expect]\npoints = { ethics = 1 }\n',
            encoding="utf-8",
        )
        monkeypatch.setattr("server.cli.programme.NOTICES", tmp_path)
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
