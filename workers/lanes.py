"""Who a pump asks: each endpoint with each key has its own limit, pause, breaker and retry budget.

A group holds the lanes of one model and the calls that wait for one. A call goes to the lane whose turn it is by weight
among those with room; a lane that is away loses its share to the others at once, and gets it back when one call, its
look, was answered. Opens no connection and no transaction.
"""

import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import msgspec

from app.adapters.llm_breaker import Change, is_away
from app.adapters.llm_limits import RETRY_AFTER_CAP_S, AdaptiveDeadline, Aimd
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, LlmRequest, Outcome
from app.repositories.endpoint_health import Seen
from app.services.asking import Ask
from app.telemetry import CALL_SECONDS, CALLS
from workers.endpoints import Health

OVERLOAD = frozenset({FailureCode.rate_limited, FailureCode.server_error, FailureCode.timeout})
REFUSED_PAUSE_S = 20.0
"""Pause between two looks at an endpoint that refuses a key: a person has to change something first."""
GONE_S = 5.0
"""A lane that asked for a longer pause is not waited for while others can be asked."""


class Caller(Protocol):
    """What a lane asks."""

    async def complete(self, request: LlmRequest, *, deadline_s: float, request_id: str) -> Outcome:
        """The outcome of one call; never raises for what the endpoint does."""

    def shorten(self, seconds: float) -> None:
        """No call in flight may take longer than so many seconds from its beginning."""


class Lane:
    """One endpoint with one key for one model, as one pump asks it."""

    def __init__(
        self,
        client: Caller,
        name: str,
        *,
        ceiling: int,
        deadline_s: float,
        health: Health | None = None,
        weight: float = 1.0,
        there: str | None = None,
    ) -> None:
        self.client, self.id, self.weight, self.there = client, name, weight, there
        self.health = health or Health()
        self.aimd = Aimd(ceiling=ceiling)
        self.deadline = AdaptiveDeadline(cap_s=deadline_s, floor_s=0.6)
        self.flying = 0
        self.turn = 0.0
        self.quiet_until = 0.0
        """No call before this: it asked for a pause, is down, or said so in a storm of 429s."""
        self.refused: Failure | None = None
        """Why no call can succeed there until a person acts."""

    @property
    def probing(self) -> bool:
        """Whether it is not known to be back: one call at a time."""
        return self.health.breaker.probing

    @property
    def limit(self) -> int:
        """Calls that may be in flight there now."""
        return 1 if self.health.breaker.probing else self.aimd.limit

    def room(self, now: float) -> bool:
        """Whether a call may start there."""
        return now >= self.quiet_until and self.flying < self.limit

    def gone(self, now: float) -> bool:
        """Whether others should be asked in its place."""
        return self.health.breaker.probing or self.quiet_until > now + GONE_S

    def lost(self, now: float) -> bool:
        """Whether nothing can come of it for now: no look is due or on its way either."""
        return self.quiet_until > now and self.gone(now)

    async def call(self, ask: Ask) -> Outcome:
        """The outcome of one call."""
        request = ask.request if self.there is None else msgspec.structs.replace(ask.request, model=self.there)
        limit_s = self.deadline.current_s
        return await self.client.complete(request, deadline_s=limit_s, request_id=ask.request_id)

    def observe(self, outcome: Outcome, epoch: int) -> None:
        """Count a call that began at `epoch` and let it set the pace of later ones."""
        CALLS.labels("ok" if isinstance(outcome, Answer) else outcome.code.value).inc()
        CALL_SECONDS.observe(outcome.latency_s)
        overloaded = isinstance(outcome, Failure) and outcome.code in OVERLOAD
        self.aimd.record(overloaded=overloaded, epoch=epoch)
        if isinstance(outcome, Answer):
            self._observe_latency(outcome.latency_s)
            self.refused = None
        elif outcome.code is FailureCode.timeout:
            self.deadline.observe_timeout()
        elif outcome.code is FailureCode.rate_limited and self.aimd.storming:
            self.pause(outcome.retry_after_s or 0.0)

    def _observe_latency(self, latency_s: float) -> None:
        before = self.deadline.current_s
        self.deadline.observe(latency_s)
        if self.deadline.current_s < before:
            # The first calls began when nobody knew how long an answer takes; those that hang would hang to the cap.
            self.client.shorten(self.deadline.current_s)

    def pause(self, seconds: float) -> None:
        """Start no call there for so long."""
        self.quiet_until = max(self.quiet_until, time.monotonic() + seconds)

    def note(self, outcome: Outcome, *, probe: bool, at_once: bool) -> Change | None:
        """What a call told of its health. `at_once`: others can be asked, so a single refusal is enough."""
        breaker, now = self.health.breaker, time.monotonic()
        if at_once and self.refused is not None and outcome is self.refused:
            change: Change | None = breaker.open(now, least_s=REFUSED_PAUSE_S)
        elif at_once and not probe and isinstance(outcome, Failure) and outcome.code is FailureCode.connect_failed:
            change = None if breaker.probing else breaker.open(now)
        else:
            change = breaker.record(away=is_away(outcome), probe=probe, now=now)
        if change in (Change.down, Change.still_down):
            self.pause(breaker.pause_s(now))
        return change or self._long_pause(outcome, now)

    def _long_pause(self, outcome: Outcome, now: float) -> Change | None:
        wait_s = 0.0 if isinstance(outcome, Answer) else outcome.retry_after_s or 0.0
        if wait_s < RETRY_AFTER_CAP_S:
            return None
        known = self.quiet_until > now + wait_s / 2
        self.pause(wait_s)
        return None if known else Change.pause

    def hear(self, seen: Seen, read_at: float) -> bool:
        """Take in what other workers found, as it was at `read_at`; whether the lane was lost by it."""
        now = time.monotonic()
        if read_at < self.health.news_from:
            return False
        before = self.gone(now)
        if self.health.hear(seen, now):
            self.quiet_until = now
        if seen.pause_s:
            self.pause(seen.pause_s)
        return not before and self.gone(now)


class Group:
    """The lanes of one model and the calls that wait for one."""

    def __init__(self, lanes: Sequence[Lane], *, model: str = "") -> None:
        self.lanes, self.model = tuple(lanes), model
        self.waiting: deque[Ask] = deque()
        self.again: deque[Ask] = deque()
        """Those that wait for a repeat; the retry budget says when."""
        self.unknown = False
        """None of its endpoints serves the model."""
        self._clock = 0.0

    @property
    def queued(self) -> int:
        """Claimed units that wait for a slot."""
        return len(self.waiting) + len(self.again)

    def put(self, ask: Ask) -> None:
        """Let a call wait."""
        (self.again if ask.unit.provider_failures else self.waiting).append(ask)

    def drain(self) -> list[Ask]:
        """All that wait; none does any more."""
        found = [*self.again, *self.waiting]
        self.again.clear()
        self.waiting.clear()
        return found

    def gone(self, now: float) -> bool:
        """Whether nobody can be asked for a while."""
        return all(lane.gone(now) for lane in self.lanes)

    def wait_s(self, now: float) -> float:
        """Seconds until one of the lanes may be looked at."""
        return max(0.0, min(lane.quiet_until for lane in self.lanes) - now)

    def others(self, lane: Lane, now: float) -> bool:
        """Whether another lane can be asked."""
        return any(other is not lane and not other.gone(now) for other in self.lanes)

    def next(self, now: float) -> tuple[Lane, Ask] | None:
        """The call to make now, and of whom: a first one, else a repeat if its budget allows one.

        Who is refused waits a second or so: met early, that second passes beside other calls, and not after the last.
        """
        if not self.waiting and not self.again:
            return None
        for lane in self._with_room(now):
            retries = lane.health.retries
            if self.waiting:
                retries.first()
                ask = self.waiting.popleft()
            elif retries.take(now):
                ask = self.again.popleft()
            else:
                continue
            # A lane that was away does not get back what it missed: its turn counts from now on.
            self._clock = max(self._clock, lane.turn)
            lane.turn = self._clock + 1.0 / lane.weight
            return lane, ask
        return None

    def _with_room(self, now: float) -> Sequence[Lane]:
        if len(self.lanes) == 1:
            return self.lanes if self.lanes[0].room(now) else ()
        return sorted((lane for lane in self.lanes if lane.room(now)), key=_turn)

    def refuse(self, lane: Lane, outcome: Failure) -> Failure:
        """A refusal of every call, as the job should take it: one of several lanes leaves its calls to the others."""
        others = [other for other in self.lanes if other is not lane]
        if any(other.refused is None for other in others):
            lane.refused = replace(outcome, pause_job=False)
        elif others:
            told = [f"{one.id}: {one.refused.code}: {one.refused.detail}" for one in others if one.refused]
            lane.refused = replace(outcome, detail="; ".join([f"{outcome.detail} ({lane.id})", *told]))
        else:
            lane.refused = outcome
        return lane.refused


def _turn(lane: Lane) -> float:
    return lane.turn


def delay_s(ask: Ask, outcome: Outcome, rng: random.Random) -> float:
    """Seconds until a call that came back may be made again."""
    if isinstance(outcome, Answer):
        return 0.0
    if outcome.retry_after_s is not None:
        return outcome.retry_after_s
    if outcome.code is FailureCode.timeout:
        return 0.0
    # Full jitter: equal waits would make the next wave as high as the last.
    return rng.uniform(0, min(30.0, 0.5 * 2.0 ** min(ask.unit.provider_failures, 6)))
