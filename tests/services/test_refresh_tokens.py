from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RefreshToken
from services import accounts, refresh_tokens
from tests import factories

NOW = datetime(2022, 8, 1, 9, 0, tzinfo=UTC)
DAY = 86400


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def matrix(engine):
    with Session(engine) as session:
        yield session


@pytest.fixture
def account(matrix):
    return factories.account(matrix)


def rotate(session: Session, token: str, now: datetime) -> str | None:
    issued = refresh_tokens.rotate(session, token, DAY, now)
    session.commit()
    return None if issued is None else issued.token


class TestRotate:
    def test_each_token_is_followed_by_another_of_its_family(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW)
        second = refresh_tokens.rotate(matrix, first.token, DAY, at(100))
        third = refresh_tokens.rotate(matrix, second.token, DAY, at(200))
        assert len({first.token, second.token, third.token}) == 3
        assert {first.family, second.family, third.family} == {first.family}
        assert third.account.id == account.id

    def test_each_carries_on_what_the_first_one_said_of_the_log_in(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW, route="wechat", device="微信 Android")
        refresh_tokens.rotate(matrix, first.token, DAY, at(100), "Chrome Windows")
        matrix.flush()
        carried = sa.select(RefreshToken.route, RefreshToken.device, RefreshToken.signed_in_at)
        assert {tuple(row) for row in matrix.execute(carried)} == {("wechat", "微信 Android", NOW)}

    def test_one_used_again_within_ten_seconds_gets_a_pair_and_harms_nobody(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW).token
        second = rotate(matrix, first, at(0))
        again = rotate(matrix, first, at(10))
        assert again not in (None, second)
        assert rotate(matrix, second, at(300))
        assert rotate(matrix, again, at(300))

    def test_one_used_again_later_ends_the_family(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW).token
        second = rotate(matrix, first, at(0))
        assert rotate(matrix, first, at(10.001)) is None
        assert rotate(matrix, second, at(11)) is None

    def test_the_grace_counts_from_the_first_replacement(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW).token
        rotate(matrix, first, at(0))
        assert rotate(matrix, first, at(8))
        assert rotate(matrix, first, at(16)) is None

    def test_another_family_of_the_account_goes_on(self, matrix, account):
        stolen = refresh_tokens.start(matrix, account, DAY, NOW).token
        other = refresh_tokens.start(matrix, account, DAY, NOW).token
        rotate(matrix, stolen, at(0))
        assert rotate(matrix, stolen, at(60)) is None
        assert rotate(matrix, other, at(61))

    def test_it_ends_at_its_time(self, matrix, account):
        token = refresh_tokens.start(matrix, account, DAY, NOW).token
        assert rotate(matrix, token, at(DAY)) is None

    def test_an_unknown_one_is_nothing(self, matrix, account):
        assert rotate(matrix, "unknown", NOW) is None

    def test_only_its_hash_is_stored(self, matrix, account):
        token = refresh_tokens.start(matrix, account, DAY, NOW).token
        matrix.flush()
        row = matrix.execute(sa.select(RefreshToken.__table__)).one()
        assert not any(token in str(value) for value in row)


class TestRevoke:
    def test_one_family_all_but_one_or_all(self, matrix, account):
        mine, second, third = (refresh_tokens.start(matrix, account, DAY, NOW) for _ in range(3))
        refresh_tokens.revoke_family(matrix, account.id, second.family, NOW)
        assert rotate(matrix, second.token, at(1)) is None
        refresh_tokens.revoke_others(matrix, account.id, mine.family, NOW)
        assert rotate(matrix, third.token, at(1)) is None
        alive = rotate(matrix, mine.token, at(1))
        refresh_tokens.revoke_all(matrix, account.id, NOW)
        assert rotate(matrix, alive, at(2)) is None

    def test_a_family_is_ended_for_its_own_account_alone(self, matrix, account):
        other = factories.account(matrix)
        issued = refresh_tokens.start(matrix, account, DAY, NOW)
        refresh_tokens.revoke_all(matrix, other.id, NOW)
        refresh_tokens.revoke_family(matrix, other.id, issued.family, NOW)
        assert rotate(matrix, issued.token, at(1))


class TestStart:
    def test_what_has_expired_is_swept_away(self, matrix, account):
        refresh_tokens.start(matrix, account, DAY, NOW)
        accounts.lock(matrix, account.id)
        refresh_tokens.start(matrix, account, DAY, at(DAY))
        matrix.flush()
        assert matrix.scalar(sa.select(sa.func.count()).select_from(RefreshToken)) == 1
