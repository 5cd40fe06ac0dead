"""What services work with besides a Session and `now`. Built once by server.create_app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from heartbeat.store import Store
from services.failed_sign_ins import FailedSignIns
from services.jobs import Jobs
from services.papers.pdf import Printer
from services.password_policy import DENGBAO
from services.passwords import Passwords
from services.portal_tickets import Portals
from services.tokens import Tokens
from services.vault import Vault
from services.wechat import Wechat


@dataclass(frozen=True)
class Collaborators:
    clock: Callable[[], datetime]
    vault: Vault
    passwords: Passwords
    tokens: Tokens
    wechat: Wechat
    store: Store
    #: Where lesson media is served from: a path or an absolute URL, without a slash at the end.
    media_url: str
    printer: Printer
    jobs: Jobs
    failed_sign_ins: FailedSignIns
    #: Of services.password_policy.POLICIES.
    password_policy: str = DENGBAO
    #: The portals whose tickets sign teachers in.
    portals: Portals = field(default_factory=lambda: Portals({}))
    #: Called with the state of each beat reply (metrics).
    beat_told: Callable[[str], None] = lambda _state: None
