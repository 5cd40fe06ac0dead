"""Programmes in the console: what a notice says, checking a file, publishing it, and bringing people to a new version."""

import html
import io
import re
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from console import programmes as programme_pages
from models import AuditEntry, Enrolment, Programme
from services import programmes
from services.programme_overview import digest_of
from tests import factories
from tests.console.conftest import Staff, Tree
from tests.console.instant_jobs import with_instant_jobs
from tests.programmes.notices import PHASE2, phase2_text
from tests.services.awarding import DURING, awarding

SLUG = "xuchang-2022-phase2"
VERSION = ("version = 1", 'version = 2\nchanges = "合格分有变"')
EASIER = ("mark = 90", "mark = 60")


@pytest.fixture
def operator(staff: Callable[..., Staff]) -> Staff:
    return staff("operator")


@pytest.fixture
def published(session: Session) -> Programme:
    row = programmes.publish(session, PHASE2, DURING)
    session.commit()
    return row


def check(who: Staff, text: str, **more):
    return who.post("/programmes/check", {"text": text, "slug": ""} | more, content_type="multipart/form-data")


def digest(reply) -> str:
    return re.search(r'name="checked" value="([0-9a-f]+)"', reply.text).group(1)


def publish(who: Staff, text: str, checked: str, slug: str = ""):
    form = {"text": text, "checked": checked, "slug": slug}
    return who.post("/programmes/publish", form, content_type="multipart/form-data")


def versions(session: Session) -> list[int]:
    return list(session.scalars(sa.select(Programme.version).order_by(Programme.version)))


class TestReading:
    def test_a_county_sees_all_programmes_and_how_many_of_its_own_take_part(
        self, staff: Callable[..., Staff], tree: Tree, published: Programme, session: Session
    ) -> None:
        for school in (tree.east_school, tree.west_school):
            factories.enrolment(session, factories.account(session, school_id=school.id), published)
        session.commit()
        page = staff("county_admin", tree.east).get("/programmes").text
        assert published.title in html.unescape(page)
        assert re.search(r'data-label="参训人数" class="number">1<', page)

    def test_what_the_notice_says_with_its_clauses_and_todays_phase(
        self, staff: Callable[..., Staff], tree: Tree, published: Programme
    ) -> None:
        page = staff("county_admin", tree.east).get(f"/programmes/{SLUG}").text
        for said in (
            "红线是今天",
            "今天",
            "按学时比例计分",
            "满分 100 分，达到 90 分为合格",
            "优秀 10 分",
            "通知 五",
            "个按通知原文写的情形",
            "审读",
        ):
            assert said in page
        assert " style=" not in page

    def test_who_accepted_what_and_why(self, staff: Callable[..., Staff], tree: Tree, published: Programme) -> None:
        rules = programmes.programmes.load(PHASE2)
        page = html.unescape(staff("county_admin", tree.east).get(f"/programmes/{SLUG}").text)
        for acceptance in rules.accepted:
            assert acceptance.reason in page
            assert acceptance.by in page

    def test_versions_differ_in_words(
        self, staff: Callable[..., Staff], tree: Tree, published: Programme, session: Session
    ) -> None:
        programmes.publish(session, phase2_text(VERSION, EASIER, accept=True), DURING)
        session.commit()
        page = staff("county_admin", tree.east).get(f"/programmes/{SLUG}/versions").text
        assert "合格条件的合格分" in page
        assert "pass_rule.mark" in page
        assert staff("county_admin", tree.east).get(f"/programmes/{SLUG}/versions?version=9").status_code == 404

    @pytest.mark.parametrize("path", ["", "/versions", "/difference", "/applying"])
    def test_a_programme_that_there_is_not(self, operator: Staff, path: str) -> None:
        assert operator.get(f"/programmes/nothing{path}").status_code == 404


class TestChecking:
    def test_findings_are_shown_with_clause_and_keep_it_from_being_published(
        self, operator: Staff, published: Programme, session: Session
    ) -> None:
        text = phase2_text(VERSION, ('code = "payment_no_deadline"', 'code = "another"'))
        page = check(operator, text)
        assert "未决" in page.text
        assert "不能发布" in page.text
        assert 'name="checked"' not in page.text
        assert publish(operator, text, "").status_code == 422
        assert versions(session) == [1]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "文件是空的"),
            ("这不是 TOML", "第 1 行"),
            ("a = " + "[" * 5000, "语法错误"),
            ("x" * (201 * 1024), "超过 200 kB"),
            ("id = 'a\x00b'", "第 1 行"),
            (PHASE2.replace('title = "许昌', "title = 7 #", 1), "应为文字"),
            (PHASE2.replace(f'id = "{SLUG}"', 'id = "../../etc"', 1), "只能用小写英文字母"),
        ],
        ids=["empty", "no TOML", "nested", "huge", "zero", "wrong type", "hostile id"],
    )
    def test_a_broken_file_is_told_and_what_was_written_stays_on_the_page(
        self, operator: Staff, session: Session, text: str, said: str
    ) -> None:
        reply = check(operator, text)
        assert reply.status_code == 422
        assert said in html.unescape(reply.text)
        assert versions(session) == []

    def test_a_file_that_is_not_utf_8(self, operator: Staff) -> None:
        reply = check(operator, "", file=(io.BytesIO(PHASE2.encode("gb18030")), "programme.toml"))
        assert reply.status_code == 422
        assert "不是 UTF-8 文本" in reply.text

    def test_a_file_of_another_programme(self, operator: Staff) -> None:
        assert "不是 another 的" in check(operator, PHASE2, slug="another").text

    def test_markup_in_a_file_stays_text(self, operator: Staff) -> None:
        reply = check(operator, 'id = "</textarea><script>alert(1)</script>"')
        assert "<script>alert" not in reply.text

    def test_a_file_of_many_small_tables_takes_no_long_time(self, operator: Staff) -> None:
        text = PHASE2 + "".join(f'\n[[rules]]\ntitle = "要求{n}"\nclause = "虚构"\n' for n in range(3000))
        began = time.monotonic()
        assert check(operator, text).status_code in (200, 422)
        assert time.monotonic() - began < 10


class TestPublishing:
    def test_exactly_what_was_checked_is_published_whatever_line_ends_a_browser_sends(
        self, operator: Staff, published: Programme, session: Session
    ) -> None:
        text = phase2_text(VERSION, EASIER, accept=True)
        reply = check(operator, text.replace("\n", "\r\n"))
        assert "可以发布" in reply.text
        assert publish(operator, text.replace("\n", "\r\n") + "# 改", digest(reply)).status_code == 422
        assert versions(session) == [1]
        assert publish(operator, text.replace("\n", "\r\n"), digest(reply)).status_code == 302
        assert programmes.latest(session, SLUG).document == text
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "publish")).one()
        assert (entry.target_id, entry.detail["version"]) == (SLUG, 2)

    def test_somebody_else_published_another_file_of_that_version_meanwhile(
        self, operator: Staff, published: Programme, session: Session
    ) -> None:
        text = phase2_text(VERSION, EASIER, accept=True)
        seen = digest(check(operator, text))
        programmes.publish(session, phase2_text(VERSION, accept=True), DURING)
        session.commit()
        reply = publish(operator, text, seen)
        assert reply.status_code == 422
        assert "已经发布，内容不同" in reply.text
        assert versions(session) == [1, 2]

    def test_a_bureau_checks_and_publishes_nothing(
        self, staff: Callable[..., Staff], tree: Tree, published: Programme, session: Session
    ) -> None:
        city = staff("city_admin", tree.city)
        text = phase2_text(VERSION, EASIER, accept=True)
        reply = check(city, text)
        assert "可以发布" in reply.text
        assert "formaction" not in reply.text
        assert publish(city, text, digest_of(text)).status_code == 403
        assert city.get(f"/programmes/{SLUG}/difference").status_code == 403
        assert city.post(f"/programmes/{SLUG}/apply", {"seen": "x", "version": "2"}).status_code == 403
        assert versions(session) == [1]


class TestApplying:
    @pytest.fixture
    def learner(self, session: Session) -> Enrolment:
        """Sixty points by the first version, which asks for ninety; the second asks for sixty."""
        made = awarding(session, ("mark = 60", "mark = 90"))
        one = made.learner(60)
        text = made.programme.document.replace(*VERSION, 1).replace("mark = 90", "mark = 60", 1)
        programmes.publish(session, text, DURING)
        session.commit()
        return one

    def seen(self, reply) -> dict[str, str]:
        return {name: re.search(rf'name="{name}" value="([^"]+)"', reply.text).group(1) for name in ("seen", "version")}

    def version_of(self, session: Session, learner: Enrolment) -> int:
        session.refresh(learner)
        return session.get_one(Programme, learner.programme_id).version

    @pytest.mark.parametrize("most", [2000, 0], ids=["at once", "in the background"])
    def test_who_would_change_is_seen_and_then_applied(
        self,
        app: Flask,
        operator: Staff,
        learner: Enrolment,
        session: Session,
        monkeypatch: pytest.MonkeyPatch,
        most: int,
    ) -> None:
        with_instant_jobs(app)
        monkeypatch.setattr(programme_pages, "MOST_AT_ONCE", most)
        if not most:
            assert "开始比较" in operator.get(f"/programmes/{SLUG}/difference").text
            operator.post(f"/programmes/{SLUG}/difference")
        page = operator.get(f"/programmes/{SLUG}/difference")
        assert "不合格变为合格：1 人" in page.text
        reply = operator.post(f"/programmes/{SLUG}/apply", self.seen(page), follow_redirects=True)
        assert "1 个报名已换到" in reply.text
        assert self.version_of(session, learner) == 2
        steps = [
            detail["step"]
            for detail in session.scalars(sa.select(AuditEntry.detail).where(AuditEntry.action == "publish"))
        ]
        assert steps == (["apply"] if most else ["moved", "apply"] if steps[0] == "moved" else ["apply", "moved"])

    @pytest.mark.parametrize("wrong", [{"seen": "0" * 16}, {"seen": ""}, {"version": "1"}, {"version": "x"}])
    def test_what_was_not_seen_is_not_applied(
        self, operator: Staff, learner: Enrolment, session: Session, wrong: dict[str, str]
    ) -> None:
        seen = self.seen(operator.get(f"/programmes/{SLUG}/difference"))
        assert operator.post(f"/programmes/{SLUG}/apply", seen | wrong).status_code == 409
        assert self.version_of(session, learner) == 1

    def test_a_version_that_came_meanwhile_is_not_applied(
        self, operator: Staff, learner: Enrolment, session: Session
    ) -> None:
        seen = self.seen(operator.get(f"/programmes/{SLUG}/difference"))
        text = programmes.latest(session, SLUG).document.replace("version = 2", "version = 3", 1)
        programmes.publish(session, text.replace("mark = 60", "mark = 70", 1), DURING)
        session.commit()
        reply = operator.post(f"/programmes/{SLUG}/apply", seen)
        assert reply.status_code == 409
        assert "请重新查看差异" in reply.text
        assert self.version_of(session, learner) == 1
