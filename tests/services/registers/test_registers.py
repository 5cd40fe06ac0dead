"""Forms of a programme as files: what is in them, what stops them, and what is kept of them."""

import io
import stat

import msoffcrypto
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

import programmes
from models import Account, RegisterExport, RegisterRow, Result, SchoolContact
from programmes.fields import FIELDS as KNOWN
from services.errors import Invalid, NotFound
from services.fees import bills, reconciling, remittances
from services.registers import changes as register_changes
from services.registers import files as register_files
from services.registers import registers, school_contacts
from services.registers.changes import Counts
from services.registers.fields import FIELDS, text
from services.registers.files import PasswordNeeded
from services.registers.registers import RegisterHasErrors
from services.tables import spreadsheets
from tests import factories
from tests.programmes.notices import NOTICES
from tests.services.registering import AFTER, PASSWORD, SLUG, VAULT, cells, registering


@pytest.fixture
def at(session, tmp_path):
    return registering(session, tmp_path)


class TestFields:
    def test_every_known_field_can_be_read_and_no_other(self):
        assert {rows: set(fields) for rows, fields in FIELDS.items()} == {r: set(f) for r, f in KNOWN.items()}

    @pytest.mark.parametrize("notice", sorted(path.parent.name for path in NOTICES.glob("*/programme.toml")))
    def test_every_form_of_every_notice_has_only_fields_that_are_known(self, notice):
        programme = programmes.load((NOTICES / notice / "programme.toml").read_text(encoding="utf-8"))
        used = {(form.rows, column.field) for form in programme.forms for column in form.columns}
        assert all(field in FIELDS[rows] for rows, field in used)

    @pytest.mark.parametrize(
        ("old", "new", "says"),
        [
            ('field = "headcount"', 'field = "shoe_size"', "“shoe_size”不能作 schools 的栏目"),
            ('field = "headcount"', 'field = "id_number"', "“id_number”不能作 schools 的栏目"),
            ('title = "参训人数", field', 'title = "学校", field', "有两栏都叫“学校”"),
        ],
    )
    def test_another_field_or_a_title_twice_is_found_when_the_file_is_read(self, old, new, says):
        text = (NOTICES / "xuchang-2022-phase2" / "programme.toml").read_text(encoding="utf-8")
        with pytest.raises(programmes.ProgrammeError) as refused:
            programmes.load(text.replace(old, new, 1))
        assert says in str(refused.value.problems)

    @pytest.mark.parametrize(("number", "shown"), [(60.0, "60"), (58.25, "58.25"), (0.5, "0.5"), (0, "0"), (None, "")])
    def test_numbers_are_plain(self, number, shown):
        assert text(number) == shown


class TestRows:
    def test_everything_about_a_learner(self, at):
        city = factories.school(at.session, kind="city", name="许昌市")
        county = factories.school(at.session, kind="county", name="长葛市", parent_id=city.id)
        school = at.school(parent_id=county.id, code="999999A")
        at.learner(school, 60, serial=7)
        at.export("everything")
        (_, row) = at.table()
        who = factories.person(7)
        assert row[:6] == [
            who.name,
            "999999A",
            "长葛市",
            f"199****{who.mobile[-4:]}",
            "2022",
            at.awarding.programme.title,
        ]
        assert row[7:12] == ["60", "60", "60", "60", "合格"]
        assert row[14] == "参训"

    def test_results_are_computed_anew_before_they_are_listed(self, at):
        who = at.learner(at.school(), 60)
        at.session.add(
            Result(
                enrolment_id=who.id, programme_id=at.awarding.programme.id, score=0, best=0, passed=False,
                hours_credited=0, hours_counted=0, computed_at=AFTER,
            )
        )  # fmt: skip
        assert at.export("hours").rows == 1

    def test_lists_hold_whom_they_ask_for_and_never_who_withdrew(self, at):
        school = at.school()
        passed, failed = at.learner(school, 60), at.learner(school, 20)
        exempt, gone = at.learner(school, 0), at.learner(school, 60)
        exempt.status, gone.status = "exempt", "withdrawn"
        at.session.commit()
        rows = {"everything": 3, "hours": 1, "failed": 1, "annual_review": 1}
        assert {form: at.export(form).rows for form in rows} == rows
        assert passed.id != failed.id
        at.export("everything")
        assert sorted(row[14] for row in at.table()[1:]) == ["免修", "参训", "参训"]

    def test_below_the_hours_is_below_and_not_at_them(self, at):
        school = at.school()
        at.learner(school, 60)
        at.learner(school, 59.99)
        at.export("annual_review")
        assert [row[6] for row in at.table()[1:]] == ["59.99"]

    def test_a_relieved_leader_owes_no_hours(self, session, tmp_path):
        relief = '[[reliefs]]\ntitle = "兼任坊主"\nhours = 40\nassumed = "虚构"\n\n[leader]'
        at = registering(session, tmp_path, ("[leader]", relief))
        leader, other = at.learner(at.school(), 45), at.learner(at.school(), 45)
        at.awarding.workshop(at.session.get_one(Account, leader.account_id))
        assert at.export("annual_review").rows == 1
        done = at.export("hours")
        assert (done.rows, done.left_out.rows) == (1, 0)
        assert at.table()[1][5] == "45"
        assert other.id != leader.id

    def test_learners_stand_by_school(self, at):
        later, first = at.school("乙", code="2"), at.school("甲", code="1")
        at.learner(later)
        at.learner(first)
        at.export("hours")
        assert [row[2] for row in at.table()[1:]] == ["甲", "乙"]

    def test_statistics_count_each_school_and_stage(self, at):
        school = at.school("示范学校")
        for stage in ("小学", "小学", "初中"):
            at.learner(school, 0, stage=stage)
        at.learner(school, 0).status = "exempt"
        assert at.export("stages").rows == 2
        assert sorted(row[2:] for row in at.table()[1:]) == [["初中", "1"], ["小学", "2"]]

    def test_statistics_do_not_hide_who_has_no_stage(self, at):
        at.learner(at.school(), 0, stage=None)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("stages")
        assert refused.value.problems.found[0].reason == "有 1 人没有学段"

    def test_schools_show_what_they_owe_and_whether_it_was_confirmed(self, at):
        school = at.school("长葛市第一小学", code="1")
        at.learner(school, 0)
        at.learner(school, 0)

        def status():
            at.export("fees")
            return at.table()[1][2:]

        assert status() == ["2", "360.00", "未开缴费单"]
        county = factories.school(at.session, kind="county", name="长葛市")
        school.parent_id = county.id
        bill = bills.issue(
            at.session, VAULT, SLUG, school.id, handler="甲", contact="19900001234", invoice={}, now=AFTER
        )
        assert status()[2] == "待确认（未到账）"
        arrived = remittances.Arrived("R1", "长葛市第一小学", "", 36000, AFTER.date())
        remittances.record(at.session, SLUG, arrived, AFTER)
        assert status()[2] == "待确认（到账相符）"
        reconciling.confirm(at.session, bill.id, collector="counties", by="收费甲", now=AFTER)
        assert status()[2] == "已确认"
        at.learner(school, 0)
        assert status() == ["3", "540.00", "部分确认"]

    def test_remittances_show_whose_they_are(self, at):
        school = at.school("长葛市第一小学", code="1")
        at.learner(school, 0)
        bills.issue(at.session, VAULT, SLUG, school.id, handler="周", contact="19900001234", invoice={}, now=AFTER)
        for reference, payer in (("R1", "长葛市第一小学"), ("R2", "某公司")):
            arrived = remittances.Arrived(reference, payer, "", 18000, AFTER.date())
            remittances.record(at.session, SLUG, arrived, AFTER)
        at.export("remittances", "out.xlsx", password=PASSWORD)
        rows = opened(at.folder / "out.xlsx", PASSWORD)
        assert rows[1] == [
            "2022-11-05",
            "180.00",
            "长葛市第一小学",
            "长葛市第一小学",
            "周",
            "19900001234",
            "待确认（到账相符）",
        ]
        assert rows[2] == ["2022-11-05", "180.00", "某公司", "", "", "", "未认领"]

    def test_contacts_are_those_that_schools_named_or_else_the_handlers_of_their_bills(self, at):
        named, billed = at.school("甲校", code="1"), at.school("乙校", code="2")
        for school in (named, billed):
            at.learner(school, 0)
            bills.issue(at.session, VAULT, SLUG, school.id, handler="经办", contact="0374-1", invoice={}, now=AFTER)
        school_contacts.note(at.session, VAULT, SLUG, named.id, name="责任", contact="19900001234", now=AFTER)
        at.export("contacts", "out.xlsx", password=PASSWORD)
        assert opened(at.folder / "out.xlsx", PASSWORD)[1:] == [
            ["甲校", "责任", "19900001234"],
            ["乙校", "经办", "0374-1"],
        ]
        kept = at.session.scalars(sa.select(RegisterRow)).all()
        assert "19900001234" not in str([row.shown for row in kept])
        assert at.session.get_one(SchoolContact, (SLUG, named.id)).contact_envelope.find(b"1990000") == -1

    def test_a_school_without_a_contact_is_listed(self, at):
        at.learner(at.school("甲校"), 0)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("contacts", "out.xlsx", password=PASSWORD)
        assert [(one.who, one.column) for one in refused.value.problems.found] == [
            ("甲校", "责任人"),
            ("甲校", "联系电话"),
        ]

    def test_the_same_on_every_database(self, engine, tmp_path):
        with Session(engine) as session:
            at = registering(session, tmp_path)
            for name, hours in (("甲校", 60), ("乙校", 30), ("乙校", 59.5)):
                school = at.school(name, code=f"{name}{hours}")
                at.learner(school, hours)
            forms = ("everything", "hours", "annual_review", "stages", "fees")
            assert {form: at.export(form).rows for form in forms} == {
                "everything": 3, "hours": 1, "annual_review": 2, "stages": 3, "fees": 3,
            }  # fmt: skip
            assert not at.export("hours").new
            at.learner(school, 60)
            assert at.export("hours").counts == Counts(added=1)
            assert [change.kind for change in at.difference("hours", since=1).changes] == ["added"]


class TestWrongRows:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"name": ""}, "缺少姓名"),
            ({"stage": None}, "缺少学段"),
            ({"subject": ""}, "缺少学科"),
            ({"id_envelope": b""}, "缺少证件号码"),
            ({"id_envelope": b"\x01damaged"}, "号码不能读取：数据已损坏，请联系平台管理员"),
        ],
    )
    def test_incomplete_people_stop_the_export(self, at, changes, says):
        at.learner(at.school(), 60)
        at.learner(at.school(), 60, **changes)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("hours")
        (problem,) = refused.value.problems.found
        assert (problem.reason, problem.row) == (says, 3)
        assert not list(at.folder.glob("*out*"))
        assert at.session.scalar(sa.select(sa.func.count(RegisterExport.id))) == 0

    def test_or_are_left_out_and_listed(self, at):
        school = at.school()
        at.learner(school, 60)
        at.learner(school, 60, stage=None)
        done = at.export("hours", allow_errors=True)
        assert (done.rows, done.left_out.rows) == (1, 1)
        assert len(at.table()) == 2

    def test_a_passed_learner_without_the_hours_is_in_no_register(self, session, tmp_path):
        at = registering(session, tmp_path, ("mark = 60", "mark = 50"))
        at.learner(at.school(), 55)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("hours")
        assert refused.value.problems.found[0].reason == "成绩合格，而已计学时 55 不足 60"
        assert at.export("annual_review").rows == 1

    def test_hours_above_the_requirement_are_wrong(self, at, monkeypatch):
        at.learner(at.school(), 60)
        at.export("hours")
        at.session.execute(sa.update(Result).values(hours_counted=61))
        monkeypatch.setattr("services.results.recompute", lambda *_: type("Done", (), {"enrolments": 1}))
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("hours")
        assert [one.reason for one in refused.value.problems.found] == [
            "已计学时 61 超过规定的 60",
            "已计学时 61 多于实际学习的 60",
        ]

    def test_a_number_that_is_none_is_wrong(self, at):
        who = at.learner(at.school(), 60)
        account = at.session.get_one(Account, who.account_id)
        number = at.number(who)
        wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
        account.id_envelope = VAULT.seal(wrong, account.id)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("register", "out.xlsx", password=PASSWORD)
        assert wrong not in str(refused.value.problems)

    def test_very_many_are_counted_and_the_first_remembered(self, at, monkeypatch):
        monkeypatch.setattr(registers, "MOST_PROBLEMS", 2)
        for _ in range(3):
            at.learner(at.school(), 60, stage=None)
        with pytest.raises(RegisterHasErrors) as refused:
            at.export("hours")
        assert (refused.value.problems.rows, len(refused.value.problems.found)) == (3, 2)


class TestTheFile:
    @pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
    def test_the_same_data_make_the_same_bytes(self, at, name):
        at.learner(at.school(), 60)
        first = at.export("hours", name)
        written = (at.folder / name).read_bytes()
        again = at.export("hours", name, now=AFTER.replace(hour=23), by="另一位")
        assert (again.new, again.export_id, again.digest) == (False, first.export_id, first.digest)
        assert (at.folder / name).read_bytes() == written

    def test_is_its_owners_alone(self, at):
        at.export("hours", "a.xlsx")
        assert stat.S_IMODE((at.folder / "a.xlsx").stat().st_mode) == 0o600

    def test_holds_text_even_where_it_looks_like_a_number_or_formula(self, at):
        at.learner(at.school('=HYPERLINK("http://127.0.0.1")', code="0012"), 60)
        at.export("everything", "a.xlsx")
        assert cells(at.folder / "a.xlsx")[1][1] == "0012"
        for name in ("a.xlsx", "a.csv"):
            at.export("hours", name)
            assert (
                at.table(name)[1][2] == '=HYPERLINK("http://127.0.0.1")'
            )  # as read back, without the mark that disarms it
        assert "'=HYPERLINK" in (at.folder / "a.csv").read_text("utf-8-sig")
        assert cells(at.folder / "a.xlsx")[1][2].startswith("'=")

    def test_with_nobody_in_it_has_its_header(self, at):
        assert at.export("hours").rows == 0
        assert at.table() == [["姓名", "证件号码", "单位", "学段", "学科", "学时"]]

    def test_a_folder_that_is_not_there_is_said(self, at):
        with pytest.raises(Invalid, match="文件不能写入"):
            at.export("hours", "nowhere/a.csv")

    @pytest.mark.parametrize("name", ["a.xls", "a", "a.txt"])
    def test_other_formats_are_refused(self, at, name):
        with pytest.raises(Invalid, match="结尾"):
            at.export("hours", name)

    def test_a_form_that_there_is_not(self, at):
        with pytest.raises(NotFound, match="没有报表 hour，有：hours"):
            at.export("hour")

    @given(rows=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=2, max_size=2)))
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_stands_in_it_comes_back(self, tmp_path, rows):
        out = tmp_path / "a.xlsx"
        with register_files.Draft(out, "表/[1]?", ("一", "二")) as draft:
            for row in rows:
                draft.write(row)
            draft.finish()
            draft.publish()
        read = cells(out)
        wanted = [[spreadsheets.safe_cell(cell) for cell in row] for row in rows]
        assert [[str(cell) for cell in row] for row in read[1:]] == wanted[: len(read) - 1]
        assert not any(
            "".join(row) for row in wanted[len(read) - 1 :]
        )  # empty rows at the end are not kept by the reader


class TestPersonalNumbers:
    @pytest.mark.parametrize("form", ["register", "contacts", "remittances"])
    def test_stand_only_in_files_with_a_password(self, at, form):
        with pytest.raises(PasswordNeeded):
            at.export(form, "a.xlsx")
        with pytest.raises(Invalid, match="CSV"):
            at.export(form, "a.csv", password=PASSWORD)
        with pytest.raises(Invalid, match="密码应为"):
            at.export(form, "a.xlsx", password="short")

    def test_the_password_opens_the_file_and_nothing_else_does(self, at):
        who = at.learner(at.school(), 60)
        at.export("register", "a.xlsx", password=PASSWORD)
        encrypted = (at.folder / "a.xlsx").read_bytes()
        assert encrypted.startswith(b"\xd0\xcf\x11\xe0")
        assert at.number(who).encode() not in encrypted
        assert opened(at.folder / "a.xlsx", PASSWORD)[1][1] == at.number(who)
        with pytest.raises(msoffcrypto.exceptions.InvalidKeyError):
            opened(at.folder / "a.xlsx", "another password")

    def test_nothing_in_clear_is_left_behind(self, at, tmp_path, monkeypatch):
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        at.learner(at.school(), 60)
        at.export("register", "a.xlsx", password=PASSWORD)
        assert list(temporary.iterdir()) == []
        assert [path.name for path in at.folder.glob("*a.*")] == ["a.xlsx"]

    def test_are_kept_masked_and_change_the_digest(self, at):
        who = at.learner(at.school(), 60)
        number = at.number(who)
        first = at.export("register", "a.xlsx", password=PASSWORD)
        kept = at.session.scalars(sa.select(RegisterRow)).one()
        assert kept.shown["身份证号"] == number[:6] + "*" * 12
        account = at.session.get_one(Account, who.account_id)
        account.id_envelope = VAULT.seal(factories.resident_id(321), account.id)
        (change,) = at.difference("register").changes
        assert (change.columns, change.says) == (("身份证号",), "身份证号：已更正")
        second = at.export("register", "a.xlsx", password=PASSWORD)
        assert (second.new, second.counts) == (True, Counts(changed=1))
        assert first.digest != second.digest

    def test_a_password_may_be_given_where_none_is_needed(self, at):
        at.learner(at.school(), 60)
        at.export("hours", "a.xlsx", password=PASSWORD)
        assert len(opened(at.folder / "a.xlsx", PASSWORD)) == 2


class TestDifference:
    def test_says_who_is_new_gone_and_changed_in_which_columns(self, at):
        school = at.school()
        changed, gone = at.learner(school, 60, name="甲"), at.learner(school, 60, name="乙")
        at.learner(school, 60, name="丁")
        at.export("hours")
        at.learner(school, 60, name="丙")
        gone.status = "withdrawn"
        at.session.get_one(Account, changed.account_id).subject = "数学"
        found = at.difference("hours")
        told = {(change.kind, change.shown["姓名"]): change.says for change in found.changes}
        assert told == {("changed", "甲"): "学科：语文 → 数学", ("added", "丙"): "", ("gone", "乙"): ""}
        register_changes.write(at.folder / "changes.csv", "学时登记表", list(found.changes[0].shown), found.changes)
        assert [row[:3] for row in at.table("changes.csv")] == [
            ["变化", "说明", "姓名"],
            ["有变化", "学科：语文 → 数学", "甲"],
            ["新增", "", "丙"],
            ["不再列入", "", "乙"],
        ]
        assert at.export("hours").counts == Counts(1, 1, 1)
        assert at.difference("hours").changes == []
        assert len(at.difference("hours", since=1).changes) == 3

    def test_there_is_none_without_an_export(self, at):
        with pytest.raises(NotFound, match="还没有导出过"):
            at.difference("hours")
        at.export("hours")
        with pytest.raises(NotFound, match="没有第 7 次"):
            at.difference("hours", since=7)

    def test_many_rows_are_compared_in_chunks(self, at, monkeypatch):
        monkeypatch.setattr("services.registers.changes.CHUNK", 2)
        school = at.school()
        gone = [at.learner(school, 60) for _ in range(5)]
        at.export("hours")
        for one in gone[:4]:
            one.status = "withdrawn"
        assert at.export("hours").counts == Counts(gone=4)


def test_forms_say_when_they_were_last_exported(at):
    at.export("hours")
    told = {form.key: last and last.serial for form, last in registers.forms(at.session, SLUG)}
    assert told["hours"] == 1
    assert told["register"] is None


def test_an_export_that_somebody_else_made_meanwhile_is_kept_once(at, monkeypatch):
    at.learner(at.school(), 60)
    real = registers.last

    def behind(session, slug, key, organisation_id):
        found = real(session, slug, key, organisation_id)
        return None if found and found.serial == 1 and not seen.append(1) and len(seen) == 1 else found

    seen: list[int] = []
    at.export("hours")
    at.learner(at.school(), 60)
    monkeypatch.setattr(registers, "last", behind)
    with pytest.raises(registers.ExportedMeanwhile):
        at.export("hours", "b.csv")
    assert not (at.folder / "b.csv").exists()


def opened(path, password):
    plain = io.BytesIO()
    with path.open("rb") as file:
        office = msoffcrypto.OfficeFile(file)
        office.load_key(password=password, verify_password=True)
        office.decrypt(plain, verify_integrity=True)
    clear = path.with_suffix(".clear.xlsx")
    clear.write_bytes(plain.getvalue())
    read = cells(clear)
    clear.unlink()
    return read
