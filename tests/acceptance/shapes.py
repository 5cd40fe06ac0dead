"""The shapes that the HTTP contract promises. Each function asserts one, and returns the document."""

from datetime import datetime
from typing import Any

from tests.acceptance.system import Reply

NUMBER = (int, float)
TEXT_OR_NONE = (str, type(None))
STATES = {"playing", "challenged", "idle", "displaced", "closed", "ended"}


def has(document: Any, **kinds: Any) -> dict[str, Any]:
    """An object with at least these members, of these types."""
    assert isinstance(document, dict), document
    for name, kind in kinds.items():
        assert name in document, f"{name} is missing: {document}"
        assert isinstance(document[name], kind), f"{name} is {document[name]!r}"
        assert kind is bool or not isinstance(document[name], bool) or kind == (bool,), f"{name} is a bool"
    return document


def moment(text: Any) -> datetime:
    """RFC 3339 with offset."""
    assert isinstance(text, str)
    found = datetime.fromisoformat(text)
    assert found.tzinfo is not None, f"{text} has no offset"
    return found


def done(reply: Reply, status: int = 200) -> Any:
    assert reply.status == status, reply.content.decode()
    if status == 204:
        assert reply.content == b""
        return None
    assert reply.headers["Content-Type"].partition(";")[0] == "application/json"
    return reply.json


def problem(reply: Reply, status: int, code: str) -> dict[str, Any]:
    """RFC 9457, with a stable code and a Chinese sentence."""
    assert (reply.status, reply.json.get("code")) == (status, code), reply.content.decode()
    assert reply.headers["Content-Type"].partition(";")[0] == "application/problem+json"
    document = has(reply.json, type=str, title=str, status=int, code=str, detail=str)
    assert document["status"] == status
    assert any("\u4e00" <= character <= "\u9fff" for character in document["detail"]), document["detail"]
    if status == 422:
        for error in document["errors"]:
            has(error, field=str, reason=str)
    if status in (423, 429, 503):
        assert int(reply.headers["Retry-After"]) >= 1
    return document


def tokens(reply: Reply) -> dict[str, Any]:
    found = has(done(reply), access_token=str, refresh_token=str, token_type=str, expires_in=int)
    has(found, must_change_password=bool, must_confirm_profile=bool)
    assert found["token_type"] == "Bearer"
    return found


def opened(reply: Reply) -> dict[str, Any]:
    found = has(done(reply, 201), session_id=str, study_token=str, duration=int, resume_at=int, credited=int)
    has(found, coverage=list, beat_every_ms=int, rules=dict, media_url=str)
    has(has(found, today=dict)["today"], credited=int, cap=(int, type(None)))
    has(found["rules"], max_rate=NUMBER, may_skip_ahead=bool)
    assert all(0 <= start < stop <= found["duration"] for start, stop in found["coverage"])
    assert sum(stop - start for start, stop in found["coverage"]) == found["credited"]
    return found


def beat(reply: Reply) -> dict[str, Any]:
    found = has(done(reply), seq=int, state=str, credited=int, session=dict, next_ms=int, durable=int)
    assert found.keys() <= {"seq", "state", "credited", "session", "next_ms", "durable"} | {
        "challenge",
        "resend_from",
        "message",
    }
    assert found["state"] in STATES
    assert 0 <= found["durable"] <= found["seq"]
    tally = has(found["session"], reported=int, credited=int, pending=int, withheld=dict)
    assert tally["reported"] == tally["credited"] + tally["pending"] + sum(tally["withheld"].values())
    if "challenge" in found:
        has(found["challenge"], id=str, kind=str, answer_within_ms=int)
        assert found["challenge"]["kind"] in ("tap", "digits")
        assert ("picture" in found["challenge"]) == (found["challenge"]["kind"] == "digits")
    if "message" in found:
        assert found["message"]
    return found


def covered(reply: Reply) -> dict[str, Any]:
    found = has(done(reply), credited=int, coverage=list, pending=list)
    assert sum(stop - start for start, stop in found["coverage"]) == found["credited"]
    seconds = [
        second for part in ("coverage", "pending") for start, stop in found[part] for second in range(start, stop)
    ]
    assert len(set(seconds)) == len(seconds)
    return found


def device(document: Any) -> dict[str, Any]:
    found = has(document, device_id=str, device=str, route=str, signed_in_at=str, last_used_at=str, current=bool)
    assert moment(found["signed_in_at"]) <= moment(found["last_used_at"])
    return found


def enrolment(document: Any) -> dict[str, Any]:
    found = has(document, summary=str, continue_with=(dict, type(None)))
    if found["continue_with"] is not None:
        has(found["continue_with"], lesson_id=int, lesson=str, course_id=int, course=str, duration=int, credited=int)
    return has(
        document,
        enrolment_id=int,
        programme=str,
        phase=TEXT_OR_NONE,
        status=str,
        score=NUMBER,
        pass_mark=NUMBER,
        hours_credited=NUMBER,
        hours_required=NUMBER,
    )


def evidence(document: Any) -> dict[str, Any]:
    found = has(document, session_id=str, reported=int, credited=int, pending=int, withheld=dict, presence=dict)
    has(found, opened_at=str, device=str, lesson_id=int, why=dict)
    assert found["reported"] == found["credited"] + found["pending"] + sum(found["withheld"].values())
    assert found["why"].keys() == found["withheld"].keys()
    assert all(sentence.endswith("。") for sentence in found["why"].values())
    has(found["presence"], asked=int, answered=int, missed=int)
    return found
