"""Fixtures of the tests of batches."""

import pytest

from tests.integration.batches.world import BatchLoop
from tests.integration.loop_run import Loop


@pytest.fixture
def batch_loop(loop: Loop) -> BatchLoop:
    """A whole job in this process whose calls go as batches; a look comes when a test says so."""
    return BatchLoop(loop.engine, loop.endpoint)
