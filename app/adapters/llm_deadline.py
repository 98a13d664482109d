"""The total deadline of one call, which does not throw away an answer that came while this process stood still.

A process that was stopped, swapped out or starved of its core wakes up with the answers in its sockets and every timer
overdue. asyncio then cancels the calls before they have read a byte, and paid answers are lost.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

LATE_S = 0.25
"""A timer this late means that the event loop stood still; a busy one is late by a few hundredths."""
GRACE_S = 0.5
"""What a call then gets to read what is there already; stays within the second that rule D1 allows."""


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Raises TimeoutError `seconds` after it was entered, or `GRACE_S` after the loop runs again if it was late."""
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    async with asyncio.timeout(None) as limit:
        timer = loop.call_at(due, _cut, loop, limit, due)
        try:
            yield
        finally:
            timer.cancel()


def _cut(loop: asyncio.AbstractEventLoop, limit: asyncio.Timeout, due: float) -> None:
    now = loop.time()
    limit.reschedule(now + (GRACE_S if now - due > LATE_S else 0.0))
