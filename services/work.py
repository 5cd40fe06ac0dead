"""A transaction that the entry point opens and commits, for services that need more than one."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.orm import Session


class UnitOfWork(Protocol):
    """`with work() as session:` commits when the block ends well and rolls back when it does not.

    Most services take a Session and leave the transaction to the entry point. A service takes this instead where something slow
    (a password hash, WeChat) must not happen while rows are locked, or where a refusal must leave its trace (a failed log-in).
    With read_only nothing may be written: SQLite then does not take its only write lock.
    """

    def __call__(self, *, read_only: bool = ...) -> AbstractContextManager[Session]: ...
