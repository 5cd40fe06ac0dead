"""The WeChat stand-in, the flusher, the worker and the clock of background jobs and the web server as child processes: they start
together, and when one ends, all end."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType

from server import settings
from server.local.environment import ROOT

#: How long a part may take to finish what it holds after SIGTERM, before it is killed.
STOP_SECONDS = 15
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def commands(env: Mapping[str, str]) -> dict[str, list[str]]:
    """In the order of starting; they are stopped in the opposite order, so the flusher still writes what the last beats earned."""
    python = sys.executable
    parts = {"flusher": [python, "-m", "flask", "flush", "run"]}
    if settings.load(env).jobs_url:
        parts["worker"] = [python, "-m", "flask", "jobs", "work"]
        parts["clock"] = [python, "-m", "flask", "jobs", "clock"]
    parts["web"] = [python, "-m", "gunicorn", "-c", "gunicorn.conf.py", "asgi:app"]
    if "WECHAT_STAND_IN_PORT" in env:
        parts = {"wechat": [python, "-m", "server.wechat_stand_in", "--port", env["WECHAT_STAND_IN_PORT"]]} | parts
    return parts


class Supervisor:
    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.relays: list[threading.Thread] = []
        #: The name of a part that ended by itself, or None for a request to stop. The first one counts.
        self.events: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def run(self) -> int:
        """Until Ctrl-C, SIGTERM, or the end of a part. 0 when stopped by request."""
        for number in SIGNALS:
            signal.signal(number, self._requested)
        try:
            for name, command in commands(self.env).items():
                self._start(name, command)
            ended = self.events.get()
            if ended is None:
                _say("xueshi", "stopping")
            else:
                _say("xueshi", f"{ended} ended by itself, so everything stops; its last lines are above")
        finally:
            self._stop()
        return 0 if ended is None else 1

    def a_part_ended(self, name: str) -> None:
        self.events.put(name)

    def _requested(self, _signal: int, _frame: FrameType | None) -> None:
        self.events.put(None)

    def _start(self, name: str, command: list[str]) -> None:
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop the parts in order.
        process = subprocess.Popen(
            _leashed(command),
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes[name] = process
        _say(name, f"started (pid {process.pid})")
        relay = threading.Thread(target=self._relay, args=(name, process), daemon=True)
        self.relays.append(relay)
        relay.start()

    def _relay(self, name: str, process: subprocess.Popen[bytes]) -> None:
        for line in process.stdout or ():
            _say(name, line.decode(errors="replace").rstrip())
        process.wait()
        self.a_part_ended(name)

    def _stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for relay in self.relays:
            relay.join(1)


def _leashed(command: list[str]) -> list[str]:
    """The same command, told to stop when we are killed (Linux): else it would go on, and hold the port at the next start."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command


_LOCK = threading.Lock()


def _say(name: str, text: str) -> None:
    with _LOCK:
        try:
            print(f"{time.strftime('%H:%M:%S')} {name:8}| {text}", flush=True)
        except OSError:  # the terminal is gone
            return
