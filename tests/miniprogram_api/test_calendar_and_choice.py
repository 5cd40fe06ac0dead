"""What the notice's calendar and its rule of choice let a teacher open: POST /v1/study/sessions and the course list."""

import pytest

from services import programmes
from services.enrolling import enrolments
from tests import factories
from tests.miniprogram_api.study_room import room
from tests.programmes.notices import CHOICE, local

#: Xuchang 2021, seven: after studying lessons stay open to be watched.
FOLLOW_UP = (
    "[[modules]]\n",
    (
        '[[calendar.phases]]\nkey = "follow_up"\ntitle = "训后跟踪"\nopens = 2022-11-01\ncloses = 2022-12-31\n'
        'kind = "follow_up"\nassumed = "虚构"\n\n[[modules]]\n'
    ),
)
SECOND_STUDY = (
    "[[modules]]\n",
    (
        '[[calendar.phases]]\nkey = "again"\ntitle = "补学"\nopens = 2022-12-01\ncloses = 2022-12-31\n'
        'kind = "study"\nassumed = "虚构"\n\n[[modules]]\n'
    ),
)


@pytest.fixture
def studying(app, client, session, clock):
    return lambda *changes: room(app, client, session, clock, *changes)


@pytest.fixture
def at(client, clock):
    """at(room, "2022-07-02T09:00"): it is then, and the teacher has signed in anew."""

    def at(here, when):
        clock.set(local(when))
        reply = client.post("/v1/auth/password", json={"id_number": here.id_number, "password": "xin-mima-2022"})
        here.headers = {"Authorization": f"Bearer {reply.get_json()['access_token']}"}
        return here

    return at


class TestCalendar:
    @pytest.mark.parametrize("when", ["2022-06-01T09:00", "2022-07-02T09:00", "2022-07-15T23:59"])
    def test_before_studying_lessons_are_shut_and_the_day_is_told(self, studying, at, when):
        reply = at(studying(), when).ask()
        problem = reply.get_json()
        assert (reply.status_code, problem["code"]) == (409, "study_not_open")
        assert problem["detail"] == "现在不是学习时间，课程将于 2022 年 7 月 16 日 00:00 开放。"
        assert problem["opens_at"] == "2022-07-16T00:00:00+08:00"

    def test_from_the_first_instant_they_are_open(self, studying, at):
        at(studying(), "2022-07-16T00:00").open()

    def test_after_the_last_phase_they_are_shut_for_good(self, studying, at):
        reply = at(studying(), "2022-11-01T00:00").ask()
        assert (reply.status_code, reply.get_json()["code"]) == (409, "study_over")

    def test_between_two_phases_the_next_one_is_told(self, studying, at):
        reply = at(studying(SECOND_STUDY), "2022-11-05T00:00").ask()
        assert reply.get_json()["opens_at"] == "2022-12-01T00:00:00+08:00"

    def test_in_follow_up_they_may_be_watched_and_earn_nothing(self, studying, at, client):
        here = at(studying(FOLLOW_UP), "2022-11-05T09:00")
        player = here.open()
        last = player.beat([0, 20])
        assert (last["credited"], last["session"]["withheld"]) == (0, {"closed": 20})
        courses = client.get(f"/v1/enrolments/{here.enrolment.id}/courses?chosen=true", headers=here.headers)
        assert courses.get_json() == []  # watching chooses nothing any more


class TestChoice:
    @pytest.fixture
    def here(self, studying, session):
        here = studying(CHOICE)  # the teacher teaches Chinese in a primary school
        programme = here.enrolment.programme
        self.others = {}
        for stage, subject in (("小学", "语文"), ("小学", ""), ("小学", "数学"), ("初中", "语文")):
            course = factories.course(
                session, programme, module="ethics", code=f"{stage}{subject}", stage=stage, subject=subject
            )
            self.others[stage + subject] = (course.id, factories.lesson(session, course).id)
        session.commit()
        return here

    def listed(self, here, client):
        courses = client.get(f"/v1/enrolments/{here.enrolment.id}/courses", headers=here.headers).get_json()
        return {course["stage"] + course["subject"] for course in courses}

    def test_ones_own_and_those_for_all_are_listed(self, here, client):
        assert self.listed(here, client) == {"", "小学", "小学语文"}

    @pytest.mark.parametrize(
        ("which", "status"), [("小学语文", 204), ("小学", 204), ("小学数学", 409), ("初中语文", 409)]
    )
    def test_anothers_cannot_be_chosen(self, here, client, which, status):
        path = f"/v1/enrolments/{here.enrolment.id}/courses/{self.others[which][0]}"
        reply = client.put(path, headers=here.headers)
        assert reply.status_code == status
        assert status == 204 or reply.get_json()["code"] == "not_your_subject"

    def test_nor_opened(self, here):
        reply = here.ask(lesson_id=self.others["小学数学"][1])
        assert (reply.status_code, reply.get_json()["code"]) == (409, "not_your_subject")
        assert here.ask(lesson_id=self.others["小学语文"][1]).status_code == 201

    def test_what_was_chosen_before_a_correction_stays(self, here, client, session):
        enrolment = session.get_one(type(here.enrolment), here.enrolment.id)
        enrolments.choose(session, enrolment, self.others["小学语文"][0], here.clock())
        enrolment.account.subject = "数学"
        session.commit()
        assert self.listed(here, client) == {"", "小学", "小学语文", "小学数学"}
        assert here.ask(lesson_id=self.others["小学语文"][1]).status_code == 201


def test_who_withdrew_opens_nothing(studying, session):
    here = studying()
    session.get_one(type(here.enrolment), here.enrolment.id).status = "withdrawn"
    reply = here.ask()
    assert (reply.status_code, reply.get_json()["code"]) == (409, "enrolment_withdrawn")


def test_two_programmes_at_once_share_the_lease_and_nothing_else(studying, session, client):
    """Hours, evidence and choices are each programme's own; one account plays one lesson at a time over all of them."""
    here = studying()
    text = here.enrolment.programme.document.replace("xuchang-2022-phase2", "another", 1)
    other = programmes.publish(session, text, here.clock())
    lesson = factories.lesson(session, factories.course(session, other, module="ethics"), duration=600)
    account = here.enrolment.account
    second = enrolments.enrol(session, account, other, None, here.clock())
    session.commit()
    here.open("phone").watch(0, 60)
    both = {"enrolment_id": second.id, "lesson_id": lesson.id}
    refused = here.ask("pc", **both)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "playing_elsewhere")
    here.open("pc", take_over=True, **both).watch(0, 20)
    assert here.ask("pc", lesson_id=lesson.id).status_code == 404  # the other programme's lesson
    hours = {row["enrolment_id"]: row for row in client.get("/v1/enrolments", headers=here.headers).get_json()}
    assert [one["credited"] for one in here.evidence()] == [60]
    credited = {}
    for enrolment in hours:
        courses = client.get(f"/v1/enrolments/{enrolment}/courses", headers=here.headers).get_json()
        credited[enrolment] = sum(lesson["credited"] for course in courses for lesson in course["lessons"])
    assert credited == {here.enrolment.id: 60, second.id: 20}
