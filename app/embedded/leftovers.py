"""Ends what an earlier supervisor left running when it and its guard were killed together."""

import signal
from pathlib import Path

import psutil

from app.embedded import guard
from app.embedded.home import Home

# psutil rounds a start time to the kernel's tick.
SAME_START_S = 1.0
END_WAIT_S = 15.0


def end_leftovers(home: Home) -> None:
    """Stop the processes listed in `run/server.json` that still live, and a Postgres still on the data folder."""
    info = home.read_server()
    listed = info.processes if info else {}
    apps: list[psutil.Process] = []
    databases: list[psutil.Process] = []
    for name, known in listed.items():
        process = _process(known.pid)
        if process is not None and abs(process.create_time() - known.started) < SAME_START_S:
            (databases if name in {"postgres", "redis"} else apps).append(process)
    for process in apps:
        guard.send(process.pid, signal.SIGKILL)
    postmaster = _postmaster(home.postgres)
    if postmaster is not None and postmaster not in databases:
        databases.append(postmaster)
    for process in databases:
        # SIGINT is Postgres' fast shutdown; Redis saves and ends on it too.
        process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(databases, timeout=END_WAIT_S)
    for process in alive:
        process.kill()
    _drop_foreign_pid_file(home.postgres)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _pid_file_pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _postmaster(data: Path) -> psutil.Process | None:
    pid = _pid_file_pid(data)
    process = None if pid is None else _process(pid)
    if process is None:
        return None
    try:
        is_ours = process.name() == "postgres" and Path(process.cwd()) == data
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return None
    return process if is_ours else None


def _drop_foreign_pid_file(data: Path) -> None:
    # Postgres clears a stale pid file itself unless another program has that pid by now; then it refuses to start.
    pid = _pid_file_pid(data)
    if pid is not None and _process(pid) is not None and _postmaster(data) is None:
        (data / "postmaster.pid").unlink()
