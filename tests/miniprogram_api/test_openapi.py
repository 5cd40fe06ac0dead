import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.miniprogram_api.contract import ACCESS, CONTRACT, PUBLIC, STUDY

BODILESS = {
    "/v1/me/confirm",
    "/v1/me/notices/{notice_id}/read",
    "/v1/enrolments/{enrolment_id}/courses/{course_id}",
    "/v1/enrolments/{enrolment_id}/papers/{kind}",
    "/v1/programmes/{programme_id}/papers/{kind}",
}
WITH_BODY = {name for name in CONTRACT if name.split()[0] in ("POST", "PUT") and name.split()[1] not in BODILESS}
SIGNED_IN = {ACCESS: {401, 403}, STUDY: {401}, PUBLIC: set()}
FILES = {"application/pdf", "image/png"}
PARAMETER = r"<[^>]+>"
RETRY_LATER = {"423", "429", "503"}


@pytest.fixture
def document(client):
    reply = client.get("/openapi.json")
    assert (reply.status_code, reply.mimetype) == (200, "application/json")
    return reply.get_json()


@pytest.fixture
def operations(document):
    """Every operation by method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def problems_of(name):
    who, _, own = CONTRACT[name]
    return own | SIGNED_IN[who] | {503} | ({413, 415, 422} if name in WITH_BODY else set())


def test_it_is_valid_openapi_3_1(document):
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_it_holds_the_contract_and_nothing_else(operations):
    assert set(operations) == set(CONTRACT)


def test_it_holds_every_route_that_there_is(app, operations):
    routes = {
        f"{method} {re.sub(PARAMETER, '{}', rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/")
    }
    assert routes == {re.sub(r"{.+?}", "{}", name) for name in operations}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_call_says_who_may_ask_and_what_is_answered(operations, name):
    who, success, _ = CONTRACT[name]
    operation = operations[name]
    assert operation.get("security") == ([{who: []}] if who else None)
    assert set(operation["responses"]) == {str(status) for status in {success} | problems_of(name)}
    assert ("requestBody" in operation) == (name in WITH_BODY)
    assert operation["summary"]
    assert len(operation["tags"]) == 1


@pytest.mark.parametrize("name", CONTRACT)
def test_every_body_has_a_schema_of_its_own(document, operations, name):
    for status, reply in operations[name]["responses"].items():
        if status == "204":
            assert "content" not in reply
            continue
        ((kind, content),) = reply["content"].items()
        schema = content["schema"]["$ref"].removeprefix("#/components/schemas/")
        assert (kind == "application/problem+json") == (schema == "Problem") == (status >= "400")
        assert document["components"]["schemas"][schema]["type"] in ("object", "array") or kind in FILES
        assert ("Retry-After" in reply.get("headers", {})) == (status in RETRY_LATER)
    for content in operations[name].get("requestBody", {}).get("content", {}).values():
        schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        assert schema["additionalProperties"] is False


def test_a_list_of_sessions_is_described(document, operations):
    reply = operations["GET /v1/enrolments/{enrolment_id}/study"]["responses"]["200"]
    assert reply["content"]["application/json"]["schema"]["$ref"].endswith("/EvidenceList")
    schemas = document["components"]["schemas"]
    assert schemas["EvidenceList"]["items"]["$ref"].endswith("/SessionEvidence")
    assert schemas["SessionEvidence"]["properties"]["withheld"]["additionalProperties"] == {"type": "integer"}


def test_no_schema_of_the_library_is_left(document):
    assert "ValidationErrorModel" not in document["components"]["schemas"]
    assert set(document["components"]["securitySchemes"]) == {ACCESS, STUDY}


def test_operation_ids_are_names_that_clients_can_keep(operations):
    """A generated client calls its methods by these: one that changes breaks it."""
    assert {name: operation["operationId"] for name, operation in operations.items()} == {
        "POST /v1/auth/password": "sign_in_with_password",
        "POST /v1/auth/wechat": "sign_in_with_wechat",
        "POST /v1/auth/wechat/bind": "bind_wechat",
        "POST /v1/auth/portal": "sign_in_from_portal",
        "DELETE /v1/auth/wechat": "unbind_wechat",
        "POST /v1/auth/refresh": "refresh_tokens",
        "POST /v1/auth/logout": "log_out",
        "GET /v1/me": "show_me",
        "PUT /v1/me/password": "change_password",
        "PUT /v1/me/privacy": "agree_to_privacy",
        "GET /v1/me/devices": "list_devices",
        "DELETE /v1/me/devices": "end_other_devices",
        "DELETE /v1/me/devices/{device_id}": "end_device",
        "POST /v1/me/confirm": "confirm_profile",
        "POST /v1/me/corrections": "report_correction",
        "GET /v1/me/notices": "list_notices",
        "PUT /v1/me/notices/{notice_id}/read": "read_notice",
        "GET /v1/enrolments": "list_enrolments",
        "GET /v1/enrolments/{enrolment_id}": "show_score_card",
        "GET /v1/enrolments/{enrolment_id}/courses": "list_courses",
        "PUT /v1/enrolments/{enrolment_id}/courses/{course_id}": "choose_course",
        "DELETE /v1/enrolments/{enrolment_id}/courses/{course_id}": "drop_course",
        "GET /v1/enrolments/{enrolment_id}/parts": "list_parts",
        "GET /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": "show_item",
        "PUT /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": "hand_in",
        "DELETE /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": "take_back",
        "GET /v1/enrolments/{enrolment_id}/study": "show_study_evidence",
        "GET /v1/papers": "list_papers",
        "GET /v1/papers/{paper_id}.pdf": "print_paper",
        "POST /v1/enrolments/{enrolment_id}/papers/{kind}": "issue_paper",
        "POST /v1/programmes/{programme_id}/papers/{kind}": "issue_leaders_paper",
        "POST /v1/study/sessions": "open_study_session",
        "GET /v1/study/coverage": "show_coverage",
        "GET /v1/mini-program/code": "show_mini_program_code",
        "POST /v1/study/beats": "beat",
        "POST /v1/study/presence": "answer_presence_check",
        "POST /v1/study/end": "end_study_session",
    }


def test_two_applications_in_one_process_have_the_same_document(make_app):
    first, second = (make_app().test_client().get("/openapi.json") for _ in range(2))
    assert first.data == second.data


def test_a_reader_who_has_it_is_told_so(client):
    tag = client.get("/openapi.json").headers["ETag"]
    assert client.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304
    head = client.head("/openapi.json")
    assert (head.status_code, head.data) == (200, b"")
