"""What tests of rows and of workers share: an engine on a database of their own, and this process as a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.db.session import make_engine
from app.embedded.services import EmbeddedServices
from app.settings import get_settings
from tests.api_service import NO_BROKER, database_for_many, llm_endpoint
from tests.integration.loop_run import Loop, StubThread
from workers import resources


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url, pool_size=8)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def shared_engine(services: EmbeddedServices, template_database: str) -> Iterator[Engine]:
    """One database for all tests of a module, each with jobs of its own: a clone a test would take half the time."""
    with database_for_many(services, template_database) as url:
        made = make_engine(url, pool_size=8)
        yield made
        made.dispose()


@pytest.fixture(scope="module")
def llm_url() -> Iterator[str]:
    with llm_endpoint() as url:
        yield url


@pytest.fixture(scope="session")
def _child() -> Iterator[None]:
    """The limited child of this process, started by the first test that judges and ended with the last."""
    yield
    resources.sandbox().close()


@pytest.fixture
def worker(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _child: None) -> Iterator[Engine]:
    """This process as a worker on a database of its own."""
    for name, value in {
        "DATABASE_URL": database_url,
        "REDIS_URL": NO_BROKER,
        "HOME": str(tmp_path),
        "LLM_DEADLINE_S": "20",
        "PUMP_SLICE_S": "20",
    }.items():
        monkeypatch.setenv(f"HORNBOOK_{name}", value)
    get_settings.cache_clear()
    made = resources.engine()
    yield made
    made.dispose()
    get_settings.cache_clear()


@pytest.fixture
def loop(worker: Engine) -> Iterator[Loop]:
    """A whole job in this process, with a stub endpoint that can be scripted."""
    with StubThread() as stub:
        yield Loop(worker, stub)
