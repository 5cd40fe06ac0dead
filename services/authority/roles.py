"""The roles (角色) of those who watch over, and what each may do. Data: a view asks for a permission, never for a role."""

from dataclasses import dataclass
from typing import Literal, get_args

Permission = Literal[
    "people",  # 查询教师、看时间线
    "reset",  # 重置密码、解锁
    "bulk_reset",  # 批量重置本校从未登录者
    "profile",  # 处理个人信息更正
    "ask_hours",  # 申请学时更正
    "approve_hours",  # 审批学时更正
    "roster",  # 名单导入、报名
    "quotas",  # 名额
    "bills",  # 缴费单
    "collect",  # 确认缴费
    "evidence",  # 成绩与材料
    "workshop",  # 工作坊批阅
    "papers",  # 证书
    "revoke_papers",  # 撤销、换发证书
    "honours",  # 评优
    "programmes",  # 查看项目
    "publish",  # 发布项目
    "watch",  # 统计、通报
    "sample",  # 抽查
    "registers",  # 登记表导出
    "export",  # 导出（脱敏）
    "export_clear",  # 导出含证件号码的登记表
    "live",  # 实时监控
    "audit",  # 审计日志
    "appoint",  # 任命管理人员
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

WORKSHOP_LEADER, SCHOOL_ADMIN, COLLECTOR, HOTLINE = "workshop_leader", "school_admin", "collector", "hotline"
COUNTY_ADMIN, CITY_ADMIN, PROVINCE_ADMIN, OPERATOR = "county_admin", "city_admin", "province_admin", "operator"


@dataclass(frozen=True)
class Role:
    """`rank`: whoever has the higher one may reset and appoint the lower one. A teacher's is 0.

    `at`: kinds of organisations where it can be held; empty where it needs none (leaders by their workshop, operators everywhere).
    """

    key: str
    title: str
    rank: int
    at: frozenset[str]
    may: frozenset[Permission]


_SCHOOL: frozenset[Permission] = frozenset(
    {
        "people",
        "reset",
        "bulk_reset",
        "profile",
        "ask_hours",
        "roster",
        "bills",
        "evidence",
        "papers",
        "watch",
        "export",
    }
)
_BUREAU: frozenset[Permission] = _SCHOOL | {
    "approve_hours", "quotas", "honours", "programmes", "sample", "registers", "export_clear", "appoint",
    "revoke_papers",
}  # fmt: skip

ROLES: dict[str, Role] = {
    role.key: role
    for role in (
        Role(WORKSHOP_LEADER, "坊主", 1, frozenset(), frozenset({"workshop"})),
        Role(SCHOOL_ADMIN, "学校管理员", 2, frozenset({"school"}), _SCHOOL),
        Role(COLLECTOR, "收费联系人", 2, frozenset({"county", "city"}), frozenset({"collect"})),
        Role(
            HOTLINE,
            "热线客服",
            2,
            frozenset({"county", "city", "province"}),
            frozenset({"people", "reset", "ask_hours"}),
        ),
        Role(COUNTY_ADMIN, "县级管理员", 3, frozenset({"county"}), _BUREAU),
        Role(CITY_ADMIN, "市级管理员", 4, frozenset({"city"}), _BUREAU | {"live", "audit"}),
        Role(PROVINCE_ADMIN, "省级管理员", 5, frozenset({"province"}), _BUREAU | {"live", "audit"}),
        Role(OPERATOR, "平台运维", 6, frozenset(), frozenset(PERMISSIONS) - {"collect", "workshop", "approve_hours"}),
    )
}
