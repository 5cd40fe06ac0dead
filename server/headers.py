"""Headers that every reply carries, whoever made it. There are none for CORS: no page of another origin may read our replies.

A page that sets one of its own keeps it (the console's pages, the page that verifies a paper): what is here is for all the rest.
"""

from flask import Flask, Response, request

EVERYWHERE = {"X-Content-Type-Options": "nosniff"}
#: People's data and tokens: a shared proxy must not keep them.
OF_THE_API = {"Cache-Control": "no-store"}
UNLESS_SET = {
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
#: Of what is no page: were it opened as one, it could load and do nothing, and stand in no frame.
INERT = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
#: A year. Without includeSubDomains: the other hosts of a bureau's domain are not ours to bind.
HSTS = "max-age=31536000"


def install(app: Flask, public_url: str = "") -> None:
    """With an https `public_url` browsers are told never to ask us without TLS."""
    secure = public_url.startswith("https://")

    @app.after_request
    def _add(response: Response) -> Response:
        headers = response.headers
        headers.update(EVERYWHERE)
        if request.path.startswith("/v1/"):
            for name, value in OF_THE_API.items():
                headers.setdefault(name, value)
        for name, value in UNLESS_SET.items():
            headers.setdefault(name, value)
        if response.mimetype != "text/html":
            headers.setdefault("Content-Security-Policy", INERT)
        if secure:
            headers.setdefault("Strict-Transport-Security", HSTS)
        return response
