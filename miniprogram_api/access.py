"""Who is asking: checks the access token before every /v1 view that is not marked public."""

from flask import Flask


def install(app: Flask) -> None: ...
