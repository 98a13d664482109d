"""Engines with session limits, and the transaction that edges open.

A frozen holder of a row must not block everybody, so every connection carries lock, statement and idle limits
(`docs/architecture.md`, rule C1). An engine belongs to one process: `engine_of` makes a new one after a fork.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random_exponential

T = TypeVar("T")

set_json_loads(orjson.loads)

LIMITS = "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
"""The longest statement, wait for a lock and pause inside a transaction, in ms."""

TRANSIENT_STATES = ("08", "57P", "40001", "40P01", "55P03", "25P03", "53300")
"""SQLSTATE prefixes: connection lost, restart, serialisation failure, deadlock, lock not had in time, cut while idle,
server full. A frozen worker's locks go after its idle limit, which is longer than the wait for a lock."""


def make_engine(url: str, *, pool_size: int = 4) -> Engine:
    """An engine for `url` whose connections carry `LIMITS` and notice a dead server within 20 s."""
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_recycle=1800,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        connect_args={
            "connect_timeout": 5,
            "keepalives": 1,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            "options": LIMITS,
            "application_name": "hornbook",
        },
    )


# Never evicted: an engine that the collector finds leaves its connections open behind it.
@cache
def _engine(url: str, pool_size: int, pid: int) -> Engine:
    return make_engine(url, pool_size=pool_size)


def engine_of(url: str, *, pool_size: int = 4) -> Engine:
    """This process's engine for `url`; connections of a parent process are never reused after a fork."""
    return _engine(url, pool_size, os.getpid())


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits when the block ends and rolls back when it raises."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well work when tried again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # COPY speaks to psycopg directly, so its errors come without SQLAlchemy's wrapping.
    origin = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(origin, psycopg.Error):
        return False
    if origin.sqlstate is None:
        return isinstance(origin, psycopg.OperationalError)
    return origin.sqlstate.startswith(TRANSIENT_STATES)


def retrying(engine: Engine, work: Callable[[Session], T], *, patience_s: float = 60.0) -> T:
    """`work(session)` in one transaction, tried again for `patience_s` while the server is away.

    A commit that failed on a lost connection is unknown, not failed: `work` must be safe to run twice, which every
    guarded update of the repositories is (the token no longer matches, the unique key is there).
    """

    @retry(
        retry=retry_if_exception(is_transient),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        stop=stop_after_delay(patience_s),
        reraise=True,
    )
    def attempt() -> T:
        with transaction(engine) as session:
            return work(session)

    return attempt()
