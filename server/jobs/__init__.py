"""Background jobs: bulk work that a command or the console starts, a worker process does, and that says how far it is.

A new job is a function `(progress, **arguments) -> dict` and a line in server/jobs/table.py. It runs in a worker, inside an app
context of its own, with `unit_of_work()` and `collaborators()` at hand; it calls `progress(done, total)` as often as it likes.

**A job must be idempotent.** A worker may be killed at any line, also after the COMMIT; the job is then `lost` and somebody starts it
again. It may even run twice at once, if a worker that was thought dead only could not reach Redis.

Arguments and the result are JSON and lie in Redis for KEPT_S: name rows and files in them, never people. What a person may be told is
raised as a XueshiError; of anything else they hear a general sentence, and the log has the traceback.
"""

from server.jobs.desk import KEPT_S, TIMEOUT_S, enqueue, recent, status
from server.jobs.table import JOBS
from services.jobs import Status

__all__ = ["JOBS", "KEPT_S", "TIMEOUT_S", "Status", "enqueue", "recent", "status"]
