"""Handing in over HTTP: what is to be done, submit, replace, too late by a second, graded, sent back, another's, hostile."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Achievement
from services import refresh_tokens
from services.marks import grading
from services.marks.judgements import Judgement
from services.marks.staff import Staff
from services.tokens import AccessClaims
from tests.services.handing_in.class_room import NOW, OTHER_TEXT, OVER, TEXT, class_of
from tests.teachers import collaborators

ODD_TEXTS = [
    "', '); DROP TABLE achievement; --",
    "%s %(x)s :x ?",
    "一\r\n\t二",
    "𠮷😀" * 50,
    "反\u202e转",
    "e\u0301 é",
    "<script>1</script>",
]


def asking(app, client, session, clock, enrolment):
    """ask("GET", "/parts") below the enrolment, as its teacher."""
    who, here = enrolment.account, f"/v1/enrolments/{enrolment.id}"
    claims = AccessClaims(who.id, who.token_version, f"family-{who.id}")
    refresh_tokens.start(session, who, 3600, clock(), family=claims.family)
    session.commit()

    def ask(method, path, body=None, *, at=here):
        headers = {"Authorization": f"Bearer {collaborators(app).tokens.issue_access(claims, clock())}"}
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return client.open(at + path, method=method, data=sent, headers=headers, content_type="application/json")

    return ask


@pytest.fixture
def them(session, clock):
    return class_of(session)


@pytest.fixture
def ask(app, client, session, clock, them):
    return asking(app, client, session, clock, them.learners[0])


@pytest.fixture
def judge(session, them):
    def judge(grade="良好", comment="", now=NOW):
        staff = Staff(them.leader.id, them.workshop.id)
        given = Judgement(grade=grade)
        grading.record(session, staff, them.learners[0].id, "summary", given, comment=comment, now=now)
        session.commit()

    return judge


def part(ask, key):
    return next(part for part in ask("GET", "/parts").get_json() if part["key"] == key)


def code(reply, status):
    assert (reply.status_code, reply.mimetype) == (status, "application/problem+json"), reply.text
    return reply.get_json()["code"]


def rows(session):
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(Achievement))


SUMMARY = "/parts/summary/items/1"


class TestParts:
    def test_rules_template_and_deadline(self, ask):
        parts = ask("GET", "/parts").get_json()
        assert [part["key"] for part in parts] == ["stories", "summary", "discussion", "posts", "report", "abilities"]
        assert parts[1] == {
            "key": "summary",
            "kind": "graded",
            "title": "作业“我的培训总结”",
            "clause": "三",
            "assumed": "",
            "module": "ability",
            "points_max": 10.0,
            "points_each": None,
            "grades": {"优秀": 10.0, "良好": 8.0, "中等": 6.0, "不及格": 4.0},
            "needed": 1,
            "most": 1,
            "min_words": None,
            "about_words": 800,
            "template": ["优势分析", "劣势分析"],
            "original": True,
            "opens_at": "2022-07-16T00:00:00+08:00",
            "closes_at": "2022-11-01T00:00:00+08:00",
            "state": "open",
            "comment": "",
            "items": [],
        }
        assert (parts[4]["min_words"], parts[4]["closes_at"]) == (30, "2022-10-01T00:00:00+08:00")
        assert (parts[5]["points_each"], parts[5]["needed"]) == (10, 3)

    def test_what_was_handed_in_graded_and_sent_back(self, ask, judge, session, them, clock):
        ask("PUT", SUMMARY, {"text": TEXT, "title": "总结"})
        assert part(ask, "summary")["state"] == "waiting"
        judge("中等", "请写具体些")
        seen = part(ask, "summary")
        assert (seen["state"], seen["comment"]) == ("graded", "请写具体些")
        [item] = seen["items"]
        assert (item["item"], item["title"], item["words"], item["grade"]) == ("1", "总结", 41, "中等")
        assert (item["handed_in_at"], item["state"]) == ("2022-08-01T09:00:00+08:00", "graded")
        assert "text" not in item
        staff = Staff(them.leader.id, them.workshop.id)
        grading.send_back(session, staff, them.learners[0].id, "summary", comment="重写", now=clock())
        seen = part(ask, "summary")
        assert (seen["state"], seen["comment"], seen["items"][0]["state"]) == ("returned", "重写", "returned")
        clock.set(OVER)
        assert part(ask, "summary")["state"] == "closed"


class TestHandIn:
    def test_submit_read_replace_and_the_same_again(self, ask, session, clock):
        first = ask("PUT", SUMMARY, {"text": TEXT})
        assert (first.status_code, first.get_json()["state"]) == (200, "waiting")
        assert ask("PUT", SUMMARY, {"text": TEXT}).get_json() == first.get_json()
        clock.advance(60)
        assert ask("PUT", SUMMARY, {"text": OTHER_TEXT}).get_json()["handed_in_at"] == "2022-08-01T09:01:00+08:00"
        shown = ask("GET", SUMMARY)
        assert shown.get_json()["text"] == OTHER_TEXT
        assert shown.headers["Cache-Control"] == "no-store"
        assert rows(session) == 1

    def test_too_late_by_a_second(self, ask, session, clock):
        clock.set(OVER - timedelta(seconds=1))
        assert ask("PUT", SUMMARY, {"text": TEXT}).status_code == 200
        clock.advance(1)
        assert ask("PUT", SUMMARY, {"text": TEXT}).status_code == 200  # the same again: it was in time
        late = ask("PUT", SUMMARY, {"text": OTHER_TEXT})
        assert code(late, 409) == "too_late"
        assert late.get_json()["closed_at"] == "2022-11-01T00:00:00+08:00"
        assert code(ask("PUT", "/parts/stories/items/1", {"text": TEXT}), 409) == "too_late"
        assert ask("GET", SUMMARY).get_json()["text"] == TEXT

    def test_too_early(self, ask, clock):
        clock.set(NOW - timedelta(days=30))
        early = ask("PUT", SUMMARY, {"text": TEXT})
        assert code(early, 409) == "too_early"
        assert early.get_json()["opens_at"] == "2022-07-16T00:00:00+08:00"

    def test_graded_it_stays_and_sent_back_it_may_come_again(self, ask, judge, session, them, clock):
        ask("PUT", SUMMARY, {"text": TEXT})
        judge()
        assert code(ask("PUT", SUMMARY, {"text": OTHER_TEXT}), 409) == "already_graded"
        assert code(ask("DELETE", SUMMARY), 409) == "already_graded"
        staff = Staff(them.leader.id, them.workshop.id)
        grading.send_back(session, staff, them.learners[0].id, "summary", comment="重写", now=clock())
        again = ask("PUT", SUMMARY, {"text": OTHER_TEXT}).get_json()
        assert (again["state"], again["grade"], again["comment"]) == ("waiting", None, "")

    def test_taken_back_it_is_gone_and_again_is_harmless(self, ask, session):
        ask("PUT", SUMMARY, {"text": TEXT})
        assert [ask("DELETE", SUMMARY).status_code for _ in range(2)] == [204, 204]
        assert code(ask("GET", SUMMARY), 404) == "not_found"
        assert rows(session) == 0

    def test_too_few_words_are_told_with_both_numbers(self, ask):
        reply = ask("PUT", "/parts/report/items/1", {"text": "学习很认真。"})
        assert code(reply, 422) == "invalid"
        assert reply.get_json()["errors"] == [{"field": "text", "reason": "现有 6 字，要求不少于 30 字"}]

    def test_a_micro_ability_in_one_spelling(self, ask):
        body = {"text": "已上传课堂实录", "dimension": "学情分析"}
        assert ask("PUT", "/parts/abilities/items/a1", body).get_json()["item"] == "A1"
        assert ask("GET", "/parts/abilities/items/A1").get_json()["dimension"] == "学情分析"
        assert ask("PUT", "/parts/abilities/items/技术支持的课堂导入", body).status_code == 200

    def test_more_than_can_count(self, ask):
        assert code(ask("PUT", "/parts/summary/items/2", {"text": TEXT}), 409) == "too_many_items"

    def test_who_is_exempt_hands_in_nothing(self, ask, session, them):
        them.learners[0].status = "exempt"
        session.commit()
        assert code(ask("PUT", SUMMARY, {"text": TEXT}), 409) == "not_taking_part"


class TestRefused:
    def test_anothers_enrolment_is_not_found(self, ask, them, session):
        them.hand_in(them.learners[1])
        session.commit()
        there = f"/v1/enrolments/{them.learners[1].id}"
        assert code(ask("GET", "/parts", at=there), 404) == "not_found"
        for method, body in (("GET", None), ("PUT", {"text": OTHER_TEXT}), ("DELETE", None)):
            assert code(ask(method, SUMMARY, body, at=there), 404) == "not_found"
        assert rows(session) == 1

    @pytest.mark.parametrize(
        "key", ["ethics", "exam", "school", "offline", "nothing", "%00", "x" * 2000, "..", "' OR 1=1"]
    )
    def test_a_part_that_is_not_handed_in(self, ask, session, key):
        for method, body in (("GET", None), ("PUT", {"text": TEXT}), ("DELETE", None)):
            assert code(ask(method, f"/parts/{key}/items/1", body), 404)
        assert rows(session) == 0

    @pytest.mark.parametrize("item", ["0", "01", "-1", "1.5", "x", "%00", "1%2F2", "9" * 70, "é", "😀", "%20"])
    def test_an_item_that_is_none(self, ask, session, item):
        for method, body in (("GET", None), ("PUT", {"text": TEXT})):
            assert code(ask(method, f"/parts/posts/items/{item}", body), 404)
        assert rows(session) == 0

    def test_bodies_that_no_client_of_ours_sends(self, ask, session):
        bodies = [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b"[" * 100_000, {}, {"text": TEXT, "grade": "优秀"}]
        bodies += [
            {"text": value} for value in (None, 1, [], {}, True, "", " ", "***", "a\0b", "学\x85", "学" * 20_001)
        ]
        bodies += [{"text": TEXT, "title": value} for value in (None, 1, "长" * 201, "\n", "\0")]
        bodies += [{"text": TEXT, "dimension": value} for value in ("设计", "长" * 65, None)]
        bodies += [b'{"text": "\\ud800"}', b'{"text": "a", "text": "b"}', b'{"text": NaN}']
        for body in bodies:
            reply = ask("PUT", SUMMARY, body)
            assert code(reply, 422) == "invalid", body
            assert reply.get_json()["errors"], body
            assert "学" * 10 not in reply.text
        assert code(ask("PUT", SUMMARY, {"text": "学" * 100_000}), 413)
        assert rows(session) == 0

    def test_nothing_written_is_logged(self, ask, capfd, caplog):
        ask("PUT", SUMMARY, {"text": TEXT})
        ask("PUT", SUMMARY, {"text": f"{TEXT}\0"})
        said = caplog.text + "".join(capfd.readouterr())
        assert TEXT[:12] not in said


def test_what_was_written_is_kept_as_it_is_on_every_database(make_app, engine, database_url, clock):
    app = make_app(database_url=database_url)
    with Session(engine) as session:
        ask = asking(app, app.test_client(), session, clock, class_of(session, 1).learners[0])
        texts = [*ODD_TEXTS, "学" * 20_000]
        for text in texts:
            assert ask("PUT", SUMMARY, {"text": text, "title": text[:50].replace("\r\n\t", "")}).status_code == 200
            assert ask("GET", SUMMARY).get_json()["text"] == text
        row = session.scalars(sa.select(Achievement)).one()
        assert [entry["text"] for entry in row.history] == texts[:-1]
