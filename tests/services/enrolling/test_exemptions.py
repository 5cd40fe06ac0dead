"""Exemption (免修) by a certificate, and its undoing."""

from datetime import date

import pytest

from models import Coverage
from services import programmes, progress
from services.enrolling import enrolments, exemptions
from services.enrolling.enrolments import Withdrawn
from services.enrolling.exemptions import NoExemption
from services.errors import Invalid
from tests import factories
from tests.programmes.notices import EXEMPTION
from tests.services.studying import NOW, cast

CERTIFICATE = {"kind": "national", "number": "GP-2022-001", "issued": date(2022, 5, 1)}


@pytest.fixture
def them(session):
    return cast(session, EXEMPTION)


def test_the_card_names_the_certificate_and_evidence_stays(session, them):
    them.studied(them.ethics.lessons[0], 900)
    said = exemptions.exempt(session, them.enrolment, **CERTIFICATE, now=NOW)
    assert said == "国培计划培训合格证书，证书 GP-2022-001，2022-05-01"
    card = progress.score_card(session, them.enrolment, NOW)
    assert (them.enrolment.status, card.exempt) == ("exempt", said)
    assert session.get(Coverage, (them.enrolment.id, them.ethics.lessons[0].id)).credited == 900


def test_it_can_be_undone_once(session, them):
    before = progress.score_card(session, them.enrolment, NOW)
    exemptions.exempt(session, them.enrolment, **CERTIFICATE, now=NOW)
    assert exemptions.undo(session, them.enrolment)
    assert (them.enrolment.status, them.enrolment.exemption) == ("active", "")
    assert progress.score_card(session, them.enrolment, NOW) == before
    assert not exemptions.undo(session, them.enrolment)


def test_a_better_certificate_replaces_the_first(session, them):
    exemptions.exempt(session, them.enrolment, **CERTIFICATE, now=NOW)
    assert "GP-2" in exemptions.exempt(session, them.enrolment, **(CERTIFICATE | {"number": "GP-2"}), now=NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "nothing"),
        ("number", "  "),
        ("number", "x" * 65),
        ("number", "a\nb"),
        ("number", factories.resident_id()),
        ("issued", date(2022, 8, 2)),
        ("issued", date(1900, 1, 1)),
    ],
)
def test_what_is_no_certificate_is_refused(session, them, field, value):
    with pytest.raises(Invalid) as refused:
        exemptions.exempt(session, them.enrolment, **(CERTIFICATE | {field: value}), now=NOW)
    assert refused.value.extra["errors"][0]["field"] == field
    assert them.enrolment.status == "active"


def test_where_the_notice_knows_no_exemption_there_is_none(session):
    them = cast(session)
    with pytest.raises(NoExemption, match="没有免修"):
        exemptions.exempt(session, them.enrolment, **CERTIFICATE, now=NOW)


def test_who_withdrew_is_not_exempted(session, them):
    enrolments.withdraw(them.enrolment)
    session.flush()
    with pytest.raises(Withdrawn):
        exemptions.exempt(session, them.enrolment, **CERTIFICATE, now=NOW)
    assert programmes.get(session, them.programme.id).enrolment.exemptions
