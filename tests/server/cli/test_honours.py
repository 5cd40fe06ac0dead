"""flask honours."""

import pytest

from models import Workshop
from server.cli.honours import honours_group
from tests import factories
from tests.services.awarding import AFTER, awarding

SLUG = "xuchang-2022-phase2"


@pytest.fixture
def run(app, session, clock):
    clock.set(AFTER)
    runner = app.test_cli_runner()

    def invoke(*arguments):
        session.commit()
        return runner.invoke(honours_group, list(arguments))

    return invoke


@pytest.fixture
def them(session):
    made = awarding(session, ("share = 0.1", "share = 0.5"))
    best = made.learner(name="林知远")
    made.hand_in(best, "stories")
    made.learner(name="周若溪")
    return made


def test_looked_at_frozen_once_and_listed(run, them):
    seen = run("preview", SLUG, "excellent")
    assert seen.exit_code == 0, seen.output
    assert "候选 2 人，授予 1 人" in seen.output
    assert "林知远" in seen.output
    assert "周若溪" not in seen.output
    assert "周若溪" in run("preview", SLUG, "excellent", "--all").output
    assert "还没有公布" in run("list", SLUG, "excellent").output

    frozen = run("freeze", SLUG, "excellent", "--by", "许昌市中小学教师培训中心")
    assert frozen.output == "已公布：候选 2 人，授予 1 人\n"
    again = run("freeze", SLUG, "excellent", "--by", "许昌市中小学教师培训中心")
    assert again.exit_code == 1
    assert "已经公布" in again.output

    listed = run("list", SLUG, "excellent").output
    assert "许昌市中小学教师培训中心 公布于 2022-11-05 11:00" in listed
    assert "第 1 名，名额 1 人：授予" in listed


def test_what_there_is_not_is_one_line(run, them):
    for arguments in (("preview", SLUG, "nothing"), ("preview", "nowhere", "excellent")):
        said = run(*arguments)
        assert said.exit_code == 1
        assert said.output.startswith("Error: ")
        assert "Traceback" not in said.output


def test_too_early(run, them, clock):
    clock.set(AFTER.replace(month=9))
    assert "之后才能公布" in run("freeze", SLUG, "excellent", "--by", "培训中心").output


def test_a_recommendation_of_the_workshops_leader_and_nobody_elses(run, session, clock):
    made = awarding(
        session,
        ("share = 0.1", "share = 0.5"),
        ('within = "programme"\n', 'within = "programme"\nrecommended = true\n'),
    )
    leader, stranger = factories.account(session), factories.account(session)
    learner, other = made.learner(name="林知远"), made.learner(name="周若溪")
    workshop = Workshop(programme_slug=SLUG, code="w", title="语文坊", leader_id=leader.id)
    session.add(workshop)
    session.flush()
    learner.workshop_id = other.workshop_id = workshop.id
    session.commit()
    account, leads, strangers = str(learner.account_id), str(leader.id), str(stranger.id)
    refused = run("recommend", SLUG, "excellent", "--leader", strangers, "--account", account)
    assert refused.exit_code == 1
    assert "坊主可以推荐" in refused.output
    done = run("recommend", SLUG, "excellent", "--leader", leads, "--account", account, "--reason", "作业优秀")
    assert done.output == "已登记对林知远的推荐。\n"
    assert "授予 1 人" in run("preview", SLUG, "excellent").output
