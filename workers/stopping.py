"""Lets pool children see that their worker wants to stop, so that a warm shutdown takes one call, not one slice."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue

# Shared memory without a lock, made before the fork: a child killed inside a lock would block all the others.
_FLAG = RawValue("b", 0)


def request_stop() -> None:
    """Called in the parent when it begins to shut down."""
    _FLAG.value = 1


def stop_requested() -> bool:
    """Whether to take no new work."""
    return bool(_FLAG.value)


@dataclass
class Term:
    """Whether this very process was told to end."""

    asked: bool = False


@contextmanager
def term_noticed() -> Iterator[Term]:
    """While the block runs, SIGTERM is only noted; it has its usual effect after the block.

    Pool children get one from Celery when the broker's connection is lost, and from systemd at every stop.
    """
    term = Term()
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may choose what a signal does.
        yield term
        return

    def note(*_: object) -> None:
        term.asked = True

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield term
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
        if term.asked:
            os.kill(os.getpid(), signal.SIGTERM)
