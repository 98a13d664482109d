"""When to stop calling an endpoint that is down, and how many of the calls may be repeats.

Two small machines without I/O beside those of `llm_limits`; time comes from the caller, in seconds of a monotonic
clock. A worker process keeps one of each per endpoint from one task to the next.
"""

from enum import StrEnum

from app.adapters.llm_outcomes import Failure, FailureCode, Outcome

_AWAY = frozenset({FailureCode.connect_failed, FailureCode.disconnected, FailureCode.server_error, FailureCode.timeout})


def is_away(outcome: Outcome) -> bool:
    """Whether a call came to nothing because its endpoint is not there, rather than busy or unwilling."""
    return isinstance(outcome, Failure) and outcome.code in _AWAY


class Change(StrEnum):
    """What a call told of its endpoint."""

    down = "down"
    """It is down; nobody had noticed."""
    still_down = "still_down"
    up = "up"
    """It answers again."""


class Breaker:
    """Opens after `OPENS_AFTER` calls in a row found nobody; then one call at a time looks whether it is back (D10).

    The pause between two looks grows with the outage, from 1 s to 20 s.
    """

    OPENS_AFTER = 8
    LEAST_PAUSE_S = 1.0
    MOST_PAUSE_S = 20.0

    def __init__(self) -> None:
        self._row = 0
        self._since: float | None = None

    @property
    def probing(self) -> bool:
        """Whether the endpoint is not known to be back: one call at a time."""
        return self._since is not None

    def away_s(self, now: float) -> float:
        """How long it has been down."""
        return 0.0 if self._since is None else now - self._since

    def pause_s(self, now: float) -> float:
        """How long to leave it alone."""
        return min(self.MOST_PAUSE_S, max(self.LEAST_PAUSE_S, self.away_s(now)))

    def record(self, *, away: bool, probe: bool, now: float) -> Change | None:
        """Count a call that ended. `probe`: it began when the endpoint was known to be down."""
        if not away:
            self._row = 0
            back, self._since = self._since is not None, None
            return Change.up if back else None
        self._row += 1
        if self._since is not None:
            # Calls that were in flight when it went down tell nothing new.
            return Change.still_down if probe else None
        if self._row < self.OPENS_AFTER:
            return None
        self._since = now
        return Change.down


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
