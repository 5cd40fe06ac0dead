"""Makes a form that somebody asked for in the console (services.registers.asked): sealed in SQL for them alone."""

from collections.abc import Callable
from typing import Any

from services.registers import asked
from web.context import collaborators, now, unit_of_work


def run(progress: Callable[[int, int], None], *, code: str) -> dict[str, Any]:
    """What it came to. Raises as services.registers.asked.make."""
    return asked.make(unit_of_work, collaborators().vault, code, now(), progress)
