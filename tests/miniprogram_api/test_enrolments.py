"""GET /v1/enrolments and below: score cards, course lists, choosing and dropping."""

import msgspec
import pytest

from models import Coverage, Enrolment, StudySession
from services import programmes, progress, refresh_tokens
from services.enrolling import enrolments
from services.tokens import AccessClaims
from tests import factories
from tests.programmes.notices import local
from tests.services.studying import NOW, cast
from tests.teachers import collaborators


@pytest.fixture
def them(session):
    return cast(session)


@pytest.fixture
def ask(app, client, session, clock, them):
    """ask("GET", "/enrolments") as the teacher of the cast, or as somebody else."""

    def request(method, path, who=them.teacher):
        refresh_tokens.start(session, who, 3600, clock(), family=f"family-{who.id}")
        claims = AccessClaims(who.id, who.token_version, f"family-{who.id}")
        token = collaborators(app).tokens.issue_access(claims, clock())
        return client.open(f"/v1{path}", method=method, headers={"Authorization": f"Bearer {token}"})

    return request


@pytest.fixture
def here(them):
    return f"/enrolments/{them.enrolment.id}"


def code_of(reply) -> str:
    assert reply.mimetype == "application/problem+json", reply.text
    return reply.get_json()["code"]


class TestList:
    def test_a_teacher_sees_what_is_reached_and_until_when(self, ask, them, session):
        them.studied(them.ethics.lessons[0], 2700)
        card = progress.score_card(session, session.get_one(Enrolment, them.enrolment.id), NOW)
        assert card.summary.startswith("还差 59 学时、")
        reply = ask("GET", "/enrolments")
        assert reply.status_code == 200
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.get_json() == [
            {
                "enrolment_id": them.enrolment.id,
                "programme": "许昌市“十四五”第二期中小学教师继续教育全员岗位培训",
                "programme_id": "xuchang-2022-phase2",
                "phase": "study",
                "phase_title": "网络研修",
                "study_open": True,
                "study_opens_at": None,
                "study_closes_at": "2022-11-01T00:00:00+08:00",
                "status": "active",
                "score": 1.0,
                "pass_mark": 90.0,
                "passed": False,
                "hours_credited": 1.0,
                "hours_counted": 1.0,
                "hours_required": 60.0,
                "summary": card.summary,
                "continue_with": None,
            }
        ]

    def test_it_says_where_to_go_on(self, ask, here, them, session, clock):
        ask("PUT", f"{here}/courses/{them.ethics.id}")
        first, second = them.ethics.lessons
        going_on = {
            "lesson_id": first.id,
            "lesson": first.title,
            "course_id": them.ethics.id,
            "course": "走近师德",
            "duration": 2700,
            "credited": 0,
            "last_studied_at": None,
        }
        [row] = ask("GET", "/enrolments").get_json()
        assert row["continue_with"] == ask("GET", here).get_json()["continue_with"] == going_on
        played = {"account_id": them.teacher.id, "enrolment_id": them.enrolment.id, "lesson_id": second.id}
        session.add(StudySession(id="s", device="phone", address_masked="", opened_at=clock(), **played))
        them.studied(second, 2700)
        going_on |= {
            "lesson_id": second.id,
            "duration": 5400,
            "credited": 2700,
            "last_studied_at": "2022-08-01T09:00:00+08:00",
        }
        [row] = ask("GET", "/enrolments").get_json()
        assert row["continue_with"] == ask("GET", here).get_json()["continue_with"] == going_on

    def test_somebody_enrolled_in_nothing_sees_an_empty_list(self, ask, session):
        assert ask("GET", "/enrolments", factories.account(session)).get_json() == []

    def test_after_the_end(self, ask, clock):
        clock.set(local("2022-12-01T09:00"))
        [row] = ask("GET", "/enrolments").get_json()
        assert (row["phase"], row["phase_title"], row["study_open"], row["study_closes_at"]) == (
            None,
            "已结束",
            False,
            None,
        )

    def test_without_a_token_nobody_sees_anything(self, client):
        assert client.get("/v1/enrolments").status_code == 401


class TestScoreCard:
    def test_it_says_what_is_missing_and_where_the_notice_says_so(self, ask, here, them):
        them.studied(them.ability.lessons[1], 5400)
        card = ask("GET", here).get_json()
        assert card["as_of"] == "2022-08-01T09:00:00+08:00"
        assert card["missing"] == [
            "专业理念与师德还差 15 学时",
            "专业知识还差 15 学时",
            "专业能力还差 8 学时",
            "信息技术还差 20 学时",
            "研修活动“您身边的师生故事”还差 1 次",
            "还没有提交作业“我的培训总结”",
            "研修活动“信息技术研讨”还差 1 次",
        ]
        ability = card["modules"][2]
        assert (ability["clause"], ability["hours_credited"], ability["points"], ability["points_max"]) == (
            "三",
            2,
            2,
            20,
        )
        homework = next(part for part in card["parts"] if part["key"] == "summary")
        assert (homework["module"], homework["clause"], homework["points_max"]) == ("ability", "三", 10)
        assert (card["best"], card["can_pass"]) == (90, True)

    def test_over_http_it_is_the_card_with_every_field(self, ask, here, them, session):
        them.studied(them.ability.lessons[1], 5400)
        told = ask("GET", here).get_json()
        card = progress.score_card(session, session.get_one(Enrolment, them.enrolment.id), NOW)
        said = msgspec.json.decode(msgspec.json.encode(card))
        others = {"programme", "title", "on", "study_closes_at"}  # under other names, or as local time
        assert {name: told[name] for name in said.keys() - others} == {
            name: said[name] for name in said.keys() - others
        }

    def test_anothers_is_not_found(self, ask, here, session):
        reply = ask("GET", here, factories.account(session))
        assert (reply.status_code, code_of(reply)) == (404, "not_found")

    @pytest.mark.parametrize(
        "impossible",
        [
            "0",
            "-1",
            "1.0",
            "abc",
            "999999999999999999",
            "9223372036854775808",
            "9" * 5000,
            "%00",
            "%ED%A0%80",
            "１",
            "1%20",
        ],
    )
    @pytest.mark.parametrize("tail", ["", "/courses"])
    def test_what_is_no_id_of_ours_is_not_found(self, ask, impossible, tail):
        assert ask("GET", f"/enrolments/{impossible}{tail}").status_code == 404


class TestCourses:
    def test_the_catalogue_with_credited_seconds(self, ask, here, them):
        first, second = them.ethics.lessons
        them.studied(first, 300)
        courses = ask("GET", f"{here}/courses").get_json()
        assert [(course["code"], course["chosen"]) for course in courses] == [("E1", True), ("A1", False)]
        assert courses[0] == {
            "course_id": them.ethics.id,
            "code": "E1",
            "title": "走近师德",
            "module": "ethics",
            "stage": "",
            "subject": "",
            "hours": 3.0,  # 2700 s and 5400 s
            "chosen": True,
            "lessons": [
                {
                    "lesson_id": lesson.id,
                    "code": lesson.code,
                    "title": lesson.title,
                    "duration": lesson.duration,
                    "credited": credited,
                    "media_url": "/media/sample.mp4",
                }
                for lesson, credited in ((first, 300), (second, 0))
            ],
        }

    def test_one_module(self, ask, here):
        assert [course["code"] for course in ask("GET", f"{here}/courses?module=ability").get_json()] == ["A1"]

    def test_an_unknown_module_is_refused_with_the_known_ones(self, ask, here):
        reply = ask("GET", f"{here}/courses?module=gardening")
        assert reply.status_code == 422
        assert reply.get_json()["errors"] == [
            {"field": "module", "reason": "没有这个模块，本项目的模块是 ethics、knowledge、ability、technology"}
        ]

    @pytest.mark.parametrize(
        "query",
        ["module=%00", "module=%ED%A0%80", "module=" + "x" * 65, "module=", "chosen=maybe", "chosen=%00", "chosen="],
    )
    def test_nonsense_is_refused(self, ask, here, query):
        assert ask("GET", f"{here}/courses?{query}").status_code == 422

    def test_chosen_or_not(self, ask, here, them):
        assert ask("PUT", f"{here}/courses/{them.ability.id}").status_code == 204
        assert [course["code"] for course in ask("GET", f"{here}/courses?chosen=true").get_json()] == ["A1"]
        assert [course["code"] for course in ask("GET", f"{here}/courses?chosen=false").get_json()] == ["E1"]

    def test_of_a_question_asked_twice_the_first_is_answered(self, ask, here):
        reply = ask("GET", f"{here}/courses?module=ethics&module=ability")
        assert [course["code"] for course in reply.get_json()] == ["E1"]


class TestChooseAndDrop:
    def test_both_may_be_repeated(self, ask, here, them):
        course = f"{here}/courses/{them.ethics.id}"
        for method in ("PUT", "PUT", "DELETE", "DELETE", "PUT"):
            reply = ask(method, course)
            assert (reply.status_code, reply.data) == (204, b"")
        assert len(ask("GET", f"{here}/courses?chosen=1").get_json()) == 1

    def test_a_studied_course_stays(self, ask, here, them, session):
        ask("PUT", f"{here}/courses/{them.ethics.id}")
        them.studied(them.ethics.lessons[0], 30)
        reply = ask("DELETE", f"{here}/courses/{them.ethics.id}")
        assert (reply.status_code, code_of(reply)) == (409, "course_studied")
        assert "不能退选" in reply.get_json()["detail"]
        assert session.get(Coverage, (them.enrolment.id, them.ethics.lessons[0].id)).credited == 30

    def test_after_the_end_nothing_is_chosen(self, ask, here, them, clock):
        clock.set(local("2022-12-01T09:00"))
        reply = ask("PUT", f"{here}/courses/{them.ethics.id}")
        assert (reply.status_code, code_of(reply)) == (409, "study_over")

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_in_anothers_enrolment_nothing_is_found(self, ask, here, them, session, method):
        assert ask(method, f"{here}/courses/{them.ethics.id}", factories.account(session)).status_code == 404

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_another_programmes_course_is_not_found(self, ask, here, session, method):
        foreign = factories.course(session, factories.programme(session))
        assert ask(method, f"{here}/courses/{foreign.id}").status_code == 404

    @pytest.mark.parametrize("impossible", ["0", "-1", "9223372036854775808", "9" * 5000, "%00"])
    def test_nor_is_what_is_no_id_of_ours(self, ask, here, impossible):
        assert ask("PUT", f"{here}/courses/{impossible}").status_code == 404


def test_the_openapi_document_describes_the_replies(client):
    document = client.get("/openapi.json").get_json()
    path = document["paths"]["/v1/enrolments/{enrolment_id}"]["get"]
    assert path["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ScoreCardReply"
    }
    assert {"200", "401", "404"} <= set(path["responses"])
    assert path["parameters"][0]["schema"]["type"] == "integer"


def test_a_teacher_in_two_programmes_sees_both(ask, them, session):
    text = them.programme.document.replace("xuchang-2022-phase2", "another")
    second = programmes.publish(session, text, NOW)
    enrolments.enrol(session, them.teacher, second, None, NOW)
    assert {row["programme_id"] for row in ask("GET", "/enrolments").get_json()} == {"xuchang-2022-phase2", "another"}
