"""Draws for an inspection."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from services import programmes
from services.errors import Invalid, NotFound
from services.registers import sampling
from services.registers.sampling import NobodyToDraw, NoSampling, chosen
from tests import factories
from tests.programmes.notices import phase2_text
from tests.services.awarding import DURING
from tests.services.paying import SLUG, VAULT

RULE = ("[enrolment]", '[sampling]\nshare = 0.1\nassumed = "虚构"\n\n[enrolment]')
ids = st.lists(st.integers(1, 2**53), unique=True, max_size=80)
shares = st.integers(1, 100).map(lambda percent: percent / 100)


class TestLots:
    @given(enrolments=ids, share=shares)
    @settings(max_examples=40)
    def test_at_least_the_share_is_drawn_and_hardly_more(self, enrolments, share):
        drawn = chosen(VAULT, SLUG, "第一次", share, enrolments)
        assert set(drawn) <= set(enrolments)
        assert share * len(enrolments) - 1e-9 <= len(drawn) < share * len(enrolments) + 1
        assert len(drawn) == math.ceil(round(share * 100) * len(enrolments) / 100)

    @given(enrolments=ids, share=shares, seed=st.randoms())
    @settings(max_examples=40)
    def test_the_order_of_teachers_does_not_matter(self, enrolments, share, seed):
        mixed = seed.sample(enrolments, len(enrolments))
        assert chosen(VAULT, SLUG, "第一次", share, mixed) == chosen(VAULT, SLUG, "第一次", share, enrolments)

    def test_every_teacher_is_as_likely_as_any_other(self):
        rounds, teachers = 3000, list(range(1, 11))
        drawn = Counter(one for n in range(rounds) for one in chosen(VAULT, SLUG, f"第{n}次", 0.2, teachers))
        assert sum(drawn.values()) == 2 * rounds
        expected = 2 * rounds / len(teachers)
        off = sum((drawn[one] - expected) ** 2 / expected for one in teachers)
        assert (
            off < 33.7
        )  # chi-squared with nine degrees of freedom exceeds this once in ten thousand; the draws are always the same

    def test_another_round_draws_others(self):
        teachers = list(range(100))
        assert chosen(VAULT, SLUG, "第一次", 0.1, teachers) != chosen(VAULT, SLUG, "第二次", 0.1, teachers)


class TestDraw:
    def test_each_school_has_its_share_and_who_drew_is_kept(self, engine):
        with Session(engine) as session:
            programme = programmes.publish(session, phase2_text(RULE, accept=True), DURING)
            for name, count in (("甲校", 11), ("乙校", 1), ("丙校", 10)):
                enrol(session, programme, factories.school(session, name=name), count)
            sample, new = sampling.draw(session, VAULT, SLUG, " 第一次 ", by="督导", now=DURING)
            assert new
            assert Counter(one.school for one in sampling.drawn(session, VAULT, sample)) == {
                "甲校": 2,
                "乙校": 1,
                "丙校": 1,
            }
            assert (sample.round, sample.share, sample.drawn_by, sample.drawn_at) == ("第一次", 0.1, "督导", DURING)

    def test_a_round_that_was_drawn_stays_whoever_joins(self, session):
        programme = programmes.publish(session, phase2_text(RULE, accept=True), DURING)
        school = factories.school(session)
        enrol(session, programme, school, 10)
        sample, _ = sampling.draw(session, VAULT, SLUG, "第一次", by="督导", now=DURING)
        before = sampling.drawn(session, VAULT, sample)
        enrol(session, programme, school, 30)
        again, new = sampling.draw(session, VAULT, SLUG, "第一次", by="别人", now=DURING)
        assert (new, again.id, sampling.drawn(session, VAULT, again)) == (False, sample.id, before)
        other, _ = sampling.draw(session, VAULT, SLUG, "第二次", by="督导", now=DURING)
        assert len(sampling.drawn(session, VAULT, other)) == 4

    def test_who_is_exempt_or_gone_is_not_drawn(self, session):
        programme = programmes.publish(session, phase2_text(RULE, accept=True), DURING)
        school = factories.school(session)
        for status in ("exempt", "withdrawn"):
            enrol(session, programme, school, 3, status=status)
        with pytest.raises(NobodyToDraw):
            sampling.draw(session, VAULT, SLUG, "第一次", by="督导", now=DURING)
        enrol(session, programme, school, 1)
        sample, _ = sampling.draw(session, VAULT, SLUG, "第一次", by="督导", now=DURING)
        assert len(sampling.drawn(session, VAULT, sample)) == 1

    def test_bad_input(self, session):
        with pytest.raises(NotFound):
            sampling.draw(session, VAULT, SLUG, "第一次", by="督导", now=DURING)
        programme = programmes.publish(session, phase2_text(accept=True), DURING)
        with pytest.raises(NoSampling):
            sampling.draw(session, VAULT, SLUG, "第一次", by="督导", now=DURING)
        other = phase2_text(RULE, ("version = 1", 'version = 2\nchanges = "加上抽查"'), accept=True)
        programmes.publish(session, other, DURING)
        enrol(session, programme, factories.school(session), 1)
        for name, by in (("", "督导"), (" \n", "督导"), ("长" * 51, "督导"), ("第一次", " ")):
            with pytest.raises(Invalid):
                sampling.draw(session, VAULT, SLUG, name, by=by, now=DURING)


def enrol(session, programme, school, count, **changes):
    for _ in range(count):
        who = factories.account(session, school_id=school.id)
        factories.enrolment(session, who, programme, **changes)
