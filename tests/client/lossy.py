"""A proxy that loses requests and replies, cuts connections and dawdles, as a phone's network does in a lift."""

import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress

FATES = ("fine", "request lost", "reply lost", "cut", "slow", "busy")
WEIGHTS = (58, 10, 12, 6, 10, 4)
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class LossyProxy:
    """One HTTP exchange a connection; `fates` counts what became of them."""

    def __init__(self, port: int, seed: int) -> None:
        self.behind = port
        self.random = random.Random(seed)
        self.fates: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._exchange, args=(connection,), daemon=True).start()

    def _exchange(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            request = _read_request(connection)
            if not request:
                return
            with self._lock:
                fate = self.random.choices(FATES, WEIGHTS)[0]
                dawdle = self.random.uniform(0.1, 0.9)
                self.fates[fate] += 1
            if fate == "busy":
                connection.sendall(BUSY)
            elif fate != "request lost":
                if fate == "slow":
                    time.sleep(dawdle)
                reply = self._forward(request)
                if fate == "cut":
                    connection.sendall(reply[: len(reply) // 2])
                elif fate != "reply lost":
                    connection.sendall(reply)

    def _forward(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
        with socket.create_connection(("127.0.0.1", self.behind), timeout=20) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            parts = []
            while part := server.recv(65_536):
                parts.append(part)
        return b"".join(parts)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(65_536)
        if not part:
            return b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    left = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while left > 0 and (part := connection.recv(left)):
        received += part
        left -= len(part)
    return received
