"""Background jobs as services and pages see them; server.jobs.desk is behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

State = Literal["waiting", "running", "done", "failed", "lost"]


@dataclass(frozen=True)
class Status:
    """`result` with state done; `error`, a Chinese sentence, with failed and lost. Of `total` 0 nothing is known yet."""

    id: str
    name: str
    state: State
    done: int
    total: int
    result: dict[str, Any] | None
    error: str | None
    enqueued: datetime | None
    started: datetime | None
    ended: datetime | None

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "lost")


class Jobs(Protocol):
    """Raises as server.jobs.desk says."""

    def enqueue(self, name: str, /, **arguments: Any) -> str:
        """Start a job of server.jobs.table; returns its id. Commit before: a worker may begin at once."""

    def status(self, job_id: str) -> Status:
        """How far it is. Raises NotFound."""
