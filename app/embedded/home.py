"""HORNBOOK_HOME: its folders, its lock, its passwords, and the file that tells where the service listens.

The lock is an flock, which the kernel drops with its last holder: a stale pid file cannot block a start.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from app.embedded.errors import AlreadyRunningError, SecretsLostError

# A guard ends the processes of a dead supervisor within this time and holds the lock meanwhile.
TAKEOVER_S = 25.0
# Between taking the lock and saying where it listens a starting supervisor needs far less than this.
SILENT_S = 2.0


class ProcessInfo(msgspec.Struct, frozen=True):
    """One running process, as the next start recognises it."""

    pid: int
    started: float
    """Seconds since the epoch, by psutil; tells it from a later process with the same pid."""


class ServerInfo(msgspec.Struct, frozen=True):
    """What `run/server.json` says."""

    url: str
    pid: int
    """The supervisor's."""
    ready: bool
    processes: dict[str, ProcessInfo]


class Passwords(msgspec.Struct, frozen=True):
    """Made once for a home."""

    postgres: str
    redis: str


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` in one step, readable by its owner alone."""
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Home:
    """The folder that holds everything embedded mode keeps."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self.run = self.root / "run"
        self.logs = self.root / "logs"
        self.postgres = self.root / "postgres"
        self.redis = self.root / "redis"
        self._server_file = self.run / "server.json"
        self._secrets_file = self.root / "secrets.json"

    def create(self) -> None:
        """Make the folders; the databases' ones are closed to others."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.run, self.logs, self.postgres, self.redis):
            folder.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def lock(self) -> Iterator[int]:
        """Hold the home, yielding the lock's descriptor; raises AlreadyRunningError while a supervisor lives."""
        descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        begun = time.monotonic()
        while not _try_lock(descriptor):
            info = self.read_server()
            waited = time.monotonic() - begun
            if info is None and waited > SILENT_S:
                raise AlreadyRunningError(url="an address not known yet", pid="unknown", home=self.root)
            if info is not None and (_alive(info.pid) or waited > TAKEOVER_S):
                raise AlreadyRunningError(url=info.url, pid=info.pid, home=self.root)
            time.sleep(0.1)

    def read_server(self) -> ServerInfo | None:
        """What the last supervisor wrote, whether it lives or not; None when there is nothing readable."""
        try:
            return msgspec.json.decode(self._server_file.read_bytes(), type=ServerInfo)
        except (OSError, msgspec.DecodeError):
            return None

    def write_server(self, info: ServerInfo) -> None:
        """Say where the service listens and which processes belong to it."""
        write_private(self._server_file, msgspec.json.encode(info))

    def clear_server(self) -> None:
        """After a clean stop nothing is left to say."""
        self._server_file.unlink(missing_ok=True)

    def passwords(self) -> Passwords:
        """This home's passwords, made at the first start; raises SecretsLostError when data outlived them."""
        if self._secrets_file.exists():
            return msgspec.json.decode(self._secrets_file.read_bytes(), type=Passwords)
        if (self.postgres / "PG_VERSION").exists():
            raise SecretsLostError(data=self.postgres, secrets=self._secrets_file)
        made = Passwords(postgres=secrets.token_hex(24), redis=secrets.token_hex(24))
        write_private(self._secrets_file, msgspec.json.encode(made))
        return made


def find_running(root: Path) -> ServerInfo | None:
    """The embedded service that is ready on this home, or None."""
    home = Home(root)
    info = home.read_server()
    if info is None or not info.ready or not _alive(info.pid):
        return None
    descriptor = os.open(home.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return None if _try_lock(descriptor) else info
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
