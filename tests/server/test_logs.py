import json
import logging
from datetime import date

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from server import logs
from tests import factories

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
LOG = structlog.get_logger("xueshi.test")

id_numbers = st.one_of(
    st.builds(
        factories.resident_id,
        st.integers(0, 999),
        st.dates(date(1930, 1, 1), date(2010, 1, 1)),
        st.from_regex(r"[1-9]\d{5}", fullmatch=True),
    ).map(str),
    st.from_regex(r"[1-9][0-9]{14}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{16}[0-9Xx]", fullmatch=True),
)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


def around(secrets: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, object]]:
    """A secret and a log value that holds it somewhere: in text, bytes, a number, an exception, a key, deep within."""

    def holding(secret: str) -> st.SearchStrategy[object]:
        edge = st.text(alphabet=st.characters(exclude_categories=["Nd", "Cs"]), max_size=12)
        text = st.builds(lambda before, after: before + secret + after, edge, edge)
        leaves = text | text.map(str.encode) | text.map(ValueError) | st.just(secret)
        if secret.isdecimal():
            leaves |= st.just(int(secret))
        return st.recursive(
            leaves,
            lambda inner: (
                st.lists(inner, min_size=1, max_size=3)
                | st.dictionaries(text, inner, min_size=1, max_size=2)
                | inner.map(lambda value: (value,))
                | inner.map(lambda value: {"inner": value})
            ),
            max_leaves=4,
        )

    return secrets.flatmap(lambda secret: st.tuples(st.just(secret), holding(secret)))


@given(around(id_numbers | mobiles), st.sampled_from(["event", "path", "error", "detail"]))
def test_no_id_number_or_mobile_survives_anywhere_in_a_line(case, place):
    secret, value = case
    line = json.dumps(logs.redacted({place: value, "n": 1}), ensure_ascii=False)
    assert secret not in line


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"GET with Bearer {JWT}", "GET with Bearer [removed]"),
        (JWT, "[removed]"),
        ("110105 19491231 002X", "[removed]"),
        ("+86 138 0013 8000 called", "+[removed] called"),
        ("https://api.weixin.qq.com/sns?appid=wx1&secret=s3", "https://api.weixin.qq.com/sns?[removed]"),
        ("mysql://xueshi:hunter2@db/xueshi", "mysql://[removed]@db/xueshi"),
        ("password=hunter2, next", "password=[removed], next"),
        (
            "[SQL: UPDATE account]\n[parameters: ('林知远',)]\nend",
            "[SQL: UPDATE account]\n[parameters: [removed]]\nend",
        ),
        (repr("\x9013800138000"), "'\\x90[removed]'"),
        ("passport E12345678", "passport [removed]"),
        ("flushed 1000 rows at 2022-08-01 09:00:00.123456", "flushed 1000 rows at 2022-08-01 09:00:00.123456"),
        ("account 12345 errcode 40029", "account 12345 errcode 40029"),
    ],
)
def test_what_is_removed_from_a_sentence(said, written):
    assert logs.redacted(said) == written


@pytest.mark.parametrize(
    "name", ["password", "new_password", "access_token", "id_number", "Authorization", "binding_ticket"]
)
def test_a_value_under_a_secret_name_is_removed(name):
    assert logs.redacted({name: "hunter2", "inner": [{name: 7}]}) == {name: "[removed]", "inner": [{name: "[removed]"}]}


def test_plain_values_stay_what_they_are():
    plain = {"ms": 1.5, "status": 200, "ok": True, "none": None, "list": [1, "two"]}
    assert logs.redacted(plain) == plain


class TestALine:
    @pytest.fixture(autouse=True)
    def _configured(self):
        logs.configure("INFO")

    def lines(self, capsys) -> list[dict]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    def test_the_standard_library_writes_the_same_json_and_is_redacted(self, capsys):
        logging.getLogger("some.library").warning("refused %s", "99999919740505004X")
        (line,) = self.lines(capsys)
        assert (line["event"], line["level"], line["logger"]) == ("refused [removed]", "warning", "some.library")

    def test_a_traceback_is_redacted(self, capsys):
        try:
            raise ValueError("99999919740505004X")
        except ValueError:
            LOG.exception("failed")
        (line,) = self.lines(capsys)
        assert "ValueError: [removed]" in line["exception"]

    def test_chinese_stays_readable(self, capsys):
        LOG.info("林知远")
        assert "林知远" in capsys.readouterr().err


class TestARequest:
    def line(self, capsys) -> dict:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event": "request"' in line][-1]

    def test_it_leaves_one_line_with_the_template(self, client, capsys):
        client.get("/media/99999919740505004X.mp4?token=abc")
        line = self.line(capsys)
        assert (line["method"], line["path"], line["status"]) == ("GET", "/media/<path:name>", 404)
        assert line["ms"] >= 0
        assert line["account_id"] is None

    def test_its_id_is_answered_and_written(self, client, capsys):
        reply = client.get("/", headers={"X-Request-ID": "from-the-proxy-1"})
        assert reply.headers["X-Request-ID"] == self.line(capsys)["request_id"] == "from-the-proxy-1"

    def test_a_strange_id_is_replaced_by_one_that_redaction_leaves_alone(self, client, capsys):
        reply = client.get("/", headers={"X-Request-ID": "a b"})
        assert reply.headers["X-Request-ID"] == self.line(capsys)["request_id"]
        assert len(reply.headers["X-Request-ID"]) == 32

    def test_questions_of_machines_are_not_worth_a_line(self, client, capsys):
        client.get("/healthz")
        assert '"event": "request"' not in capsys.readouterr().err
