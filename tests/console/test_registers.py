"""Registers and forms in the console: masked by default, in clear with a reason, within reach, to be fetched by who asked."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msoffcrypto
import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import AuditEntry, RegisterReceipt, Upload
from tests.conftest import FakeClock
from tests.console.conftest import Staff, Tree
from tests.console.instant_jobs import with_instant_jobs
from tests.services.registering import AFTER, SLUG, VAULT, Registering, registering


@pytest.fixture
def at(app: Flask, session: Session, tree: Tree, clock: FakeClock, tmp_path: Path) -> Registering:
    """A passed learner at each county's school."""
    clock.set(AFTER)
    with_instant_jobs(app)
    app.extensions["xueshi"] = replace(app.extensions["xueshi"], vault=VAULT)
    made = registering(session, tmp_path)
    for school in (tree.east_school, tree.west_school):
        made.learner(school, 60)
    session.commit()
    return made


@pytest.fixture
def county(at: Registering, staff: Callable[..., Staff], tree: Tree) -> Staff:
    return staff("county_admin", tree.east)


def ask(who: Staff, form: str, what: str, **more: str):
    return who.post(f"/registers/{SLUG}/{form}/ask", {"what": what} | more)


def fetched(who: Staff, reply) -> bytes:
    """Follows the page of the file to its download."""
    page = (
        who.client.get(reply.location)
        if reply.status_code == 302
        else who.client.get(re.search(r'href="(/console/registers/files/[^"]+)"', reply.text).group(1))
    )
    return who.client.post(re.search(r'action="(/console/uploads/[^"]+/download)"', page.text).group(1)).data


def table(content: bytes) -> str:
    return str(CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python())


def test_the_forms_are_listed_with_their_last_export(county: Staff) -> None:
    page = county.get(f"/registers?slug={SLUG}").text
    assert "省学时登记表" in page
    assert page.count("还没有导出过") == page.count("上次导出</dt>")
    fetched(county, ask(county, "hours", "masked"))
    assert "第 1 次" in county.get(f"/registers?slug={SLUG}").text


def test_an_export_holds_the_own_countys_teachers_with_numbers_hidden(
    county: Staff, at: Registering, session: Session
) -> None:
    got = table(fetched(county, ask(county, "register", "masked")))
    assert "东县一小" in got
    assert "西县一小" not in got
    assert re.search(r"\d{17}", got) is None
    (entry,) = session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "export", AuditEntry.target_kind == "upload").limit(1)
    )
    assert (entry.detail["form"], entry.detail["clear"]) == ("register", False)


def test_in_clear_with_a_reason_encrypted_and_the_password_shown_once(county: Staff, session: Session) -> None:
    for reason in ("", "为何"):
        assert ask(county, "register", "clear", reason=reason).status_code == 422
    assert session.scalar(sa.select(sa.func.count(Upload.id))) == 0
    reply = ask(county, "register", "clear", reason="报送省登记系统")
    password = re.search(r'class="secret">([^<]+)<', reply.text).group(1)
    assert reply.headers["Cache-Control"] == "no-store"
    content = fetched(county, reply)
    plain = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(content))
    office.load_key(password=password)
    office.decrypt(plain)
    assert re.search(r"\d{17}[\dX]", table(plain.getvalue()))
    details = str(session.scalars(sa.select(AuditEntry.detail)).all())
    assert "报送省登记系统" in details
    assert password not in details + str(session.scalars(sa.select(Upload.work)).all())


@pytest.mark.parametrize("role", ["school_admin", "hotline", "workshop_leader"])
def test_other_roles_export_nothing(at: Registering, staff: Callable[..., Staff], tree: Tree, role: str) -> None:
    unit = {"school_admin": tree.east_school, "hotline": tree.east}.get(role)
    other = staff(role, unit)
    assert other.get("/registers").status_code in (302, 403)
    assert ask(other, "register", "clear", reason="报送省登记系统").status_code in (302, 403)


def test_a_file_is_found_by_who_asked_for_it_alone(county: Staff, staff: Callable[..., Staff], tree: Tree) -> None:
    address = ask(county, "hours", "masked").location
    colleague = staff("county_admin", tree.east)
    assert colleague.client.get(address).status_code == 404
    code = address.rsplit("/", 1)[1]
    assert colleague.post(f"/uploads/register/{code}/download").status_code == 404
    assert county.get(f"/registers/files/roster/{code}").status_code == 404


@pytest.mark.parametrize(("form", "what"), [("no-such", "masked"), ("hours", "everything"), ("hours", "")])
def test_what_there_is_not_cannot_be_asked_for(county: Staff, session: Session, form: str, what: str) -> None:
    assert ask(county, form, what).status_code in (404, 422)
    assert session.scalar(sa.select(sa.func.count(Upload.id))) == 0


def test_what_differs_since_the_last_export(county: Staff, at: Registering, session: Session, tree: Tree) -> None:
    ask(county, "hours", "masked")
    at.learner(tree.east_school, 60)
    session.commit()
    reply = ask(county, "hours", "difference")
    assert "新增 1，不再列入 0，有变化 0" in county.client.get(reply.location).text
    assert "新增" in table(fetched(county, reply))


class TestReceipts:
    def hand_in(self, who: Staff, export_id: int | str, text: str):
        file = (io.BytesIO(text.encode()), "回执.csv")
        return who.post("/uploads/receipts", {"file": file, "export_id": str(export_id)})

    def export_of(self, who: Staff) -> int:
        return int(re.search(r"/registers/exports/(\d+)", who.get(f"/registers?slug={SLUG}").text).group(1))

    def test_what_the_register_answered_is_taken_in_and_shown(self, county: Staff, session: Session) -> None:
        ask(county, "hours", "masked")
        export_id = self.export_of(county)
        there = self.hand_in(county, export_id, "成功数,失败数\n1,0\n").location
        assert "登记" in county.client.get(there).text
        assert session.scalar(sa.select(sa.func.count(RegisterReceipt.id))) == 0
        page = county.client.post(there, follow_redirects=True).text
        assert "成功 1，退回 0" in page
        county.client.post(there)
        assert session.scalar(sa.select(sa.func.count(RegisterReceipt.id))) == 1

    def test_a_wrong_line_is_told_and_nothing_recorded(self, county: Staff, session: Session) -> None:
        ask(county, "hours", "masked")
        there = self.hand_in(county, self.export_of(county), "成功数,失败数\n5,7\n").location
        assert "有 1 处错误" in county.client.post(there).text
        assert session.scalar(sa.select(sa.func.count(RegisterReceipt.id))) == 0

    def test_another_countys_export_takes_no_receipt(
        self, county: Staff, staff: Callable[..., Staff], tree: Tree, session: Session
    ) -> None:
        ask(county, "hours", "masked")
        export_id = self.export_of(county)
        other = staff("county_admin", tree.west)
        assert other.get(f"/registers/exports/{export_id}").status_code == 404
        for wanted in (str(export_id), "0", "x", "9" * 30, ""):
            there = self.hand_in(other, wanted, "成功数,失败数\n1,0\n").location
            assert other.client.get(there).status_code == 404
            assert other.client.post(there).status_code == 404
        city = staff("city_admin", tree.city)
        assert city.get(f"/registers/exports/{export_id}").status_code == 200
