"""The HTTP contract as a table; the OpenAPI document and the fuzzing are held to it."""

PUBLIC, ACCESS, STUDY = None, "access_token", "study_token"
#: The contract: who may ask, the status of success, and the problems that only this call has. What every call has is added below.
CONTRACT = {
    "POST /v1/auth/password": (PUBLIC, 200, {401, 423}),
    "POST /v1/auth/wechat": (PUBLIC, 200, {401, 403, 429, 502}),
    "POST /v1/auth/wechat/bind": (PUBLIC, 200, {401, 409, 423}),
    "DELETE /v1/auth/wechat": (ACCESS, 204, set()),
    "POST /v1/auth/refresh": (PUBLIC, 200, {401}),
    "POST /v1/auth/logout": (PUBLIC, 204, set()),
    "GET /v1/me": (ACCESS, 200, set()),
    "PUT /v1/me/password": (ACCESS, 204, {423}),
    "POST /v1/me/confirm": (ACCESS, 204, set()),
    "POST /v1/me/corrections": (ACCESS, 201, {409}),
    "GET /v1/enrolments": (ACCESS, 200, set()),
    "GET /v1/enrolments/{enrolment_id}": (ACCESS, 200, {404}),
    "GET /v1/enrolments/{enrolment_id}/courses": (ACCESS, 200, {404, 422}),
    "PUT /v1/enrolments/{enrolment_id}/courses/{course_id}": (ACCESS, 204, {404, 409}),
    "DELETE /v1/enrolments/{enrolment_id}/courses/{course_id}": (ACCESS, 204, {404, 409}),
    "GET /v1/enrolments/{enrolment_id}/parts": (ACCESS, 200, {404}),
    "GET /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": (ACCESS, 200, {404}),
    "PUT /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": (ACCESS, 200, {404, 409}),
    "DELETE /v1/enrolments/{enrolment_id}/parts/{part}/items/{item}": (ACCESS, 204, {404, 409}),
    "GET /v1/enrolments/{enrolment_id}/study": (ACCESS, 200, {404, 422}),
    "GET /v1/papers": (ACCESS, 200, set()),
    "GET /v1/papers/{paper_id}.pdf": (ACCESS, 200, {404, 410}),
    "POST /v1/enrolments/{enrolment_id}/papers/{kind}": (ACCESS, 201, {404, 409}),
    "POST /v1/programmes/{programme_id}/papers/{kind}": (ACCESS, 201, {404, 409}),
    "POST /v1/study/sessions": (ACCESS, 201, {404, 409}),
    "POST /v1/study/beats": (STUDY, 200, {410}),
    "POST /v1/study/presence": (STUDY, 200, {410}),
    "POST /v1/study/end": (STUDY, 200, {410}),
}
