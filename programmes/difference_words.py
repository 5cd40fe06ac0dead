"""Where two versions of a programme differ, in words: parts[ethics].points is 考核项“师德”的分值. Pure."""

import re
import tomllib
from typing import Any

_WORDS = {
    "accepted": "已接受的问题",
    "account": "账号",
    "after": "之后",
    "after_payment": "缴费后发放",
    "announced_days": "通知写明的天数",
    "answer_within": "在线确认的时限（秒）",
    "assumed": "假定",
    "at": "位置",
    "bands": "分档",
    "bank": "开户行",
    "beat_every": "上报间隔（秒）",
    "by": "接受人",
    "calendar": "日程",
    "catalogue_hours": "课程最少学时",
    "changes": "修改说明",
    "channels": "登录渠道",
    "choice": "选课范围",
    "clause": "条款",
    "closes": "结束",
    "closures": "停学时段",
    "code": "代码",
    "collectors": "收费联系人",
    "columns": "列",
    "completion": "完成比例",
    "conditions": "条件",
    "confirm_profile": "首次登录核对信息",
    "count": "数量",
    "counting": "计时规则",
    "credit": "计学时方式",
    "credits": "学分",
    "day_cap": "每日上限（秒）",
    "dimension": "维度",
    "dimensions": "考核维度",
    "districts": "区县",
    "due": "期限",
    "each": "每个的分值",
    "enrolment": "报名",
    "every_part": "各项都要满分",
    "exemptions": "免修",
    "fee": "费用",
    "field": "内容",
    "first_login_by": "首次登录期限",
    "first_password": "初始密码",
    "forms": "登记表",
    "grades": "等级",
    "honour": "评优",
    "hour_seconds": "一学时的秒数",
    "hours": "学时",
    "id": "编号",
    "invoice": "发票",
    "issued": "发文日期",
    "issuer": "发文单位",
    "key": "编号",
    "kind": "种类",
    "leader": "坊主考核",
    "least": "最少",
    "make_up": "补学",
    "mark": "合格分",
    "max_choose": "选课上限（学时）",
    "max_rate": "最高倍速",
    "max_silence": "最长静默（秒）",
    "max_seconds": "最长间隔（秒）",
    "may_skip_ahead": "允许拖动",
    "measure": "统计口径",
    "min_seconds": "最短间隔（秒）",
    "min_words": "最少字数",
    "module": "模块",
    "modules": "模块",
    "notice": "通知",
    "number": "文号",
    "on": "日期",
    "opens": "开始",
    "operator": "承担机构",
    "original": "须为原创",
    "papers": "证书",
    "part": "考核项",
    "parts": "考核项",
    "pass_rule": "合格条件",
    "payee": "收款单位",
    "payer": "付款方",
    "per_head": "每人金额",
    "phases": "阶段",
    "place": "地点",
    "points": "分值",
    "portal": "平台入口",
    "presence": "在线确认",
    "quota": "名额",
    "reason": "理由",
    "reliefs": "优惠",
    "required": "必须",
    "rounding": "取整",
    "rows": "每行",
    "rule": "规则",
    "rules": "要求",
    "sampling": "抽查",
    "second_device": "第二台设备",
    "selection": "选学要求",
    "share": "比例",
    "sign_in": "登录",
    "slip": "汇款附言",
    "template": "模板",
    "ties": "同分",
    "title": "名称",
    "to": "报送",
    "total": "总分",
    "tracks": "报名项目",
    "until": "截止",
    "used_by": "用于",
    "value": "值",
    "version": "版本",
    "who": "对象",
    "within": "范围",
}
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")


class Words:
    """The words for paths of two versions; what has no word is named as the file names it."""

    def __init__(self, *documents: str) -> None:
        self._documents = [tomllib.loads(text) for text in documents]

    def of(self, path: str) -> str:
        """考核项“师德”的分值"""
        said: list[str] = []
        tables: list[Any] = list(self._documents)
        for name, item in _STEP.findall(path):
            if name:
                tables = [table.get(name) if isinstance(table, dict) else None for table in tables]
                said.append(_WORDS.get(name, name))
            else:
                tables = [_item(table, item) for table in tables]
                title = next((table["title"] for table in tables if isinstance(table, dict) and "title" in table), item)
                said[-1] += f"“{title}”" if not str(title).isdigit() else f"第 {int(title) + 1} 条"
        return "的".join(said)


def _item(table: Any, name: str) -> Any:
    """The entry of a list that goes by this key, title or code, or stands at this place."""
    if not isinstance(table, list):
        return None
    for one in table:
        if isinstance(one, dict) and name in (one.get("key"), one.get("title"), one.get("code")):
            return one
    return table[int(name)] if name.isdecimal() and len(name) < 6 and int(name) < len(table) else None
