"""Headers that every reply carries, whoever made it. There are none for CORS: no page of another origin may read our replies."""

from flask import Flask, Response, request

EVERYWHERE = {"X-Content-Type-Options": "nosniff"}
#: People's data and tokens: a shared proxy must not keep them.
OF_THE_API = {"Cache-Control": "no-store"}


def install(app: Flask) -> None:
    @app.after_request
    def _add(response: Response) -> Response:
        response.headers.update(EVERYWHERE)
        if request.path.startswith("/v1/"):
            response.headers.update(OF_THE_API)
        return response
