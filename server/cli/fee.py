"""`flask fee …`: bills, remittances and the collector's confirmation. Telephone numbers are asked for, never arguments."""

from pathlib import Path

import click
from flask.cli import AppGroup

from server.cli.words import plain_errors, table
from services import schools
from services.fees import bank_list as remittance_import
from services.fees import bills, reconciling
from services.fees.bills import yuan
from services.tables import spreadsheets
from web.context import collaborators, now, unit_of_work

STATES = {"none": "未到账", "short": "不足", "exact": "相符", "over": "超出"}
SHOWN = 50
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

fee_group = AppGroup("fee", help="Training fees: bills, remittances, confirmation.")


@fee_group.command("bill")
@click.argument("slug")
@click.argument("school_code")
@click.option("--handler", required=True, help="Who pays for the school (经办人).")
@click.option("--invoice-title", default="", help="发票抬头.")
@click.option("--tax-number", default="", help="纳税人识别号.")
def bill(slug: str, school_code: str, handler: str, invoice_title: str, tax_number: str) -> None:
    """Make the bill of a school: headcount × fee; and the text for the bank slip. The handler's telephone is asked for."""
    contact: str = click.prompt("经办人联系电话", hide_input=True)
    invoice = {"title": invoice_title, "tax_number": tax_number}
    with plain_errors(), unit_of_work(read_only=False) as session:
        school = schools.by_code(session, school_code)
        made = bills.issue(
            session,
            collaborators().vault,
            slug,
            school.id,
            handler=handler,
            contact=contact,
            invoice={key: value for key, value in invoice.items() if value},
            now=now(),
        )
        click.echo(
            f"缴费单 {made.id}：{school.name}，{made.headcount} 人 × {yuan(made.per_head_fen)} 元 = {yuan(made.amount_fen)} 元"
        )
        fee = bills.programme_of(session, slug).fee
        for title, said in (("收款人", fee.payee), ("开户银行", fee.bank), ("缴费截止", str(fee.due or ""))):
            if said:
                click.echo(f"{title}：{said}")
        click.echo(f"汇款单摘要：{bills.slip(session, collaborators().vault, made)}")


@fee_group.command("import")
@click.argument("file", type=_FILE)
@click.option("--programme", "slug", required=True)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
def import_(file: Path, slug: str, dry_run: bool) -> None:
    """Record the remittances of the bank's list in FILE (.xlsx or .csv). One wrong row and none is taken in."""
    with plain_errors():
        read = spreadsheets.read(file)
        with unit_of_work(read_only=False) as session:
            outcome = remittance_import.take_in(session, slug, read, now())
            if outcome.errors or dry_run:
                session.rollback()
    for error in outcome.errors[:SHOWN]:
        click.echo(f"第 {error.row} 行 {error.column}：{error.reason}")
    if outcome.errors:
        raise click.ClickException(f"有 {len(outcome.errors)} 处错误，没有登记任何汇款；请改正后重新导入。")
    click.echo(f"新登记 {outcome.new} 笔，其中 {outcome.matched} 笔对上缴费单；已登记过 {outcome.known} 笔。")
    if dry_run:
        click.echo("以上只是检查，没有登记任何汇款。")


@fee_group.command("reconcile")
@click.argument("slug")
def reconcile(slug: str) -> None:
    """Every school's bill beside what arrived, and the money that nobody knows whose it is."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows, unknown = reconciling.reconcile(session, slug)
        lines = [
            (
                str(row.bill.id),
                row.school,
                str(row.bill.headcount),
                yuan(row.bill.amount_fen),
                yuan(row.received_fen),
                STATES[row.state],
                "已确认" if row.bill.state == bills.CONFIRMED else "未确认",
                row.bill.collector,
            )
            for row in rows
        ]
        click.echo(table([("缴费单", "学校", "人数", "应缴", "到账", "核对", "确认", "收费联系人"), *lines]))
        for money in unknown:
            click.echo(f"未认领：{money.id} {money.paid_on} {money.payer} {yuan(money.amount_fen)} 元 {money.summary}")


@fee_group.command("assign")
@click.argument("remittance_id", type=int)
@click.argument("bill_id", type=int, required=False)
def assign(remittance_id: int, bill_id: int | None) -> None:
    """Say for which bill a remittance came; without BILL_ID it is nobody's again."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        reconciling.assign(session, remittance_id, bill_id)
    click.echo("已认领。" if bill_id else "已退回未认领。")


@fee_group.command("confirm")
@click.argument("bill_id", type=int)
@click.option("--collector", default="", help="Key of the collector of this district.")
@click.option("--by", required=True, help="Who confirms.")
@click.option("--reason", default="", help="Why, where the sum differs.")
def confirm(bill_id: int, collector: str, by: str, reason: str) -> None:
    """The collector has the money: certificates of this school open."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        done = reconciling.confirm(session, bill_id, collector=collector, by=by, reason=reason, now=now())
        click.echo(f"已确认 缴费单 {done.id} 的 {yuan(done.amount_fen)} 元，学员可以打印证书。")


@fee_group.command("invoices")
@click.argument("slug")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A CSV file for them.")
def invoices(slug: str, out: Path | None) -> None:
    """What the invoices of confirmed bills must say."""
    with plain_errors(), unit_of_work(read_only=True) as session:
        rows = [
            (
                str(one.bill_id),
                one.school,
                one.title,
                one.tax_number,
                str(one.headcount),
                yuan(one.amount_fen).replace(",", ""),
            )
            for one in reconciling.invoices(session, slug)
        ]
    header = ("缴费单", "学校", "发票抬头", "纳税人识别号", "人数", "金额")
    if not out:
        click.echo(table([header, *rows]) if rows else "还没有确认的缴费。")
        return
    try:
        spreadsheets.write_csv(out, header, rows)
    except OSError as error:
        raise click.ClickException(f"文件不能写入：{error.strerror}") from None
    click.echo(f"{out}：{len(rows)} 张")


@fee_group.command("take-back")
@click.argument("bill_id", type=int)
@click.option("--collector", default="")
@click.option("--by", required=True)
@click.option("--reason", required=True)
def take_back(bill_id: int, collector: str, by: str, reason: str) -> None:
    """Undo a confirmation that was wrong."""
    with plain_errors(), unit_of_work(read_only=False) as session:
        reconciling.take_back(session, bill_id, collector=collector, by=by, reason=reason)
    click.echo("已撤销确认。")
