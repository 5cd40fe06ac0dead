"""What is still missing and what still passes, in the words of a person."""

import pytest
from msgspec import structs

from programmes import parts
from programmes.card import score
from programmes.evidence import Evidence, ItemEvidence, LessonEvidence, Standing
from programmes.schema import Programme
from tests.programmes.notices import local, phase2

NOTICE = phase2()
SUMMER, AUTUMN = local("2022-08-01T09:00"), local("2022-11-05T09:00")
HOURS = {"ethics": 15, "knowledge": 15, "ability": 10, "technology": 20}
BASE = {"clause": "一"}
NOBODY = Standing()


def item(part: str, **values) -> ItemEvidence:
    return ItemEvidence(part=part, at=local("2022-07-20T12:00"), **values)


def summary(*items: ItemEvidence, of: Programme = NOTICE, on=SUMMER, standing: Standing = NOBODY, **hours) -> str:
    lessons = [LessonEvidence(key, "all", 10**7, round(count * 2700)) for key, count in (HOURS | hours).items()]
    return score(of, Evidence(tuple(lessons), items, standing), on).summary


def with_parts(*table: parts.Part, mark: float = 90) -> Programme:
    total = sum(part.points for part in table)
    return structs.replace(NOTICE, parts=table, pass_rule=parts.PassRule(mark=mark, total=total, **BASE))


STORIES, DISCUSSION = item("stories"), item("discussion")


class TestTheNotice:
    def test_things_of_one_name_are_added_up(self):
        assert summary(ability=6.8) == "还差 3.2 学时、2 次研修活动、1 篇作业；作业须优秀"

    def test_with_one_activity_done(self):
        assert summary(STORIES, ability=6.8) == "还差 3.2 学时、1 篇作业、1 次研修活动；作业须优秀"

    def test_only_the_homework(self):
        assert summary(STORIES, DISCUSSION) == "还差 1 篇作业；作业须优秀"

    def test_homework_that_waits(self):
        assert summary(STORIES, DISCUSSION, item("summary")) == "作业等待评定；作业须优秀"
        assert summary(STORIES, DISCUSSION, item("summary"), on=AUTUMN) == "作业等待评定；作业须优秀"

    def test_only_hours(self):
        assert summary(STORIES, DISCUSSION, item("summary", grade="优秀"), ethics=14.95) == "还差 0.1 学时"

    def test_nothing(self):
        assert summary(STORIES, DISCUSSION, item("summary", grade="优秀")) == "已合格"

    def test_a_homework_that_was_graded_too_low(self):
        assert summary(STORIES, DISCUSSION, item("summary", grade="良好")) == "最高只能到 88 分，已不能合格"

    def test_after_the_deadline_hours_are_no_longer_asked_for(self):
        assert summary(STORIES, DISCUSSION, item("summary"), on=AUTUMN, ethics=1) == "最高只能到 76 分，已不能合格"

    def test_before_it_opens(self):
        nothing = dict.fromkeys(HOURS, 0)
        said = summary(on=local("2022-06-01T00:00"), **nothing)
        assert said == "还差 60 学时、2 次研修活动、1 篇作业；作业须优秀"


class TestWhatItMustComeTo:
    homework = parts.GradedPart(
        key="homework", title="作业“总结”", points=10, grades={"优秀": 10, "良好": 8, "中等": 6}, **BASE
    )
    courses = parts.CoursesPart(key="courses", title="课程", points=90, modules=tuple(HOURS), **BASE)

    @pytest.mark.parametrize(
        ("mark", "said"),
        [
            (100, "还差 1 篇作业；作业须优秀"),
            (98, "还差 1 篇作业；作业须良好以上"),
            (96, "还差 1 篇作业"),
            (90.5, "还差 1 篇作业"),
        ],
    )
    def test_the_lowest_grade_that_still_passes(self, mark, said):
        assert summary(of=with_parts(self.courses, self.homework, mark=mark)) == said

    def test_two_of_one_name_are_told_apart(self):
        other = structs.replace(self.homework, key="other", title="作业“反思”")
        said = summary(item("homework"), of=with_parts(self.courses, self.homework, other, mark=108))
        assert said == "还差 1 篇作业；作业“总结”等待评定；作业“总结”须良好以上；作业“反思”须良好以上"

    def test_a_mark(self):
        marked = parts.MarkedPart(key="marked", title="线下授课", points=10, **BASE)
        assert summary(of=with_parts(self.courses, marked, mark=98.5)) == "还差线下授课；线下授课须 85 分以上"
        assert (
            summary(item("marked", mark=50.0), of=with_parts(self.courses, marked, mark=98.5)) == "线下授课须 85 分以上"
        )

    def test_points_that_nothing_in_particular_must_bring(self):
        table = [parts.MarkedPart(key=f"m{n}", title=f"考核{n}", points=50, **BASE) for n in range(2)]
        said = summary(item("m0", mark=40.0), item("m1", mark=50.0), of=with_parts(*table, mark=50))
        assert said == "还差 5 分"

    def test_a_side_that_must_pass_by_itself(self):
        sided = structs.replace(self.homework, dimension="practice")
        programme = with_parts(self.courses, sided, mark=50)
        side = parts.Dimension(key="practice", title="实践", mark=8, **BASE)
        programme = structs.replace(programme, pass_rule=structs.replace(programme.pass_rule, dimensions=(side,)))
        assert summary(of=programme) == "还差 1 篇作业；作业须良好以上"
        assert summary(item("homework", grade="中等"), of=programme) == "实践最高只能到 6 分，已不能合格"

    def test_a_part_without_which_nobody_passes(self):
        programme = with_parts(self.courses, structs.replace(self.homework, required=True), mark=50)
        assert summary(item("homework"), of=programme) == "作业等待评定；作业须优秀"
        assert summary(item("homework", grade="良好"), of=programme) == "作业“总结”已不能得满分，已不能合格"

    def test_texts_are_counted_as_texts_and_hours_as_hours(self):
        texts = parts.SubmittedPart(key="texts", title="研修总结", points=10, least=2, min_words=300, **BASE)
        offline = parts.AttendedPart(key="offline", title="线下授课", points=10, hours=8, **BASE)
        said = summary(item("offline", hours=5.5), of=with_parts(self.courses, texts, offline, mark=110))
        assert said == "还差 2 篇研修总结、2.5 学时线下授课"


class TestLeadersWhoAlsoLearn:
    programme = structs.replace(
        NOTICE,
        reliefs=(
            parts.Relief(title="兼任坊主", hours=40, **BASE),
            parts.Relief(title="优秀坊主", hours=30, honour="best_leader", **BASE),
        ),
        papers=(
            parts.Paper(
                key="best_leader",
                title="优秀辅导教师",
                role="workshop_leader",
                honour=parts.Honour(share=0.1, within="programme", **BASE),
                **BASE,
            ),
        ),
    )
    nothing = dict.fromkeys(HOURS, 0)

    def said(self, *items: ItemEvidence, on=SUMMER, honours: frozenset[str] = frozenset(), **hours: float) -> str:
        standing = Standing(leader=True, honours=honours)
        return summary(*items, of=self.programme, on=on, standing=standing, **(self.nothing | hours))

    def test_both_ways_are_told(self):
        assert self.said(ethics=15, technology=20) == (
            "还差 25 学时、2 次研修活动、1 篇作业；作业须优秀；兼任坊主，获得“优秀辅导教师”即合格；兼任坊主，再学 5 学时视频即合格"
        )

    def test_where_points_no_longer_do_it_hours_still_may(self):
        assert self.said(item("summary", grade="良好"), ethics=15) == (
            "兼任坊主，再学 15 学时视频并获得“优秀辅导教师”即合格；兼任坊主，再学 25 学时视频即合格"
        )

    def test_after_the_deadline_only_the_honour_is_left(self):
        assert self.said(on=AUTUMN, ethics=15, technology=20) == "兼任坊主，获得“优秀辅导教师”即合格"
        assert self.said(on=AUTUMN, ethics=15).endswith("已不能合格")

    def test_with_the_honour_fewer_hours(self):
        said = self.said(on=SUMMER, honours=frozenset({"best_leader"}), ethics=15, technology=14)
        assert said.endswith("；作业须优秀；兼任坊主，再学 1 学时视频即合格")
