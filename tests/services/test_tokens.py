import base64
import hmac
import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.errors import BadToken
from services.tokens import AccessClaims, StudyClaims, Tokens

KEY = b"k" * 32
NOW = datetime(2022, 8, 1, 9, 0, tzinfo=UTC)
tokens = Tokens(KEY, access_seconds=900)
ACCESS = AccessClaims(account=2**53 - 1, version=3, family="f" * 32)
STUDY = StudyClaims(session="s" * 32, account=7, enrolment=8, lesson=9, duration=600)


def access(now: datetime = NOW) -> str:
    return tokens.issue_access(ACCESS, now)


def study(now: datetime = NOW) -> str:
    return tokens.issue_study(STUDY, now + timedelta(hours=2), now)


def claims_of(token: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def forged(claims: dict, key: bytes | None = KEY, algorithm: str = "HS256", **headers: object) -> str:
    return jwt.encode(claims, key, algorithm, headers=headers or None)


class TestReading:
    def test_what_was_issued_is_read_again(self):
        assert tokens.read_access(access(), NOW) == ACCESS
        assert tokens.read_study(study(), NOW) == STUDY
        ticket = tokens.read_binding(tokens.issue_binding("openid", NOW), NOW)
        assert ticket.openid == "openid"
        assert len(bytes.fromhex(ticket.id)) == 16

    def test_any_jwt_library_can_read_them(self):
        read = jwt.decode(
            access(),
            KEY,
            algorithms=["HS256"],
            audience="xueshi:access",
            issuer="xueshi",
            options={"verify_exp": False},
        )
        assert read["sub"] == str(2**53 - 1)
        assert read["exp"] - read["iat"] == 900

    def test_no_two_are_the_same(self):
        assert claims_of(access())["jti"] != claims_of(access())["jti"]

    def test_each_ends_at_its_time_on_the_clock_that_is_passed_in(self):
        assert tokens.read_access(access(), NOW + timedelta(seconds=899))
        for token, read, life in (
            (access(), tokens.read_access, 900),
            (study(), tokens.read_study, 7200),
            (tokens.issue_binding("openid", NOW), tokens.read_binding, 300),
        ):
            read(token, NOW + timedelta(seconds=life - 1))
            with pytest.raises(BadToken):
                read(token, NOW + timedelta(seconds=life))

    def test_one_kind_never_passes_for_another(self):
        binding = tokens.issue_binding("openid", NOW)
        wrong = [
            (tokens.read_access, [study(), binding]),
            (tokens.read_study, [access(), binding]),
            (tokens.read_binding, [access(), study()]),
        ]
        for read, others in wrong:
            for other in others:
                with pytest.raises(BadToken):
                    read(other, NOW)


class TestRefusing:
    @pytest.mark.parametrize(
        "change",
        [
            {"iss": "somebody"}, {"iss": None}, {"aud": "xueshi:study"}, {"aud": ["xueshi:access"]}, {"exp": "1e12"},
            {"exp": 1.5e12}, {"exp": None}, {"iat": True}, {"sub": "x"}, {"sub": "-1"}, {"sub": ""}, {"sub": "٣"},
            {"ver": "3"}, {"ver": None}, {"fam": 1}, {"jti": 1},
        ],
    )  # fmt: skip
    def test_a_claim_of_another_value_or_type_though_well_signed(self, change):
        claims = {name: value for name, value in (claims_of(access()) | change).items() if value is not None}
        try:
            token = forged(claims)
        except TypeError:  # PyJWT itself will not sign it
            token = jwt.PyJWS().encode(json.dumps(claims).encode(), KEY, "HS256")
        with pytest.raises(BadToken):
            tokens.read_access(token, NOW)

    def test_another_key_another_algorithm_or_none(self):
        claims = claims_of(access())
        for token in (
            forged(claims, key=b"x" * 32),
            forged(claims, key=b"k" * 64, algorithm="HS512"),
            forged(claims, key=None, algorithm="none"),
            forged(claims, kid="1"),
            access().rpartition(".")[0] + ".",
            access().rpartition(".")[0],
        ):
            with pytest.raises(BadToken):
                tokens.read_access(token, NOW)

    @given(st.data())
    def test_any_changed_character(self, data):
        token = study()
        at = data.draw(st.integers(0, len(token) - 1))
        other = data.draw(st.characters(min_codepoint=32, max_codepoint=300))
        if other != token[at]:
            with pytest.raises(BadToken):
                tokens.read_study(token[:at] + other + token[at + 1 :], NOW)

    @given(st.text(st.characters(), max_size=400))
    def test_any_text(self, text):
        for read in (tokens.read_access, tokens.read_study, tokens.read_binding):
            with pytest.raises(BadToken):
                read(text, NOW)

    def test_a_long_one_is_not_looked_at(self):
        with pytest.raises(BadToken):
            tokens.read_study(study() + "A" * 1_000_000, NOW)

    def test_a_key_under_32_bytes(self):
        with pytest.raises(ValueError, match="32"):
            Tokens(b"k" * 31, 900)

    def test_it_shows_nothing_of_itself(self):
        assert repr(tokens) == "<Tokens>"


@pytest.mark.parametrize("length", [32, 40, 63, 64, 65, 200])
def test_a_key_of_any_length_signs_as_the_standard_says(length):
    key = bytes(range(length))
    ours = Tokens(key, 900)
    token = ours.issue_study(STUDY, NOW + timedelta(hours=1), NOW)
    signed, _, signature = token.encode().rpartition(b".")
    assert urlsafe_b64decode(signature + b"=") == hmac.digest(key, signed, "sha256")
    assert ours.read_study(token, NOW) == STUDY
