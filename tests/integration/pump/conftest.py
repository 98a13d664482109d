"""Fixtures of the pump's tests."""

from collections.abc import Iterator

import pytest

from tests.integration.pump.world import World, pump_world
from workers import resources


@pytest.fixture
def world(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Workers' parts over a database of this test's own."""
    with pump_world(database_url, monkeypatch) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def _child() -> Iterator[None]:
    """The limited child of this process ends with the last test."""
    yield
    resources.sandbox().close()
