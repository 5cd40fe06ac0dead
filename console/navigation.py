"""The menu: which page families there are and who sees them. One line each, in the order of the menu."""

from typing import NamedTuple

from services.authority.principals import Principal
from services.authority.roles import Permission


class Entry(NamedTuple):
    endpoint: str
    title: str
    #: Shown to roles with one of these.
    needs: tuple[Permission, ...]
    group: str


MENU: tuple[Entry, ...] = ()


def menu_for(principal: Principal) -> dict[str, list[Entry]]:
    """The person's entries by group, in order."""
    shown: dict[str, list[Entry]] = {}
    for entry in MENU:
        if any(principal.may(permission) for permission in entry.needs):
            shown.setdefault(entry.group, []).append(entry)
    return shown


def home_of(principal: Principal) -> str:
    """The endpoint where the person begins: the first of the menu."""
    return next((entry.endpoint for entries in menu_for(principal).values() for entry in entries), "console.me.show")
