"""Keeps a list of processes alive, and ends them in order.

A thread of its own, so that a command can use the service that it started itself. Processes start in the order given
and stop in the reverse one; those stopped together share one grace.
"""

import threading
from collections.abc import Callable, Iterable
from time import monotonic, sleep

import psutil
import structlog

from app.embedded.errors import StartFailedError
from app.embedded.home import ProcessInfo
from app.embedded.process import Child, Guard, ProcessSpec

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.1
# A process that ends so often before the service was ever ready is broken, not unlucky.
START_DEATHS = 3


class Supervisor:
    """Runs the list of processes and restarts whichever dies."""

    def __init__(self, make_child: Callable[[ProcessSpec], Child], guard: Guard, on_change: Callable[[], None]) -> None:
        self._make = make_child
        self._guard = guard
        self._on_change = on_change
        self._children: dict[str, Child] = {}
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, specs: Iterable[ProcessSpec]) -> None:
        """Spawn processes and watch them from now on."""
        with self._lock:
            for spec in specs:
                child = self._make(spec)
                self._children[spec.name] = child
                child.start()
        self._on_change()
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._thread.start()

    def check(self, name: str) -> None:
        """Raises StartFailedError when a process keeps dying."""
        with self._lock:
            child = self._children[name]
            if child.deaths >= START_DEATHS:
                raise StartFailedError(name=name, reason="it keeps ending", log=child.log, tail=child.tail())

    def failed(self, name: str, reason: str) -> StartFailedError:
        """The error for a process that runs but does not answer."""
        child = self._children[name]
        return StartFailedError(name=name, reason=reason, log=child.log, tail=child.tail())

    def pids(self) -> dict[str, int]:
        """Each process that runs now, by name."""
        with self._lock:
            return {name: child.pid for name, child in self._children.items() if child.pid is not None}

    def infos(self) -> dict[str, ProcessInfo]:
        """The same with start times, for `run/server.json`."""
        found = {}
        for name, pid in self.pids().items():
            try:
                found[name] = ProcessInfo(pid=pid, started=psutil.Process(pid).create_time())
            except psutil.NoSuchProcess:
                continue
        return found

    def stop(self, *, hurry: threading.Event | None = None) -> None:
        """End everything, phase by phase, last started first; without grace for phase 0 once `hurry` is set."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        with self._lock:
            children = list(reversed(self._children.values()))
            for phase in sorted({child.spec.phase for child in children}):
                together = [child for child in children if child.spec.phase == phase]
                for child in together:
                    child.signal_stop()
                # Databases keep their grace even in a hurry: their clean stop makes the next start fast.
                _wait_all(together, hurry if phase == 0 else None)
            self._children.clear()

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_EVERY_S):
            try:
                self._look()
            except OSError as error:
                # A full disk or a process table at its limit passes; a supervisor that gave up would not come back.
                log.warning("supervisor_tries_again", error=str(error))

    def _look(self) -> None:
        with self._lock:
            changed = [child.tend() for child in self._children.values()]
            self._guard.revive()
        if any(changed):
            self._on_change()


def _wait_all(children: list[Child], hurry: threading.Event | None) -> None:
    begun = monotonic()
    while any(child.runs() and monotonic() < begun + child.spec.grace_s for child in children):
        if hurry is not None and hurry.is_set():
            break
        sleep(0.02)
    for child in children:
        child.end()
