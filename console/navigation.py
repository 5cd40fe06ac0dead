"""The menu: which page families there are and who sees them. One line each, in the order of the menu."""

from typing import NamedTuple

from services.authority.principals import Principal
from services.authority.roles import Permission


class Entry(NamedTuple):
    endpoint: str
    title: str
    #: Shown to roles with one of these.
    needs: tuple[Permission, ...]
    group: str


MENU: tuple[Entry, ...] = (
    Entry("console.desk.show", "查找教师", ("people",), "服务台"),
    Entry("console.bulk_reset.choose", "批量重置密码", ("bulk_reset",), "服务台"),
    Entry("console.hours.index", "学时更正", ("ask_hours", "approve_hours"), "服务台"),
    Entry("console.reports.index", "信息更正", ("profile",), "服务台"),
    Entry("console.rosters.index", "名单导入", ("roster",), "学员"),
    Entry("console.enrolments.index", "报名", ("roster",), "学员"),
    Entry("console.quotas.index", "名额", ("quotas",), "学员"),
    Entry("console.workshops.index", "工作坊", ("workshop", "evidence"), "学员"),
    Entry("console.grading.index", "批阅", ("workshop",), "学员"),
    Entry("console.programmes.index", "培训项目", ("programmes",), "项目"),
    Entry("console.evidence.index", "成绩与材料", ("evidence",), "项目"),
    Entry("console.papers.index", "证书", ("papers",), "项目"),
    Entry("console.honours.index", "评优", ("honours",), "项目"),
    Entry("console.fees.index", "缴费单", ("bills",), "项目"),
    Entry("console.remittances.index", "收费核对", ("collect",), "项目"),
    Entry("console.registers.index", "登记表", ("registers",), "项目"),
    Entry("console.samples.index", "抽查", ("sample",), "项目"),
    Entry("console.dashboards.index", "进展统计", ("watch",), "统计"),
    Entry("console.bulletins.index", "通报", ("watch",), "统计"),
    Entry("console.live.index", "实时监控", ("live",), "统计"),
    Entry("console.staff.show", "管理人员", ("appoint",), "系统"),
    Entry("console.organisations.tops", "单位", ("appoint",), "系统"),
    Entry("console.audit_log.index", "审计日志", ("audit",), "系统"),
)


def menu_for(principal: Principal) -> dict[str, list[Entry]]:
    """The person's entries by group, in order."""
    shown: dict[str, list[Entry]] = {}
    for entry in MENU:
        if any(principal.may(permission) for permission in entry.needs):
            shown.setdefault(entry.group, []).append(entry)
    return shown


def home_of(principal: Principal) -> str:
    """The endpoint where the person begins: the first of the menu."""
    return next((entry.endpoint for entries in menu_for(principal).values() for entry in entries), "console.me.show")
