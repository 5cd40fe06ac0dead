"""flask tallies."""

import pytest
import sqlalchemy as sa

from models import DailyTally
from services import programmes
from tests import factories
from tests.programmes.notices import phase2_text

SLUG = "xuchang-2022-phase2"


@pytest.fixture
def run(app, session, clock):
    programme = programmes.publish(session, phase2_text(), clock())
    factories.enrolment(session, factories.account(session, school_id=factories.school(session).id), programme)

    def run(*arguments):
        session.commit()
        return app.test_cli_runner().invoke(args=["tallies", *arguments])

    return run


def test_count_says_how_many_schools(run):
    assert run("count", SLUG).output == "已统计 1 所学校。\n"


def test_snapshot_is_of_yesterday_unless_named_and_once(run, session):
    assert run("snapshot", SLUG).output == "已保存 2022-07-31 的快照，共 1 所学校。\n"
    assert "没有改动" in run("snapshot", SLUG).output
    assert run("snapshot", SLUG, "--day", "2022-08-01").exit_code == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(DailyTally)) == 2


@pytest.mark.parametrize(
    "arguments", [("count", "none"), ("snapshot", "none"), ("snapshot", SLUG, "--day", "2022-07-01")]
)
def test_what_cannot_be_done_is_said_in_one_line(run, arguments):
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
