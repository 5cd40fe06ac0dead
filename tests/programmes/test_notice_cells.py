"""What three of the notices say about each matter, cell by cell, is in their files."""

import pytest

import programmes
from programmes import lint
from programmes.schema import Programme
from tests.programmes.notices import NOTICES

PHASE1, PHASE2, KAIFENG = "xuchang-2021-phase1", "xuchang-2022-phase2", "kaifeng-2018"
FILES = {
    name: programmes.load((NOTICES / name / "programme.toml").read_text(encoding="utf-8"))
    for name in (PHASE1, PHASE2, KAIFENG)
}
FOUR = [("专业理念与师德", 15), ("专业知识", 15), ("专业能力", 10), ("信息技术", 20)]


def doors(of: Programme) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return of.sign_in.account, of.sign_in.channels["teacher"], of.sign_in.channels["workshop_leader"]


def first_password(of: Programme) -> tuple[str, str]:
    return of.sign_in.first_password.rule, of.sign_in.first_password.shared


def reset(of: Programme) -> tuple[bool, list[str]]:
    """Whether the first log-in checks the personal data, and the rules of the text about signing in."""
    return of.sign_in.confirm_profile, [rule.clause for rule in of.rules if "sign_in" in rule.used_by]


def choice(of: Programme) -> tuple[dict[str, int], float] | None:
    """Subjects by stage, and hours on offer to each."""
    return of.choice and ({stage: len(of_it) for stage, of_it in of.choice.subjects.items()}, of.choice.catalogue_hours)


def who(of: Programme) -> tuple[bool, list[tuple[tuple[str, ...], str]]]:
    return of.enrolment.quota, [(track.stages, track.operator) for track in of.enrolment.tracks]


def hours(of: Programme) -> list[tuple[str, float]]:
    return [(module.title, module.hours) for module in of.modules]


def points(of: Programme) -> list[tuple[str, str, float]]:
    return [(part.key, type(part).__struct_config__.tag, part.points) for part in of.parts]


def passing(of: Programme) -> tuple[float, float]:
    return of.pass_rule.mark, of.pass_rule.total


def homework(of: Programme) -> tuple[object, ...]:
    part = of.part("summary")
    assert part
    return (
        part.grades,
        part.about_words,
        part.original,
        len(part.template),
        "excellent_learner" in scored_by(of, "评优"),
    )


def scored_by(of: Programme, word: str) -> set[str]:
    """What holds teachers to the rules of the text that speak of `word`."""
    return {key for rule in of.rules if word in rule.title for key in rule.used_by}


def reliefs(of: Programme) -> tuple[bool, list[tuple[float, str | None]]]:
    return of.calendar.make_up, [(relief.hours, relief.honour) for relief in of.reliefs]


def papers(of: Programme) -> list[tuple[object, ...]]:
    return [
        (
            paper.title,
            paper.role,
            paper.after_payment,
            paper.honour and (paper.honour.share, paper.honour.within, paper.honour.recommended),
        )
        for paper in of.papers
    ]


def money(of: Programme) -> tuple[object, ...]:
    fee = of.fee
    return fee.payer, fee.per_head, fee.price_per_hour, fee.slip, [collector.districts for collector in fee.collectors]


def phases(of: Programme) -> list[tuple[str, str, str]]:
    return [(phase.kind, repr(phase.opens), repr(phase.closes)) for phase in of.calendar.phases]


def enrols_until(of: Programme) -> str:
    return repr(of.enrolment.closes) if of.enrolment.closes else ""


def leader(of: Programme) -> tuple[float, dict[str, object]] | None:
    """The pass mark, and what each part of the leader's table is worth."""
    if of.leader is None:
        return None
    worth = {
        part.title: [(band.least, band.value) for band in part.bands] if hasattr(part, "bands") else part.points
        for part in of.leader.parts
    }
    return of.leader.pass_rule.mark, worth


def duties(of: Programme) -> list[str]:
    """Rules of the text about workshop leaders that nothing scores."""
    return [rule.clause for rule in of.rules if rule.title.startswith("坊主") and not rule.used_by]


def watching(of: Programme) -> set[str]:
    return scored_by(of, "监控") | scored_by(of, "督促本坊")


def forms(of: Programme) -> list[tuple[str, str, str]]:
    return [(form.key, form.rows, form.only) for form in of.forms]


RATE = [(95, 20), (85, 18), (60, 16)]
CELLS = [
    (doors, PHASE1, ("id_number", ("web",), ("web",))),
    (doors, PHASE2, ("id_number", ("web", "wechat"), ("web",))),
    (doors, KAIFENG, ("id_number", ("web",), ("web",))),
    (first_password, PHASE1, ("last_six", "")),
    (first_password, PHASE2, ("shared", "Haolaoshi123")),
    (first_password, KAIFENG, ("random", "")),
    (reset, PHASE1, (False, [])),
    (reset, PHASE2, (True, ["四.2", "六.1"])),
    (reset, KAIFENG, (True, [])),
    (choice, PHASE1, ({"小学": 11, "初中": 14, "高中": 16, "幼儿园": 1, "特殊教育": 1}, 90)),
    (choice, PHASE2, None),
    (choice, KAIFENG, None),
    (who, PHASE1, (False, [])),
    (who, PHASE2, (False, [])),
    (
        who,
        KAIFENG,
        (True, [(("高中",), "陕西师范大学"), (("初中", "小学", "幼儿园", "特殊教育"), "中国教师教育网")]),
    ),
    (hours, PHASE1, FOUR),
    (hours, PHASE2, FOUR),
    (hours, KAIFENG, [("网络研修", 60)]),
    (
        points,
        PHASE1,
        [
            ("ethics", "courses", 20),
            ("plan", "submitted", 10),
            ("knowledge", "courses", 20),
            ("ability", "courses", 10),
            ("summary", "graded", 10),
            ("technology", "courses", 20),
            ("apps", "submitted", 10),
        ],
    ),
    (
        points,
        PHASE2,
        [
            ("ethics", "courses", 15),
            ("stories", "submitted", 10),
            ("knowledge", "courses", 15),
            ("ability", "courses", 10),
            ("summary", "graded", 10),
            ("technology", "courses", 20),
            ("discussion", "submitted", 10),
        ],
    ),
    (points, KAIFENG, [("online", "courses", 60), ("discussion", "submitted", 20), ("tasks", "marked", 20)]),
    (passing, PHASE1, (90, 100)),
    (passing, PHASE2, (90, 100)),
    (passing, KAIFENG, (60, 100)),
    (homework, PHASE1, ({"优秀": 10, "良好": 8, "中等": 6}, 800, True, 6, True)),
    (homework, PHASE2, ({"优秀": 10, "良好": 8, "中等": 6, "不及格": 4}, None, False, 0, False)),
    (lambda of: scored_by(of, "学习反思"), KAIFENG, {"discussion", "tasks"}),
    (reliefs, PHASE1, (False, [(40, None), (30, "excellent_leader")])),
    (reliefs, PHASE2, (False, [])),
    (reliefs, KAIFENG, (False, [])),
    (
        papers,
        PHASE1,
        [
            ("结业证书", "teacher", False, None),
            ("优秀学员", "teacher", False, (0.1, "workshop", True)),
            ("优秀辅导教师", "workshop_leader", False, (0.1, "programme", False)),
        ],
    ),
    (papers, PHASE2, [("结业证书", "teacher", True, None)]),
    (papers, KAIFENG, [("结业证书", "teacher", False, None), ("学时证书", "teacher", False, None)]),
    (money, PHASE1, ("authority", None, None, "", [])),
    (
        money,
        PHASE2,
        ("school", 180, 3, "{school} {handler} {contact}", [("禹州市", "长葛市", "鄢陵县", "建安区"), ()]),
    ),
    (money, KAIFENG, ("authority", None, None, "", [])),
    (
        phases,
        PHASE1,
        [
            ("build", "2021-09-01", "2021-09-09"),
            ("study", "2021-09-10", "2021-12-20"),
            ("training", "2021-09-16 15:00:00", "2021-09-16 18:00:00"),
            ("honours", "2021-12-10", "2021-12-20"),
            ("follow_up", "2021-12-21", "2022-05-20"),
        ],
    ),
    (phases, PHASE2, [("login_test", "2022-07-01", "2022-07-15"), ("study", "2022-07-16", "2022-10-31")]),
    (phases, KAIFENG, [("build", "2018-12-15", "2018-12-20"), ("study", "2019-01-01", "2019-04-30")]),
    (enrols_until, PHASE1, "2021-09-09"),
    (enrols_until, PHASE2, ""),
    (enrols_until, KAIFENG, "2018-12-20"),
    (
        leader,
        PHASE1,
        (
            90,
            {
                "参训率": RATE,
                "合格率": RATE,
                "发布研修公告": 5,
                "发布研修简报": 15,
                "点评作业": [(100, 20)],
                "作业推优": [(10, 20)],
            },
        ),
    ),
    (leader, PHASE2, None),
    (leader, KAIFENG, None),
    (duties, KAIFENG, ["三.(二)", "三.(二)", "三.(二)"]),
    (watching, PHASE1, {"took_part", "passed"}),
    (watching, PHASE2, set()),
    (watching, KAIFENG, {"progress"}),
    (forms, PHASE1, [("register", "learners", "all"), ("certificates", "learners", "passed")]),
    (
        forms,
        PHASE2,
        [
            ("fees", "schools", "all"),
            ("remittances", "remittances", "all"),
            ("annual_review", "learners", "below_hours"),
            ("progress", "learners", "all"),
        ],
    ),
    (
        forms,
        KAIFENG,
        [("enrolment", "learners", "all"), ("hour_register", "learners", "passed"), ("progress", "learners", "all")],
    ),
]


@pytest.mark.parametrize(("what", "notice", "says"), CELLS, ids=[f"{name}: {what.__name__}" for what, name, _ in CELLS])
def test_the_file_says_what_the_notice_says(what, notice, says):
    assert what(FILES[notice]) == says


def test_the_bulletins_earn_five_points_each_three_times():
    [bulletins] = [part for part in FILES[PHASE1].leader.parts if part.key == "bulletins"]
    assert (bulletins.least, bulletins.each) == (3, 5)


def test_the_leaders_bands_keep_the_ends_that_the_notice_prints():
    took_part = FILES[PHASE1].leader.parts[0]
    assert [band.most for band in took_part.bands] == [None, 94, 84]


def test_open_for_one_year_is_kept_beside_the_dates():
    assert FILES[PHASE1].calendar.phases[-1].announced_days == 365


def test_the_annual_review_lists_who_has_less_than_sixty_hours():
    [review] = [form for form in FILES[PHASE2].forms if form.key == "annual_review"]
    assert review.hours == 60


@pytest.mark.parametrize("of", FILES.values(), ids=FILES)
def test_only_registers_of_the_province_and_certificates_carry_whole_id_numbers(of):
    whole = {form.key for form in of.forms for column in form.columns if column.field == "id_number"}
    assert whole <= {"enrolment", "hour_register", "certificates"}


@pytest.mark.parametrize("of", FILES.values(), ids=FILES)
def test_every_finding_is_mended_or_accepted_by_name_and_no_acceptance_is_left_over(of):
    review = lint.review(of)
    assert (review.open, review.stale) == ((), ())
