"""An invented notice in which the linter finds nothing, and the same with some lines changed."""

import programmes
from programmes import lint

NOTICE = """\
id = "invented"
version = 1
title = "虚构县教师全员培训"

[notice]
issuer = "虚构县教育局"
clause = "标题"

[sign_in]
clause = "四"
account = "id_number"
confirm_profile = true

[sign_in.channels]
teacher = ["web", "wechat"]
workshop_leader = ["web"]

[sign_in.first_password]
clause = "四"
rule = "random"

[calendar]
clause = "三"

[[calendar.phases]]
key = "building"
title = "平台搭建"
opens = 2025-02-01
closes = 2025-02-10
kind = "build"
clause = "三"

[[calendar.phases]]
key = "trial"
title = "登录测试"
opens = 2025-02-20
closes = 2025-02-28
kind = "login_test"
clause = "三"

[[calendar.phases]]
key = "study"
title = "网络研修"
opens = 2025-03-01
closes = 2025-06-30
kind = "study"
announced_days = 120
clause = "三"

[[calendar.phases]]
key = "training"
title = "坊主培训"
opens = 2025-03-05T15:00:00
closes = 2025-03-05T18:00:00
kind = "training"
clause = "三"

[[calendar.phases]]
key = "honours"
title = "总结评优"
opens = 2025-07-01
closes = 2025-07-20
kind = "honours"
clause = "三"

[[calendar.phases]]
key = "follow_up"
title = "训后跟踪"
opens = 2025-07-21
closes = 2026-07-20
kind = "follow_up"
announced_days = 365
clause = "三"

[[calendar.closures]]
title = "劳动节"
opens = 2025-05-01
closes = 2025-05-05
clause = "三"

[[modules]]
key = "ethics"
title = "师德"
hours = 20
clause = "二"

[[modules]]
key = "skills"
title = "微能力"
hours = 30
selection = { abilities = 3, hours_each = 10, clause = "二" }
clause = "二"

[[modules]]
key = "school"
title = "校本研修"
hours = 10
place = "school"
clause = "二"

[choice]
subjects = { "小学" = ["语文", "数学"], "初中" = ["语文"] }
catalogue_hours = 90
clause = "二"

[hours]
clause = "附则"
max_choose = 60

[[parts]]
kind = "courses"
key = "ethics_courses"
title = "师德课程"
module = "ethics"
modules = ["ethics"]
points = 20
clause = "五"
assumed = "按学时比例得分"

[[parts]]
kind = "courses"
key = "skills_courses"
title = "微能力课程"
module = "skills"
modules = ["skills"]
rule = "all_hours"
points = 25
clause = "五"

[[parts]]
kind = "graded"
key = "essay"
title = "培训总结"
points = 10
grades = { "优秀" = 10, "良好" = 8, "不合格" = 0 }
min_words = 300
about_words = 800
clause = "五"

[[parts]]
kind = "certified"
key = "certificates"
title = "微能力点认证"
points = 30
count = 3
each = 10
clause = "五"

[[parts]]
kind = "submitted"
key = "bulletins"
title = "研修日志"
points = 5
least = 5
each = 1
clause = "五"

[[parts]]
kind = "marked"
key = "exam"
title = "校本考核"
points = 10
dimension = "offline"
module = "school"
clause = "五"

[pass_rule]
mark = 60
total = 100
clause = "五"

[[pass_rule.dimensions]]
key = "offline"
title = "校本研修"
mark = 6
clause = "五"

[credits]
title = "学分"
total = 10
clause = "六"
bands = [
    { least = 60, below = 80, value = 8 },
    { least = 80, value = 10 },
]

[[reliefs]]
title = "坊主兼学员"
hours = 40
clause = "七"

[[reliefs]]
title = "优秀坊主兼学员"
hours = 30
honour = "best_leader"
clause = "七"

[[papers]]
key = "completion"
title = "结业证书"
after_payment = true
clause = "六"

[[papers]]
key = "best_leader"
title = "优秀辅导教师"
role = "workshop_leader"
honour = { share = 0.1, within = "programme", clause = "七" }
clause = "七"

[leader]
clause = "七"

[[leader.parts]]
kind = "rated"
key = "took_part"
title = "参训率"
measure = "took_part"
points = 60
clause = "七"
bands = [
    { least = 60, below = 85, value = 30 },
    { least = 85, below = 95, value = 50 },
    { least = 95, most = 100, value = 60 },
]

[[leader.parts]]
kind = "rated"
key = "comments"
title = "点评作业"
measure = "graded"
points = 40
clause = "七"
assumed = "没有人交作业的，不扣分"
bands = [{ least = 100, value = 40 }]

[leader.pass_rule]
mark = 90
total = 100
clause = "七"

[enrolment]
who = "在职教师"
closes = 2025-03-10
first_login_by = 2025-03-20
clause = "一"

[[enrolment.tracks]]
key = "all"
title = "全员"
stages = ["小学", "初中"]
operator = "虚构大学"
clause = "一"

[[enrolment.exemptions]]
key = "national"
title = "国培证书"
clause = "一"

[fee]
payer = "school"
per_head = 125
price_per_hour = 2.5
slip = "{school} {headcount} {contact}"
due = 2025-06-30
clause = "八"

[[rules]]
title = "总结不少于 300 字"
used_by = ["essay"]
clause = "五"

[[rules]]
title = "劳动节停学"
used_by = ["calendar.closures"]
clause = "三"

[[rules]]
title = "不得向教师收费"
used_by = ["fee"]
clause = "八"

[[rules]]
title = "校本研修也要合格"
used_by = ["pass_rule", "offline"]
clause = "五"

[counting]
clause = "附则"

[counting.presence]
clause = "附则"
"""

#: Twenty hours of ethics and of each ability, and fifty more of skills, for everybody.
CATALOGUE = "\n".join(
    f"""
[[courses]]
code = "C{place}"
module = "{module}"
title = "课程"
ability = "{ability}"
lessons = [{", ".join(f'{{ code = "{n}", title = "课", duration = 13500, media = "a.mp4" }}' for n in range(hours // 5))}]
"""
    for place, (module, ability, hours) in enumerate(
        [("ethics", "", 40), ("skills", "A1", 20), ("skills", "A2", 20), ("skills", "A3", 10)]
    )
)


def clean(*changes: tuple[str, str]) -> programmes.Programme:
    """The notice with each (old, new) replaced at its first place."""
    text = NOTICE
    for old, new in changes:
        assert old in text, f"{old!r} is not in the file"
        text = text.replace(old, new, 1)
    return programmes.load(text)


def found(*changes: tuple[str, str]) -> set[tuple[str, str]]:
    """(code, at) of what the linter finds in it."""
    return {(finding.code, finding.at) for finding in lint.findings(clean(*changes))}
