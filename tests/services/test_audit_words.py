"""Every action is somebody's, and what is said of it has Chinese words."""

import ast
from collections.abc import Iterator
from pathlib import Path

from services import audit_log, identity_check
from services.audit import ACTIONS
from services.audit_words import KINDS, WORDS

ROOT = Path(audit_log.__file__).parent.parent
#: What is given beside the facts of an entry.
NO_DETAILS = {"target", "organisation_id", "result"}


def recordings() -> Iterator[tuple[str, ast.Call]]:
    """Where an action is written to the log: its name, and the call."""
    for folder in ("console", "services", "server"):
        for path in (ROOT / folder).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call):
                    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                    named = [one.value for one in call.args if isinstance(one, ast.Constant) and one.value in ACTIONS]
                    if "record" in name and named:
                        yield str(named[0]), call


def test_every_action_is_done_somewhere() -> None:
    assert {action for action, _ in recordings()} | {identity_check._ACTION} == ACTIONS.keys()


def test_every_kind_and_detail_has_a_word() -> None:
    keys, kinds = set[str](), set[str]()
    for _, call in recordings():
        keys |= {one.arg for one in call.keywords if one.arg} - NO_DETAILS
        for target in (one.value for one in call.keywords if one.arg == "target"):
            if isinstance(target, ast.Tuple) and isinstance(target.elts[0], ast.Constant):
                kinds.add(str(target.elts[0].value))
    assert len(keys) > 20
    assert not keys - WORDS.keys()
    assert not kinds - KINDS.keys()


def test_a_role_is_told_by_its_title() -> None:
    assert audit_log.told({"role": "school_admin", "to": "hotline"}) == "角色：学校管理员；改为：热线客服"
