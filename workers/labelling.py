"""The unit that asks an LLM for a classifier's labels, a slice of time at once.

One event loop a slice. Every label is stored as it comes; a call that is told to come back later waits in its own slot.
The unit goes back to the queue between slices, so that a worker with one core still ingests and scores meanwhile.
"""

import asyncio
import random
import time
from functools import partial

import structlog

from app.adapters.llm import LlmClient
from app.adapters.llm_breaker import Change
from app.adapters.llm_endpoints import Endpoint, parse_endpoint
from app.adapters.llm_limits import AdaptiveDeadline, Aimd, backoff_s
from app.adapters.llm_outcomes import Answer, Failure, FailureCode
from app.db.session import retrying
from app.domain.lanes import Lane
from app.domain.steps import Step
from app.errors import InvalidInputError
from app.repositories import classifier_labels
from app.repositories.classifiers import ClassifierRow
from app.repositories.units import ClaimedUnit
from app.services import labelling
from app.services.labelling import LabelAsk
from app.settings import Settings, get_settings
from workers import endpoints, one_lane, resources, stopping

log = structlog.get_logger(__name__)

SLICE_S = 10.0
"""Seconds of asking before other CPU units have their turn."""
PAUSE_S = 2.0
"""How long that turn is at least: a unit without a job would else be first in the queue again at once."""
AWAY_S = 30.0
"""Pause after a slice in which nothing was answered."""
OVERLOAD = frozenset({FailureCode.rate_limited, FailureCode.server_error, FailureCode.timeout})


class LabellerRefusedError(InvalidInputError):
    """The LLM will answer no call ({reason}). Correct that, then let the labelling go on; labels are kept."""

    code = "labeller_refused"


def run(unit: ClaimedUnit) -> list[Step]:
    """Ask for as many labels as fit a slice; train when none is left, or no budget for one."""
    engine, settings = resources.engine(), get_settings()
    row = retrying(engine, lambda s: labelling.prepare(s, unit))
    away_s = one_lane.pause_s(lane_of(row))
    if away_s:
        retrying(engine, lambda s: labelling.put_back(s, unit, delay_s=away_s, away=False))
        return []
    slice_ = Slice(unit, row, deadline_s=settings.llm_deadline_s, slice_s=SLICE_S)
    asyncio.run(slice_.run(endpoint_of(row, settings), max_body_bytes=settings.llm_max_body_bytes))
    if slice_.refused:
        raise LabellerRefusedError(reason=slice_.refused)
    if slice_.finished:
        return retrying(engine, lambda s: labelling.finish(s, unit))
    away = not slice_.answered
    delay_s = slice_.down_s or (AWAY_S if away else PAUSE_S)
    retrying(engine, lambda s: labelling.put_back(s, unit, delay_s=delay_s, away=away))
    return []


def lane_of(row: ClassifierRow) -> str:
    """What the endpoint's health is known by."""
    return Lane(row.source["model"], row.source["endpoint"]).id


def endpoint_of(row: ClassifierRow, settings: Settings) -> Endpoint:
    """Where the labels are asked for; a key of the operator's goes to its own endpoint alone."""
    url = row.source["endpoint"]
    named = (one.api_key for one in settings.llm_endpoints if one.base_url == url)
    key = settings.llm_api_key if url == settings.llm_base_url else next(named, None)
    return parse_endpoint(url, key=key.get_secret_value() if key else None)


class Slice:
    """One run over the labels that wait."""

    def __init__(self, unit: ClaimedUnit, row: ClassifierRow, *, deadline_s: float, slice_s: float) -> None:
        self.unit, self.row = unit, row
        self.end = time.monotonic() + slice_s
        self.aimd = Aimd(ceiling=row.source["concurrency"])
        self.deadline = AdaptiveDeadline(cap_s=deadline_s)
        self.rng = random.Random()
        self.flying: set[asyncio.Task[None]] = set()
        self.lane = lane_of(row)
        self.breaker = endpoints.health_of(self.lane).breaker
        self.down_s = 0.0
        """How long the endpoint is to be left alone; ends the slice."""
        self.answered = 0
        self.refused: str | None = None
        """Why no further call makes sense."""
        self.finished = False
        """No label is left to ask for, or no budget."""

    async def run(self, endpoint: Endpoint, *, max_body_bytes: int) -> None:
        """Ask until the slice is over; calls in flight are waited for, because they are paid for."""
        ceiling = self.row.source["concurrency"]
        async with LlmClient(endpoint, concurrency=ceiling, max_body_bytes=max_body_bytes) as client:
            try:
                while not self._over() and await self._fill(client):
                    await self._land()
            finally:
                while self.flying:
                    await self._land()

    def _over(self) -> bool:
        ended = self.refused is not None or self.finished or self.down_s > 0
        return ended or time.monotonic() > self.end or stopping.stop_requested()

    async def _fill(self, client: LlmClient) -> bool:
        """Start calls in free slots; False when nothing is in flight and nothing more can be."""
        room = (1 if self.breaker.probing else self.aimd.limit) - len(self.flying)
        if room > 0:
            take = partial(labelling.take, unit=self.unit, row=self.row, limit=room)
            asks, short = await asyncio.to_thread(retrying, resources.engine(), take)
            for ask in asks:
                self.flying.add(asyncio.create_task(self._call(client, ask)))
            # With calls in flight the budget may yet turn out larger: they reserve more than they will use.
            if not asks and not self.flying:
                self.finished = True
                log.info("labelling.ended", classifier=self.row.id, budget_left=not short)
        return bool(self.flying)

    async def _land(self) -> None:
        done, self.flying = await asyncio.wait(self.flying, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _call(self, client: LlmClient, ask: LabelAsk) -> None:
        epoch, probe = self.aimd.epoch, self.breaker.probing
        request_id = f"label-{self.row.id}-{ask.label.seed_id}-{ask.label.repeat}-{self.unit.token}"
        outcome = await client.complete(ask.request, deadline_s=self.deadline.current_s, request_id=request_id)
        came = labelling.came_of(self.row, ask, outcome, healthy=self.answered > 0)
        put = partial(classifier_labels.put, came=[came])
        await asyncio.to_thread(retrying, resources.engine(), put)
        news = one_lane.count(self.lane, outcome, probe=probe)
        if news is not None:
            self.down_s = max(self.down_s, 0.0 if news.change is Change.up else news.pause_s)
            await asyncio.to_thread(one_lane.tell, self.lane, news)
        if isinstance(outcome, Answer):
            self.answered += 1
            self.deadline.observe(outcome.latency_s)
            self.aimd.record(overloaded=False, epoch=epoch)
        else:
            await self._failed(outcome, epoch)

    async def _failed(self, failure: Failure, epoch: int) -> None:
        self.aimd.record(overloaded=failure.code in OVERLOAD, epoch=epoch)
        if failure.code is FailureCode.timeout:
            self.deadline.observe_timeout()
        if failure.pause_job:
            self.refused = f"{failure.code.value}: {failure.detail}"
        elif failure.retry:
            wait = failure.retry_after_s if failure.retry_after_s is not None else backoff_s(3, self.rng)
            # The slot waits, and no longer than the slice: the label itself is ready for whoever comes next.
            await asyncio.sleep(0.0 if self.down_s else max(0.0, min(wait, self.end - time.monotonic())))
