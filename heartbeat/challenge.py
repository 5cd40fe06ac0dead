"""The picture of a digits check. Drawn from the digits alone: nothing about it is kept."""

import base64
from functools import lru_cache

from captcha.image import ImageCaptcha

_painter = ImageCaptcha(width=160, height=60, font_sizes=(42, 46, 50))


@lru_cache(maxsize=2048)
def picture(check_id: str, digits: str) -> str:  # noqa: ARG001 — part of the cache's key
    """A PNG data: URI. The same check gives the same picture while it is in the cache; another check never does."""
    return "data:image/png;base64," + base64.b64encode(_painter.generate(digits).getvalue()).decode()
