"""Embedded mode survives what happens on laptops: second starts, kills, stale files, taken ports, old data."""

import contextlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
import redis

from app.embedded.errors import (
    AlreadyRunningError,
    AnotherAnswersError,
    PortTakenError,
    PostgresVersionError,
    SecretsLostError,
)
from app.embedded.home import Home, find_running
from app.embedded.servers import free_port
from app.embedded.services import EmbeddedServices
from app.embedded.stack import check_port, start_embedded

START_AND_WAIT = """
import sys, time
from pathlib import Path
from app.embedded.servers import free_port
from app.embedded.services import EmbeddedServices
services = EmbeddedServices(Path(sys.argv[1]), durable=False)
services.start_databases()
print("up", flush=True)
time.sleep(600)
"""


def until(condition: Callable[[], bool], *, within_s: float = 30) -> None:
    """Wait for a condition; fails after `within_s`."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)


def query(services: EmbeddedServices, statement: str) -> object:
    """The first value of a statement's result, None when it has no result."""
    url = services.database_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "home"


@contextlib.contextmanager
def databases(home: Path) -> Iterator[EmbeddedServices]:
    """Postgres and Redis on `home` for the block."""
    services = EmbeddedServices(home, durable=False)
    services.start_databases()
    try:
        yield services
    finally:
        services.stop()


def test_second_start_finds_the_data_of_the_first(home: Path) -> None:
    with databases(home) as services:
        query(services, "CREATE TABLE kept AS SELECT 42 AS n")
        with redis.Redis.from_url(services.redis_url) as client:
            client.set("kept", "yes")
    with databases(home) as services:
        assert query(services, "SELECT n FROM kept") == 42
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.get("kept") == b"yes"


def test_clean_stop_leaves_no_process_and_no_server_file(home: Path) -> None:
    with databases(home) as services:
        pids = list(services.supervisor.pids().values())
        assert Home(home).read_server() is not None
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert Home(home).read_server() is None


def test_the_application_role_is_no_superuser(home: Path) -> None:
    with databases(home) as services:
        assert query(services, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert query(services, "SHOW listen_addresses") == "127.0.0.1"


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_killed_database_comes_back_on_the_same_address(home: Path, name: str) -> None:
    with databases(home) as services:
        query(services, "CREATE TABLE kept AS SELECT 42 AS n")
        old = services.supervisor.pids()[name]
        os.kill(old, signal.SIGKILL)
        until(lambda: services.supervisor.pids().get(name, old) != old)

        def answers() -> bool:
            with contextlib.suppress(psycopg.OperationalError, redis.ConnectionError):
                with redis.Redis.from_url(services.redis_url) as client:
                    client.ping()
                return query(services, "SELECT n FROM kept") == 42
            return False

        until(answers)


def test_second_start_on_a_running_home_says_where_it_runs(home: Path) -> None:
    with databases(home) as services:
        services.url = "http://127.0.0.1:8321"
        services.publish(ready=True)
        found = find_running(home)
        assert found is not None and found.url == "http://127.0.0.1:8321"
        with pytest.raises(AlreadyRunningError, match=r"already running at http://127\.0\.0\.1:8321"):
            EmbeddedServices(home).start_databases()
        assert query(services, "SELECT 1") == 1
    assert find_running(home) is None


@contextlib.contextmanager
def supervisor_elsewhere(home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """A supervisor in a process of its own, with its databases' pids."""
    argv = [sys.executable, "-c", START_AND_WAIT, str(home)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        info = Home(home).read_server()
        assert info is not None
        yield process, {name: known.pid for name, known in info.processes.items()}
        process.kill()


def test_killed_supervisor_leaves_no_orphan_and_the_next_start_works(home: Path) -> None:
    with supervisor_elsewhere(home) as (process, pids):
        process.kill()
        process.wait()
        with databases(home) as services:
            assert query(services, "SELECT 1") == 1
            assert not any(psutil.pid_exists(pid) for pid in pids.values())


def test_orphans_of_a_supervisor_killed_with_its_guard_are_ended_by_the_next_start(home: Path) -> None:
    with supervisor_elsewhere(home) as (process, pids):
        [guard] = [child for child in psutil.Process(process.pid).children() if "guard.py" in " ".join(child.cmdline())]
        process.send_signal(signal.SIGSTOP)
        guard.kill()
        process.kill()
        process.wait()
        assert all(psutil.pid_exists(pid) for pid in pids.values())
        with databases(home) as services:
            assert query(services, "SELECT 1") == 1
            assert not any(psutil.pid_exists(pid) for pid in pids.values())


def test_pid_file_of_a_dead_postgres_whose_pid_another_program_has_is_no_hindrance(home: Path) -> None:
    with databases(home):
        lines = (home / "postgres" / "postmaster.pid").read_text().splitlines()
    # The owner of the data runs it, as after a reboot with the same user's programs.
    owner = (home / "postgres").stat()
    argv = [sys.executable, "-I", "-c", "import time; print(1, flush=True); time.sleep(600)"]
    user = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    program = ["/bin/sleep", "600"] if user else argv
    with subprocess.Popen(program, **user) as other:  # type: ignore[call-overload]  # reason: optional user and group
        (home / "postgres" / "postmaster.pid").write_text("\n".join([str(other.pid), *lines[1:]]))
        with databases(home) as services:
            assert query(services, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_data_of_another_postgres_version_is_refused_untouched(home: Path) -> None:
    Home(home).create()
    (home / "secrets.json").write_text('{"postgres": "a", "redis": "b"}')
    (home / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresVersionError, match=r"made by Postgres 15, but this Hornbook brings Postgres 18"):
        EmbeddedServices(home).start_databases()
    assert (home / "postgres" / "PG_VERSION").read_text() == "15\n"
    assert not (home / "run" / "server.json").exists()


def test_lost_passwords_are_named(home: Path) -> None:
    Home(home).create()
    (home / "postgres" / "PG_VERSION").write_text("18\n")
    with pytest.raises(SecretsLostError, match=r"secrets\.json"):
        EmbeddedServices(home).start_databases()


def test_interrupted_first_start_is_begun_anew(home: Path) -> None:
    Home(home).create()
    (home / "postgres.new" / "base").mkdir(parents=True)
    with databases(home) as services:
        assert query(services, "SELECT 1") == 1


def test_taken_port_is_named_with_the_option_and_nothing_is_left(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"Port {port} on 127\.0\.0\.1 is taken .* --port"):
            check_port("127.0.0.1", port)
        with pytest.raises(PortTakenError):
            start_embedded(home, port=port)
    assert find_running(home) is None


def test_an_api_of_another_stack_on_our_port_is_not_taken_for_ours(home: Path) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"ready": true, "database": true, "schema_current": true, "broker": true, "instance": "other"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    port = free_port()

    def take_the_port() -> None:
        # The port was looked at by now; the API listens on it only when Postgres is up.
        until(lambda: Home(home).read_server() is not None)
        other.append(ThreadingHTTPServer(("127.0.0.1", port), Other))
        other[0].serve_forever(poll_interval=0.05)

    other: list[ThreadingHTTPServer] = []
    thread = threading.Thread(target=take_the_port)
    thread.start()
    try:
        with pytest.raises(AnotherAnswersError, match=rf"(?s)127\.0\.0\.1:{port} another program answers.*--port"):
            start_embedded(home, port=port, durable=False)
    finally:
        other[0].shutdown()
        thread.join()
        other[0].server_close()
    assert find_running(home) is None


def test_secrets_are_closed_to_others_and_on_no_command_line(home: Path) -> None:
    with databases(home) as services:
        assert (home / "secrets.json").stat().st_mode & 0o077 == 0
        passwords = services.home.passwords()
        for pid in services.supervisor.pids().values():
            shown = " ".join(psutil.Process(pid).cmdline())
            assert passwords.postgres not in shown and passwords.redis not in shown


@pytest.mark.skipif(importlib.util.find_spec("app.cli.main") is None, reason="the command line is not built yet")
def test_whole_stack_restarts_what_is_killed_and_stops_without_orphans(home: Path) -> None:
    embedded = start_embedded(home, port=0, durable=False)
    try:
        pids = embedded.pids()
        assert set(pids) == {"postgres", "redis", "explainer", "worker-refine", "worker-cpu", "reconciler", "api"}
        killed = ("worker-cpu", "reconciler", "api")
        for name in killed:
            os.kill(pids[name], signal.SIGKILL)
        until(lambda: all(embedded.pids().get(name, pids[name]) != pids[name] for name in killed))

        def ready() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return httpx.get(f"{embedded.url}/readyz", trust_env=False).is_success
            return False

        until(ready)
        # This stack's alone: the session's databases may run beside it.
        heads = [psutil.Process(pid) for pid in embedded.pids().values()]
        family = [*heads, *(child for head in heads for child in head.children(recursive=True))]
    finally:
        embedded.stop()
    # Whoever adopts an orphan may take a moment to collect it.
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
