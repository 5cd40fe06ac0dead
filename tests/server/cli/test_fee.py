"""flask fee."""

import pytest

from server.cli.fee import fee_group
from tests.services.paying import SLUG, paying

BANK = "流水号,付款人,摘要,金额,日期\nR1,长葛市第一小学,经办甲 19900001234,540,2022-07-30\nR2,某某公司,,1,2022-07-30\n"


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()
    return lambda *arguments, **more: runner.invoke(fee_group, list(map(str, arguments)), **more)


@pytest.fixture
def at(session):
    made = paying(session)
    session.commit()
    return made


def test_from_the_bill_to_the_confirmation(run, at, session, tmp_path):
    code = at.school.code
    session.commit()
    billed = run("bill", SLUG, code, "--handler", "经办甲", input="19900001234\n")
    assert billed.exit_code == 0, billed.output
    assert "3 人 × 180.00 元 = 540.00 元" in billed.output
    assert "长葛市第一小学 经办甲 19900001234" in billed.output
    assert "收款人：许昌市财政局财政专户\n开户银行：中原银行许昌前进路支行" in billed.output
    bill_id = billed.output.split("缴费单 ")[1].split("：")[0]

    assert "未到账" in run("reconcile", SLUG).output
    bank = tmp_path / "bank.csv"
    bank.write_text(BANK, encoding="utf-8")
    assert "没有登记任何汇款" in run("import", bank, "--programme", SLUG, "--dry-run").output
    assert "新登记 2 笔，其中 1 笔对上缴费单" in run("import", bank, "--programme", SLUG).output
    assert "还没有确认的缴费" in run("invoices", SLUG).output
    told = run("reconcile", SLUG).output
    assert "相符" in told
    assert "未认领" in told
    assert "19900001234" not in told

    refused = run("confirm", bill_id, "--collector", "city", "--by", "收费乙")
    assert refused.exit_code == 1
    assert "禹州市" in refused.output
    assert "可以打印证书" in run("confirm", bill_id, "--collector", "counties", "--by", "收费甲").output
    assert "已确认" in run("reconcile", SLUG).output
    listed = tmp_path / "invoices.csv"
    assert "1 张" in run("invoices", SLUG, "--out", listed).output
    assert f"{bill_id},长葛市第一小学,长葛市第一小学,,3,540.00" in listed.read_text(encoding="utf-8-sig")
    assert "已撤销" in run("take-back", bill_id, "--collector", "counties", "--by", "收费甲", "--reason", "退款").output


def test_a_telephone_is_no_argument(run, at):
    assert run("bill", SLUG, at.school.code, "--handler", "甲", "--contact", "19900001234").exit_code == 2


def test_a_wrong_file_changes_nothing(run, at, tmp_path):
    bank = tmp_path / "bank.csv"
    bank.write_text(BANK.replace(",540,", ",五百,"), encoding="utf-8")
    refused = run("import", bank, "--programme", SLUG)
    assert refused.exit_code == 1
    assert "第 2 行 金额" in refused.output
    assert "未认领" not in run("reconcile", SLUG).output
