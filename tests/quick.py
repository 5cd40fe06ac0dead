"""What the tests' own process need not pay for again with each test: each of these costs more than most tests show, and changes no answer.

routes            werkzeug reads each of our two hundred rules, and compiles two functions for it, again for each application
statements        SQLAlchemy compiles each statement again for each engine
templates         Jinja compiles each page again for each application
programmes        the same few files are read again and again
argon2            at its real cost only with the fixture `true_cost`; sign-in is the same however long a guess takes
fsync             a file of a test outlives no power cut; SQLite's commits wait for no disk

Processes that the tests start know nothing of this.
"""

from functools import lru_cache
from types import CodeType, MethodType
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

import programmes
from server import database
from services import passwords


def install(patch: pytest.MonkeyPatch) -> None:
    _rules(patch)
    _statements(patch)
    patch.setattr(Flask, "jinja_options", Flask.jinja_options | {"bytecode_cache": _Pages()})
    patch.setattr(programmes, "load", lru_cache(maxsize=100)(programmes.load))
    patch.setattr(passwords, "PasswordHasher", _CheapHasher)
    patch.setattr(database, "SQLITE", tuple(pragma.replace("=FULL", "=OFF") for pragma in database.SQLITE))


def _rules(patch: pytest.MonkeyPatch) -> None:
    """What a rule is compiled to depends on its text alone; its functions get the rule itself when they are called."""
    compile_rule = Rule.compile
    known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        kind = tuple(sorted(rule.map.converters.items())), rule.map.host_matching
        key = rule.rule, rule.subdomain, rule.host, rule.merge_slashes, tuple((rule.defaults or {}).items()), kind
        if key not in known:
            compile_rule(rule)
            known[key] = {name: getattr(rule, name) for name in ("_parts", "_trace", "_converters", "arguments")}
            known[key] |= {name: getattr(rule, name).__func__ for name in ("_build", "_build_unknown")}
        for name, made in known[key].items():
            setattr(rule, name, MethodType(made, rule) if name.startswith("_build") else made)

    patch.setattr(Rule, "compile", compile_once)


def _statements(patch: pytest.MonkeyPatch) -> None:
    """Engines on servers of one kind and version have one cache; its keys hold the engine's dialect, so those are equal."""
    compiled: dict[type[Dialect], LRUCache[Any, Any]] = {}

    def shared(engine: Engine) -> LRUCache[Any, Any]:
        return compiled.setdefault(type(engine.dialect), LRUCache(1000))

    def alike(one: DefaultDialect, other: object) -> bool:
        return type(one) is type(other) and one.server_version_info == other.server_version_info

    patch.setattr(Engine, "_compiled_cache", property(shared, lambda _engine, _own: None), raising=False)
    patch.setattr(DefaultDialect, "__eq__", alike)
    patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))


class _Pages(BytecodeCache):
    def __init__(self) -> None:
        self.known: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.code


class _CheapHasher(PasswordHasher):
    """Of the same form, at the smallest cost that there is."""

    def __init__(self, **_costs: int) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
