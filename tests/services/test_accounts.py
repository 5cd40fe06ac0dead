import pytest
from sqlalchemy.exc import IntegrityError

from models import Account
from services import accounts, id_numbers
from services.errors import NotFound
from tests import factories
from tests.teachers import collaborators, enlist


class TestNewId:
    def test_it_is_exact_in_javascript_and_not_to_be_guessed(self):
        ids = {accounts.new_id() for _ in range(1000)}
        assert len(ids) == 1000
        assert all(0 < one < 2**53 for one in ids)
        assert max(ids) > 2**52


class TestCreate:
    def test_the_number_is_found_again_and_stands_nowhere(self, app, session):
        teacher = enlist(app, session)
        vault = collaborators(app).vault
        found = accounts.find(session, vault, id_numbers.parse(teacher.id_number.lower()))
        assert found.id == teacher.account_id
        assert found.id_kind == "foreign_permanent_resident"
        assert vault.open(found.id_envelope, found.id) == teacher.id_number
        assert teacher.id_number not in repr([getattr(found, column.key) for column in Account.__table__.columns])

    def test_last_six_is_not_hashed_and_shared_is_hashed_once(self, app, session):
        passwords = collaborators(app).passwords
        assert session.get(Account, enlist(app, session).account_id).password_hash is None
        first = passwords.first_password("shared", "Haolaoshi123")
        hashes = {accounts._given_hash(first) for _ in range(3)}
        assert hashes == {first.shared_hash}

    def test_a_random_password_is_told_once_and_kept_as_a_hash(self, app, session):
        teacher = enlist(app, session, rule="random")
        account = session.get(Account, teacher.account_id)
        assert teacher.password not in account.password_hash
        assert collaborators(app).passwords.check(account, teacher.password, collaborators(app).vault)

    def test_one_number_is_one_account(self, app, session):
        teacher = enlist(app, session)
        index = collaborators(app).vault.index(id_numbers.parse(teacher.id_number))
        with pytest.raises(IntegrityError):
            factories.account(session, id_index=index)


class TestLock:
    def test_nobody_cannot_be_locked(self, session):
        with pytest.raises(NotFound):
            accounts.lock(session, 1)
