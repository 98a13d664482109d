"""How long to wait for an LLM endpoint, how hard to press it, and when to ask again.

Three small machines without I/O: the Retry-After reader (D7), a deadline that follows the latency seen, and AIMD
concurrency (D9, after TCP and Netflix's concurrency-limits). The pump owns one of each per endpoint and feeds them
outcomes; none of them knows HTTP beyond header names.
"""

import math
import random
from collections import deque
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

RETRY_AFTER_CAP_S = 120.0
"""Longest wait an endpoint can impose on a unit, in seconds; openai-python caps at the same value."""

BACKOFF_BASE_S = 0.5
BACKOFF_CAP_S = 30.0


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds to wait in [0, 120], or None when the endpoint gave no usable value.

    `headers` has lower-case names, `now` is Unix time. Milliseconds win over seconds. Negative, NaN, infinite or
    unreadable values and dates in the past count as absent. A date is read against the response's own Date header
    where there is one, so that a skewed clock on either side does not matter.
    """
    millis = _finite(headers.get("retry-after-ms"))
    if millis is not None:
        return min(millis / 1000.0, RETRY_AFTER_CAP_S)
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _finite(value)
    if seconds is not None:
        return min(seconds, RETRY_AFTER_CAP_S)
    until = _http_date(value)
    if until is None:
        return None
    wait = until - (_http_date(headers.get("date")) or now)
    return min(wait, RETRY_AFTER_CAP_S) if wait >= 0 else None


def _finite(value: str | None) -> float | None:
    """A finite number >= 0, or None."""
    if value is None or len(value) > 32:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _http_date(value: str | None) -> float | None:
    """Unix time of an HTTP-date, or None."""
    if value is None or len(value) > 64:
        return None
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def backoff_s(attempt: int, rng: random.Random) -> float:
    """Full-jitter wait in seconds before try `attempt` + 1 (attempt counts from 0), at most 30 s."""
    ceiling = min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2.0 ** min(attempt, 16))
    return rng.uniform(0.0, ceiling)


class AdaptiveDeadline:
    """Total deadline of a call: max(floor, 3 x p95 of recent latencies), at most the cap.

    Before `warmup` answers the cap holds. A cut call is not a latency: 5 % of hangs must not push p95 to the cap. But
    when more than a quarter of the recent calls are cut, the endpoint has become slower than the deadline, which
    would then never learn it; so the deadline doubles, again and again, until calls get through.
    """

    FACTOR = 3.0
    WINDOW = 256
    CUT_SHARE = 0.25
    REFRESH = 16

    def __init__(self, *, floor_s: float = 2.0, cap_s: float = 120.0, warmup: int = 20) -> None:
        self._floor_s = floor_s
        self._cap_s = cap_s
        self._warmup = warmup
        self._latencies: deque[float] = deque(maxlen=self.WINDOW)
        self._recent: deque[bool] = deque(maxlen=32)
        self._stretch = 1.0
        self._since_refresh = 0
        self._current_s = cap_s

    @property
    def current_s(self) -> float:
        """The deadline for a call that starts now, in seconds."""
        return self._current_s

    def observe(self, latency_s: float) -> None:
        """Record a call that ended by itself."""
        self._latencies.append(latency_s)
        self._recent.append(False)
        self._since_refresh += 1
        if self._since_refresh >= self.REFRESH or len(self._latencies) == self._warmup:
            self._refresh()

    def observe_timeout(self) -> None:
        """Record a call that was cut at the deadline."""
        self._recent.append(True)
        if len(self._recent) >= 8 and sum(self._recent) > self.CUT_SHARE * len(self._recent):
            self._stretch = min(self._stretch * 2.0, self._cap_s / self._floor_s)
            self._recent.clear()
            self._refresh()

    def _refresh(self) -> None:
        self._since_refresh = 0
        if len(self._latencies) < self._warmup:
            return
        if self._stretch > 1.0 and len(self._recent) == self._recent.maxlen and not any(self._recent):
            self._stretch = max(1.0, self._stretch / 2.0)
        ordered = sorted(self._latencies)
        p95 = ordered[min(len(ordered) - 1, math.ceil(0.95 * len(ordered)) - 1)]
        self._current_s = min(self._cap_s, max(self._floor_s, self.FACTOR * p95) * self._stretch)


class Aimd:
    """How many calls to keep in flight: +1 per clean window, halved at most once per overloaded window (D9).

    A window is as many finished calls as the limit (at least 8). Only the share of overload answers (429, 503,
    timeout) counts: an endpoint that answers 10 % with 429 at any load is served best at full width with the units
    put back by timer, while a share above `high` means that we are the cause. Where nearly every answer is an
    overload the limit is quartered, so that 64 reach the floor in three windows. Calls that started before a cut are
    ignored after it, or one storm would be punished twice.
    """

    CLEAN_SHARE = 0.15
    STORM_SHARE = 0.9
    MIN_WINDOW = 8

    def __init__(self, *, ceiling: int, start: int | None = None, floor: int = 1, high: float = 0.35) -> None:
        self._ceiling = max(ceiling, floor)
        self._floor = floor
        self._high = high
        self._limit = min(self._ceiling, max(floor, ceiling if start is None else start))
        self._epoch = 0
        self._done = 0
        self._overloaded = 0
        self.storming = False
        """Whether most of the last window was overload: then what one call is told to wait holds for all."""

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return self._limit

    @property
    def epoch(self) -> int:
        """Number of cuts so far; note it when a call starts and hand it to `record`."""
        return self._epoch

    def record(self, *, overloaded: bool, epoch: int) -> None:
        """Count a finished call that started at `epoch`; adjusts the limit at the end of a window."""
        if epoch != self._epoch:
            return
        self._done += 1
        self._overloaded += overloaded
        if self._done < max(self._limit, self.MIN_WINDOW):
            return
        share = self._overloaded / self._done
        self._done = self._overloaded = 0
        self.storming = share > self._high
        if self.storming:
            divisor = 4 if share >= self.STORM_SHARE else 2
            self._limit = max(self._floor, self._limit // divisor)
            self._epoch += 1
        elif share <= self.CLEAN_SHARE:
            self._limit = min(self._ceiling, self._limit + 1)
