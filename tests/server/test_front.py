import pytest

FILM = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def film(settings):
    settings.media_root.mkdir()
    (settings.media_root / "film.mp4").write_bytes(FILM)
    (settings.media_root.parent / "outside.txt").write_text("not media")


def test_the_index_says_where_things_are(client):
    assert client.get("/").json["api"] == "/openapi.json"


class TestMedia:
    def test_a_film_is_served_as_video(self, client):
        reply = client.get("/media/film.mp4")
        assert (reply.status_code, reply.mimetype, reply.data) == (200, "video/mp4", FILM)

    def test_a_range_is_served_for_seeking(self, client):
        reply = client.get("/media/film.mp4", headers={"Range": "bytes=10-19"})
        assert (reply.status_code, reply.data) == (206, FILM[10:20])
        assert reply.headers["Content-Range"] == "bytes 10-19/1024"

    def test_a_range_beyond_the_end_is_a_problem(self, client):
        reply = client.get("/media/film.mp4", headers={"Range": "bytes=5000-6000"})
        assert (reply.status_code, reply.mimetype) == (416, "application/problem+json")

    def test_what_has_not_changed_is_not_sent_again(self, client):
        tag = client.get("/media/film.mp4").headers["ETag"]
        assert client.get("/media/film.mp4", headers={"If-None-Match": tag}).status_code == 304

    @pytest.mark.parametrize("name", ["absent.mp4", "../outside.txt", "%2e%2e/outside.txt", "a%00b", "x" * 3000, ""])
    def test_nothing_else_is_served(self, client, name):
        reply = client.get(f"/media/{name}")
        assert (reply.status_code, reply.json["code"]) == (404, "not_found")

    def test_without_a_media_root_there_is_none(self, make_app):
        assert make_app(media_root=None).test_client().get("/media/film.mp4").status_code == 404
