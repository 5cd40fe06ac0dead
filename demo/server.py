"""A plain HTTP client: JSON in and out, a fresh connection for each call."""

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 15
#: How long a call that may be repeated is repeated while the server is away or busy.
PATIENCE_S = 30.0


class Refusal(Exception):
    """The demo cannot go on; the message is the one line that a person reads."""


class Unreachable(Exception):
    """The server does not answer, or says that it cannot just now. Nothing happened; try again."""


class Problem(Exception):
    """The server said no: an application/problem+json document."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status, self.document = status, document
        self.code = str(document.get("code", ""))
        super().__init__(f"HTTP {status} {self.code}: {document.get('detail', '')}")


class Server:
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        try:
            parts = urlsplit(self.url)
            self._host, self._port, self._prefix = parts.hostname or "", parts.port, parts.path
        except ValueError:
            raise Refusal(f"not an address: {url}") from None
        if parts.scheme not in ("http", "https") or not self._host:
            raise Refusal(f"not an address: {url} (it should read http://host:port)")
        self._secure = parts.scheme == "https"

    def call(self, method: str, path: str, body: Any = None, token: str = "", patience: float = PATIENCE_S) -> Any:
        """The reply's JSON (None for 204). Raises Problem; Unreachable when `patience` seconds did not help."""
        give_up = time.monotonic() + patience
        while True:
            try:
                return self._once(method, path, body, token)
            except Unreachable as away:
                if time.monotonic() + 0.5 > give_up:
                    raise away from None
                time.sleep(0.5)

    def _once(self, method: str, path: str, body: Any, token: str) -> Any:
        make = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = make(self._host, self._port, timeout=TIMEOUT_S)
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, self._prefix + path, body=sent, headers=headers)
            reply = connection.getresponse()
            status, content = reply.status, reply.read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(str(error) or type(error).__name__) from None
        finally:
            connection.close()
        try:
            document = json.loads(content) if content else None
        except ValueError:
            document = None
        if status in (429, 503):
            raise Unreachable(f"HTTP {status}")
        if status >= 400:
            raise Problem(status, document if isinstance(document, dict) else {})
        return document
