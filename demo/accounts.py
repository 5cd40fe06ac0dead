"""The invented teachers: who they are, their passwords, and signing in as a newcomer does."""

import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.desk import Lesson
from demo.server import Problem, Refusal, Server

PROGRAMME = "demonstration-fast"


@dataclass(frozen=True)
class Account:
    name: str
    id_number: str = field(repr=False)
    first_password: str = field(repr=False)


class UnknownPassword(Exception):
    """Neither the first password nor the remembered one is right."""


def read(path: Path) -> list[Account]:
    """The teachers of accounts.json. Raises Refusal."""
    try:
        people = json.loads(path.read_text(encoding="utf-8"))
        return [Account(p["name"], p["id_number"], p["password"]) for p in people if p["role"] == "teacher"]
    except FileNotFoundError:
        raise Refusal(f"there is no {path}; `make run` writes it (XUESHI_VAR says where, if not in var)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path} cannot be read: {error}") from None


class Passwords:
    """The passwords that the demo chose, in a file for the owner alone, so that it can be repeated."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self._known = {}
        except (OSError, ValueError) as error:
            raise Refusal(f"{path} cannot be read: {error}") from None

    def of(self, account: Account) -> list[str]:
        """What to try, the likelier first."""
        known = self._known.get(account.id_number)
        return [known, account.first_password] if known else [account.first_password]

    def invent(self, account: Account) -> str:
        """A new password, on disk before anybody is told."""
        new = f"Shifan-{secrets.token_hex(6)}-7"
        with self._lock:
            self._known[account.id_number] = new
            draft = self.path.with_name(f"{self.path.name}.new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(self._known, file, indent=1)
            draft.replace(self.path)
        return new


def sign_in(server: Server, account: Account, passwords: Passwords) -> tuple[str, bool]:
    """An access token, and whether the first password had to be changed. Raises UnknownPassword."""
    tokens, password = _tokens(server, account, passwords)
    token, first = tokens["access_token"], tokens["must_change_password"]
    if first:
        body = {"old_password": password, "new_password": passwords.invent(account)}
        server.call("PUT", "/v1/me/password", body, token)
        token = _tokens(server, account, passwords)[0]["access_token"]
    if tokens["must_confirm_profile"]:
        server.call("POST", "/v1/me/confirm", token=token)
    return token, first


def _tokens(server: Server, account: Account, passwords: Passwords) -> tuple[dict[str, Any], str]:
    for password in passwords.of(account):
        body = {"id_number": account.id_number, "password": password}
        try:
            return server.call("POST", "/v1/auth/password", body), password
        except Problem as problem:
            if problem.code not in ("bad_credentials", "account_locked"):
                raise
    raise UnknownPassword


def lessons(server: Server, token: str) -> tuple[int, list[Lesson]]:
    """The enrolment in the programme of the demo, and its lessons with what is credited so far. Raises Refusal."""
    for enrolment in server.call("GET", "/v1/enrolments", token=token):
        if enrolment["programme_id"] == PROGRAMME:
            break
    else:
        raise Refusal(f"nobody takes part in {PROGRAMME}; load it with `make run` (flask demonstration load)")
    if not enrolment["study_open"]:
        raise Refusal(f"{PROGRAMME} is not open for study today; `make run` anew moves its dates")
    courses = server.call("GET", f"/v1/enrolments/{enrolment['enrolment_id']}/courses", token=token)
    found = [
        Lesson(lesson["lesson_id"], course["course_id"], lesson["title"], lesson["duration"], lesson["credited"])
        for course in courses
        for lesson in course["lessons"]
    ]
    if not found:
        raise Refusal(f"{PROGRAMME} has no lessons; load them with `make run` (flask demonstration load)")
    return enrolment["enrolment_id"], found
