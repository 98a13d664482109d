"""When to stop calling an endpoint that is down, and how many of the calls may be repeats.

Two small machines without I/O beside those of `llm_limits`; time comes from the caller, in seconds of a monotonic
clock. A worker process keeps one of each per endpoint from one task to the next.
"""

from collections import deque
from enum import StrEnum

from app.adapters.llm_outcomes import Failure, FailureCode

_AWAY = frozenset(
    {
        FailureCode.connect_failed,
        FailureCode.disconnected,
        FailureCode.incomplete_body,
        FailureCode.server_error,
        FailureCode.timeout,
    }
)


def is_away(outcome: object) -> bool:
    """Whether a call came to nothing because its endpoint is not there, rather than busy or unwilling."""
    return isinstance(outcome, Failure) and outcome.code in _AWAY


class Change(StrEnum):
    """What a call told of its endpoint."""

    down = "down"
    """It is down; nobody had noticed."""
    still_down = "still_down"
    up = "up"
    """It answers again."""
    pause = "pause"
    """It is there and asked for a long pause."""


class Breaker:
    """Opens when half of the calls of 30 s found nobody, or eight in a row; then one call looks if it is back (D10).

    The pause between two looks grows with the outage, from 1 s to 20 s.
    """

    OPENS_AFTER = 8
    SHARE = 0.5
    LEAST_CALLS = 20
    """Fewer calls in the window say nothing of a share."""
    WINDOW_S = 30.0
    LEAST_PAUSE_S = 1.0
    MOST_PAUSE_S = 20.0

    def __init__(self) -> None:
        self._row = 0
        self._since: float | None = None
        self._least_s = self.LEAST_PAUSE_S
        self._ended: deque[tuple[float, bool]] = deque()
        """The calls of the window: when each ended, and whether it found nobody."""
        self._lost = 0

    @property
    def probing(self) -> bool:
        """Whether the endpoint is not known to be back: one call at a time."""
        return self._since is not None

    def away_s(self, now: float) -> float:
        """How long it has been down."""
        return 0.0 if self._since is None else now - self._since

    def pause_s(self, now: float) -> float:
        """How long to leave it alone."""
        return min(self.MOST_PAUSE_S, max(self._least_s, self.away_s(now)))

    def record(self, *, away: bool, probe: bool, now: float) -> Change | None:
        """Count a call that ended. `probe`: it began when the endpoint was known to be down."""
        if self._since is not None:
            # Calls that were in flight when it went down tell nothing new.
            if not probe:
                return None
            if away:
                return Change.still_down
            self.close()
            return Change.up
        self._row = self._row + 1 if away else 0
        if self._row < self.OPENS_AFTER and not self._half_lost(now, away=away):
            return None
        return self.open(now)

    def _half_lost(self, now: float, *, away: bool) -> bool:
        ended = self._ended
        ended.append((now, away))
        self._lost += away
        while ended[0][0] < now - self.WINDOW_S:
            self._lost -= ended.popleft()[1]
        return away and len(ended) >= self.LEAST_CALLS and self._lost >= self.SHARE * len(ended)

    def open(self, now: float, *, least_s: float = LEAST_PAUSE_S) -> Change:
        """It is known to be down, whatever calls said: looked at after `least_s` at the earliest."""
        change = Change.down if self._since is None else Change.still_down
        self._since = now if self._since is None else self._since
        self._least_s = least_s
        self._ended.clear()
        self._lost = 0
        return change

    def close(self) -> None:
        """It is known to be back."""
        self._since, self._row = None, 0


class RetryBudget:
    """Repeats may be a fifth of all first calls, and a few a second beyond that (D8).

    A repeat that is answered gives its share back, so that only fruitless ones are rationed: what a storm left behind
    is worked off at full width once it is over.
    """

    SHARE = 0.2
    PER_SECOND = 5.0
    START = 20.0
    MOST = 200.0

    def __init__(self) -> None:
        self._left = self.START
        self._at: float | None = None

    def first(self) -> None:
        """A call is made that was not made before."""
        self._left = min(self.MOST, self._left + self.SHARE)

    def answered(self) -> None:
        """A repeat was answered."""
        self._left = min(self.MOST, self._left + 1.0)

    def take(self, now: float) -> bool:
        """Whether a repeat may be made now; it is counted then."""
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(self.MOST, self._left + passed * self.PER_SECOND)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
