"""The public page of a paper."""

import base64
import hashlib
import re

import pytest

from services.papers import papers
from tests.services.awarding import AFTER, awarding

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def paper(session, clock):
    clock.set(AFTER)
    them = awarding(session)
    made = papers.issue(session, them.learner(name="林知远"), "proof", AFTER)
    session.commit()
    return made


def test_it_shows_what_stands_on_the_paper_and_no_more(client, paper):
    reply = client.get(f"/verify/{paper.code}")
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    for shown in (
        "有效",
        "学时证明",
        paper.number,
        "林*远",
        paper.says["programme"],
        "许昌市教育局",
        "60 学时",
        "2022年11月5日",
    ):
        assert shown in reply.text
    for hidden in ("林知远", paper.says["school"], "小学语文", "撤销", str(paper.code)):
        assert hidden not in reply.text


def test_for_a_program_the_same_as_json(client, paper):
    reply = client.get(f"/verify/{paper.code}", headers={"Accept": "application/json"})
    assert reply.get_json() == {
        "state": "valid",
        "title": "学时证明",
        "number": paper.number,
        "name": "林*远",
        "programme": paper.says["programme"],
        "issuer": "许昌市教育局",
        "hours": 60,
        "issued_on": "2022-11-05",
        "reissued_on": None,
        "revoked_on": None,
    }


def test_a_revoked_one_says_so_and_not_why(client, paper, session):
    papers.revoke(session, paper.number, "冒名顶替", AFTER.replace(month=12))
    reply = client.get(f"/verify/{paper.code}")
    assert "已撤销" in reply.text
    assert "2022年12月5日" in reply.text
    assert "有效</p>" not in reply.text
    assert "冒名顶替" not in reply.text
    assert client.get(f"/verify/{paper.code}", headers={"Accept": "application/json"}).json["state"] == "revoked"


@pytest.mark.parametrize("code", ["0" * 32, "x", "%00", "0" * 5000, HOSTILE.replace("/", ""), "％", "1'%20OR%201=1"])
def test_an_unknown_code_has_the_same_page_and_404(client, code):
    reply = client.get(f"/verify/{code}")
    assert (reply.status_code, reply.mimetype) == (404, "text/html")
    assert "没有这张证书" in reply.text
    assert "<h1>证书查验</h1>" in reply.text
    assert "<script" not in reply.text
    as_json = client.get(f"/verify/{code}", headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.mimetype) == (404, "application/problem+json")


def test_what_is_printed_is_text_whatever_it_looks_like(client, session, clock):
    clock.set(AFTER)
    them = awarding(session, ("许昌市教育局", HOSTILE))
    made = papers.issue(session, them.learner(name=HOSTILE), "proof", AFTER)
    reply = client.get(f"/verify/{made.code}")
    assert "<script" not in reply.text
    assert "&lt;script&gt;" in reply.text


def test_the_page_may_do_nothing_but_be_read(client, paper):
    for reply in (client.get(f"/verify/{paper.code}"), client.get("/verify/x"), client.head(f"/verify/{paper.code}")):
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Accept" in reply.headers["Vary"]
    style = re.search(r"<style>(.*?)</style>", client.get("/verify/x").text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy


def test_nothing_is_loaded_from_anywhere(client, paper):
    page = client.get(f"/verify/{paper.code}").text
    assert not re.search(r"(?:src|href|url)\s*[=(]", page)
    assert not re.search(r"\bon\w+=|<script|style=", page)


def test_only_reading(client, paper):
    assert client.post(f"/verify/{paper.code}").status_code == 405
    assert client.get("/verify/").status_code == 404
    assert client.get(f"/verify/{paper.code}/more").status_code == 404


def test_the_log_does_not_tell_the_code(client, paper, capsys):
    client.get(f"/verify/{paper.code}")
    log = capsys.readouterr().err
    assert "/verify/<code>" in log
    assert paper.code not in log
