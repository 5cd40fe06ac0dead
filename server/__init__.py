"""The composition root: `create_app` builds every collaborator once and joins the rooms."""

from collections.abc import Callable
from datetime import datetime

from flask_migrate import Migrate
from flask_openapi3 import Info, OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix

import console
from heartbeat.lane import Lane
from heartbeat.link import make_link
from heartbeat.store import Store
from miniprogram_api import access, auth, devices, enrolments, me, mini_program, notices, papers, study, submissions
from server import cli, door_limits, errors, front, headers, health, logs, metrics, settings, verification
from server.behind import Behind, Files
from server.clients import make_redis
from server.clock import SteadyClock
from server.database import db, engine_options, tune
from server.door_limits import DoorLimits
from server.jobs import desk
from server.lane_front import LaneFront
from server.schema import MIGRATIONS
from services.collaborators import Collaborators
from services.failed_sign_ins import FailedSignIns
from services.papers.pdf import Printer
from services.passwords import Passwords
from services.portal_tickets import Portals
from services.tokens import Tokens
from services.vault import Vault
from services.wechat import Wechat

#: Larger bodies are answered 413 before they are read.
MAX_BODY_BYTES = 256 * 1024


def create_app(config: settings.Settings | None = None, clock: Callable[[], datetime] | None = None) -> OpenAPI:
    """The whole application. Without `config` the environment is read (server.settings); without `clock` it is the time of day."""
    config = config or settings.load()
    logs.configure(config.log_level)
    app = OpenAPI(
        __name__,
        info=Info(title="Xueshi", version="1.0.0", description="学时：教师继续教育学习时间记录"),
        validation_error_callback=errors.validation_problem,
        validation_error_model=errors.Problem,
        doc_ui=False,
        static_folder=None,
    )
    app.config.update(
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(config.database_url),
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
    )
    app.url_map.merge_slashes = False  # //v1/me is not found, rather than sent on to an address made of the Host header
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    db.init_app(app)
    Migrate(app, db, directory=str(MIGRATIONS))
    with app.app_context():
        tune(db.engine)
    app.extensions["xueshi_settings"] = config
    redis = make_redis(config.redis_url)
    vault = Vault(config.id_index_key, config.envelope_keys)
    app.extensions["xueshi"] = Collaborators(
        clock=clock or SteadyClock(),
        vault=vault,
        passwords=Passwords(config.password_concurrency),
        tokens=Tokens(config.token_key, config.access_token_seconds, config.refresh_token_seconds),
        wechat=Wechat(config.wechat_appid, config.wechat_secret, config.wechat_api_url, redis),
        store=Store(redis),
        media_url=config.media_url,
        printer=Printer(config.public_url),
        jobs=desk,
        failed_sign_ins=FailedSignIns(redis, vault),
        password_policy=config.password_policy,
        portals=Portals(config.portals),
        beat_told=metrics.count_beat,
    )
    if config.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.trusted_proxies, x_proto=config.trusted_proxies)  # type: ignore[method-assign]
    logs.install(app)
    errors.install(app)
    headers.install(app, config.public_url)
    if config.door_limit:
        door_limits.install(app, DoorLimits(redis, vault, config.door_limit))
    health.install(app, config)
    front.install(app, config.media_root, config.web_root)
    verification.install(app)
    access.install(app)
    console.install(app, config.token_key, config.public_url)
    for room in (auth, mini_program, me, devices, notices, enrolments, study, papers, submissions):
        app.register_api(room.blueprint)
    cli.install(app)
    return app


def create_asgi_app(config: settings.Settings | None = None, clock: Callable[[], datetime] | None = None) -> Lane:
    """The same application with the heartbeat lane in front, for an ASGI server."""
    return with_lane(create_app(config, clock))


def with_lane(app: OpenAPI) -> Lane:
    """Puts the lane before `app`. All that is no beat goes to Flask, in threads."""
    config: settings.Settings = app.extensions["xueshi_settings"]
    files = Files("/console/uploads/", console.uploads.LONGEST_BODY, console.uploads.admits(app))
    behind = Behind(app, config.web_threads, MAX_BODY_BYTES, files=files)
    return Lane(behind, LaneFront(app.extensions["xueshi"]), lambda: make_link(config.redis_url))
