"""Services whose tests need rows alone share one database a module; whole loops get one each."""

import pytest
from sqlalchemy import Engine


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    return shared_engine
