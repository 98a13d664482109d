"""The total deadline of a call, which does not throw away an answer that came while this process stood still.

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


class Deadlines:
    """Those of the calls in flight."""

    def __init__(self) -> None:
        self._open: set[_Deadline] = set()

    @asynccontextmanager
    async def deadline(self, seconds: float) -> AsyncIterator[None]:
        """Raises TimeoutError `seconds` after it was entered, or `GRACE_S` after the loop runs again if it was late."""
        async with asyncio.timeout(None) as limit:
            one = _Deadline(limit, seconds)
            self._open.add(one)
            try:
                yield
            finally:
                self._open.discard(one)
                one.timer.cancel()

    def shorten(self, seconds: float) -> None:
        """No call in flight may take longer than so many seconds from its beginning."""
        for one in self._open:
            one.shorten(seconds)


class _Deadline:
    """One call's."""

    __slots__ = ("begun", "due", "limit", "loop", "timer")

    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self.loop, self.limit = asyncio.get_running_loop(), limit
        self.begun = self.loop.time()
        self.due = self.begun + seconds
        self.timer = self.loop.call_at(self.due, self._cut)

    def shorten(self, seconds: float) -> None:
        due = max(self.begun + seconds, self.loop.time())
        if due < self.due:
            self.timer.cancel()
            self.due, self.timer = due, self.loop.call_at(due, self._cut)

    def _cut(self) -> None:
        now = self.loop.time()
        self.limit.reschedule(now + (GRACE_S if now - self.due > LATE_S else 0.0))
