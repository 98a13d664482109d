"""One supervised process: how it starts, how it is told to stop, and when it may start again.

Every process leads its own session and group, so that Ctrl-C at the terminal reaches the supervisor alone and the whole
group (Celery's pool, Postgres' backends) can be ended together.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded import guard as guard_script

# Pauses before the 1st, 2nd, ... restart of a process that keeps dying; the last one repeats.
BACKOFF_S = (0.1, 0.3, 1.0, 2.0, 5.0, 10.0)
# A process that lived this long starts its pauses anew.
SETTLED_S = 30.0
MAX_LOG_BYTES = 20_000_000


@dataclass(frozen=True)
class ProcessSpec:
    """What to run."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to this process's own environment."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 15.0
    """Between the stop signal and SIGKILL."""
    phase: int = 0
    """The guard ends phase 0 (what uses the databases) before phase 1 (the databases)."""


class Guard:
    """The process that cleans up after a supervisor that was killed."""

    def __init__(self, lock: int | None = None) -> None:
        self._lock = lock
        self._listed: dict[int, str] = {}
        self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[str]:
        # It holds the home's lock too, so that no new supervisor starts on data that is still being closed.
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(guard_script.__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            pass_fds=() if self._lock is None else (self._lock,),
        )

    def add(self, group: int, spec: ProcessSpec) -> None:
        """List a process group."""
        self._listed[group] = f"add {group} {int(spec.stop_signal)} {spec.phase}\n"
        self._say(self._listed[group])

    def drop(self, group: int) -> None:
        """Take an ended group off the list, before its number can be used again."""
        self._listed.pop(group, None)
        self._say(f"drop {group}\n")

    def revive(self) -> None:
        """Start it again if it was killed itself."""
        if self._process.poll() is None:
            return
        self._close()
        self._process = self._spawn()
        for line in self._listed.values():
            self._say(line)

    def stop(self) -> None:
        """Let it end; what is still listed ends with it."""
        self._close()
        self._process.wait()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            return
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            # It was killed; revive() repeats the whole list.
            return

    def _close(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            return


class Child:
    """One process and its restarts. Not thread-safe: its supervisor serialises the calls."""

    def __init__(self, spec: ProcessSpec, *, logs: Path, guard: Guard) -> None:
        self.spec = spec
        self.log = logs / f"{spec.name}.log"
        self.deaths = 0
        """How often it ended unasked since it was last settled."""
        self._guard = guard
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._restart_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process while it runs, or until its end was noticed."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Spawn it, its output appended to its log."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self.spec.argv,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.spec.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._guard.add(self._process.pid, self.spec)

    def tend(self) -> bool:
        """Notice an end, restart when the pause is over; whether anything changed."""
        now = time.monotonic()
        if self._process is None:
            if now < self._restart_at:
                return False
            # Should the start itself fail, the next try comes after the longest pause.
            self._restart_at = now + BACKOFF_S[-1]
            self.start()
            return True
        if self._process.poll() is None:
            return False
        if now - self._started > SETTLED_S:
            self.deaths = 0
        self._restart_at = now + BACKOFF_S[min(self.deaths, len(BACKOFF_S) - 1)]
        self.deaths += 1
        self._forget()
        return True

    def signal_stop(self) -> None:
        """Ask it to end, without waiting."""
        if self._process is not None and self.runs():
            self._process.send_signal(self.spec.stop_signal)

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """End it by force if it still runs, and whatever is left of its group."""
        if self._process is None:
            return
        if self.runs():
            self._process.kill()
        self._process.wait()
        self._forget()

    def tail(self, n_chars: int = 1_500) -> str:
        """The end of its log, for a message."""
        if not self.log.exists():
            return "(no log)"
        return self.log.read_bytes()[-n_chars:].decode("utf-8", "replace").strip()

    def _forget(self) -> None:
        # What is left of the group (a pool whose parent was killed) must not work on beside the next one.
        assert self._process is not None
        guard_script.send(self._process.pid, signal.SIGKILL)
        self._guard.drop(self._process.pid)
        self._process = None
