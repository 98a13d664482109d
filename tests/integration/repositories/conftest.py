"""Repositories are tested on one database a module."""

import pytest
from sqlalchemy import Engine, text

from app.db.session import transaction


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """The module's database, with nothing left to claim by whoever takes any CPU unit."""
    with transaction(shared_engine) as session:
        session.execute(text("UPDATE units SET state = 'cancelled' WHERE kind <> 'rewrite' AND state = 'ready'"))
    return shared_engine
