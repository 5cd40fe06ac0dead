"""What the teacher is told."""

import sqlalchemy as sa

from models import Notice
from services import notices
from tests.teachers import bearer, enlist, settled, tokens


def test_the_newest_come_first_and_stay_unread_until_they_are_read(app, client, session, clock):
    teacher = settled(app, session)
    me = bearer(tokens(client, teacher))
    for number in range(notices.SHOWN + 2):
        notices.tell(session, teacher.account_id, "password_reset", f"第 {number} 条", clock())
        clock.advance(1)
    listed = client.get("/v1/me/notices", headers=me).get_json()
    assert [one["text"] for one in listed] == [f"第 {number} 条" for number in range(notices.SHOWN + 1, 1, -1)]
    assert set(listed[0]) == {"notice_id", "at", "kind", "text", "read"}
    assert client.get("/v1/me", headers=me).get_json()["unread_notices"] == notices.SHOWN
    for _ in range(2):
        reply = client.put(f"/v1/me/notices/{listed[0]['notice_id']}/read", headers=me)
        assert (reply.status_code, reply.data) == (204, b"")
        clock.advance(1)
    assert client.get("/v1/me", headers=me).get_json()["unread_notices"] == notices.SHOWN - 1
    assert [one["read"] for one in client.get("/v1/me/notices", headers=me).get_json()[:2]] == [True, False]
    assert session.get_one(Notice, listed[0]["notice_id"]).read_at is not None


def test_anothers_is_not_found_and_stays_unread(app, client, session, clock):
    mine, theirs = settled(app, session), settled(app, session)
    notice = notices.tell(session, theirs.account_id, "unlocked", "账号已解锁。", clock())
    session.flush()
    me = bearer(tokens(client, mine))
    assert client.get("/v1/me/notices", headers=me).get_json() == []
    for which in (notice.id, 0, -1, "x", 10**17, 10**40):
        assert client.put(f"/v1/me/notices/{which}/read", headers=me).status_code == 404
    assert session.scalar(sa.select(Notice.read_at)) is None


def test_with_a_first_password_one_sees_that_there_are_some_and_reads_them_after_the_change(
    app, client, session, clock
):
    teacher = enlist(app, session)
    notices.tell(session, teacher.account_id, "password_reset", "您的密码已重置。", clock())
    me = bearer(tokens(client, teacher))
    assert client.get("/v1/me", headers=me).get_json()["unread_notices"] == 1
    assert client.get("/v1/me/notices", headers=me).status_code == 403
