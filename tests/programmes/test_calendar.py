"""When studying counts: half-open spans, closes given as a date mean the end of that day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.calendar import (
    lessons_open,
    lessons_open_next,
    phase_at,
    phase_title,
    study_closes_at,
    study_open,
    study_opens_at,
    study_windows,
)
from tests.programmes.notices import CLOSURE, local, phase2

YEAR = (local("2022-01-01T00:00"), local("2023-01-01T00:00"))
CLOSED = phase2(("\n[[modules]]", CLOSURE))


class TestPhases:
    @pytest.mark.parametrize(
        ("moment", "key", "title"),
        [
            ("2022-06-30T23:59:59", None, "未开始"),
            ("2022-07-01T00:00:00", "login_test", "登录测试"),
            ("2022-07-15T23:59:59", "login_test", "登录测试"),
            ("2022-07-16T00:00:00", "study", "网络研修"),
            ("2022-10-31T23:59:59", "study", "网络研修"),
            ("2022-11-01T00:00:00", None, "已结束"),
        ],
    )
    def test_the_notices_own(self, moment, key, title):
        phase = phase_at(phase2(), local(moment))
        assert (phase.key if phase else None) == key
        assert phase_title(phase2(), local(moment)) == title

    def test_between_two_phases(self):
        gap = phase2(("opens = 2022-07-16", "opens = 2022-07-20"))
        assert phase_at(gap, local("2022-07-18T12:00")) is None
        assert phase_title(gap, local("2022-07-18T12:00")) == "间歇"

    def test_where_phases_overlap_the_study_phase_holds(self):
        overlapping = phase2(("closes = 2022-07-15", "closes = 2022-08-15"))
        assert phase_at(overlapping, local("2022-08-01T12:00")).key == "study"


class TestStudyWindows:
    def test_the_study_phase_whole(self):
        expected = (local("2022-07-16T00:00"), local("2022-11-01T00:00"))
        assert study_windows(phase2(), *YEAR) == [expected]

    def test_they_are_utc(self):
        [(start, end)] = study_windows(phase2(), *YEAR)
        assert start.tzinfo is UTC
        assert end == datetime(2022, 10, 31, 16, tzinfo=UTC)

    def test_closures_are_cut_out(self):
        assert study_windows(CLOSED, *YEAR) == [
            (local("2022-07-16T00:00"), local("2022-08-01T22:00")),
            (local("2022-08-02T02:00"), local("2022-10-01T00:00")),
            (local("2022-10-08T00:00"), local("2022-11-01T00:00")),
        ]

    def test_only_what_was_asked_for(self):
        asked = (local("2022-08-01T21:00"), local("2022-08-02T03:00"))
        assert study_windows(CLOSED, *asked) == [
            (asked[0], local("2022-08-01T22:00")),
            (local("2022-08-02T02:00"), asked[1]),
        ]

    def test_nothing_inside_a_closure_and_outside_the_phase(self):
        assert study_windows(CLOSED, local("2022-10-02T00:00"), local("2022-10-03T00:00")) == []
        assert study_windows(CLOSED, local("2022-12-01T00:00"), local("2022-12-03T00:00")) == []

    def test_an_empty_or_reversed_span_has_none(self):
        moment = local("2022-08-01T12:00")
        assert study_windows(CLOSED, moment, moment) == []
        assert study_windows(CLOSED, moment, moment - timedelta(days=1)) == []

    @given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
    def test_cutting_a_span_in_two_changes_nothing(self, a, b, c):
        base = local("2022-07-10T00:00")
        start, middle, end = (base + timedelta(minutes=20 * minutes) for minutes in sorted((a, b, c)))
        whole = total(study_windows(CLOSED, start, end))
        assert whole == total(study_windows(CLOSED, start, middle)) + total(study_windows(CLOSED, middle, end))
        assert all(study_open(CLOSED, first) for first, _ in study_windows(CLOSED, start, end))
        assert not any(study_open(CLOSED, last) for _, last in study_windows(CLOSED, start, end) if last < end)


class TestLessonsOpen:
    def test_from_the_study_phase_on_and_not_while_signing_in_is_tried(self):
        assert not lessons_open(phase2(), local("2022-07-15T23:59:59"))
        assert lessons_open(phase2(), local("2022-07-16T00:00"))
        assert not lessons_open(phase2(), local("2022-11-01T00:00"))

    def test_before_they_open_it_says_when_and_afterwards_nothing(self):
        assert lessons_open_next(phase2(), local("2022-07-01T00:00")) == local("2022-07-16T00:00")
        assert lessons_open_next(phase2(), local("2022-11-01T00:00")) is None


class TestTheDeadline:
    def test_it_is_the_first_instant_too_late(self):
        assert study_closes_at(phase2(), local("2022-08-01T00:00")) == local("2022-11-01T00:00")

    def test_none_once_it_has_passed(self):
        assert study_closes_at(phase2(), local("2022-11-01T00:00")) is None

    def test_a_close_with_a_time_is_exact(self):
        early = phase2(("closes = 2022-10-31", "closes = 2022-10-31T17:30:00"))
        assert study_closes_at(early, local("2022-08-01T00:00")) == local("2022-10-31T17:30")
        assert not study_open(early, local("2022-10-31T17:30"))


class TestTheOpening:
    def test_before_it_and_in_a_closure_it_is_known_and_while_open_or_for_ever_shut_there_is_none(self):
        assert study_opens_at(CLOSED, local("2022-01-01T00:00")) == local("2022-07-16T00:00")
        assert study_opens_at(CLOSED, local("2022-08-01T00:00")) is None
        assert study_opens_at(CLOSED, local("2022-10-03T12:00")) == local("2022-10-08T00:00")
        assert study_opens_at(CLOSED, local("2022-11-01T00:00")) is None

    @given(st.datetimes(datetime(2022, 1, 1), datetime(2022, 12, 31)))  # noqa: DTZ001 - made aware below
    def test_it_is_the_first_moment_that_counts(self, moment):
        moment = moment.replace(tzinfo=UTC)
        opens = study_opens_at(CLOSED, moment)
        if opens is not None:
            assert moment < opens
            assert study_open(CLOSED, opens)
            assert not study_windows(CLOSED, moment, opens)


def total(spans):
    return sum((end - start for start, end in spans), timedelta())
