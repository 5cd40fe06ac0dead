import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.id_numbers import IdNumber, parse
from services.vault import Vault, VaultError
from tests.factories import resident_id

INDEX_KEY = b"i" * 32
OLD, NEW = {"2021": b"o" * 32}, {"2022": b"n" * 32}
vault = Vault(INDEX_KEY, OLD)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
account_ids = st.integers(1, 2**53 - 1)


class TestIndex:
    def test_it_finds_the_same_number_again(self):
        assert vault.index(parse(resident_id(1))) == Vault(INDEX_KEY, NEW).index(parse(f" {resident_id(1)}"))

    def test_it_is_64_hex_digits_and_another_with_another_key(self):
        index = vault.index(parse(resident_id(1)))
        assert len(bytes.fromhex(index)) == 32
        assert index != Vault(b"j" * 32, OLD).index(parse(resident_id(1)))

    @given(st.from_regex(r"[0-9A-Z]{6,18}", fullmatch=True), st.from_regex(r"[0-9A-Z]{6,18}", fullmatch=True))
    def test_two_numbers_never_share_one(self, one, other):
        assert (vault.index(IdNumber("a", one)) == vault.index(IdNumber("b", other))) == (one == other)


class TestEnvelope:
    @given(texts, account_ids)
    def test_what_was_sealed_opens_again(self, text, account_id):
        assert vault.open(vault.seal(text, account_id), account_id) == text

    @given(texts, account_ids)
    def test_it_is_never_the_same_twice_and_never_shows_the_text(self, text, account_id):
        one, other = vault.seal(text, account_id), vault.seal(text, account_id)
        assert one != other
        if len(text) > 3:
            assert text.encode() not in one

    @given(texts, account_ids, account_ids)
    def test_it_opens_for_its_own_account_alone(self, text, account_id, another):
        if another != account_id:
            with pytest.raises(VaultError):
                vault.open(vault.seal(text, account_id), another)

    @given(texts, st.data())
    def test_one_changed_bit_is_noticed(self, text, data):
        envelope = bytearray(vault.seal(text, 7))
        at = data.draw(st.integers(0, len(envelope) * 8 - 1))
        envelope[at // 8] ^= 1 << at % 8
        with pytest.raises(VaultError):
            vault.open(bytes(envelope), 7)

    @given(texts, st.data())
    def test_a_cut_envelope_is_noticed(self, text, data):
        envelope = vault.seal(text, 7)
        with pytest.raises(VaultError):
            vault.open(envelope[: data.draw(st.integers(0, len(envelope) - 1))], 7)

    @given(st.binary(max_size=100))
    def test_noise_is_no_envelope(self, noise):
        with pytest.raises(VaultError):
            vault.open(noise, 7)

    def test_the_first_key_seals_and_all_open(self):
        before = Vault(INDEX_KEY, OLD).seal("secret", 7)
        rotated = Vault(INDEX_KEY, NEW | OLD)
        assert rotated.open(before, 7) == "secret"
        after = rotated.seal("secret", 7)
        assert Vault(INDEX_KEY, NEW).open(after, 7) == "secret"
        with pytest.raises(VaultError):
            Vault(INDEX_KEY, OLD).open(after, 7)


class TestVault:
    @pytest.mark.parametrize(
        ("index_key", "envelope_keys"),
        [
            (b"i" * 31, OLD),
            (INDEX_KEY, {}),
            (INDEX_KEY, {"a": b"k" * 31}),
            (INDEX_KEY, {"a": b"k" * 33}),
            (INDEX_KEY, {"": b"k" * 32}),
            (INDEX_KEY, {"a" * 17: b"k" * 32}),
            (INDEX_KEY, {"钥": b"k" * 32}),
        ],
    )
    def test_weak_or_odd_keys_are_refused(self, index_key, envelope_keys):
        with pytest.raises(ValueError, match="key"):
            Vault(index_key, envelope_keys)

    def test_it_shows_nothing_of_itself(self):
        assert repr(vault) == str(vault) == "<Vault>"
        with pytest.raises(TypeError):
            pickle.dumps(vault)
