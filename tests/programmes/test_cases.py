"""Situations as sentences with numbers: what they mean as evidence, and where the programme disagrees with them."""

from datetime import timedelta

import msgspec
import pytest
from msgspec import structs

import programmes
from programmes import cases, parts
from programmes.basics import Moment
from programmes.scoring import Scorer
from tests.programmes import invented
from tests.programmes.notices import CLOSURE, local, phase2

NOTICE = phase2()
SHEXIAN, PHASE1 = (
    next(one for one in invented.REAL if one.id == key) for key in ("shexian-2022", "xuchang-2021-phase1")
)


def given(text: str, on: str = "2022-08-01T09:00:00") -> cases.Given:
    [one] = cases.load_any(f"on = {on}\n{text}")
    return one


def hours(programme: programmes.Programme, text: str, on: str = "2022-08-01T09:00:00") -> dict[str, float]:
    return {module.key: module.hours_credited for module in cases.card_of(programme, given(text, on)).modules}


class TestHours:
    def test_credited_hours_are_what_they_say(self):
        found = hours(NOTICE, "credited = { ethics = 6.8, ability = 0.5 }")
        assert (found["ethics"], found["ability"], found["technology"]) == (6.8, 0.5, 0)

    def test_they_are_spread_over_the_micro_abilities_asked_for(self):
        [had] = [
            module
            for module in Scorer(SHEXIAN)
            .outcome(
                cases.evidence_of(SHEXIAN, given("credited = { ability = 30 }", "2023-06-01")),
                local("2023-06-01T00:00"),
            )
            .modules
            if module.key == "ability"
        ]
        assert (had.abilities, had.complete) == (3, True)

    def test_a_lesson_is_given_with_its_seconds(self):
        text = 'lessons = [{ module = "ethics", duration = 2700, credited = 1350 }]'
        assert hours(NOTICE, text)["ethics"] == 0.5

    def test_watched_time_counts_inside_the_study_windows_alone(self):
        closed = phase2(("\n[[modules]]", CLOSURE))
        text = 'watched = [{ module = "ethics", from = 2022-08-01T21:15:00, to = 2022-08-02T02:45:00 }]'
        assert hours(closed, text, "2022-08-03")["ethics"] == 2
        assert hours(NOTICE, text, "2022-08-03")["ethics"] == 7.33

    def test_watched_backwards_is_nothing(self):
        text = 'watched = [{ module = "ethics", from = 2022-08-02T21:00:00, to = 2022-08-01T21:00:00 }]'
        assert hours(NOTICE, text)["ethics"] == 0


class TestItems:
    def at(self, programme: programmes.Programme, on: str, part: str) -> str:
        [item] = cases.evidence_of(programme, given(f'items = [{{ part = "{part}" }}]', on)).items
        return item.at.strftime("%Y-%m-%dT%H:%M:%S")

    def test_without_a_moment_they_are_in_time(self):
        assert self.at(NOTICE, "2022-08-01T09:00:00", "stories") == "2022-08-01T09:00:00"
        assert self.at(NOTICE, "2022-12-01", "stories") == "2022-10-31T23:59:59"

    def test_in_time_for_their_own_part(self):
        early = structs.replace(
            NOTICE, parts=(structs.replace(NOTICE.parts[1], until=Moment(local("2022-09-01T12:00"))),)
        )
        assert self.at(early, "2022-12-01", "stories") == "2022-09-01T11:59:59"

    def test_between_two_study_phases_they_are_of_the_first(self):
        part = parts.SubmittedPart(key="part", title="活动", points=10, clause="一")
        assert (
            self.at(structs.replace(invented.invent(0), parts=(part,)), "2024-05-15", "part") == "2024-04-30T23:59:59"
        )

    def test_before_anything_opened_they_are_too_early(self):
        assert self.at(NOTICE, "2022-07-01", "stories") == "2022-07-01T00:00:00"

    def test_their_own_moment_stands(self):
        [item] = cases.evidence_of(NOTICE, given('items = [{ part = "stories", at = 2022-07-20T10:00:00 }]')).items
        assert item.at == local("2022-07-20T10:00")

    def test_a_leaders_items_are_judged_by_the_leaders_table(self):
        part = PHASE1.leader.parts[0].key
        one = given(f'leader = [{{ part = "{part}", mark = 100, count = 1 }}]', "2022-01-05")
        found = cases.leader_of(PHASE1, one)
        assert found.on - timedelta(days=30) < local("2021-12-21T00:00")
        assert found.unknown == []

    def test_a_notice_without_leaders_has_no_outcome_for_them(self):
        assert cases.leader_of(NOTICE, given("")) is None


class TestWrong:
    def test_modules_and_parts_that_do_not_exist_are_named(self):
        one = given('credited = { gardening = 1 }\nitems = [{ part = "cooking" }]\nleader = [{ part = "singing" }]')
        assert cases.wrong(NOTICE, one) == ["没有模块 gardening", "没有考核项 cooking", "没有考核项 singing"]

    def test_so_is_an_honour_that_is_none(self):
        one = given('standing = { honours = ["excellent_leader", "completion"] }')
        assert cases.wrong(NOTICE, one) == ["没有荣誉证书 completion", "没有荣誉证书 excellent_leader"]
        assert cases.wrong(PHASE1, one) == ["没有荣誉证书 completion"]

    def test_so_is_a_span_that_ends_before_it_begins(self):
        one = given('watched = [{ module = "ethics", from = 2022-08-02, to = 2022-08-01 }]')
        assert cases.wrong(NOTICE, one) == ["watched[0]：to 不晚于 from"]


class TestReading:
    def test_one_situation_or_many(self):
        assert len(cases.load_any("on = 2022-08-01\n")) == 1
        many = '[[cases]]\nsays = "一"\non = 2022-08-01\n[cases.expect]\n' * 2
        assert len(cases.load_any(many)) == 2
        assert len(cases.load_any("cases = [{ on = 2022-08-01 }, { on = 2022-08-02 }]")) == 2

    @pytest.mark.parametrize("head", ["", "[[cases]]\n"])
    def test_a_situation_that_is_tried_may_say_and_expect_something_or_not(self, head):
        assert len(cases.load_any(f"{head}on = 2022-08-01")) == 1
        expect = "cases.expect" if head else "expect"
        assert len(cases.load_any(f'{head}says = "一"\nclause = "三"\non = 2022-08-01\n[{expect}]\nscore = 3')) == 1

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "on = 2022-08-01\nscore = 3",
            'on = "2022-08-01"',
            "on = 2022-08-01\ncredited = { ethics = nan }",
            "on = 2022-08-01\ncredited = { ethics = inf }",
            "on = 2022-08-01\ncredited = { ethics = -1 }",
            'on = 2022-08-01\nitems = [{ part = "stories", mark = 100.5 }]',
            'on = 2022-08-01\nitems = [{ part = "stories", mark = nan }]',
            'on = 2022-08-01\nitems = [{ part = "stories", count = -1 }]',
            "[[cases]]\n",
            "cases = []",
            "\0",
        ],
    )
    def test_anything_else_is_refused(self, text):
        with pytest.raises(programmes.ProgrammeError):
            cases.load_any(text)


class TestDifferences:
    def differences(self, expect: str, text: str = "", programme: programmes.Programme = NOTICE) -> list[str]:
        [case] = cases.load(f'[[cases]]\nsays = "一"\non = 2022-08-01T09:00:00\n{text}\n[cases.expect]\n{expect}\n')
        return cases.differences(programme, case)

    def test_where_they_agree_there_is_none(self):
        everything = (
            'score = 1\nhours = { ethics = 1 }\npoints = { ethics = 1 }\nphase = "study"\npapers = []\npassed = false'
        )
        assert self.differences(everything, "credited = { ethics = 1 }") == []

    @pytest.mark.parametrize(
        ("expect", "said"),
        [
            ("score = 3", "score：应为 3.0，实为 0.0"),
            ("best = 100", "best：应为 100.0，实为 90.0"),
            ("can_pass = false", "can_pass：应为 False，实为 True"),
            ("credits = 7", "credits：应为 7.0，实为 None"),
            ('phase = ""', "phase：应为 ，实为 study"),
            ("points = { stories = 10 }", "points.stories：应为 10.0，实为 0.0"),
            ("dimensions = { online = 90 }", "dimensions.online：应为 90.0，实为 None"),
            ('papers = ["completion"]', "papers：应为 ('completion',)，实为 ()"),
            ("missing = []", "missing：应为 ()，实为 ("),
            ('blocked = { completion = ["成绩尚未合格"] }', "blocked.completion："),
            ("leader_score = 90", "通知没有坊主考核"),
        ],
    )
    def test_each_is_named_with_both_values(self, expect, said):
        [difference] = self.differences(expect)
        assert difference.startswith(said)

    def test_a_leaders_table_is_compared_too(self):
        found = self.differences("leader_score = 90\nleader_passed = true", programme=PHASE1)
        assert found == ["leader_score：应为 90.0，实为 0.0", "leader_passed：应为 True，实为 False"]


def test_a_card_of_a_case_is_plain_data():
    assert msgspec.json.encode(cases.card_of(NOTICE, given("credited = { ethics = 1 }")))
