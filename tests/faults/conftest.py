"""A fresh rig for every fault: faults leave no state behind for the next test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.rig import Rig, running_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Makes a rig: `rig(latency_ms=50)`."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(running_rig(tmp_path, **options))
