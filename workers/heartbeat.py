"""Keeps the leases of a process alive from a thread, so that a busy event loop or a long fit never loses its work."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.db.session import transaction
from app.repositories import beats, units

log = structlog.get_logger(__name__)


@contextmanager
def heartbeat(
    engine: Engine, tokens: Callable[[], Iterable[int]], *, worker: str, queue: str, lease_s: float
) -> Iterator[None]:
    """Renew the leases of `tokens()` every third of `lease_s` while the block runs."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(lease_s / 3):
            held = list(tokens())
            try:
                with transaction(engine) as session:
                    kept = units.extend(session, held, lease_s=lease_s)
                    beats.seen(session, worker, queue, busy=len(held))
                if len(kept) < len(held):
                    log.warning("lease.lost", count=len(held) - len(kept))
            except SQLAlchemyError as error:
                # The next beat tries again; two may be missed before a lease runs out.
                log.warning("heartbeat.failed", error=type(error).__name__)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
