import time, sqlalchemy as sa
from tests.programmes.notices import phase2_text
from server.cli.roster import roster_group
from services import programmes
from models import Account, Enrolment
import pytest
from dataclasses import replace


def go(app, session, clock):
    programmes.publish(session, phase2_text(), clock())
    session.commit()
    runner = app.test_cli_runner()
    for args in (["--dry-run"], [], []):
        t = time.time()
        r = runner.invoke(
            roster_group,
            ["import", "/tmp/roster100k.xlsx", "--programme", "xuchang-2022-phase2", "--create-schools", *args],
        )
        print(r.output[-600:], r.exit_code, time.time() - t)
        if r.exception and not isinstance(r.exception, SystemExit):
            raise r.exception
    print(session.scalar(sa.select(sa.func.count()).select_from(Enrolment)))
    import resource

    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def test_sqlite(app, session, clock):
    go(app, session, clock)


@pytest.mark.parametrize("backend", ["postgresql", "mariadb"], indirect=True)
def test_sql(make_app, database_url, clock, backend):
    from sqlalchemy.orm import Session
    from server.database import make_engine

    app = make_app(database_url=database_url)
    with Session(make_engine(database_url)) as session:
        go(app, session, clock)
