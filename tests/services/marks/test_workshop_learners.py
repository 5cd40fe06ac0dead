"""The workshop's pages on every database."""

from sqlalchemy.orm import Session

from services import programmes
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.marks import homework, workshop_learners
from services.marks.workshop_learners import Counts
from tests.services.handing_in.class_room import NOW, class_of


def test_counts_lists_and_what_waits(engine):
    with Session(engine) as session:
        them = class_of(session, 2)
        leader = Principal(them.leader.id, "坊主", ROLES["workshop_leader"], None, None, "")
        them.learners[0].credited_seconds = 60
        piece = them.hand_in(them.learners[0])
        them.hand_in(them.learner())  # of no workshop
        assert workshop_learners.counts(session, leader, them.workshop) == Counts(2, 2, 1)
        (line,) = workshop_learners.listed(session, leader)
        assert (line.learners, line.waiting) == (2, 1)
        rows = workshop_learners.learners(session, leader, them.workshop, NOW)
        assert [one.enrolment.id for one in rows] == [them.learners[1].id, them.learners[0].id]
        assert [one.achievement.id for one in homework.listed(session, leader, them.workshop)] == [piece.id]
        assert homework.next_after(session, leader, homework.get(session, leader, piece.id, NOW)) is None


def test_who_is_still_in_an_earlier_version_is_graded_by_it(session):
    them = class_of(session, 1)
    leader = Principal(them.leader.id, "坊主", ROLES["workshop_leader"], None, None, "")
    piece = them.hand_in(them.learners[0])
    newest = programmes.latest(session, them.workshop.programme_slug)
    text = newest.document.replace(f'"{piece.part}"', '"renamed"')
    text = text.replace("version = 1", 'version = 2\nchanges = "改名"', 1)
    programmes.publish(session, text, NOW)
    assert [one.achievement.id for one in homework.listed(session, leader, them.workshop)] == [piece.id]
    (line,) = workshop_learners.listed(session, leader)
    assert line.waiting == 1
