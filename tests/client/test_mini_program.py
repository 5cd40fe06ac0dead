"""The WeChat mini-program as it is handed to WeChat: built, checked, compiled by WeChat's own compiler, and used on a phone that is not
there (client/tests/mini-program). What needs a real phone is listed in docs/mini-program.md."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import Account
from server import create_app, wechat_stand_in
from server.database import db
from server.settings import Settings
from services import programmes
from tests import factories, teachers
from tests.acceptance.test_killed_servers import Processes
from tests.programmes.notices import phase2_text

CLIENT = Path(__file__).parents[2] / "client"
API, APPID = "https://xueshi.example", "wx0123456789abcdef"
CONFIG = ("--config", "tests/mini-program/vitest.config.ts")

#: In messages to developers, never asked: the framework's own.
NEVER_ASKED = {"https://vuejs.org", "https://uniapp.dcloud.net.cn"}
#: What WeChat's privacy form must tell of (docs/mini-program.md), of all that it knows.
PRIVATE = {"setClipboardData"}
ALL_PRIVATE = {
    "getUserInfo", "getUserProfile", "getPhoneNumber", "chooseLocation", "choosePoi", "getLocation", "getFuzzyLocation",
    "onLocationChange", "chooseAddress", "chooseInvoiceTitle", "chooseInvoice", "getWeRunData", "chooseLicensePlate", "chooseImage",
    "chooseMedia", "chooseVideo", "chooseMessageFile", "startRecord", "getRecorderManager", "joinVoIPChat", "createCameraContext",
    "createVKSession", "openBluetoothAdapter", "createBLEPeripheralServer", "saveImageToPhotosAlbum", "saveVideoToPhotosAlbum",
    "addPhoneContact", "chooseContact", "addPhoneRepeatCalendar", "addPhoneCalendar", "setClipboardData", "getClipboardData",
    "startAccelerometer", "onAccelerometerChange", "startCompass", "onCompassChange", "startDeviceMotionListening", "startGyroscope",
}  # fmt: skip


def _build(folder: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"UNI_OUTPUT_DIR": str(folder)} | settings
    return subprocess.run(
        ("node", "scripts/mini-program.mjs"),
        cwd=CLIENT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mini-program")
    done = _build(folder, VITE_API_URL=API, WECHAT_APPID=APPID)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _compile(*folders: Path) -> list[str | None]:
    """What WeChat's compiler does not take of each, or None."""
    done = subprocess.run(
        ("node", "tests/mini-program/compile.mjs", *folders),
        cwd=CLIENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [one["folder"] for one in told] == [str(folder) for folder in folders], done.stdout + done.stderr
    return [one["error"] for one in told]


def _texts(package: Path, *kinds: str) -> Iterator[tuple[str, str]]:
    for path in sorted(package.rglob("*")):
        if path.suffix in (kinds or (".js", ".json", ".wxml", ".wxss")):
            yield str(path.relative_to(package)), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VITE_API_URL", "http://xueshi.example"),
        ("VITE_API_URL", "https://xueshi.example/api"),
        ("VITE_API_URL", "xueshi.example"),
        ("WECHAT_APPID", "wx0123"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_its_name(name: str, value: str, tmp_path: Path) -> None:
    done = _build(tmp_path / "none", **{name: value})
    assert (done.returncode, name in done.stderr, value in done.stderr) == (2, True, True)
    assert not (tmp_path / "none").exists()


def test_the_package_is_what_wechat_takes(package: Path) -> None:
    size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
    assert size < 2 * 1024 * 1024, f"{size} bytes"
    project = json.loads((package / "project.config.json").read_text())
    assert project["appid"] == APPID
    assert project["setting"]["urlCheck"] is True
    assert project["setting"]["es6"] is False
    app = json.loads((package / "app.json").read_text())
    for page in app["pages"]:
        assert all((package / f"{page}.{kind}").exists() for kind in ("js", "json", "wxml")), page
    assert {tab["pagePath"] for tab in app["tabBar"]["list"]} <= set(app["pages"])
    assert app["lazyCodeLoading"] == "requiredComponents"
    assert app["__usePrivacyCheck__"] is True
    assert not {"permission", "requiredPrivateInfos", "requiredBackgroundModes", "plugins"} & set(app)
    theme = json.loads((package / app["themeLocation"]).read_text())
    used = set(re.findall(r'"@(\w+)"', (package / "app.json").read_text()))
    assert used
    assert set(theme["light"]) == set(theme["dark"]) >= used
    (rule,) = json.loads((package / app["sitemapLocation"]).read_text())["rules"]
    assert rule == {"action": "disallow", "page": "*"}


def test_the_package_knows_no_host_but_the_servers(package: Path) -> None:
    found = {host for _, text in _texts(package) for host in re.findall(r"https?://[\w.-]+", text)}
    assert API in found
    assert found - NEVER_ASKED == {API}


def test_the_package_does_nothing_that_wechat_forbids_or_does_not_know(package: Path) -> None:
    for name, text in _texts(package, ".js"):
        assert not re.search(r"\beval\(|\bnew Function\b|[^.\w]Function\(", text), f"{name} makes code"
        assert not re.search(r"\?\?|\?\.[a-zA-Z_[(]|\basync (function|\()", _without_strings(text)), (
            f"{name} is newer than ES2015"
        )
        asked = set(re.findall(r"\.(\w+)\(", text)) & ALL_PRIVATE
        assert asked <= PRIVATE, f"{name}: the privacy form says nothing of {asked - PRIVATE}"
    for name, text in _texts(package, ".wxml"):
        for tag in re.findall(r"<[a-zA-Z][^>]*>", text):
            attributes = re.findall(r"\s([:\w-]+)=", tag)
            assert len(attributes) == len(set(attributes)), f"{name}: twice in {tag}"
        assert not re.search(r"\s(role|tabindex)=|key(down|up)=", text), name
        assert not re.search(r"<(div|span|p|a|img|svg|form|component)\b", text), name
    for name, text in _texts(package, ".wxss"):
        assert not re.search(r"(^|[},\s])\*\s*[{,]|uni-page|url\((?!['\"]?data:)", text), name


def test_components_look_as_they_do_on_the_web(package: Path) -> None:
    """Their root stands where they stand, and styles reach them as in a page of one sheet."""
    components = [path for path in sorted(package.rglob("*.json")) if '"component": true' in path.read_text()]
    assert len(components) > 5
    for path in components:
        assert json.loads(path.read_text())["styleIsolation"] == "shared", path.name
        assert re.search(r"virtualHost:\s*(!0|true)", path.with_suffix(".js").read_text()), path.stem


def _without_strings(text: str) -> str:
    return re.sub(
        r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|/(?![*/])(?:\\.|\[[^\]]*\]|[^/\\\n])+/[gimuy]*",
        "''",
        text,
    )


def test_wechats_own_compiler_takes_the_package_and_nothing_broken(package: Path, tmp_path: Path) -> None:
    files = {
        "app.js": "App({})",
        "app.json": '{"pages": ["pages/one/one"]}',
        "project.config.json": "{}",
        "pages/one/one.js": "Page({})",
        "pages/one/one.json": "{}",
        "pages/one/one.wxml": "<view>1</view>",
    }
    broken = {
        "sound": {},
        "wxml": {"pages/one/one.wxml": "<view><text></view>"},
        "js": {"pages/one/one.js": "const ;"},
        "page": {"app.json": '{"pages": ["pages/one/one", "pages/two/two"]}'},
    }
    for name, changes in broken.items():
        for file, text in (files | changes).items():
            (tmp_path / name / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / file).write_text(text)
    whole, sound, *rest = _compile(package, *(tmp_path / name for name in broken))
    assert (whole, sound) == (None, None)
    assert all(rest), rest


def test_a_lesson_on_the_phone_minute_by_minute(package: Path, vitest: Callable[..., None]) -> None:
    vitest(*CONFIG, "player", MINI_PROGRAM=str(package))


@pytest.fixture
def processes(settings: Settings, tmp_path: Path) -> Iterator[Processes]:
    with wechat_stand_in.running() as wechat:
        running = Processes(settings, tmp_path)
        running.env |= {
            "WECHAT_API_URL": wechat.url,
            "WECHAT_APPID": wechat_stand_in.APPID,
            "WECHAT_SECRET": wechat_stand_in.SECRET,
        }
        yield running
        running.close()


def test_a_teacher_on_the_phone_and_a_real_server(
    package: Path,
    processes: Processes,
    settings: Settings,
    session: Session,
    tmp_path: Path,
    vitest: Callable[..., None],
) -> None:
    now, week = datetime.now(UTC), timedelta(days=7)
    dates = ("2022-10-31", f"{now + week:%Y-%m-%d}"), ("2022-07-16", f"{now - week:%Y-%m-%d}")
    text = phase2_text(*dates, ("beat_every = 20", "beat_every = 1"), accept=True)
    app = create_app(settings)
    programme = programmes.publish(session, text, now)
    lesson = factories.lesson(session, factories.course(session, programme, module="ethics"), duration=600)
    people = {}
    for turn in ("first", "second"):
        teacher = teachers.settled(app, session)
        account = session.get_one(Account, teacher.account_id)
        enrolment = factories.enrolment(session, account, programme)
        people[turn] = {
            "number": teacher.id_number,
            "password": teacher.password,
            "enrolment": enrolment.id,
            "lesson": lesson.id,
        }
    session.commit()
    with app.app_context():
        db.engine.dispose()
    told = tmp_path / "teachers.json"
    told.write_text(json.dumps(people))
    processes.start_web()
    processes.start_flusher()
    url = f"http://127.0.0.1:{processes.port}"
    vitest(*CONFIG, "sign_in", MINI_PROGRAM=str(package), XUESHI_URL=url, XUESHI_TEACHERS=str(told))
