"""What a person reaches: by one query over all rows, and for one row by walking up."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Account, Bill, Enrolment, Organisation, Programme, StudySession, Workshop
from services.authority import scope
from services.authority.principals import Principal
from services.authority.roles import ROLES
from services.errors import NotFound
from tests import factories

#: The parent of each organisation by its place in the list; None for a top.
TREES = st.lists(st.none() | st.integers(0, 7), min_size=1, max_size=8)


def acting(role: str, organisation_id: int | None, account_id: int = 1) -> Principal:
    return Principal(account_id, "某人", ROLES[role], 1, organisation_id, "")


def with_tree(session: Session, parents: list[int | None]) -> list[Organisation]:
    """Of these parents, circles and all."""
    units = [factories.school(session, kind="county") for _ in parents]
    for unit, parent in zip(units, parents, strict=True):
        unit.parent_id = units[parent % len(units)].id if parent is not None else None
    session.flush()
    return units


@given(parents=TREES, own=st.integers(0, 7), asked=st.integers(0, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_walking_up_and_looking_down_agree(session: Session, parents: list[int | None], own: int, asked: int) -> None:
    units = with_tree(session, parents)
    principal = acting("county_admin", units[own % len(units)].id)
    unit = units[asked % len(units)]
    below = scope.unit_ids(session, principal)
    teacher = factories.account(session, school_id=unit.id)
    for who in (principal, scope.with_units(session, principal)):
        assert scope.reaches(session, who, unit.id) is (unit.id in below)
        seen = session.scalar(scope.scope(sa.select(Account).where(Account.id == teacher.id), who))
        assert (seen is not None) is (unit.id in below)
    session.rollback()


def test_who_has_no_school_is_reached_by_operators_alone(session: Session) -> None:
    teacher = factories.account(session, school_id=None)
    assert scope.get(session, acting("operator", None), Account, teacher.id) is teacher
    (county,) = with_tree(session, [None])
    with pytest.raises(NotFound):
        scope.get(session, acting("county_admin", county.id), Account, teacher.id)


def test_a_leader_reaches_the_own_learners_and_no_organisation(session: Session) -> None:
    leader, learner, other = (factories.account(session) for _ in range(3))
    programme = factories.programme(session)
    own = Workshop(programme_slug=programme.slug, code="w1", title="语文坊", leader_id=leader.id)
    session.add(own)
    session.flush()
    mine = factories.enrolment(session, learner, programme, workshop_id=own.id)
    theirs = factories.enrolment(session, other, programme)
    principal = acting("workshop_leader", None, leader.id)
    assert scope.get(session, principal, Enrolment, mine.id) is mine
    assert scope.get(session, principal, Account, learner.id) is learner
    for entity, key in ((Enrolment, theirs.id), (Account, other.id), (Organisation, 1)):
        with pytest.raises(NotFound):
            scope.get(session, principal, entity, key)


@pytest.mark.parametrize("key", [0, -1, 2**63, 10**30])
def test_a_number_that_is_no_key_is_nobodys(session: Session, key: int) -> None:
    with pytest.raises(NotFound):
        scope.get(session, acting("operator", None), Account, key)


@pytest.mark.parametrize("query", [sa.select(Programme), sa.select(sa.func.count())])
def test_a_query_of_what_belongs_to_nobody_is_not_asked_for_staff(query: "sa.Select") -> None:
    with pytest.raises(LookupError):
        scope.scope(query, acting("operator", None))


@pytest.mark.parametrize("entity", [Account, Bill, StudySession, Workshop])
def test_an_operator_reaches_everything_that_belongs_to_somebody(entity: type) -> None:
    assert scope.within(entity, acting("operator", None)) is not None
