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
from tests.miniprogram_api.contract import CONTRACT
from tests.miniprogram_api.study_room import DURATION
from tests.miniprogram_api.world import World

CONFORMS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
]
#: Tokens are ours to show (test_bad_requests.py has the wrong ones), and a parameter that nobody knows is ignored.
CONFIG = schemathesis.Config.from_dict(
    {"generation": {"with-security-parameters": False, "allow-extra-parameters": False, "deterministic": True}}
)
#: Here more is asked than a schema can say: the password policy, intervals that run forwards inside the lesson, a module's name,
#: and a whole number in a query without a point.
JUDGED_FURTHER = {
    "PUT /v1/me/password",
    "GET /v1/enrolments/{enrolment_id}/courses",
    "GET /v1/enrolments/{enrolment_id}/study",
    "PUT /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}",
    "POST /v1/study/beats",
    "POST /v1/study/end",
}
#: These take nothing that could be wrong.
WITHOUT_INPUT = {
    "DELETE /v1/auth/wechat",
    "GET /v1/me",
    "POST /v1/me/confirm",
    "GET /v1/me/notices",
    "GET /v1/me/devices",
    "DELETE /v1/me/devices",
    "GET /v1/mini-program/code",
    "GET /v1/study/coverage",
    "GET /v1/enrolments",
    "GET /v1/papers",
}
#: Pairs are replied here. schemathesis reads `prefixItems` as `items`, and then finds the schema wrong; test_study.py has the shape.
WITH_PAIRS = {"GET /v1/study/coverage"}
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
    engine = make_engine(postgres_url)
    yield world.build(make_app(database_url=postgres_url), engine, redis, clock)
    engine.dispose()


def fuzz(here: World, mode: GenerationMode, examples: int) -> None:
    document = schemathesis.openapi.from_wsgi("/openapi.json", here.room.app, config=CONFIG)
    for name in [name for name in CONTRACT if mode.is_positive or name not in WITHOUT_INPUT]:
        fuzz_operation(here, document, name, mode, examples)


def fuzz_operation(here: World, document: Any, name: str, mode: GenerationMode, examples: int) -> None:
    method, path = name.split()
    checks = CONFORMS + ([openapi.negative_data_rejection] if mode.is_negative else [])
    if name in WITH_PAIRS:
        checks.remove(openapi.response_schema_conformance)
    if mode.is_positive and name not in JUDGED_FURTHER:
        checks.append(openapi.positive_data_acceptance)

    @settings(STEADY, max_examples=examples)
    @given(case=document[path][method].as_strategy(generation_mode=mode), known=st.booleans())
    def ask(case: schemathesis.Case, known: bool) -> None:
        if known and mode.is_positive:
            make_known(here, case)
        case.call_and_validate(headers=here.headers(CONTRACT[name][0]), checks=checks)

    ask()


def make_known(here: World, case: schemathesis.Case) -> None:
    """Random ids name nothing, and random intervals run backwards: let some be real, so that the asking goes further."""
    ids = {
        "enrolment_id": here.room.enrolment.id,
        "course_id": here.spare_course,
        "lesson_id": here.room.lesson.id,
        "part": "summary",
        "item": "1",
        "notice_id": here.notice,
        "device_id": here.device,
    }
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict):
            values.update({name: value for name, value in ids.items() if name in values})
            values.update({name: forwards(values[name]) for name in ("played", "hidden") if name in values})


def forwards(intervals: Any) -> list[list[int]]:
    bounds = [sorted(bound % DURATION for bound in interval) for interval in intervals]
    return [[start, stop + (start == stop)] for start, stop in bounds]


def test_what_the_document_allows_is_answered_as_it_says(here):
    fuzz(here, GenerationMode.POSITIVE, 30)


def test_what_the_document_forbids_is_refused_as_it_says(here):
    fuzz(here, GenerationMode.NEGATIVE, 30)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_postgresql_which_is_stricter_changes_nothing(on_postgresql, mode):
    fuzz(on_postgresql, mode, 8)
