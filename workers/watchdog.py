"""Ends a worker that lives and does nothing while there is work for it (rule B11).

Workers were seen to come back from a lost broker connection alive and never to consume again. Nothing in them fails, so
nobody starts them again; this thread of the worker's parent process makes them fail. Whoever started the worker starts
it again: the supervisor of embedded mode, Docker, systemd.

What counts is in Postgres: the pool processes write there when they claim, hold or finish a unit or find none, this
thread when nothing is ready. Celery's own idea of a busy worker does not count, for a frozen pool process has a task.
"""

import os
import signal
import threading
import time
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.dispatch import queue_of, waiting
from app.repositories import beats
from app.services import hints
from workers import resources

log = structlog.get_logger(__name__)

LEASES = 2.0
"""Leases that a worker may be silent beside work; one that can hear takes some within a second."""
GRACE_S = 10.0
"""What a warm shutdown gets. The worker has nothing in hand, so it loses nothing when it does not manage."""
LOOKS = 2
"""Looks in a row that must find it silent: one alone may come right after an outage in which nobody could write."""


def start(redis_url: str, queues: Sequence[str], *, lease_s: float) -> None:
    """Watch this process from a thread for as long as it lives."""
    queue = next(iter(queues))
    threading.Thread(target=_watch, args=(redis_url, queue, LEASES * lease_s), name="watchdog", daemon=True).start()


def look(session: Session, node: str, queue: str) -> float:
    """Seconds for which the worker `node` has been silent beside work of its queue; 0 when there is none to do."""
    work = any(queue_of(step) == queue for step in hints.wanted(session))
    beats.seen(session, node, queue, busy=0, progress=not work, node=node)
    return beats.silent_s(session, node)


def _watch(redis_url: str, queue: str, patience_s: float) -> None:
    node, silent_looks = resources.worker_name(), 0
    while True:
        silent_s = _silent_s(node, queue)
        # Where no message waits the broker is away or nobody sent one, and a new worker would hear no more than this.
        silent = silent_s > patience_s and waiting(redis_url, queue) > 0
        silent_looks = silent_looks + 1 if silent else 0
        if silent_looks >= LOOKS:
            log.error("worker.deaf", seconds=round(silent_s, 1))
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_S)
            os._exit(1)
        time.sleep(patience_s / 4)


def _silent_s(node: str, queue: str) -> float:
    engine = resources.engine()
    try:
        with transaction(engine) as session:
            return look(session, node, queue)
    except SQLAlchemyError as error:
        log.warning("watchdog.failed", error=type(error).__name__)
        return 0.0
    finally:
        # Pool processes are forked at any time, and an open connection would be theirs too (B12).
        engine.dispose()
