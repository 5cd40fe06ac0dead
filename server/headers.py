"""Headers that every reply carries, whoever made it. There are none for CORS: no page of another origin may read our replies."""

from flask import Flask, Response, request


def install(app: Flask) -> None:
    @app.after_request
    def _add(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        if request.path.startswith("/v1/"):
            headers["Cache-Control"] = "no-store"  # people's data and tokens; a shared proxy must not keep them
        return response
