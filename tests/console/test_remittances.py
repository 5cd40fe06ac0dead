"""The collector's desk: bills and money side by side, whose money it is, and the word that opens a school's papers."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import AuditEntry, Bill, Organisation, Remittance
from services import standings
from services.fees import bills
from tests import factories, sheets, teachers
from tests.console.conftest import Staff, Tree
from tests.programmes.notices import PHASE2

SLUG = "xuchang-2022-phase2"
HEADER = ("流水号", "付款人", "摘要", "金额", "日期")
LIST = [HEADER, ("R1", "东县一小", "培训费", "540.00", "2022-07-20"), ("R2", "某某", "西县一小", "360", "2022-07-20")]


@dataclass
class Cast:
    """Bills of both counties' schools: 540 yuan in the east, 360 in the west."""

    session: Session
    east: int
    west: int

    def money(self, reference: str, yuan: float, bill_id: int | None = None) -> int:
        made = Remittance(
            programme_slug=SLUG,
            reference=reference,
            payer="虚构付款人",
            amount_fen=round(yuan * 100),
            paid_on=date(2022, 7, 20),
            bill_id=bill_id,
            recorded_at=factories.LONG_AGO,
        )
        self.session.add(made)
        self.session.commit()
        return made.id

    def state(self, bill_id: int) -> str:
        self.session.rollback()
        return self.session.get_one(Bill, bill_id).state

    def of(self, remittance_id: int) -> int | None:
        self.session.rollback()
        return self.session.get_one(Remittance, remittance_id).bill_id

    def done(self) -> list[str]:
        rows = self.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.serial))
        return [
            f"{row.action}:{row.detail.get('step', row.detail.get('what', ''))}" for row in rows if row.result == "done"
        ]


@pytest.fixture
def cast(app: Flask, session: Session, tree: Tree) -> Cast:
    programme = factories.programme(session, slug=SLUG, document=PHASE2, title="许昌二期")
    using = teachers.collaborators(app)

    def billed(school: Organisation, learners: int) -> int:
        for _ in range(learners):
            factories.enrolment(session, factories.account(session, school_id=school.id), programme)
        given: dict[str, Any] = {"handler": "经办甲", "contact": "19900001234", "invoice": {"title": "=1+1"}}
        return bills.issue(session, using.vault, SLUG, school.id, **given, now=using.clock()).id

    made = Cast(session, billed(tree.east_school, 3), billed(tree.west_school, 2))
    session.commit()
    return made


def upload(collector: Staff, rows: list[Any] = LIST, slug: str = SLUG) -> Any:
    data = {"slug": slug, "file": (io.BytesIO(sheets.csv_bytes(rows)), "流水.csv")}
    return collector.post("/uploads/remittances", data, content_type="multipart/form-data")


class TestReach:
    def test_only_the_own_districts_bills_are_shown(self, staff: Callable[..., Staff], tree: Tree, cast: Cast) -> None:
        collector = staff("collector", tree.east)
        page = collector.get("/fees/collect").text
        assert "东县一小" in page
        assert "西县一小" not in page
        assert "199****1234" in collector.get(f"/fees/collect/bills/{cast.east}").text

    def test_a_foreign_bill_and_its_money_are_not_found(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast
    ) -> None:
        collector, money = staff("collector", tree.east), cast.money("F", 360, cast.west)
        mine = cast.money("M", 540)
        assert collector.get(f"/fees/collect/bills/{cast.west}").status_code == 404
        for step in ("confirm", "take-back"):
            assert collector.post(f"/fees/collect/bills/{cast.west}/{step}", {"reason": "r"}).status_code == 404
        assert collector.get(f"/fees/collect/remittances/{money}").status_code == 404
        assert (
            collector.post(f"/fees/collect/remittances/{money}", {"bill_id": cast.east, "was": ""}).status_code == 404
        )
        assert collector.post(f"/fees/collect/remittances/{mine}", {"bill_id": cast.west, "was": ""}).status_code == 404
        assert (cast.state(cast.west), cast.of(mine), cast.of(money)) == ("open", None, cast.west)

    def test_another_collectors_bill_in_the_own_county_is_not_found(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        session.get_one(Bill, cast.east).collector = "counties"
        session.commit()
        collector = staff("collector", tree.east)
        assert "东县一小" not in collector.get("/fees/collect").text
        assert collector.post(f"/fees/collect/bills/{cast.east}/confirm").status_code == 404

    def test_money_that_nobody_knows_is_seen_only_where_somebody_takes_part(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        money = cast.money("U", 1)
        far = factories.school(session, kind="county", name="虚构远县", parent_id=tree.city.id)
        assert staff("collector", tree.west).get(f"/fees/collect/remittances/{money}").status_code == 200
        stranger = staff("collector", far)
        assert stranger.get(f"/fees/collect/remittances/{money}").status_code == 404
        assert "没有需要您收费的项目" in stranger.get("/fees/collect").text
        assert stranger.get(f"/fees/collect?slug={SLUG}").status_code == 404

    @pytest.mark.parametrize("role", ["school_admin", "county_admin", "operator"])
    def test_nobody_else_confirms(self, staff: Callable[..., Staff], tree: Tree, cast: Cast, role: str) -> None:
        at = {"school_admin": tree.east_school, "county_admin": tree.east}.get(role)
        other = staff(role, at)
        assert other.get("/fees/collect").status_code == 403
        assert other.post(f"/fees/collect/bills/{cast.east}/confirm", {"reason": "r"}).status_code == 403
        assert cast.state(cast.east) == "open"


class TestConfirming:
    def test_the_sum_opens_the_schools_papers_once(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        first, second = staff("collector", tree.east), staff("collector", tree.east)
        cast.money("A", 540, cast.east)
        assert "<strong>3</strong> 位老师" in first.get(f"/fees/collect/bills/{cast.east}").text
        first.post(f"/fees/collect/bills/{cast.east}/confirm")
        reply = second.post(f"/fees/collect/bills/{cast.east}/confirm")
        assert "没有重复确认" in second.get(reply.location.removeprefix("/console")).text
        session.rollback()
        assert session.get_one(Bill, cast.east).confirmed_by == first.account_id
        assert (SLUG, tree.east_school.id) in standings.paid_schools(session, {SLUG})
        assert cast.done() == ["collect:confirm"]

    @pytest.mark.parametrize("arrived", [0, 539.99, 540.01])
    def test_a_wrong_sum_needs_a_reason(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session, arrived: float
    ) -> None:
        if arrived:
            cast.money("A", arrived, cast.east)
        collector = staff("collector", tree.east)
        for reason in ("", "   ", "长" * 101):
            collector.post(f"/fees/collect/bills/{cast.east}/confirm", {"reason": reason})
            assert cast.state(cast.east) == "open"
        collector.post(f"/fees/collect/bills/{cast.east}/confirm", {"reason": "另汇"})
        assert cast.state(cast.east) == "confirmed"
        assert "另汇" in session.get_one(Bill, cast.east).confirmed_note

    def test_is_taken_back_with_a_reason(self, staff: Callable[..., Staff], tree: Tree, cast: Cast) -> None:
        collector = staff("collector", tree.east)
        path = f"/fees/collect/bills/{cast.east}"
        collector.post(f"{path}/confirm", {"reason": "另汇"})
        collector.post(f"{path}/take-back", {"reason": " "})
        assert cast.state(cast.east) == "confirmed"
        for _ in range(2):
            reply = collector.post(f"{path}/take-back", {"reason": "看错"})
        assert cast.state(cast.east) == "open"
        assert "没有确认" in collector.get(reply.location.removeprefix("/console")).text
        assert cast.done() == ["collect:confirm", "collect:take_back"]

    def test_a_voided_bill_is_not_confirmed(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        session.get_one(Bill, cast.east).state = "void"
        session.commit()
        staff("collector", tree.east).post(f"/fees/collect/bills/{cast.east}/confirm", {"reason": "r"})
        assert cast.state(cast.east) == "void"


class TestMoney:
    def test_the_list_is_looked_at_first_and_taken_in_once(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        collector = staff("collector", tree.east)
        where = upload(collector).location.removeprefix("/console")
        assert "登记 2 笔" in collector.get(where).text
        assert session.scalar(sa.select(sa.func.count(Remittance.id))) == 0
        for _ in range(2):
            collector.post(where)
        session.rollback()
        rows = session.scalars(sa.select(Remittance).order_by(Remittance.reference)).all()
        assert [(row.reference, row.bill_id, row.recorded_by) for row in rows] == [
            ("R1", cast.east, collector.account_id),
            ("R2", None, collector.account_id),  # another district's school: not ours to match
        ]
        assert cast.done() == ["remittance:import"]

    def test_one_wrong_row_and_none_is_taken_in(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
    ) -> None:
        collector = staff("collector", tree.east)
        where = upload(collector, [*LIST, ("R3", "某某", "", "一百", "2022-07-20")]).location.removeprefix("/console")
        for ask in (collector.get, collector.post):
            assert "有 1 处错误" in ask(where).text
        assert session.scalar(sa.select(sa.func.count(Remittance.id))) == 0

    def test_anothers_upload_or_another_programme_is_not_found(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast
    ) -> None:
        where = upload(staff("collector", tree.east)).location.removeprefix("/console")
        other = staff("collector", tree.west)
        assert (other.get(where).status_code, other.post(where).status_code) == (404, 404)
        elsewhere = upload(other, slug="nowhere").location.removeprefix("/console")
        assert (other.get(elsewhere).status_code, other.post(elsewhere).status_code) == (404, 404)

    def test_is_assigned_unless_somebody_did_meanwhile(
        self, staff: Callable[..., Staff], tree: Tree, cast: Cast
    ) -> None:
        collector, money = staff("collector", tree.east), cast.money("U", 540)
        path = f"/fees/collect/remittances/{money}"
        assert "金额正好" in collector.get(path).text
        collector.post(path, {"bill_id": cast.east, "was": ""})
        assert cast.of(money) == cast.east
        late = collector.post(path, {"bill_id": cast.east, "was": ""})
        assert "刚刚被别人认领" in collector.get(late.location.removeprefix("/console")).text
        collector.post(path, {"bill_id": "", "was": cast.east})
        assert cast.of(money) is None
        for nonsense in ("x", "9" * 30, "-1"):
            assert collector.post(path, {"bill_id": nonsense, "was": ""}).status_code == 422
        assert cast.done() == ["remittance:assign", "remittance:assign"]


def test_invoices_are_of_the_own_bills_and_safe_from_formulas(
    staff: Callable[..., Staff], tree: Tree, cast: Cast, session: Session
) -> None:
    for bill_id in (cast.east, cast.west):
        session.get_one(Bill, bill_id).state = "confirmed"
    own = session.get_one(Bill, cast.east)
    own.invoice = own.invoice | {"tax_number": factories.resident_id(7)}
    session.commit()
    collector = staff("collector", tree.east)
    assert "540.00" in collector.get("/fees/collect/invoices").text
    file = collector.post("/fees/collect/invoices.csv", {"slug": SLUG}).data.decode("utf-8-sig")
    assert file.splitlines()[1:] == [f"东县一小,'=1+1,999999{'*' * 12},3,540.00"]
    assert cast.done() == ["export:invoices"]
