"""`python -m server.local.document` prints what /openapi.json answers; it needs no settings and no server."""

import secrets
import sys

from server import create_app
from server.document import as_json, openapi_document
from server.settings import Settings


def main() -> None:
    throwaway = Settings(
        database_url="sqlite://",
        redis_url="redis://127.0.0.1:1/0",
        token_key=secrets.token_bytes(32),
        id_index_key=secrets.token_bytes(32),
        envelope_keys={"none": secrets.token_bytes(32)},
        log_level="ERROR",
    )
    sys.stdout.buffer.write(as_json(openapi_document(create_app(throwaway))))


if __name__ == "__main__":
    main()
