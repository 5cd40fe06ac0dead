import pytest
from sqlalchemy.orm import Session

from tests.services.watching import world


@pytest.fixture
def here(session: Session) -> world.World:
    return world.make(session)
