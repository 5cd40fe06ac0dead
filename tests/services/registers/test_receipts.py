"""What a register answers to an export."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RegisterReceipt
from services.errors import BadSpreadsheet, NotFound
from services.registers import receipts
from services.tables import spreadsheets
from tests import factories, sheets
from tests.services.registering import AFTER, VAULT, registering


@pytest.fixture
def at(session, tmp_path):
    return registering(session, tmp_path)


@pytest.fixture
def answer(at):
    """answer(export, rows): the table under a header, as a register sends it."""

    def answer(export, *rows, header=("证件号码", "结果", "原因")):
        table = spreadsheets.read(sheets.write_csv(at.folder / "answer.csv", [header, *rows]))
        return receipts.record(at.session, VAULT, export.export_id, table, by="登记员", now=AFTER)

    return answer


def test_whom_the_register_refused_is_listed_with_the_reason(at, answer):
    school = at.school()
    one, two, three = (at.learner(school, 60, serial=serial) for serial in (1, 2, 3))
    export = at.export("hours")
    got = answer(export, (at.number(one), "成功", ""), (at.number(two), "失败", "姓名与证件号码不符"))
    assert (got.new, got.accepted, got.rejected, got.unanswered, got.errors) == (True, 1, 1, 1, [])
    (refused,) = receipts.refused(at.session, export.export_id)
    assert (refused.shown["姓名"], refused.reason) == (factories.person(2).name, "姓名与证件号码不符")
    assert at.number(two) not in str(refused)
    assert three.id


def test_numbers_in_a_reason_are_masked_however_they_are_typed(at, answer):
    who = at.learner(at.school(), 60)
    export = at.export("hours")
    wide = at.number(who).translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    answer(export, (at.number(who), "失败", f"与{wide}重复"))
    (refused,) = receipts.refused(at.session, export.export_id)
    assert "*" * 12 in refused.reason
    assert wide not in refused.reason


def test_the_same_answer_again_is_recorded_once_in_whatever_order(at, answer):
    school = at.school()
    one, two = at.learner(school, 60), at.learner(school, 60)
    export = at.export("hours")
    rows = [(at.number(one), "成功", ""), (at.number(two), "失败", "重复")]
    first = answer(export, *rows)
    again = answer(export, *reversed(rows), rows[0])
    assert (again.new, again.receipt_id, again.rejected) == (False, first.receipt_id, 1)
    assert at.session.scalar(sa.select(sa.func.count(RegisterReceipt.id))) == 1
    assert answer(export, (at.number(two), "成功", "")).new
    assert len(receipts.refused(at.session, export.export_id)) == 1


def test_one_wrong_line_and_nothing_is_recorded(at, answer):
    school = at.school()
    one, other = at.learner(school, 60), at.learner(school, 10)
    export = at.export("hours")
    got = answer(
        export,
        (at.number(one), "成功", ""),
        (at.number(one), "失败", ""),
        (at.number(other), "成功", ""),
        ("12345", "成功", ""),
        (at.number(one), "也许", ""),
    )
    assert [(error.row, error.column) for error in got.errors] == [
        (3, "结果"),
        (4, "证件号码"),
        (5, "证件号码"),
        (6, "结果"),
    ]
    assert at.number(other) not in str(got.errors)
    assert receipts.refused(at.session, export.export_id) == []


def test_reasons_are_kept_without_numbers_and_not_too_long(at, answer):
    one = at.learner(at.school(), 60)
    export = at.export("hours")
    answer(export, (at.number(one), "退回", f"与 {at.number(one)} 重复" + "长" * 300))
    (refused,) = receipts.refused(at.session, export.export_id)
    assert at.number(one) not in refused.reason
    assert len(refused.reason) == receipts.LONGEST_REASON


def test_a_refusal_may_have_no_reason(at, answer):
    one = at.learner(at.school(), 60)
    export = at.export("hours")
    answer(export, (at.number(one), "退回"), header=("身份证号", "登记结果"))
    assert receipts.refused(at.session, export.export_id)[0].reason == "没有写明原因"


def test_an_answer_that_only_counts(at, answer):
    at.learner(at.school(), 60)
    at.learner(at.school(), 60)
    export = at.export("hours")
    got = answer(export, ("1", "1"), header=("成功数", "失败数"))
    assert (got.new, got.accepted, got.rejected, got.unanswered) == (True, 1, 1, 0)
    assert not answer(export, ("1", "1"), header=("成功数", "失败数")).new
    assert answer(export, ("2", "1"), header=("成功数", "失败数")).errors
    assert answer(export, ("-1", "x"), header=("成功数", "失败数")).errors
    with pytest.raises(BadSpreadsheet):
        answer(export, ("1", "0"), ("1", "0"), header=("成功数", "失败数"))


def test_another_table_and_another_export_are_refused(at, answer):
    export = at.export("hours")
    with pytest.raises(BadSpreadsheet, match="没有找到表头"):
        answer(export, ("1", "2"), header=("甲", "乙"))
    for missing in (0, -1, 2**63, 10**6):
        with pytest.raises(NotFound):
            receipts.refused(at.session, missing)


def test_on_every_database(engine, tmp_path):
    with Session(engine) as session:
        at = registering(session, tmp_path)
        who = at.learner(at.school(), 60)
        export = at.export("hours")
        path = sheets.write_csv(tmp_path / "a.csv", [("证件号码", "结果", "原因"), (at.number(who), "失败", "停用")])
        for new in (True, False):
            got = receipts.record(session, VAULT, export.export_id, spreadsheets.read(path), by="登记员", now=AFTER)
            assert got.new is new
            session.commit()
        assert receipts.refused(session, export.export_id)[0].reason == "停用"
