"""Bills, what arrives, and the confirmation that opens the papers."""

import secrets
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Bill, Enrolment, Organisation, Remittance
from services import errors, standings
from services.fees import bills, reconciling, remittances
from services.fees.remittances import Arrived
from tests import factories
from tests.programmes.notices import PHASE2
from tests.services.paying import SLUG, VAULT, paying

NOW = datetime(2022, 10, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def bill(session, at, **changes):
    given = {"handler": "经办甲", "contact": "19900001234", "invoice": {"title": "长葛市第一小学"}, "now": NOW}
    return bills.issue(session, VAULT, SLUG, at.school.id, **(given | changes))


def money(session, yuan: float, reference: str = "R1", payer: str = "长葛市第一小学", summary: str = ""):
    arrived = Arrived(reference, payer, summary, round(yuan * 100), date(2022, 9, 30))
    return remittances.record(session, SLUG, arrived, NOW)[0]


def state(session) -> list[str]:
    return [row.state for row in reconciling.reconcile(session, SLUG)[0]]


class TestIssue:
    def test_headcount_times_180(self, session):
        made = bill(session, paying(session, learners=3))
        assert (made.headcount, made.per_head_fen, made.amount_fen) == (3, 18000, 54000)

    def test_the_exempt_and_the_withdrawn_are_not_paid_for(self, session):
        at = paying(session, learners=1)
        for status in ("exempt", "withdrawn"):
            factories.enrolment(
                session, factories.account(session, school_id=at.school.id), at.programme, status=status
            )
        assert bill(session, at).headcount == 1

    def test_nobody_to_pay_for_is_no_bill(self, session):
        with pytest.raises(bills.NobodyToPayFor):
            bill(session, paying(session, learners=0))

    def test_a_new_bill_voids_the_open_one_and_takes_its_money_over(self, session):
        at = paying(session, learners=2)
        first = bill(session, at)
        money(session, 360)
        factories.enrolment(session, factories.account(session, school_id=at.school.id), at.programme)
        second = bill(session, at)
        assert (first.state, second.serial, second.headcount) == ("void", 2, 3)
        assert state(session) == ["short"]

    def test_after_a_confirmed_bill_only_newcomers_are_billed(self, session):
        at = paying(session, learners=2)
        first = bill(session, at)
        money(session, 360)
        reconciling.confirm(session, first.id, collector="counties", by="收费甲", now=NOW)
        with pytest.raises(bills.NobodyToPayFor):
            bill(session, at)
        factories.enrolment(session, factories.account(session, school_id=at.school.id), at.programme)
        assert bill(session, at).headcount == 1

    def test_where_the_authority_pays_there_is_no_bill(self, session):
        at = paying(session)
        at.programme.document = PHASE2.replace('payer = "school"', 'payer = "authority"').replace(
            "after_payment = true", "after_payment = false"
        )
        session.flush()
        with pytest.raises(bills.NoFee):
            bill(session, at)

    @pytest.mark.parametrize(
        ("field", "value"),
        [("handler", " "), ("handler", "甲\n乙"), ("handler", "长" * 51), ("contact", ""), ("contact", "1" * 31)],
    )
    def test_who_pays_must_be_said(self, session, field, value):
        with pytest.raises(errors.Invalid) as caught:
            bill(session, paying(session), **{field: value})
        assert caught.value.extra["errors"][0]["field"] == field


class TestCollector:
    @pytest.mark.parametrize(
        ("county", "collector"),
        [("长葛市", "counties"), ("建安区", "counties"), ("襄城县", "city"), ("魏都区", "city")],
    )
    def test_it_is_that_of_the_schools_district(self, session, county, collector):
        assert bill(session, paying(session, county=county)).collector == collector

    def test_another_may_not_confirm(self, session):
        made = bill(session, paying(session))
        money(session, 540)
        with pytest.raises(reconciling.NotYourDistrict, match="禹州市、长葛市"):
            reconciling.confirm(session, made.id, collector="city", by="收费乙", now=NOW)


class TestSlip:
    def test_it_names_what_the_notice_asks_for(self, session):
        made = bill(session, paying(session))
        assert bills.slip(session, VAULT, made) == "长葛市第一小学 经办甲 19900001234"

    def test_a_name_that_looks_like_a_place_in_the_text_stays_a_name(self, session):
        made = bill(session, paying(session), handler="{contact}")
        assert bills.slip(session, VAULT, made) == "长葛市第一小学 {contact} 19900001234"

    def test_the_telephone_is_not_in_the_row(self, session):
        made = bill(session, paying(session))
        assert b"19900001234" not in made.contact_envelope


class TestReconcile:
    @pytest.mark.parametrize(("yuan", "expected"), [(540, "exact"), (539.99, "short"), (540.01, "over")])
    def test_to_the_fen(self, session, yuan, expected):
        bill(session, paying(session))
        money(session, yuan)
        assert state(session) == [expected]

    def test_two_halves_are_the_whole(self, session):
        bill(session, paying(session))
        money(session, 500)
        money(session, 40, "R2")
        assert state(session) == ["exact"]

    def test_an_unknown_payer_is_nobodys(self, session):
        bill(session, paying(session))
        money(session, 540, payer="某某有限公司")
        rows, unknown = reconciling.reconcile(session, SLUG)
        assert ([row.state for row in rows], [one.payer for one in unknown]) == (["none"], ["某某有限公司"])

    def test_what_nobody_knew_can_be_assigned(self, session):
        made = bill(session, paying(session))
        reconciling.assign(session, money(session, 540, payer="张会计").id, made.id)
        assert state(session) == ["exact"]

    def test_a_longer_name_wins_over_the_one_in_it(self, session):
        bill(session, paying(session, school="第一小学"))
        longer = bill(session, paying(session, school="城关第一小学"))
        assert money(session, 540, payer="城关第一小学").bill_id == longer.id

    def test_two_schools_of_one_name_are_left_to_a_person(self, session):
        bill(session, paying(session, school="中心小学"))
        bill(session, paying(session, school="中心小学", county="魏都区"))
        assert money(session, 540, payer="中心小学").bill_id is None


class TestConfirm:
    def paid(self, session, at) -> bool:
        row = session.query(Enrolment).filter_by(school_id=at.school.id).first()
        return standings.of(session, [row])[row.id].paid

    def test_it_alone_opens_the_schools_papers(self, session):
        at = paying(session)
        made = bill(session, at)
        money(session, 540)
        assert not self.paid(session, at)
        reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW)
        assert self.paid(session, at)

    @pytest.mark.parametrize("yuan", [0.01, 539.99, 540.01, 5400])
    def test_a_wrong_sum_needs_a_reason(self, session, yuan):
        at = paying(session)
        made = bill(session, at)
        money(session, yuan)
        with pytest.raises(reconciling.SumDiffers, match=r"应缴 540\.00 元"):
            reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW)
        assert not self.paid(session, at)
        reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW, reason="财政代扣，已核实")
        assert "财政代扣" in made.confirmed_note

    def test_again_is_harmless_and_keeps_the_first_moment(self, session):
        made = bill(session, paying(session))
        money(session, 540)
        reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW)
        reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=datetime(2022, 10, 2, tzinfo=UTC))
        assert made.confirmed_at == NOW

    def test_taken_back_it_closes_again(self, session):
        at = paying(session)
        made = bill(session, at)
        money(session, 540)
        reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW)
        reconciling.take_back(session, made.id, collector="counties", by="收费甲", reason="退款")
        assert not self.paid(session, at)

    def test_who_came_after_the_bill_waits_for_a_bill_of_their_own(self, session):
        at = paying(session, learners=1)
        first = bill(session, at)
        old = session.query(Enrolment).filter_by(school_id=at.school.id).one()
        late = factories.enrolment(
            session, factories.account(session, school_id=at.school.id), at.programme, enrolled_at=NOW + HOUR
        )
        reconciling.confirm(session, first.id, collector="counties", by="收费甲", now=NOW + 2 * HOUR, reason="现金")

        def open_to() -> list[bool]:
            return [standing.paid for standing in standings.of(session, [old, late]).values()]

        assert open_to() == [True, False]
        second = bill(session, at, now=NOW + 3 * HOUR)
        assert (second.headcount, open_to()) == (1, [True, False])
        reconciling.confirm(session, second.id, collector="counties", by="收费甲", now=NOW + 4 * HOUR, reason="现金")
        assert open_to() == [True, True]

    def test_who_came_in_the_place_of_another_is_paid_for(self, session):
        at = paying(session, learners=1)
        reconciling.confirm(session, bill(session, at).id, collector="counties", by="收费甲", now=NOW, reason="现金")
        session.query(Enrolment).filter_by(school_id=at.school.id).one().status = "withdrawn"
        late = factories.enrolment(
            session, factories.account(session, school_id=at.school.id), at.programme, enrolled_at=NOW + HOUR
        )
        assert standings.of(session, [late])[late.id].paid

    def test_what_was_said_before_is_kept(self, session):
        made = bill(session, paying(session))
        money(session, 540)
        for _ in range(2):
            reconciling.confirm(session, made.id, collector="counties", by="收费甲", now=NOW)
            reconciling.take_back(session, made.id, collector="counties", by="收费乙", reason="退款")
        assert made.confirmed_note == "收费甲；撤销：收费乙：退款；收费甲；撤销：收费乙：退款"
        with pytest.raises(reconciling.NotConfirmed):
            reconciling.take_back(session, made.id, collector="counties", by="收费乙", reason="退款")

    def test_a_void_bill_cannot_be_confirmed(self, session):
        at = paying(session)
        first = bill(session, at)
        bill(session, at)
        with pytest.raises(bills.BillNotOpen):
            reconciling.confirm(session, first.id, collector="counties", by="收费甲", now=NOW, reason="任意原因")

    @pytest.mark.parametrize("bill_id", [0, -1, 7, 2**63, 2**70])
    def test_an_unknown_bill_is_not_found(self, session, bill_id):
        with pytest.raises(errors.NotFound):
            reconciling.confirm(session, bill_id, collector="city", by="甲", now=NOW)


class TestRecord:
    def test_the_same_line_again_is_one_remittance(self, session):
        bill(session, paying(session))
        money(session, 540)
        money(session, 540)
        assert session.query(Remittance).count() == 1

    def test_the_same_number_with_another_sum_is_refused(self, session):
        paying(session)
        money(session, 540)
        with pytest.raises(remittances.ReferenceTaken):
            money(session, 541)

    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("经办甲 19900001234", "经办甲 199****1234"),
            ("经办甲199-0000-1234共60人", "经办甲199****1234共60人"),
            ("+8619900001234", "+86199****1234"),
            ("１９９００００１２３４", "199****1234"),
            ("身份证99999919900101123X", "身份证999999************"),
            ("60人 10800 元 20221001", "60人 10800 元 20221001"),
        ],
    )
    def test_personal_numbers_are_masked(self, session, said, kept):
        paying(session)
        recorded = money(session, 540, payer=f"甲{said}", summary=said)
        assert (recorded.summary, recorded.payer) == (kept, f"甲{kept}")
        assert money(session, 540, payer=f"甲{said}", summary=said) is recorded

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount_fen": 0},
            {"amount_fen": -1},
            {"amount_fen": 10**11},
            {"reference": ""},
            {"payer": "长" * 101},
            {"paid_on": date(2030, 1, 1)},
        ],
    )
    def test_what_cannot_be_is_refused(self, session, changes):
        whole = {"reference": "R", "payer": "甲", "summary": "", "amount_fen": 1, "paid_on": date(2022, 9, 1)}
        with pytest.raises(errors.Invalid):
            remittances.record(session, SLUG, Arrived(**(whole | changes)), NOW)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.lists(st.integers(1, 60_000), min_size=1, max_size=5))
    def test_whatever_arrives_nothing_opens_and_the_sum_is_right(self, bound, sums):
        with Session(bound) as session:
            at = paying(session)
            made = bill(session, at)
            for number, fen in enumerate(sums):
                money(session, fen / 100, f"R{number}")
            rows, _ = reconciling.reconcile(session, SLUG)
            assert rows[0].received_fen == sum(sums)
            assert (rows[0].state == "exact") == (sum(sums) == made.amount_fen)
            assert (SLUG, at.school.id) not in standings.paid_schools(session, {SLUG})
            session.rollback()


class TestAtOnce:
    """On servers; SQLite has one writer."""

    def race(self, engine, *steps) -> list[str]:
        """What became of each step, all started together: "" or the code of its error."""
        start, told = threading.Barrier(len(steps)), [""] * len(steps)

        def run(number: int) -> None:
            with Session(engine) as session:
                start.wait()
                try:
                    steps[number](session)
                    session.commit()
                except errors.XueshiError as error:
                    told[number] = error.code

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(steps))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    def test_bills_confirmations_and_money_leave_one_true_state(self, engine):
        for _ in range(5):
            with Session(engine) as session:
                at = paying(session, learners=2, school=f"长葛市第{secrets.token_hex(4)}小学")
                name, school_id = at.school.name, at.school.id
                first = bill(session, at)
                money(session, 360, f"{school_id}-1", name)
                bill_id = first.id
                session.commit()

            def again(session, at=at):
                bill(session, at)

            def confirm(session, bill_id=bill_id):
                reconciling.confirm(session, bill_id, collector="counties", by="收费甲", now=NOW)

            def arrive(session, reference=f"{school_id}-2", name=name):
                money(session, 1, reference, name)

            with Session(engine) as session:
                at.school = session.get_one(Organisation, school_id)
                session.expunge_all()
            told = self.race(engine, again, again, confirm, arrive)
            assert set(told) <= {"", "nobody_to_pay_for", "bill_not_open", "sum_differs"}
            with Session(engine) as session:
                rows = session.query(Bill).filter_by(school_id=school_id).all()
                assert sum(row.state != "void" for row in rows) == 1
                assert len({row.serial for row in rows}) == len(rows)
                voided = {row.id for row in rows if row.state == "void"}
                of_them = session.query(Remittance).filter(Remittance.reference.startswith(f"{school_id}-")).all()
                assert len(of_them) == 2
                assert not voided & {one.bill_id for one in of_them}
                [standing] = [row for row in rows if row.state != "void"]
                assert (standing.state == "confirmed") == (told[2] == "")
                if standing.state == "confirmed":
                    assert sum(one.amount_fen for one in of_them if one.bill_id == standing.id) == 36000

    def test_one_remittance_assigned_both_ways(self, engine):
        with Session(engine) as session:
            one, other = (bill(session, paying(session, school=name)).id for name in ("长葛市东小学", "长葛市西小学"))
            first, second = (money(session, 1, name, "某人").id for name in ("A", "B"))
            reconciling.assign(session, first, one)
            reconciling.assign(session, second, other)
            session.commit()
        told = self.race(
            engine,
            lambda session: reconciling.assign(session, first, other),
            lambda session: reconciling.assign(session, second, one),
            lambda session: reconciling.assign(session, first, None),
        )
        assert set(told) <= {"", "remittance_moved"}


@pytest.fixture
def bound(session):
    return session.get_bind()
