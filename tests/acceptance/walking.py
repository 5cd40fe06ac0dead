"""What the walks through the notices have in common: staff work with the real commands, teachers with the real API, and time is passed
in. A walk needs no more than the notice's file."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

import programmes
from tests import factories
from tests.conftest import FakeClock
from tests.programmes.notices import NOTICES

#: Seconds of one invented lesson, and of one beat: longer beats than this are a gap to some notice.
LESSON, BEAT = 21_600, 170
NEW_PASSWORD = "kan-wan-zai-shuo-8"
ABILITIES = (("A1", "学情分析"), ("B2", "教学设计"), ("C3", "学法指导"))


@dataclass
class Walk:
    """One notice, published, with a catalogue of exactly its hours, and a school."""

    app: Flask
    clock: FakeClock
    folder: Path
    slug: str
    school: str = "示范第一小学"
    county: str = "示范县"
    programme: programmes.Programme = field(init=False)

    def __post_init__(self) -> None:
        file = NOTICES / self.slug / "programme.toml"
        self.programme = programmes.load(file.read_text(encoding="utf-8"))
        self.flask("programme", "publish", str(file))
        self.flask("catalogue", "import", self.slug, self.write("catalogue.toml", catalogue(self.programme)))
        self.flask("school", "add", "C1", "示范市", "--kind", "city")
        self.flask("school", "add", "D1", self.county, "--kind", "county", "--parent", "C1")
        self.flask("school", "add", "S1", self.school, "--parent", "D1")

    def flask(self, *command: str, fails: bool = False, **more: Any) -> str:
        """A command as staff give it; what it prints."""
        runner = self.app.test_cli_runner()
        done = runner.invoke(args=list(map(str, command)), **more)
        assert (done.exit_code != 0) == fails, f"{command}: {done.output} {done.exception!r}"
        return str(done.output)

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def table(self, name: str, header: Iterable[str], *rows: Iterable[str]) -> str:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([list(header), *map(list, rows)])
        return str(path)

    def roster(
        self, *people: factories.Person, stage: str = "小学", subject: str = "语文", options: tuple[str, ...] = ()
    ) -> str:
        rows = [[one.name, one.id_number, one.mobile, self.school, stage, subject] for one in people]
        file = self.table("roster.csv", ("姓名", "身份证号", "手机号", "学校", "学段", "学科"), *rows)
        return self.flask("roster", "import", file, "--programme", self.slug, *options)

    def at(self, moment: str) -> None:
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=self.programme.zone))


@dataclass
class Teacher:
    """One teacher with a phone."""

    walk: Walk
    person: factories.Person
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def client(self) -> FlaskClient:
        return self.walk.app.test_client()

    def call(self, method: str, path: str, body: Any = None, token: str = "", status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {token or self.tokens.get('access_token', '')}"}
        reply = self.client.open(path, method=method, json=body, headers=headers)
        assert reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}"
        if not reply.data or reply.mimetype == "application/pdf":
            return reply.data
        return json.loads(reply.data)

    def first_sign_in(self, password: str) -> None:
        """With the notice's first password, which has to be changed before anything else."""
        body = {"id_number": self.person.id_number, "password": password}
        self.tokens = self.call("POST", "/v1/auth/password", body)
        assert self.tokens["must_change_password"]
        assert self.call("GET", "/v1/enrolments", status=403)["code"] == "password_change_required"
        self.call("PUT", "/v1/me/password", {"old_password": password, "new_password": NEW_PASSWORD}, status=204)
        self.tokens = self.call("POST", "/v1/auth/password", {**body, "password": NEW_PASSWORD})
        if self.tokens["must_confirm_profile"]:
            self.call("POST", "/v1/me/confirm", status=204)

    def refresh(self) -> None:
        self.tokens = self.call("POST", "/v1/auth/refresh", {"refresh_token": self.tokens["refresh_token"]})

    def enrolment(self) -> int:
        listed = self.call("GET", "/v1/enrolments")
        return next(one["enrolment_id"] for one in listed if one["programme_id"] == self.walk.slug)

    def card(self) -> dict[str, Any]:
        card: dict[str, Any] = self.call("GET", f"/v1/enrolments/{self.enrolment()}")
        return card

    def study(self, *, courses: int | None = None) -> None:
        """Watch every lesson of the catalogue (or of its first courses) to the end, answering each presence check."""
        enrolment = self.enrolment()
        listed = self.call("GET", f"/v1/enrolments/{enrolment}/courses")
        for course in listed[:courses]:
            for lesson in course["lessons"]:
                self.refresh()
                self._watch(enrolment, lesson["lesson_id"], lesson["duration"])
        self.refresh()

    def _watch(self, enrolment: int, lesson: int, duration: int) -> None:
        body = {"enrolment_id": enrolment, "lesson_id": lesson, "device": "phone", "take_over": False}
        token = self.call("POST", "/v1/study/sessions", body, status=201)["study_token"]
        reply: dict[str, Any] = {"seq": 0}
        beat: dict[str, Any] = {}
        for start in range(0, duration, BEAT):
            end = min(duration, start + BEAT)
            self.walk.clock.advance(end - start)
            beat = {
                "seq": start // BEAT + 1,
                "acked": reply["seq"],
                "at": self.walk.clock().isoformat(),
                "played": [[start, end]],
            }
            reply = self.call("POST", "/v1/study/beats", beat, token)
            if "challenge" in reply:
                answer = {"challenge_id": reply["challenge"]["id"]}
                reply = self.call("POST", "/v1/study/presence", answer, token) | {"seq": reply["seq"]}
        last = {"seq": beat["seq"] + 1, "acked": reply["seq"], "at": beat["at"], "played": []}
        reply = self.call("POST", "/v1/study/end", last, token)
        assert reply["credited"] == duration, reply

    def first_lesson(self) -> dict[str, Any]:
        """What opens the first lesson of the catalogue."""
        enrolment = self.enrolment()
        lesson = self.call("GET", f"/v1/enrolments/{enrolment}/courses")[0]["lessons"][0]["lesson_id"]
        return {"enrolment_id": enrolment, "lesson_id": lesson, "device": "phone", "take_over": False}

    def sign_in(self) -> None:
        body = {"id_number": self.person.id_number, "password": NEW_PASSWORD}
        self.tokens = self.call("POST", "/v1/auth/password", body)


def catalogue(programme: programmes.Programme) -> str:
    """Courses of exactly the hours that each module asks for, in long lessons."""
    lines = []
    for module in programme.modules:
        if module.place != "study":
            continue
        kinds = ABILITIES if module.selection else (("", ""),)
        seconds = round(module.hours * programme.hours.hour_seconds) // len(kinds)
        for number, (ability, dimension) in enumerate(kinds):
            lines += [
                "[[courses]]",
                f'code = "{module.key}-{number}"',
                f'module = "{module.key}"',
                'title = "虚构课程"',
            ]
            lines += [f'ability = "{ability}"', f'dimension = "{dimension}"'] if ability else []
            for place, start in enumerate(range(0, seconds, LESSON)):
                lines += ["[[courses.lessons]]", f'code = "l{place}"', f'title = "第 {place + 1} 讲"']
                lines += [f"duration = {min(LESSON, seconds - start)}", 'media = "sample.mp4"']
    return "\n".join(lines) + "\n"
