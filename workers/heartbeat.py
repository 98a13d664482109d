"""Keeps the leases of a process alive from a thread, so that a busy event loop or a long fit never loses its work.

The same thread sees to it that a stop is no crash (A9): as soon as the worker is told to stop, the units in hand say so
in their rows, and those that take too long go back to the queue before somebody kills the process.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.repositories import beats, stops, units
from workers import stopping

log = structlog.get_logger(__name__)

LOOK_S = 0.25
"""Pause between two looks whether the worker stops; a second Ctrl-C, which kills, comes later than that."""


@contextmanager
def heartbeat(
    engine: Engine,
    tokens: Callable[[], Iterable[int]],
    *,
    worker: str,
    queue: str,
    lease_s: float,
    let_go_s: float | None = None,
) -> Iterator[None]:
    """Renew the leases of `tokens()` every third of `lease_s` while the block runs.

    When the worker is told to stop, what the block holds after `let_go_s` more seconds goes back to the queue and this
    process ends; None lets it take the time it needs.
    """
    with stopping.term_noticed() as term:
        beat = _Beat(engine, tokens, worker, queue, lease_s, let_go_s, term)
        thread = threading.Thread(target=beat.run, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            beat.done.set()
            thread.join(timeout=5)


@dataclass
class _Beat:
    """The thread's work."""

    engine: Engine
    tokens: Callable[[], Iterable[int]]
    worker: str
    queue: str
    lease_s: float
    let_go_s: float | None
    term: stopping.Term
    done: threading.Event = field(default_factory=threading.Event)
    told: set[int] = field(default_factory=set)
    """Tokens whose rows say that their worker stops."""

    def run(self) -> None:
        """Beat and look until the block is done."""
        due, asked_at = time.monotonic() + self.lease_s / 3, None
        while not self.done.wait(min(LOOK_S, self.lease_s / 3)):
            now = time.monotonic()
            if now >= due:
                self._tell("heartbeat.failed", self._renew)
                due = now + self.lease_s / 3
            if self.term.asked or stopping.stop_requested():
                asked_at = asked_at or now
                self._stop(now - asked_at)

    def _stop(self, since_s: float) -> None:
        fresh = set(self.tokens()) - self.told
        if fresh and self._tell("stop.not_told", lambda s: stops.stopping(s, sorted(fresh))):
            self.told |= fresh
        over = self.let_go_s is not None and (self.term.asked or since_s >= self.let_go_s)
        if over and not self.done.is_set():
            self._tell("stop.not_let_go", lambda s: stops.let_go(s, list(self.tokens())))
        if (over or self.term.asked) and not self.done.is_set():
            log.warning("worker.let_go", units=len(self.told))
            # The work itself cannot be interrupted without leaving it half done (B3); without its lease it is nothing.
            os._exit(1)

    def _renew(self, session: Session) -> None:
        held = list(self.tokens())
        kept = units.extend(session, held, lease_s=self.lease_s)
        beats.seen(session, self.worker, self.queue, busy=len(held))
        if len(kept) < len(held):
            log.warning("lease.lost", count=len(held) - len(kept))

    def _tell(self, failed: str, work: Callable[[Session], None]) -> bool:
        try:
            with transaction(self.engine) as session:
                work(session)
        except SQLAlchemyError as error:
            # The next look tries again; two beats may be missed before a lease runs out.
            log.warning(failed, error=type(error).__name__)
            return False
        return True
