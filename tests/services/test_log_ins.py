"""The log-ins of an account: on each database."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import RefreshToken
from services import devices, log_ins, refresh_tokens
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


def alive(session, account, family="", now=NOW):
    session.flush()
    return log_ins.of_account(session, account.id, family, now)


class TestOfAccount:
    def test_tells_each_log_in_once_the_one_used_last_first(self, matrix, account):
        phone = refresh_tokens.start(matrix, account, DAY, NOW, route="wechat", device="微信 Android")
        desk = refresh_tokens.start(matrix, account, DAY, at(60), device="Chrome Windows")
        matrix.flush()
        token = phone.token
        for seconds in (900, 1800):
            token = refresh_tokens.rotate(matrix, token, DAY, at(seconds)).token
        first, second = alive(matrix, account, desk.family, at(2000))
        assert (first.device, first.route, first.current) == ("微信 Android", "wechat", False)
        assert (first.signed_in_at, first.last_used_at) == (NOW, at(1800))
        assert (second.device, second.route, second.current) == ("Chrome Windows", "web", True)
        assert (second.signed_in_at, second.last_used_at) == (at(60), at(60))

    def test_names_no_family(self, matrix, account):
        issued = refresh_tokens.start(matrix, account, DAY, NOW)
        [one] = alive(matrix, account)
        assert one.device_id == log_ins.name_of(issued.family)
        assert issued.family not in (one.device_id, repr(one))
        assert len({log_ins.name_of(f"{n:032x}") for n in range(100)}) == 100

    def test_leaves_out_what_ended_or_has_run_out_and_other_people(self, matrix, account):
        ended = refresh_tokens.start(matrix, account, DAY, NOW)
        refresh_tokens.start(matrix, factories.account(matrix), DAY, NOW)
        matrix.flush()
        refresh_tokens.revoke_family(matrix, account.id, ended.family, NOW)
        refresh_tokens.start(matrix, account, 60, NOW)
        stays = refresh_tokens.start(matrix, account, DAY, NOW)
        assert [one.family for one in alive(matrix, account, now=at(60))] == [stays.family]

    def test_keeps_when_it_began_though_its_first_tokens_were_swept_away(self, matrix, account):
        first = refresh_tokens.start(matrix, account, DAY, NOW, device="Safari iPhone")
        matrix.flush()
        second = refresh_tokens.rotate(matrix, first.token, DAY, at(DAY - 1))
        refresh_tokens.start(matrix, account, DAY, at(DAY + 1))  # sweeps
        matrix.flush()
        assert matrix.scalar(sa.select(sa.func.count()).select_from(RefreshToken)) == 2
        found = {one.family: one for one in alive(matrix, account, now=at(DAY + 2))}
        assert found[second.family].signed_in_at == NOW
        assert found[second.family].device == "Safari iPhone"

    def test_a_log_in_from_before_devices_were_kept_is_named_once_it_shows_itself(self, matrix, account):
        old = refresh_tokens.start(matrix, account, DAY, NOW)
        matrix.flush()
        matrix.execute(sa.update(RefreshToken).values(device="", signed_in_at=None))
        [before] = alive(matrix, account)
        assert (before.device, before.signed_in_at) == (devices.OTHER, NOW)
        refresh_tokens.rotate(matrix, old.token, DAY, at(900), "微信 鸿蒙")
        [now] = alive(matrix, account)
        assert (now.device, now.signed_in_at, now.last_used_at) == ("微信 鸿蒙", NOW, at(900))

    def test_another_header_later_does_not_rename_it(self, matrix, account):
        issued = refresh_tokens.start(matrix, account, DAY, NOW, device="微信 Android")
        matrix.flush()
        refresh_tokens.rotate(matrix, issued.token, DAY, at(900), "Chrome Windows")
        assert [one.device for one in alive(matrix, account)] == ["微信 Android"]

    def test_of_very_many_the_newest_are_told_and_always_the_callers_own(self, matrix, account):
        mine = refresh_tokens.start(matrix, account, DAY, NOW)
        for second in range(log_ins.MOST + 5):
            refresh_tokens.start(matrix, account, DAY, at(1 + second))
        found = alive(matrix, account, mine.family)
        assert len(found) == log_ins.MOST + 1
        assert found[-1].current
        assert sorted(found, key=lambda one: one.last_used_at, reverse=True) == found
