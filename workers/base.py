"""The base of every task: nothing exotic leaves it, because on Celery 5.7 a MemoryError ends the whole worker."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import structlog

P = ParamSpec("P")

UNFORESEEN = (Exception, SystemExit)
"""What counts as a crash of the unit that was worked on; whoever catches it records that, and logs the traceback."""

log = structlog.get_logger(__name__)


def contained(task: Callable[P, None]) -> Callable[P, None]:
    """`task`, with every failure logged instead of raised.

    The hint is spent either way: what it was about stays in the rows, and the reconciler sends the next one.
    """

    @wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            task(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException:  # the last broad except of the workers (rule B1): MemoryError, SystemExit, CancelledError
            log.exception("task.failed", task=task.__name__)

    return run
