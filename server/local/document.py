"""`python -m server.local.document` prints what /openapi.json answers; it needs no settings and no server."""

import secrets
import sys

from flask_openapi3 import OpenAPI

from server import create_app
from server.document import as_json, openapi_document
from server.settings import Settings


def application() -> OpenAPI:
    """One that serves nobody: made with settings that nobody keeps."""
    return create_app(
        Settings(
            database_url="sqlite://",
            redis_url="redis://127.0.0.1:1/0",
            token_key=secrets.token_bytes(32),
            id_index_key=secrets.token_bytes(32),
            envelope_keys={"none": secrets.token_bytes(32)},
            log_level="ERROR",
        )
    )


def main() -> None:
    sys.stdout.buffer.write(as_json(openapi_document(application())))


if __name__ == "__main__":
    main()
