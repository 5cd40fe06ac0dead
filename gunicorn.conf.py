"""How the web server runs: `gunicorn -c gunicorn.conf.py asgi:app`, or without the heartbeat lane, which costs several times as
much for each beat, `gunicorn -c gunicorn.conf.py -k gthread wsgi:app`. HOST, PORT, WEB_CONCURRENCY and WEB_THREADS change it."""

import gc
import os
import shutil
import sys
import tempfile

bind = f"{os.environ.get('HOST') or '0.0.0.0'}:{os.environ.get('PORT') or '8000'}"
worker_class = "asgi"
asgi_loop = "uvloop"
http_parser = "fast"
workers = int(os.environ.get("WEB_CONCURRENCY") or min(os.cpu_count() or 1, 8))
if "gthread" in sys.argv:  # behind the lane, server.settings reads the same variable
    threads = int(os.environ.get("WEB_THREADS") or 16)
#: Nothing we answer takes longer; a worker that hangs is replaced.
timeout = 30
#: What is begun is finished before a worker ends. The ASGI worker waits so long for idle connections too; a beat takes at most 3 s.
graceful_timeout = 4
keepalive = 75
#: The ASGI worker takes as many connections as it has file descriptors, whatever is set; it is for `-k gthread`.
worker_connections = 10_000
backlog = 2048
#: Nobody needs to steer the server through a socket in a temporary directory.
control_socket_disable = True
#: The application logs its requests itself, without what must not be logged.
accesslog = None
loglevel = "warning"

# Workers count for themselves in files of this directory, and /metrics adds them up. Give the flusher the same directory to have
# its numbers there too.
_own_metrics = None
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _own_metrics = tempfile.mkdtemp(prefix="xueshi-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_metrics


def post_worker_init(worker):
    # What is loaded by now stays; and a request leaves hardly any cycle behind, so looking for them less often is enough.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    if hasattr(worker, "loop"):
        # The ASGI worker listens with a backlog of 100, whatever is set; a province that comes back at once needs more.
        worker.loop.call_later(1, _listen, worker.sockets)


def _listen(listeners):
    for listener in listeners:
        listener.sock.listen(backlog)


def child_exit(server, worker):
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    if _own_metrics:
        shutil.rmtree(_own_metrics, ignore_errors=True)
