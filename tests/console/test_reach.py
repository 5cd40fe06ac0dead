"""Every route × every role × a foreign organisation's object: refused, not found, and nothing changed; and with one's own it works.

Made from the application's own routes, so a new view is in it by itself. A new path parameter must be added to `objects` (what one is in
one organisation) or to WORDS (it belongs to nobody), and to MISSING (one that there is not).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from console import access
from models import (
    Base,
)
from services.authority.roles import ROLES
from tests.console.reach import (
    ASKED_WITH,
    AT,
    FIELDS,
    FIELDS_OTHERWISE,
    MISSING,
    NOBODYS,
    OTHER_WORDS,
    Visit,
    World,
    built,
)
from tests.servers import RedisServer

#: Tables that asking changes: what was asked is written down.
WRITTEN_DOWN = {"audit_entry", "audit_head", "staff_session", "sign_in_record"}
#: Where the right answer to a foreign object is another one: (endpoint, method) → (statuses, why).
FOREIGN_OTHERWISE: dict[tuple[str, str], tuple[set[int], str]] = {}
#: GET views that cannot be shown by their address alone: endpoint → why. Views of a file (upload_code) are none of these either: a file is
#: its uploader's alone, and what may be done depends on what is in it.
NOT_ALONE: dict[str, str] = {
    "console.me.unknown": "it is there to say that a page is not",
    "console.quotas.show": "this programme has no places to give",
    "console.quotas.below": "this programme has no places to give",
}
#: A job is found by who started it alone, and the tests of its page start one.
OF_ONES_OWN_JOB = ("job", "job_progress", "applying", "difference", "progress")


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, sqlite_template: Path
) -> Iterator[World]:
    with built(tmp_path_factory.mktemp("reach"), redis_server.url, sqlite_template) as world:
        yield world


def digests(engine: sa.Engine) -> dict[str, str]:
    """Of each table that asking must not change: what it holds."""
    with engine.connect() as connection:
        return {
            table.name: hashlib.sha256(
                repr(connection.execute(sa.select(table).order_by(*table.primary_key)).all()).encode()
            ).hexdigest()
            for table in Base.metadata.sorted_tables
            if table.name not in WRITTEN_DOWN
        }


def allowed(world: World, role: str, visit: Visit) -> bool:
    mark = world.mark(visit)
    return mark == (access.ANY_STAFF,) or bool(ROLES[role].may & set(mark))


def test_every_role_and_every_parameter_is_in_the_matrix(world: World) -> None:
    assert AT.keys() == ROLES.keys()
    unknown = {name: visit.endpoint for visit in world.visits for name in visit.names if name not in world.own}
    assert not unknown, f"add these path parameters to objects() or WORDS in this file: {unknown}"
    views = {visit.endpoint for visit in world.visits}
    listed = {endpoint for endpoint, _ in FOREIGN_OTHERWISE} | NOT_ALONE.keys() | ASKED_WITH.keys() | OTHER_WORDS.keys()
    assert not listed - views, "these views are no more: take them from the lists in this file"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_what_is_foreign_is_refused_or_not_found_and_nothing_changes(world: World, role: str) -> None:
    before, wrong, asked = digests(world.engine), [], 0
    for visit in world.visits:
        mark = world.mark(visit)
        if (
            mark == (access.PUBLIC,)
            or mark[0].startswith("during:")
            or (mark == (access.ANY_STAFF,) and not visit.needs)
        ):
            continue
        values = world.foreign if role != "operator" else {**world.foreign, **nobodys(visit)}
        if not allowed(world, role, visit):
            right = {403}
        elif visit.needs:
            right = FOREIGN_OTHERWISE.get((visit.endpoint, visit.method), ({404}, ""))[0]
        else:
            continue  # nothing foreign to ask for
        asked += 1
        status = world.ask(role, visit, values).status_code
        if status not in right:
            wrong.append(f"{visit.method} {visit.endpoint} as {role}: {status} instead of {sorted(right)}")
    after = digests(world.engine)
    wrong += [f"as {role} something changed in the table {table}" for table in before if before[table] != after[table]]
    assert not wrong, "\n".join(wrong)
    assert asked


def nobodys(visit: Visit) -> dict[str, Any]:
    return {name: MISSING.get(name, NOBODYS) for name in {*visit.needs, "holder_id"}}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_what_is_ones_own_is_shown(world: World, role: str) -> None:
    wrong, asked = [], 0
    for visit in world.visits:
        of_a_job = visit.endpoint.rpartition(".")[2] in OF_ONES_OWN_JOB
        if visit.method != "GET" or visit.endpoint in NOT_ALONE or "upload_code" in visit.names or of_a_job:
            continue
        if not allowed(world, role, visit):
            continue
        asked += 1
        status = world.ask(role, visit, world.own).status_code
        if status not in (200, 302, 303):
            wrong.append(f"GET {visit.endpoint} as {role}: {status}")
    assert not wrong, "\n".join(wrong)
    assert asked


def test_every_field_of_a_form_that_names_an_object_is_tried() -> None:
    console = Path(access.__file__).parent
    named = r'name="(\w+_id)"|fields=\{"(\w+_id)"|^ +(?:\w+, )*(\w+_id)(?:, \w+)* = \w*Field\('
    texts = [path.read_text() for path in (*console.rglob("*.html"), *console.glob("*.py"))]
    found = {"".join(one) for text in texts for one in re.findall(named, text, re.MULTILINE)}
    assert found == FIELDS.keys() | FIELDS_OTHERWISE.keys()


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_form_about_ones_own_takes_nothing_foreign_in(world: World, field: str) -> None:
    before, roles = digests(world.engine), world.roles(field)
    assert {role: world.send(role, field, world.foreign[field]).status_code for role in roles} == dict.fromkeys(
        roles, 404
    )
    assert {role: world.send(role, field, NOBODYS).status_code for role in roles} == dict.fromkeys(roles, 404)
    assert digests(world.engine) == before
    if field != "appointment_id":  # somebody else's, even of the own school
        assert {world.send(role, field, world.own[field]).status_code for role in roles} & {302, 409}


def test_without_signing_in_every_page_leads_to_the_door(world: World) -> None:
    nobody = replace(world, clients={"": world.app.test_client()})
    for visit in world.visits:
        if world.mark(visit) == (access.PUBLIC,):
            continue
        reply = nobody.ask("", visit, world.own)
        assert (reply.status_code, reply.location.partition("?")[0]) == (302, "/console/sign-in"), visit
