"""Real Postgres and Redis for every test that asks for them: started once a process, cloned or flushed per test."""

import itertools
import time
from collections.abc import Iterator

import psycopg
import pytest
import redis
from hypothesis import settings
from psycopg import sql
from xdist.remote import Producer

from app.db import migrate
from app.embedded.services import EmbeddedServices
from tests.spreading import FilesAndChains

TEMPLATE = "hornbook_template"
# Number 0 is left to tests that start a whole stack.
REDIS_NUMBERS = itertools.cycle(range(1, 64))
DATABASE_NUMBERS = itertools.count(1)
# A deadline is a wall clock, which says nothing on a machine that does something else too.
settings.register_profile("shared machine", settings.default, deadline=None)
settings.load_profile("shared machine")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndChains:
    """What `-n` uses, whatever `--dist` says."""
    config.option.loadscopereorder = False
    return FilesAndChains(config, log)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServices]:
    """Databases in a temporary home, without fsync."""
    embedded = EmbeddedServices(tmp_path_factory.mktemp("hornbook") / "home", durable=False)
    embedded.start_databases()
    yield embedded
    embedded.stop()


def _named(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"


def _execute(services: EmbeddedServices, statement: sql.Composed) -> None:
    url = services.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        for tries_left in reversed(range(50)):
            try:
                connection.execute(statement)
                return
            except psycopg.errors.InsufficientPrivilege:
                # The server's own vacuuming is in the database that is to go, and nobody else may end it.
                if not tries_left:
                    raise
                time.sleep(0.2)


@pytest.fixture(scope="session")
def template_database(services: EmbeddedServices) -> str:
    """A database brought to the newest schema by the migrations; nobody connects to it again."""
    _execute(services, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    migrate.upgrade(_named(services.database_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def empty_database_url(services: EmbeddedServices) -> Iterator[str]:
    """A database of this test's own, without any table: for the migrations themselves."""
    name = f"hornbook_test_{next(DATABASE_NUMBERS)}"
    _execute(services, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield _named(services.database_url, name)
    _execute(services, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(services: EmbeddedServices, template_database: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    name = f"hornbook_test_{next(DATABASE_NUMBERS)}"
    clone = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _execute(services, clone.format(sql.Identifier(name), sql.Identifier(template_database)))
    yield _named(services.database_url, name)
    _execute(services, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def redis_url(services: EmbeddedServices) -> str:
    """An empty Redis database of this test's own."""
    url = _named(services.redis_url, str(next(REDIS_NUMBERS)))
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(autouse=True)
def no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output goes into no window, whatever a test runner with several processes says of its own."""
    monkeypatch.delenv("COLUMNS", raising=False)
