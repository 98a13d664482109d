"""Postgres and Redis of one home, started and kept alive: what tests need, and the ground of `hornbook up`."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

import psycopg
import redis
from psycopg import sql

from app.embedded.home import Home, ServerInfo
from app.embedded.leftovers import end_leftovers
from app.embedded.process import Child, Guard, ProcessSpec
from app.embedded.servers import free_port, initialise_postgres, postgres_spec, redis_spec
from app.embedded.supervisor import Supervisor

START_TIMEOUT_S = 60.0
RETRY_S = 0.03
ROLE = "hornbook"
"""The role and database of the application: no superuser, but it may make databases (tests clone one each)."""


class EmbeddedServices:
    """The two databases of one HORNBOOK_HOME and the supervisor that keeps them alive."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home = Home(home)
        self.database_url = ""
        self.redis_url = ""
        self.url = "databases only"
        """What another start on the same home is told."""
        self._durable = durable
        self._ready = False
        self._publishing = threading.Lock()
        self._stack = ExitStack()
        self._guard: Guard | None = None
        self._supervisor: Supervisor | None = None

    @property
    def supervisor(self) -> Supervisor:
        """Runs every process of this home; only after start_databases()."""
        assert self._supervisor is not None
        return self._supervisor

    def start_databases(self, *, before: Callable[[], None] = lambda: None) -> tuple[str, str]:
        """(SQLAlchemy URL, Redis URL) of servers that answer. Raises an AppError that says what to do.

        `before` may refuse the start once the home is known to be ours and nothing of an earlier run is left.
        """
        self.home.create()
        lock = self._stack.enter_context(self.home.lock())
        try:
            end_leftovers(self.home)
            before()
            self._guard = Guard(lock)
            self._supervisor = Supervisor(self._child, self._guard, self.publish)
            self._start_servers()
        except BaseException:
            self.stop()
            raise
        return self.database_url, self.redis_url

    def _start_servers(self) -> None:
        passwords = self.home.passwords()
        postgres_port, redis_port = free_port(), free_port()
        self.supervisor.start([redis_spec(self.home, redis_port, passwords.redis)])
        initialise_postgres(self.home, passwords)
        self.supervisor.start([postgres_spec(self.home, postgres_port, durable=self._durable)])
        self.redis_url = f"redis://:{passwords.redis}@127.0.0.1:{redis_port}/0"
        address = f"127.0.0.1:{postgres_port}"
        self.database_url = f"postgresql+psycopg://{ROLE}:{passwords.postgres}@{address}/{ROLE}"
        with ThreadPoolExecutor(max_workers=1) as beside:
            redis_ready = beside.submit(self._wait_redis)
            self._prepare_postgres(f"postgresql://postgres:{passwords.postgres}@{address}/postgres", passwords.postgres)
            redis_ready.result()

    def publish(self, *, ready: bool | None = None) -> None:
        """Write `run/server.json`: called at every change of the processes."""
        if ready is not None:
            self._ready = ready
        with self._publishing:
            info = ServerInfo(url=self.url, pid=os.getpid(), ready=self._ready, processes=self.supervisor.infos())
            self.home.write_server(info)

    def stop(self, *, hurry: threading.Event | None = None) -> None:
        """End everything in order, without the workers' grace once `hurry` is set; may be called twice."""
        if self._supervisor is not None:
            self._supervisor.stop(hurry=hurry)
            self._supervisor = None
            self.home.clear_server()
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        self._stack.close()

    def _child(self, spec: ProcessSpec) -> Child:
        assert self._guard is not None
        return Child(spec, logs=self.home.logs, guard=self._guard)

    def _wait_redis(self) -> None:
        deadline = monotonic() + START_TIMEOUT_S
        with redis.Redis.from_url(self.redis_url) as client:
            while True:
                self.supervisor.check("redis")
                try:
                    client.ping()
                    return
                except (redis.ConnectionError, redis.TimeoutError) as error:
                    # BusyLoadingError is a ConnectionError: the append-only file is being read.
                    if monotonic() > deadline:
                        raise self.supervisor.failed("redis", str(error)) from error
                sleep(RETRY_S)

    def _prepare_postgres(self, admin_url: str, password: str) -> None:
        deadline = monotonic() + START_TIMEOUT_S
        while True:
            self.supervisor.check("postgres")
            try:
                with psycopg.connect(admin_url, autocommit=True, connect_timeout=3) as connection:
                    _create_role(connection, password)
                return
            except psycopg.OperationalError as error:
                if monotonic() > deadline:
                    raise self.supervisor.failed("postgres", str(error)) from error
            sleep(RETRY_S)


def _create_role(connection: psycopg.Connection, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    if known is None:
        statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(password)))
    exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone()
    if exists is None:
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(ROLE)))
