"""The score card: rounded so that nothing looks reached before it is, every number with its reckoning and clause."""

import time

import msgspec
import pytest
from msgspec import structs

from programmes import parts
from programmes.card import ScoreCard, card, leader_card, score
from programmes.evidence import Evidence, ItemEvidence, LessonEvidence, Standing
from programmes.scoring import Scorer
from tests.programmes import invented
from tests.programmes.notices import local, phase2

NOTICE = phase2()
SUMMER, AUTUMN = local("2022-08-01T09:00"), local("2022-11-05T09:00")
HOURS = {"ethics": 15, "knowledge": 15, "ability": 10, "technology": 20}
ACTIVITIES = ("stories", "discussion")
NOBODY = Standing()
BASE = {"key": "part", "clause": "一"}


def evidence(*items: ItemEvidence, standing: Standing = NOBODY, **hours: float) -> Evidence:
    lessons = [LessonEvidence(key, "all", 10**7, round(count * 2700)) for key, count in hours.items()]
    return Evidence(tuple(lessons), items, standing)


def item(part: str, at: str = "2022-07-20T12:00", **values) -> ItemEvidence:
    return ItemEvidence(part=part, at=local(at), **values)


def done(grade: str | None, standing: Standing = NOBODY, **hours: float) -> Evidence:
    items = [*map(item, ACTIVITIES), item("summary", grade=grade)]
    return evidence(*items, standing=standing, **(HOURS | hours))


def part_of(found: ScoreCard, key: str):
    return next(part for part in found.parts if part.key == key)


class TestRounding:
    def test_points_and_hours_are_rounded_down(self):
        almost = Evidence((LessonEvidence("ethics", "1", 40500, 40499),))
        found = score(NOTICE, almost, SUMMER)
        assert (found.modules[0].hours_credited, found.modules[0].points, found.score) == (14.99, 14.99, 14.99)

    def test_what_is_missing_is_rounded_up(self):
        found = score(NOTICE, Evidence((LessonEvidence("ethics", "1", 40500, 40499),)), SUMMER)
        assert found.modules[0].hours_missing == 0.1
        assert found.missing[0] == "专业理念与师德还差 0.1 学时"

    def test_a_hair_below_100_is_not_shown_as_100(self):
        whole = structs.replace(
            NOTICE,
            parts=(parts.MarkedPart(key="mark", title="成绩", points=100, clause="一"),),
            pass_rule=parts.PassRule(mark=100, total=100, clause="一"),
        )
        found = score(whole, evidence(item("mark", mark=99.999)), SUMMER)
        assert (found.score, found.passed, found.best) == (99.99, False, 100)
        assert "考核 99.99 分" in found.parts[0].says

    def test_decimals_that_floats_cannot_hold_are_not_rounded_away(self):
        whole = structs.replace(NOTICE, parts=(parts.MarkedPart(key="mark", title="成绩", points=100, clause="一"),))
        for mark in (89.7, 0.29, 4.35, 57.3):
            assert score(whole, evidence(item("mark", mark=mark)), SUMMER).score == mark

    def test_ninety_passes_and_what_looks_like_ninety_does_not(self):
        assert score(NOTICE, done("优秀"), SUMMER).passed
        almost = structs.replace(
            done("优秀", ethics=0),
            lessons=(*done("优秀", ethics=0).lessons, LessonEvidence("ethics", "1", 40500, 40499)),
        )
        found = score(NOTICE, almost, SUMMER)
        assert (found.score, found.passed, found.why) == (89.99, False, "不合格：89.99 分，未达到 90 分（三）")


class TestWhy:
    def test_passing_names_the_clause(self):
        assert score(NOTICE, done("优秀"), SUMMER).why == "90 分，达到 90 分，合格（三）"

    def test_each_reason_against_it_is_named(self):
        [shexian] = [one for one in invented.REAL if one.id == "shexian-2022"]
        assert score(shexian, Evidence(), local("2023-06-01T09:00")).why == (
            "不合格：0 分，未达到 100 分（附件2）；线上学习 0 分，未达到 90 分（五(二)、附件2）；"
            "校本研修 0 分，未达到 10 分（五(二)、附件2）；未满足：认证合格的微能力点不少于 3 个维度（三(二)）"
        )

    def test_a_required_part(self):
        strict = structs.replace(NOTICE, pass_rule=structs.replace(NOTICE.pass_rule, mark=10, every_part=True))
        assert "作业“我的培训总结”没有得满分（三）" in score(strict, done("良好"), SUMMER).why

    def test_who_is_exempt_needs_no_reason(self):
        found = score(NOTICE, evidence(standing=Standing(exempt="国培证书")), SUMMER)
        assert (found.why, found.missing, found.summary) == ("已免修：国培证书", (), "已免修：国培证书")


class TestPapers:
    def test_due_once_passed_and_paid(self):
        [paper] = score(NOTICE, done("优秀", Standing(paid=True)), SUMMER).papers
        assert (paper.due, paper.blocked) == (True, ())

    @pytest.mark.parametrize(
        ("grade", "paid", "blocked"),
        [
            ("优秀", False, ("学校尚未确认缴费",)),
            ("良好", True, ("成绩尚未合格",)),
            ("良好", False, ("成绩尚未合格", "学校尚未确认缴费")),
        ],
    )
    def test_every_block_is_named(self, grade, paid, blocked):
        [paper] = score(NOTICE, done(grade, Standing(paid=paid)), SUMMER).papers
        assert (paper.due, paper.blocked) == (False, blocked)

    def test_the_exempt_receive_none_whatever_they_earned(self):
        [paper] = score(NOTICE, done("优秀", Standing(paid=True, exempt="国培证书")), SUMMER).papers
        assert paper.blocked == ("已免修，不发本项目的证书",)

    def test_an_honour_needs_its_list(self):
        honour = parts.Paper(
            key="best", title="优秀学员", honour=parts.Honour(share=0.1, within="workshop", clause="六"), clause="六"
        )
        honoured = structs.replace(NOTICE, papers=(honour,))
        [paper] = score(honoured, done("优秀"), SUMMER).papers
        assert paper.blocked == ("不在评优名单上，或名单尚未公布",)
        [paper] = score(honoured, done("优秀", Standing(honours=frozenset({"best"}))), SUMMER).papers
        assert paper.due


class TestReckonings:
    """`says` of every kind of part, as a teacher reads it."""

    @staticmethod
    def says(part: parts.Part, *items: ItemEvidence) -> tuple[str, str]:
        programme = structs.replace(NOTICE, parts=(part,))
        [told] = score(programme, evidence(*items), SUMMER).parts
        return told.says, told.missing

    def test_courses(self):
        part = parts.CoursesPart(title="课程", points=15, modules=("ethics",), **BASE)
        assert self.says(part) == ("需 15 学时，已计 0 学时，按学时比例，得 0 分（满分 15 分）", "")
        whole = structs.replace(part, rule="all_hours")
        assert self.says(whole)[0] == "需 15 学时，已计 0 学时，全部学完才得分，得 0 分（满分 15 分）"

    def test_submitted(self):
        part = parts.SubmittedPart(title="研修活动", points=10, **BASE)
        assert self.says(part) == ("未提交，得 0 分（满分 10 分）", "研修活动还差 1 次")
        assert self.says(part, item("part")) == ("已提交，得 10 分（满分 10 分）", "")
        several = structs.replace(part, least=3, min_words=300, title="总结")
        assert self.says(several, item("part", words=300)) == (
            "需 3 篇，有效 1 篇，得 0 分（满分 10 分）",
            "总结还差 2 篇",
        )
        each = structs.replace(part, each=5, title="简报")
        assert self.says(each, item("part")) == ("每次 5 分，有效 1 次，得 5 分（满分 10 分）", "简报还差 1 次")

    def test_graded(self):
        part = parts.GradedPart(title="作业", points=10, grades={"优秀": 10, "良好": 8}, **BASE)
        assert self.says(part) == ("未提交，得 0 分（满分 10 分）", "还没有提交作业")
        assert self.says(part, item("part")) == ("已提交，等待批阅，得 0 分（满分 10 分）", "作业等待批阅")
        assert self.says(part, item("part", grade="良好")) == ("批阅为良好，得 8 分（满分 10 分）", "")

    def test_certified(self):
        part = parts.CertifiedPart(title="微能力点认证", points=30, count=3, each=10, **BASE)
        one, two = item("part", item="A1", passed=True), item("part", item="B1")
        assert self.says(part, one, two) == (
            "每个 10 分，已认证 1 个，需 3 个，1 个等待认证，得 10 分（满分 30 分）",
            "微能力点认证还差 2 个（1 个等待认证）",
        )

    def test_assessed(self):
        part = parts.AssessedPart(title="校本研修", points=10, **BASE)
        assert self.says(part) == ("还没有考核结果，得 0 分（满分 10 分）", "校本研修还没有结果")
        assert self.says(part, item("part")) == ("等待考核，得 0 分（满分 10 分）", "校本研修等待考核")
        assert self.says(part, item("part", passed=False)) == ("考核不合格，得 0 分（满分 10 分）", "校本研修不合格")
        assert self.says(part, item("part", passed=True)) == ("考核合格，得 10 分（满分 10 分）", "")

    def test_marked(self):
        part = parts.MarkedPart(title="校本研修", points=25, **BASE)
        assert self.says(part)[0] == "还没有考核结果，按权重 25% 折算，得 0 分（满分 25 分）"
        assert self.says(part, item("part", mark=89.7)) == (
            "考核 89.7 分，按权重 25% 折算，得 22.42 分（满分 25 分）",
            "",
        )

    def test_attended(self):
        part = parts.AttendedPart(title="线下授课", points=20, hours=8, **BASE)
        assert self.says(part, item("part", hours=5.5)) == (
            "需 8 学时，已参加 5.5 学时，得 13.75 分（满分 20 分）",
            "线下授课还差 2.5 学时",
        )

    def test_rated(self):
        part = parts.RatedPart(title="参训率", points=20, bands=(parts.Band(60, 16), parts.Band(95, 20)), **BASE)
        assert self.says(part) == ("还没有统计比例，得 0 分（满分 20 分）", "参训率还没有结果")
        assert self.says(part, item("part", mark=94.5)) == ("比例 94.5%，得 16 分（满分 20 分）", "")


class TestIgnored:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            (item("summary", "2022-11-01T00:00"), "2022-11-01 00:00 的记录晚于截止时间，不计"),
            (item("summary", "2022-07-15T23:59"), "2022-07-15 23:59 的记录早于开始时间，不计"),
            (item("summary", "2022-12-01T08:00"), "2022-12-01 08:00 的记录在查看时刻之后，尚未计入"),
            (item("summary", grade="特优"), "2022-07-20 12:00 的记录没有这个等级，不计（特优）"),
        ],
    )
    def test_an_item_that_does_not_count_says_why(self, given, said):
        found = part_of(score(NOTICE, evidence(given), AUTUMN), "summary")
        assert found.ignored == (f"作业“我的培训总结” {said}",)

    def test_between_two_study_phases(self):
        programme = invented.invent(0)
        part = parts.SubmittedPart(key="part", title="活动", points=10, clause="一")
        gap = item("part", "2024-05-15T12:00")
        [told] = score(structs.replace(programme, parts=(part,)), evidence(gap), local("2024-06-10T12:00")).parts
        assert told.ignored == ("活动 2024-05-15 12:00 的记录不在学习时间内，不计",)

    def test_items_of_other_parts_are_named_once(self):
        found = score(NOTICE, evidence(item("x"), item("x"), item("gardening")), SUMMER)
        assert found.note == "不属于本项目的记录没有计入：gardening、x"


class TestLeaders:
    def test_a_notice_without_a_leaders_table_has_no_card(self):
        outcome = Scorer(NOTICE).outcome(Evidence(), SUMMER)
        with pytest.raises(ValueError, match="xuchang-2022-phase2"):
            leader_card(NOTICE, outcome)

    def test_a_leader_has_a_card_of_his_own(self):
        [phase1] = [one for one in invented.REAL if one.id == "xuchang-2021-phase1"]
        outcome = Scorer(phase1).leader([], local("2021-12-01T09:00"))
        told = leader_card(phase1, outcome)
        assert (told.score, told.passed, told.total) == (0, False, 100)
        assert len(told.parts) == len(phase1.leader.parts)


class TestTheWhole:
    def test_it_is_plain_data(self):
        told = msgspec.json.decode(msgspec.json.encode(score(NOTICE, done("良好"), SUMMER)))
        assert told["modules"][0]["key"] == "ethics"
        assert told["parts"][0]["kind"] == "courses"

    def test_hours_done_at_school_are_shown_once_the_school_entered_them(self):
        [yangcheng] = [one for one in invented.REAL if one.id == "yangcheng-2021"]
        entered = item("school_based", "2022-03-01T12:00", hours=20.0, mark=80.0)
        found = score(yangcheng, evidence(entered), local("2022-04-01T09:00"))
        assert (found.modules[1].hours_counted, found.modules[1].hours_missing) == (20, 2)
        assert "校本研修还差" not in "".join(found.missing)

    def test_during_study_it_says_until_when_and_afterwards_that_there_is_no_make_up(self):
        assert score(NOTICE, Evidence(), SUMMER).study_closes_at == local("2022-11-01T00:00")
        late = score(NOTICE, Evidence(), AUTUMN)
        assert (late.phase, late.phase_title, late.study_open, late.study_closes_at) == (None, "已结束", False, None)
        assert late.missing[-1] == "学习时间已经结束，不能补学"

    def test_one_takes_well_under_five_milliseconds(self):
        lessons = [LessonEvidence(key, n, 2700, 2000) for key in HOURS for n in range(25)]
        full = structs.replace(done("良好"), lessons=tuple(lessons))
        took = []
        for _ in range(5):
            started = time.process_time()
            card(NOTICE, Scorer(NOTICE).outcome(full, SUMMER))
            took.append(time.process_time() - started)
        assert min(took) < 0.005
