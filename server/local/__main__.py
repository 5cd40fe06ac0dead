"""Prepare, start, say where to look, and stop in order: first what writes, then Redis, so that nothing credited is lost.

PORT (8000), HOST (127.0.0.1), DATABASE_URL, REDIS_URL and any other setting of server.settings are honoured;
XUESHI_VAR (./var) is where the data lives.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from server.local import environment, greeting, preparation
from server.local.redis_process import RedisProcess
from server.local.refusal import Refusal
from server.local.supervisor import Supervisor


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    signal.signal(signal.SIGTERM, _stop)
    try:
        return run(Path(os.environ.get("XUESHI_VAR") or "var").resolve())
    except Refusal as refusal:
        print(f"xueshi: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("xueshi: stopped before it was ready", file=sys.stderr)
        return 130


def run(var: Path) -> int:
    with environment.claim(var):
        host, port = environment.address()
        env = environment.base(var, host, port)
        redis, own = None, RedisProcess(var / "redis")
        if env.get("REDIS_URL") in (None, "", own.url):  # named as ours where var/settings was read before
            redis = own
            env["REDIS_URL"] = redis.url
        try:
            if redis:
                redis.start()
            preparation.check(env)
            print("Preparing the database and the demonstration …", flush=True)
            preparation.migrate(env, var)
            preparation.load_demonstration(env, var)
            environment.keep(env, var / "settings")
            supervisor = Supervisor(env)
            if redis:
                redis.watch(supervisor.a_part_ended)
            greeting.print_when_ready(host, port, var, env)
            return supervisor.run()
        finally:
            if redis:
                redis.stop()


if __name__ == "__main__":
    sys.exit(main())
