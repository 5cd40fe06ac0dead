"""The key of a phone that is being set up: until it shows the right code, it is kept in the browser's cookie alone, sealed.

So nobody else who knows the password ever sees it, and a page that is opened again, or in a second tab, shows the same picture.
"""

import base64
import binascii

from flask import session

from services import second_factor
from services.vault import VaultError
from web.context import collaborators

_KEPT = "pending_key"


def begun(account_id: int) -> str:
    """The key that this browser is setting up for the account: the one that it has, or a new one."""
    key = current(account_id)
    if key is None:
        key = second_factor.new_key()
        session[_KEPT] = base64.b64encode(collaborators().vault.seal(key, account_id)).decode()
    return key


def current(account_id: int) -> str | None:
    """None where none was begun, or for somebody else."""
    try:
        return collaborators().vault.open(base64.b64decode(session.get(_KEPT, ""), validate=True), account_id)
    except (binascii.Error, VaultError):
        return None


def forget() -> None:
    session.pop(_KEPT, None)
