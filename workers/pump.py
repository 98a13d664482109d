"""Keeps the endpoint's slots full: claims in small groups, never waits for the slowest, stores in groups.

One event loop, made for one task and gone with it. A call that is told to come back later gives its slot up at once;
its unit returns by the clock of the database. The pump ends when nothing is ready, its slice is over, or the job
stopped; calls in flight are waited for, because they are paid for, unless the job was cancelled.
"""

import asyncio
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog

from app.adapters.llm_breaker import Change
from app.adapters.llm_outcomes import Answer, Failure, FailureCode, Outcome, failure
from app.repositories.endpoint_health import WELL
from app.services.asking import Ask
from app.services.telling import news
from workers import storing
from workers.desk import Desk
from workers.lanes import Group, Lane, delay_s
from workers.returned import Returned

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


class Pump:
    """One task's run over one job."""

    def __init__(
        self, desk: Desk, groups: Sequence[Group], *, ceiling: int, slice_s: float, stop: Callable[[], bool]
    ) -> None:
        self.desk, self.groups, self.ceiling, self.stop = desk, tuple(groups), ceiling, stop
        self.lanes = [lane for group in groups for lane in group.lanes]
        self.end = time.monotonic() + slice_s
        self.rng = random.Random()
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
            await self._look()
            await self._feed()
        finally:
            await self._finish(writer, watch)
        if self.broken:
            raise self.broken

    async def _watch(self) -> None:
        """End this pump when its job stops; of a cancelled one nobody waits for the calls in flight."""
        while True:
            await asyncio.sleep(WATCH_S)
            state = await self._look()
            self.changed.set()
            if state == "cancelled":
                for task in self.flying:
                    task.cancel()
                return

    async def _look(self) -> str:
        """What became of the job, and of its endpoints as other workers know them."""
        read_at = time.monotonic()
        state, seen = await asyncio.to_thread(self.desk.look, [lane.id for lane in self.lanes])
        lost = [lane.hear(seen.get(lane.id, WELL), read_at) for lane in self.lanes]
        # What is claimed here must not find again that nobody is there. A look that is due is another matter.
        self.desk.halted = self.desk.halted or (any(lost) and self._gone)
        return state

    @property
    def _gone(self) -> bool:
        """Whether no endpoint can be asked for a while."""
        now = time.monotonic()
        return all(lane.lost(now) for lane in self.lanes)

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
        await asyncio.to_thread(self.desk.give_back_unsent, [ask for group in self.groups for ask in group.drain()])

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
        return sum(group.queued for group in self.groups)

    @property
    def _limit(self) -> int:
        """Calls that may be in flight now."""
        return min(self.ceiling, sum(lane.limit for lane in self.lanes))

    def _nap(self) -> float:
        """Seconds to sleep at most when nothing changes."""
        if any(group.again for group in self.groups) and len(self.flying) < self._limit:
            return 0.05
        if self.dry or self.claiming:
            return 0.25
        return min(0.25, max(0.005, self.next_claim - time.monotonic()))

    def _fill_slots(self) -> None:
        now = time.monotonic()
        while len(self.flying) < self.ceiling and not self._done():
            found = self._next(now)
            if found is None:
                return
            lane, ask = found
            lane.flying += 1
            task = asyncio.create_task(self._call(lane, ask))
            self.flying.add(task)
            task.add_done_callback(partial(self._landed, lane, ask))

    def _next(self, now: float) -> tuple[Lane, Ask] | None:
        """The call to make now, and of whom; of several models the one that most calls wait for."""
        if len(self.groups) == 1:
            return self.groups[0].next(now)
        ordered = sorted(self.groups, key=_queued, reverse=True)
        return next((found for group in ordered if (found := group.next(now))), None)

    def _landed(self, lane: Lane, ask: Ask, task: asyncio.Task[None]) -> None:
        self.flying.discard(task)
        lane.flying -= 1
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
            self._group(ask).put(ask)
        await self._let_go_of_gone()
        for known in answered:
            await self.returned.put(known)
        self.dry = not asks and not answered and wait_s is None
        pause = 0.0 if asks or answered else max(0.02, min(wait_s if wait_s is not None else 0.2, 0.5))
        self.next_claim = time.monotonic() + pause
        self.changed.set()

    def _group(self, ask: Ask) -> Group:
        if len(self.groups) == 1:
            return self.groups[0]
        return next(group for group in self.groups if group.model == ask.request.model)

    async def _let_go_of_gone(self) -> None:
        """Give back what waits for a model that nobody answers for, so that it stands in no other's way."""
        if len(self.groups) == 1:
            return
        now = time.monotonic()
        for group in self.groups:
            if group.unknown:
                await asyncio.to_thread(self.desk.model_unknown, group.model, self._known_models(), group.drain())
            elif group.queued > (not group.wait_s(now)) and group.gone(now):
                asks = group.drain()
                if not group.wait_s(now) and not any(lane.flying for lane in group.lanes):
                    group.put(asks.pop())
                await asyncio.to_thread(self.desk.give_back_unsent, asks, delay_s=max(0.5, group.wait_s(now)))

    def _known_models(self) -> list[str]:
        return [group.model for group in self.groups if not group.unknown]

    async def _call(self, lane: Lane, ask: Ask) -> None:
        epoch, probe, begun = lane.aimd.epoch, lane.probing, time.monotonic()
        try:
            outcome = await lane.call(ask)
        except asyncio.CancelledError:
            # Whether it is billed nobody knows, so it is charged (D14).
            latency_s, why = time.monotonic() - begun, "the job was cancelled"
            cut = failure(FailureCode.cut_by_cancel, detail=why, latency_s=latency_s)
            self.returned.put_nowait(Returned(ask, cut, 0.0, lane=lane.id))
            return
        group = self._group(ask)
        if isinstance(outcome, Failure) and outcome.pause_job:
            outcome = self._refused(group, lane, outcome)
            # Not when it is stored: whoever is asked meanwhile refuses as well.
            self.desk.halted = self.desk.halted or outcome.pause_job
        lane.observe(outcome, epoch)
        if ask.unit.provider_failures and isinstance(outcome, Answer):
            lane.health.retries.answered()
        change = lane.note(outcome, probe=probe, at_once=len(group.lanes) > 1)
        # What one endpoint asks to wait another need not.
        elsewhere = lane.gone(time.monotonic()) and group.others(lane, time.monotonic())
        delay = 0.0 if elsewhere else delay_s(ask, outcome, self.rng)
        await self.returned.put(Returned(ask, outcome, delay, lane=lane.id))
        if change is not None:
            await self._tell(lane, outcome, change)
        if group.unknown:
            await self._let_go_of_gone()

    def _refused(self, group: Group, lane: Lane, outcome: Failure) -> Failure:
        """What a refusal of every call means beside other endpoints, and a model that nobody serves beside others."""
        outcome = group.refuse(lane, outcome)
        unknown = outcome.pause_job and outcome.code is FailureCode.model_not_found
        if not unknown or self._known_models() in ([], [group.model]):
            return outcome
        group.unknown = True
        return replace(outcome, pause_job=False)

    async def _tell(self, lane: Lane, outcome: Outcome, change: Change) -> None:
        """Tell others of an endpoint that is down or back; with the last of them this pump ends."""
        told = news(change, lane.health.breaker, outcome, time.monotonic())
        lane.health.news_from = math.inf
        try:
            await asyncio.to_thread(self.desk.endpoint_changed, lane.id, told, halts=self._gone)
        finally:
            lane.health.news_from = time.monotonic()
        await self._let_go_of_gone()
        self.changed.set()

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


def _queued(group: Group) -> int:
    return group.queued
