"""The API against its own OpenAPI document: schemathesis asks what the document allows and what it does not.

Whatever it asks, no reply is a 5xx, and each has a status, a content type, headers and a body that the document promises for it.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from server.database import make_engine
from tests.miniprogram_api import world
from tests.miniprogram_api.study_room import DURATION
from tests.miniprogram_api.test_openapi import CONTRACT
from tests.miniprogram_api.world import World

CONFORMS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]
#: The same examples in every run.
STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.fixture
def here(make_app, settings, redis, clock):
    engine = make_engine(settings.database_url)
    yield world.build(make_app(), engine, redis, clock)
    engine.dispose()


@pytest.fixture
def on_postgresql(make_app, postgres_url, redis, clock):
    engine = make_engine(emptied(postgres_url))
    yield world.build(make_app(database_url=postgres_url), engine, redis, clock)
    engine.dispose()


def fuzz(here: World, name: str, mode: GenerationMode, examples: int) -> None:
    method, path = name.split()
    operation = schemathesis.openapi.from_wsgi("/openapi.json", here.room.app)[path][method]
    headers = here.headers(CONTRACT[name][0] or world.PUBLIC)
    expected = CONFORMS + ([openapi.negative_data_rejection] if mode.is_negative else [])

    @settings(STEADY, max_examples=examples)
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def ask(case: schemathesis.Case, known: bool) -> None:
        if known and mode.is_positive:
            make_known(here, case)
        case.call_and_validate(headers=headers, checks=expected)

    ask()


def make_known(here: World, case: schemathesis.Case) -> None:
    """Random ids name nothing, and random intervals run backwards: let some be real, so that the asking goes further."""
    ids = {
        "enrolment_id": here.room.enrolment.id,
        "course_id": here.spare_course,
        "lesson_id": here.room.lesson.id,
    }
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            values.update({name: value for name, value in ids.items() if name in values})
            for played in ("played", "hidden"):
                values.update({name: forwards(intervals) for name, intervals in values.items() if name == played})


def forwards(intervals: Any) -> list[list[int]]:
    bounds = [sorted(bound % DURATION for bound in interval) for interval in intervals]
    return [[start, stop + (start == stop)] for start, stop in bounds]


@pytest.mark.parametrize("name", CONTRACT)
def test_what_the_document_allows_is_answered_as_it_says(here, name):
    fuzz(here, name, GenerationMode.POSITIVE, 40)


@pytest.mark.parametrize("name", CONTRACT)
def test_what_the_document_forbids_is_refused_as_it_says(here, name):
    fuzz(here, name, GenerationMode.NEGATIVE, 40)
