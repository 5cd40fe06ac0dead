"""Reports of wrong personal data: carried out under the account's lock, once, by somebody who reaches it."""

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, EnrolmentMove, Notice, ProfileCorrection
from services import accounts, id_numbers, profiles
from services import profile_corrections as reports
from services.authority.principals import NotAllowed
from services.errors import Invalid, NotFound
from services.vault import Vault
from tests import factories
from tests.services.correcting import NOW, Desk, desk, staff

VAULT = Vault(b"an index key that only tests have", {"t": b"an envelope key of 32 bytes, yes"})


@pytest.fixture
def here(session: Session) -> Desk:
    return desk(session)


@pytest.fixture
def sealed(here: Desk) -> Account:
    """The teacher with a number and a mobile that open."""
    return _seal(here)


def _seal(at: Desk) -> Account:
    person = factories.person()
    number = id_numbers.parse(person.id_number)
    who = at.teacher
    who.id_index, who.id_envelope = VAULT.index(number), VAULT.seal(number.number, who.id)
    for column, value in accounts.mobile_columns(VAULT, person.mobile, who.id).items():
        setattr(who, column, value)
    at.session.commit()
    return who


def report(at: Desk, field: profiles.Field, should_be: str) -> ProfileCorrection:
    made = profiles.correct(at.session, VAULT, at.teacher.id, field=field, should_be=should_be, note="", now=NOW)
    at.session.commit()
    return made


def accept(at: Desk, made: ProfileCorrection, **changes) -> bool:
    values = {"note": "已核对", "now": NOW} | changes
    changed = reports.accept(at.session, VAULT, values.pop("by", at.approver), made.id, **values)[1]
    at.session.commit()
    return changed


class TestAccept:
    @pytest.mark.parametrize(
        ("field", "should_be", "becomes"),
        [("name", "欧阳 小红", "欧阳小红"), ("stage", "普高", "高中"), ("subject", " 信息技术 ", "信息技术")],
    )
    def test_a_word_is_read_as_a_rosters_cell_is(self, here: Desk, sealed: Account, field, should_be, becomes) -> None:
        made = report(here, field, should_be)
        assert accept(here, made)
        assert getattr(sealed, field) == becomes
        assert (made.status, made.decided_by, made.decided_note) == ("accepted", here.approver.account_id, "已核对")
        assert here.session.scalars(sa.select(Notice.kind)).all() == ["profile_corrected"]

    def test_a_mobile_is_found_by_its_new_number(self, here: Desk, sealed: Account) -> None:
        accept(here, report(here, "mobile", "+86 199-0000-4321"))
        assert sealed.mobile_index == VAULT.fingerprint("mobile", "19900004321")
        assert VAULT.open(sealed.mobile_envelope or b"", sealed.id) == "19900004321"

    def test_an_id_number_signs_in_from_now_on(self, here: Desk, sealed: Account) -> None:
        person = factories.person()
        accept(here, report(here, "id_number", person.id_number.lower()))
        found = accounts.find(here.session, VAULT, id_numbers.parse(person.id_number))
        assert found is sealed
        assert VAULT.open(sealed.id_envelope, sealed.id) == person.id_number
        assert person.id_number not in here.session.scalars(sa.select(Notice.text)).one()

    @pytest.mark.parametrize(("field", "should_be"), [
        ("id_number", "99999919800101001X9"), ("id_number", "写错了"), ("mobile", "12345"), ("name", "<script>"), ("stage", "大学"),
        ("subject", "%%%"),
    ])  # fmt: skip
    def test_what_cannot_be_is_refused_and_stays_open(self, here: Desk, sealed: Account, field, should_be) -> None:
        made = report(here, field, should_be)
        with pytest.raises(Invalid):
            accept(here, made)
        here.session.rollback()
        assert made.status == "open"

    def test_other_needs_words_and_changes_nothing(self, here: Desk, sealed: Account) -> None:
        made = report(here, "other", "职称应为高级")
        with pytest.raises(Invalid):
            accept(here, made, note="")
        here.session.rollback()
        assert accept(here, made)

    def test_decided_once(self, here: Desk, sealed: Account) -> None:
        made = report(here, "name", "欧阳小红")
        assert accept(here, made)
        assert not accept(here, made)
        with pytest.raises(reports.ReportDecided):
            reports.refuse(here.session, here.approver, made.id, "不对", NOW)

    def test_nobody_decides_on_oneself_or_outside_of_reach(self, here: Desk, sealed: Account) -> None:
        made = report(here, "name", "欧阳小红")
        with pytest.raises(NotFound):
            accept(here, made, by=here.foreigner)
        with pytest.raises(NotAllowed):
            accept(here, made, by=here.agent)  # the hotline may not at all
        own = staff(here.session, "county_admin", here.county, here.teacher)
        with pytest.raises(NotAllowed):
            accept(here, made, by=own)

    def test_refused_with_a_note_that_the_teacher_reads(self, here: Desk, sealed: Account) -> None:
        made = report(here, "name", "欧阳小红")
        with pytest.raises(Invalid):
            reports.refuse(here.session, here.approver, made.id, " ", NOW)
        reports.refuse(here.session, here.approver, made.id, "与身份证不一致", NOW)
        assert "与身份证不一致" in here.session.scalars(sa.select(Notice.text)).one()


class TestSchool:
    def test_moves_the_teacher_with_what_is_still_being_studied(self, here: Desk, sealed: Account) -> None:
        new = factories.school(here.session, name="东县三小", parent_id=here.county.id)
        made = report(here, "school", "东县三小")
        accept(here, made, school=" 东县三小 ")
        assert (sealed.school_id, here.enrolment.school_id) == (new.id, new.id)
        assert here.session.scalars(sa.select(EnrolmentMove.reason)).all() == ["信息更正"]

    @pytest.mark.parametrize("school", ["西县二小", "", "没有这所", "东县一小", "虚构东县"])
    def test_a_school_beyond_reach_or_the_same_or_none_is_refused(self, here: Desk, sealed: Account, school) -> None:
        here.school.name = "东县一小"
        made = report(here, "school", "x")
        with pytest.raises(Invalid):
            accept(here, made, school=school)

    def test_over_both_counties_the_city_moves(self, here: Desk, sealed: Account) -> None:
        city = factories.school(here.session, kind="city", name="虚构市")
        here.county.parent_id = here.other_county.parent_id = city.id
        made = report(here, "school", "西县二小")
        accept(here, made, by=staff(here.session, "city_admin", city), school=here.other_school.code)
        assert sealed.school_id == here.other_school.id


def test_numbers_are_masked_also_in_free_text(here: Desk, sealed: Account) -> None:
    number = factories.person().id_number
    assert number not in reports.reported(VAULT, report(here, "id_number", number))
    assert "19900004321" not in reports.reported(VAULT, report(here, "mobile", "19900004321"))
    assert "13812345678" not in reports.reported(VAULT, report(here, "other", "电话 13812345678"))
    assert reports.reported(VAULT, report(here, "name", "欧阳小红")) == "欧阳小红"


class TestOnEachDatabase:
    def test_a_number_of_somebody_else_is_refused_also_when_both_are_decided_at_once(self, engine: sa.Engine) -> None:
        with Session(engine, expire_on_commit=False) as session:
            at = desk(session)
            _seal(at)
            other = factories.account(session, school_id=at.school.id)
            session.commit()
            number = factories.person().id_number
            made = [
                profiles.correct(session, VAULT, who, field="id_number", should_be=number, note="", now=NOW).id
                for who in (at.teacher.id, other.id)
            ]
            session.commit()
            results = _at_once(
                engine,
                [lambda own, one=one: reports.accept(own, VAULT, at.approver, one, note="", now=NOW) for one in made],
            )
            assert sorted(str(getattr(result, "code", "done")) for result in results) == ["done", "number_taken"]
            index = VAULT.index(id_numbers.parse(number))
            assert session.scalar(sa.select(sa.func.count()).where(Account.id_index == index)) == 1

    def test_two_who_accept_and_refuse_at_once(self, engine: sa.Engine) -> None:
        with Session(engine, expire_on_commit=False) as session:
            at = desk(session)
            _seal(at)
            made = report(at, "name", "欧阳小红")
            results = _at_once(
                engine,
                [
                    lambda own: reports.accept(own, VAULT, at.approver, made.id, note="", now=NOW),
                    lambda own: reports.refuse(own, at.approver, made.id, "不对", NOW),
                ],
            )
            assert sorted(str(getattr(result, "code", "done")) for result in results) == ["done", "report_decided"]
            assert session.scalar(sa.select(sa.func.count()).select_from(Notice)) == 1


def _at_once(engine: sa.Engine, acts: list[Callable[[Session], object]]) -> list[object]:
    """What each came to, or the error it raised."""
    results: list[object] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> None:
        with Session(engine) as own:
            ready.wait()
            try:
                act(own)
                own.commit()
                results.append("done")
            except (reports.NumberTaken, reports.ReportDecided) as error:
                results.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results
