"""In whose name a job that somebody started in the console runs."""

from sqlalchemy.orm import Session

from models import Account
from services.authority import principals
from services.authority.principals import NotAllowed, Principal


def acting(session: Session, account_id: int, appointment_id: int | None) -> Principal:
    """The person in the role that started the job. Raises NotAllowed where that was taken away since."""
    account = session.get(Account, account_id)
    found = principals.find(principals.of_account(session, account), appointment_id) if account is not None else None
    if found is None:
        raise NotAllowed("您的任职已结束，任务没有做。")
    return found
