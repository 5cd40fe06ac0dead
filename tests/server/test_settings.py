import base64
import inspect
import re
from pathlib import Path

import pytest

from server.settings import SettingsError, load

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {
    "DATABASE_URL": "sqlite://",
    "REDIS_URL": "redis://localhost/0",
    "TOKEN_KEY": KEY,
    "ID_INDEX_KEY": KEY,
    "ID_ENVELOPE_KEYS": f"2022:{KEY}",
}


def problems(**changes: str | None) -> list[str]:
    environ = {name: value for name, value in (GOOD | changes).items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        load(environ)
    return caught.value.problems


def test_good_settings_are_read():
    settings = load(GOOD | {"FLUSH_BATCH": "50", "MEDIA_ROOT": "/srv/media", "LOG_LEVEL": "debug"})
    assert settings.token_key == b"k" * 32
    assert settings.envelope_keys == {"2022": b"k" * 32}
    assert (settings.flush_batch, str(settings.media_root), settings.log_level) == (50, "/srv/media", "DEBUG")


def test_all_problems_are_told_at_once():
    told = problems(DATABASE_URL=None, TOKEN_KEY="!", FLUSH_BATCH="many", LOG_LEVEL="loud", ID_ENVELOPE_KEYS="no-colon")
    assert told == [
        "DATABASE_URL is not set",
        "TOKEN_KEY is not base64",
        "ID_ENVELOPE_KEYS must read id:base64[,id:base64…]",
        "ID_ENVELOPE_KEYS holds no key",
        "FLUSH_BATCH must be a whole number, not 'many'",
        "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR",
    ]


@pytest.mark.parametrize("name", ["TOKEN_KEY", "ID_INDEX_KEY"])
def test_a_short_key_is_refused(name):
    assert problems(**{name: base64.b64encode(b"k" * 31).decode()}) == [f"{name} must be at least 32 bytes, it is 31"]


@pytest.mark.parametrize("size", [31, 33])
def test_an_envelope_key_has_exactly_32_bytes(size):
    told = problems(ID_ENVELOPE_KEYS=f"2022:{KEY},2023:{base64.b64encode(b'k' * size).decode()}")
    assert told == [f"ID_ENVELOPE_KEYS 2023 must be exactly 32 bytes, it is {size}"]


@pytest.mark.parametrize("raw", ["", ",", " , "])
def test_an_empty_keyring_is_refused(raw):
    assert len(problems(ID_ENVELOPE_KEYS=raw)) == 1


def test_an_empty_value_is_no_value():
    assert problems(TOKEN_KEY="", REDIS_URL="") == ["REDIS_URL is not set", "TOKEN_KEY is not set"]


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    without = {name: value for name, value in GOOD.items() if name != "TOKEN_KEY"}
    assert load(without | {"TOKEN_KEY_FILE": str(tmp_path / "key")}).token_key == b"k" * 32


def test_a_secret_file_that_is_absent_is_told_of_and_not_replaced(tmp_path):
    told = problems(TOKEN_KEY_FILE=str(tmp_path / "absent"))
    assert len(told) == 1
    assert told[0].startswith("TOKEN_KEY_FILE cannot be read")


def test_a_number_below_its_least_is_refused():
    assert problems(ACCESS_TOKEN_SECONDS="59") == ["ACCESS_TOKEN_SECONDS must be at least 60"]


def test_a_guessable_metrics_token_is_refused():
    assert problems(METRICS_TOKEN="short") == ["METRICS_TOKEN must be at least 16 characters"]


class TestJobsUrl:
    def test_is_that_of_redis(self):
        assert load(GOOD).jobs_url == "redis://localhost/0"

    def test_is_one_of_its_own_where_it_is_set(self):
        assert load(GOOD | {"JOBS_REDIS_URL": "redis://other/1"}).jobs_url == "redis://other/1"

    def test_is_none_beside_a_cluster(self):
        settings = load(GOOD | {"REDIS_URL": "redis+cluster://a:1,b:2"})
        assert settings.jobs_url == ""
        assert (
            load(GOOD | {"REDIS_URL": "redis+cluster://a:1", "JOBS_REDIS_URL": "redis://b/0"}).jobs_url == "redis://b/0"
        )

    def test_may_be_no_cluster_and_must_be_a_url(self):
        told = problems(JOBS_REDIS_URL="redis+cluster://a:1")
        assert told == ["JOBS_REDIS_URL must name a single Redis; background jobs cannot live in a cluster"]
        assert problems(JOBS_REDIS_URL="nonsense")[0].startswith("JOBS_REDIS_URL is none of")


class TestPortals:
    def test_are_none_by_default(self):
        assert load(GOOD).portals == {}

    def test_have_a_secret_each_that_is_not_shown(self):
        both = load(GOOD | {"PORTALS": f"hebei:{KEY},shanxi:{KEY}"})
        assert list(both.portals) == ["hebei", "shanxi"]
        assert "kkkk" not in repr(both)

    @pytest.mark.parametrize("value", ["hebei", f":{KEY}", "hebei:short", "hebei:" + "A" * 64])
    def test_that_are_no_portals_are_told(self, value):
        assert problems(PORTALS=value)


def test_no_secret_shows_in_the_repr():
    shown = repr(
        load(
            GOOD
            | {
                "WECHAT_SECRET": "wechat-secret",
                "METRICS_TOKEN": "metrics-token-0123",
                "JOBS_REDIS_URL": "redis://:hunter2@a",
            }
        )
    )
    assert "kkkk" not in shown
    assert "wechat-secret" not in shown
    assert "metrics-token" not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("url", ["https://xueshi.example/", "http://127.0.0.1:8000", "https://x.example/xueshi", ""])
def test_a_public_address_is_read_without_its_last_slash(url):
    assert load(GOOD | {"PUBLIC_URL": url}).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["xueshi.example", "ftp://x.example", "https://", "https://a b", "https://x.example/?a=1", "https://u:p@x.example"],
)
def test_a_public_address_that_is_none_is_told(url):
    assert problems(PUBLIC_URL=url) == ["PUBLIC_URL must read https://host or https://host/path"]


@pytest.mark.parametrize(("raw", "limit"), [(None, 300), ("0", 0), ("5", 5)])
def test_a_limit_of_the_doors_may_be_none(raw: str | None, limit: int):
    assert load(GOOD | ({"DOOR_LIMIT": raw} if raw else {})).door_limit == limit


def test_the_rules_of_staffs_passwords_are_those_of_dengbao_unless_others_are_chosen():
    assert load(GOOD).password_policy == "dengbao"
    assert load(GOOD | {"PASSWORD_POLICY": "Basic"}).password_policy == "basic"
    assert problems(PASSWORD_POLICY="none", DOOR_LIMIT="-1") == [
        "PASSWORD_POLICY must be one of dengbao, basic",
        "DOOR_LIMIT must be at least 0",
    ]


def test_every_setting_stands_in_the_guide():
    guide = (Path(__file__).parents[2] / "docs/guides/operations.md").read_text()
    read = re.findall(r'env\.\w+\("([A-Z_]+)"', inspect.getsource(load))
    assert len(read) > 20
    assert [name for name in read if f"`{name}`" not in guide] == []
