"""Ends a worker that went deaf: messages wait for it, it does nothing, and it takes none (rule B11).

Workers were seen to come back from a lost broker connection alive and never to consume again. Nothing in them fails, so
nobody starts them again; this thread of the worker's parent process makes them fail. Whoever started the worker starts
it again: the supervisor of embedded mode, Docker, systemd.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from app.dispatch import waiting

log = structlog.get_logger(__name__)

LEASES = 2.0
"""Leases that a worker may be idle beside waiting messages; one that can hear takes one within a second."""
GRACE_S = 10.0
"""What a warm shutdown gets. The worker has nothing in hand, so it loses nothing when it does not manage."""


def start(redis_url: str, queues: Sequence[str], *, lease_s: float, busy: Callable[[], bool]) -> None:
    """Watch this process from a thread for as long as it lives; `busy` says whether it has a task in hand."""
    names = list(queues)

    def deaf() -> bool:
        return not busy() and any(waiting(redis_url, name) for name in names) and not busy()

    threading.Thread(target=_watch, args=(deaf, LEASES * lease_s), name="watchdog", daemon=True).start()


def _watch(deaf: Callable[[], bool], patience_s: float) -> None:
    since: float | None = None
    while True:
        time.sleep(patience_s / 4)
        if not deaf():
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > patience_s:
            log.error("worker.deaf", seconds=round(time.monotonic() - since, 1))
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(GRACE_S)
            os._exit(1)
