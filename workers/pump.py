"""Keeps the endpoint's slots full: claims in small groups, never waits for the slowest, stores in groups.

One event loop, made for one task and gone with it. A call that is told to come back later gives its slot up at once;
its unit returns by the clock of the database. The pump ends when nothing is ready, its slice is over, or the job
stopped; calls in flight are waited for, because they are paid for, unless the job was cancelled.
"""

import asyncio
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial

import structlog

from app.adapters.llm_breaker import is_away
from app.adapters.llm_limits import AdaptiveDeadline, Aimd
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, Outcome, failure
from app.services.asking import Ask
from app.telemetry import CALL_SECONDS, CALLS
from workers import storing
from workers.desk import Desk, Returned
from workers.endpoints import Health
from workers.routing import Caller

log = structlog.get_logger(__name__)

CLAIM_SIZE = 32
"""Units a claim takes at most; a claim of 16 to 64 costs a thirtieth of a single one each."""
LOW_WATER = 64
"""Claimed units that should wait for a slot, so that no slot waits for the database; never more than there are slots.
Must be well above CLAIM_SIZE, or a claim only begins when slots stand empty."""
GROUP = 256
"""Answers stored in one transaction at most."""
GATHER_S = 0.03
"""How long the writer waits for more answers to go with the first."""
SWITCH_S = 0.0005
"""How long a thread that stores may keep the interpreter from the event loop; Python's 5 ms leave slots empty."""
WATCH_S = 0.4
"""Pause between two looks at the job: a cancelled one ends within a second."""
OVERLOAD = frozenset({FailureCode.rate_limited, FailureCode.server_error, FailureCode.timeout})


class Pump:
    """One task's run over one job."""

    def __init__(
        self,
        desk: Desk,
        client: Caller,
        *,
        ceiling: int,
        deadline_s: float,
        slice_s: float,
        stop: Callable[[], bool],
        health: Health | None = None,
    ) -> None:
        self.desk, self.client, self.stop = desk, client, stop
        self.health = health or Health()
        self.quiet_until = 0.0
        """No call before this: an endpoint in a storm of 429s said so."""
        self.end = time.monotonic() + slice_s
        self.aimd = Aimd(ceiling=ceiling)
        self.deadline = AdaptiveDeadline(cap_s=deadline_s, floor_s=0.6)
        self.rng = random.Random()
        self.waiting: deque[Ask] = deque()
        self.again: deque[Ask] = deque()
        """Those that wait for a repeat; the retry budget says when."""
        self.flying: set[asyncio.Task[None]] = set()
        self.returned: asyncio.Queue[Returned | None] = asyncio.Queue()
        self.claiming: asyncio.Task[None] | None = None
        self.changed = asyncio.Event()
        self.next_claim = 0.0
        self.dry = False
        self.broken: BaseException | None = None
        """Why claiming or storing failed: calls that nobody can store must not be made."""

    async def run(self) -> None:
        """Pump until there is nothing more to do here; everything claimed is stored or given back.

        Raises what made claiming or storing fail, once all that could be saved is; the leases of the rest run out.
        """
        sys.setswitchinterval(SWITCH_S)
        writer = asyncio.create_task(self._write())
        writer.add_done_callback(self._ended)
        watch = asyncio.create_task(self._watch())
        watch.add_done_callback(self._ended)
        try:
            await self._feed()
        finally:
            await self._finish(writer, watch)
        if self.broken:
            raise self.broken

    async def _watch(self) -> None:
        """End this pump when its job stops; of a cancelled one nobody waits for the calls in flight."""
        while True:
            await asyncio.sleep(WATCH_S)
            state = await asyncio.to_thread(self.desk.job_state)
            self.changed.set()
            if state == "cancelled":
                for task in self.flying:
                    task.cancel()
                return

    async def _finish(self, writer: asyncio.Task[None], watch: asyncio.Task[None]) -> None:
        self.end = 0.0  # no call starts from here on
        if self.claiming:
            await asyncio.wait([self.claiming])
        while self.flying:
            await asyncio.wait(self.flying)
        watch.cancel()
        await asyncio.wait([watch])
        self.returned.put_nowait(None)
        await asyncio.wait([writer])
        await asyncio.to_thread(self.desk.give_back_unsent, [*self.again, *self.waiting])

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A claim or the writer came to its end."""
        if not task.cancelled() and (error := task.exception()):
            log.error("pump.broken", exc_info=error)
            self.broken = self.broken or error
        self.changed.set()

    def _done(self) -> bool:
        return time.monotonic() > self.end or self.stop() or self.desk.halted or self.broken is not None

    async def _feed(self) -> None:
        while not self._done():
            self._fill_slots()
            self._top_up()
            if self.dry and not self._queued and not self.flying and self.returned.empty() and self.desk.idle:
                return
            self.changed.clear()
            try:
                async with asyncio.timeout(self._nap()):
                    await self.changed.wait()
            except TimeoutError:
                continue

    @property
    def _queued(self) -> int:
        """Claimed units that wait for a slot."""
        return len(self.waiting) + len(self.again)

    @property
    def _limit(self) -> int:
        """Calls that may be in flight now."""
        return 1 if self.health.breaker.probing else self.aimd.limit

    def _nap(self) -> float:
        """Seconds to sleep at most when nothing changes."""
        if self.again and len(self.flying) < self._limit:
            return 0.05
        if self.dry or self.claiming:
            return 0.25
        return min(0.25, max(0.005, self.next_claim - time.monotonic()))

    def _fill_slots(self) -> None:
        now = time.monotonic()
        while now >= self.quiet_until and len(self.flying) < self._limit and not self._done():
            ask = self._next(now)
            if ask is None:
                return
            task = asyncio.create_task(self._call(ask))
            self.flying.add(task)
            task.add_done_callback(partial(self._landed, ask))

    def _next(self, now: float) -> Ask | None:
        """The call to make now: a repeat, as they have waited longest, if the budget allows one; else a first call."""
        if self.again and self.health.retries.take(now):
            return self.again.popleft()
        if not self.waiting:
            return None
        self.health.retries.first()
        return self.waiting.popleft()

    def _landed(self, ask: Ask, task: asyncio.Task[None]) -> None:
        self.flying.discard(task)
        self._fill_slots()
        self.changed.set()
        if not task.cancelled() and (error := task.exception()):
            # A fault of ours, as the client returns all others: the lease runs out and the crash counts.
            log.error("call.crashed", unit=ask.unit.id, exc_info=error)
            self.desk.abandon([ask.unit.token])

    def _top_up(self) -> None:
        room = min(LOW_WATER, self._limit) + self._limit - self._queued - len(self.flying)
        backlog = self.returned.qsize() > GROUP
        if self.claiming or backlog or room < min(CLAIM_SIZE, self._limit) or time.monotonic() < self.next_claim:
            return
        self.claiming = asyncio.create_task(self._claim(min(room, CLAIM_SIZE * 2)))
        self.claiming.add_done_callback(self._ended)

    async def _claim(self, limit: int) -> None:
        try:
            asks, answered, wait_s = await asyncio.to_thread(self.desk.claim, limit)
        finally:
            self.claiming = None
        for ask in asks:
            (self.again if ask.unit.provider_failures else self.waiting).append(ask)
        for known in answered:
            await self.returned.put(known)
        self.dry = not asks and not answered and wait_s is None
        pause = 0.0 if asks or answered else max(0.02, min(wait_s if wait_s is not None else 0.2, 0.5))
        self.next_claim = time.monotonic() + pause
        self.changed.set()

    async def _call(self, ask: Ask) -> None:
        epoch, probe = self.aimd.epoch, self.health.breaker.probing
        limit_s, begun = self.deadline.current_s, time.monotonic()
        try:
            outcome = await self.client.complete(ask.request, deadline_s=limit_s, request_id=ask.request_id)
        except asyncio.CancelledError:
            # Whether it is billed nobody knows, so it is charged (D14).
            latency_s, why = time.monotonic() - begun, "the job was cancelled"
            cut = failure(FailureCode.cut_by_cancel, detail=why, latency_s=latency_s)
            self.returned.put_nowait(Returned(ask, cut, 0.0))
            return
        self._observe(outcome, epoch)
        if ask.unit.provider_failures and isinstance(outcome, Answer):
            self.health.retries.answered()
        delay = self._delay_s(ask, outcome)
        await self.returned.put(Returned(ask, outcome, delay))
        await self._tell(outcome, probe=probe)

    async def _tell(self, outcome: Outcome, *, probe: bool) -> None:
        """Note what a call says of the endpoint's health; when it is down, this pump ends and others leave it alone."""
        breaker, now = self.health.breaker, time.monotonic()
        change = breaker.record(away=is_away(outcome), probe=probe, now=now)
        if change is not None:
            reason = "" if isinstance(outcome, Answer) else outcome.detail
            away = (breaker.away_s(now), breaker.pause_s(now))
            await asyncio.to_thread(self.desk.endpoint_changed, change, *away, reason=reason)
            self.changed.set()

    def _observe(self, outcome: Outcome, epoch: int) -> None:
        code = "ok" if isinstance(outcome, Answer) else outcome.code.value
        CALLS.labels(code).inc()
        CALL_SECONDS.observe(outcome.latency_s)
        overloaded = isinstance(outcome, Failure) and outcome.code in OVERLOAD
        self.aimd.record(overloaded=overloaded, epoch=epoch)
        if isinstance(outcome, Answer):
            self.deadline.observe(outcome.latency_s)
        elif outcome.code is FailureCode.timeout:
            self.deadline.observe_timeout()
        elif outcome.code is FailureCode.rate_limited and self.aimd.storming:
            self.quiet_until = max(self.quiet_until, time.monotonic() + (outcome.retry_after_s or 0.0))

    def _delay_s(self, ask: Ask, outcome: Outcome) -> float:
        if isinstance(outcome, Answer):
            return 0.0
        if outcome.retry_after_s is not None:
            return outcome.retry_after_s
        if outcome.code is FailureCode.timeout:
            return 0.0
        # Full jitter: equal waits would make the next wave as high as the last.
        return self.rng.uniform(0, min(30.0, 0.5 * 2.0 ** min(ask.unit.provider_failures, 6)))

    async def _write(self) -> None:
        ended = False
        while not ended:
            group = [await self.returned.get()]
            await asyncio.sleep(GATHER_S)
            while len(group) < GROUP and not self.returned.empty():
                group.append(self.returned.get_nowait())
            ended = group[-1] is None
            items = [item for item in group if item is not None]
            if items:
                await asyncio.to_thread(storing.store, self.desk, items)
                # Some of them may be ready again.
                self.dry = False
            self.changed.set()
