"""The pump's paperwork, done in threads: claims and asks, stores what came, has it judged, ends the units."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
import zstandard
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.adapters.llm_outcomes import Answer, Failure, FailureCode
from app.db.session import retrying
from app.dispatch import send
from app.domain.records import JobId
from app.repositories import beats, endpoint_health, jobs, llm_calls
from app.repositories.endpoint_health import Seen
from app.repositories.llm_calls import NewCall, StoredCall
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import asking, refining, rounds, telling, vectors
from app.services.asking import Ask, JobContext
from app.services.refining import Ended
from app.services.telling import News
from app.telemetry import FENCED, UNITS
from workers.judging import Item
from workers.returned import Returned, replayed, spend_of

log = structlog.get_logger(__name__)

MAX_TRIES = 4
"""Useless answers after which a unit is rejected."""
MAX_PAID_FAILURES = 20
"""Paid time-outs and cut answers after which a unit is rejected: some prompt of it never comes to an end."""
MAX_SERVER_ERRORS = 40
"""Free 500s after which a unit is rejected, if others are answered meanwhile: this prompt breaks the server."""
HEALTHY_S = 60.0
"""An endpoint that answered somebody this recently is up."""
BACKOFF_STEPS = 6
"""Failures that lengthen the back-off. Further free ones do not count, for they are never held against the unit."""


@dataclass
class _Sorted:
    """What a group of returned calls comes to."""

    answers: list[tuple[Returned, Answer]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    back: list[GiveBack] = field(default_factory=list)
    pause: str | None = None


class Examiner(Protocol):
    """What makes ended units of answers."""

    def judge(self, items: Sequence[Item]) -> list[Ended]:
        """One ended unit an answer."""


class Desk:
    """One task's side of the database; `claim` and `store` run in different threads."""

    kind = "rewrite"

    def __init__(self, engine: Engine, context: JobContext, judge: Examiner, *, worker: str, lease_s: float) -> None:
        self.engine, self.context, self.judge, self.worker, self.lease_s = engine, context, judge, worker, lease_s
        self._compressor = zstandard.ZstdCompressor(level=1)
        self.halted = False
        """No call of this job makes sense for now: it was stopped, or its endpoint asked for a long pause."""
        self._answered_at = -HEALTHY_S
        self._told: set[str] = set()
        """Models that nobody serves, of whom the watchers know."""
        self._held: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def job_id(self) -> JobId:
        """The job this desk serves."""
        return JobId(self.context.job.id)

    @property
    def idle(self) -> bool:
        """Whether nothing claimed here is still open."""
        return not self._held

    def held_tokens(self) -> list[int]:
        """Tokens whose lease must be kept alive."""
        with self._lock:
            return list(self._held)

    def claim(self, limit: int) -> tuple[list[Ask], list[Returned], float | None]:
        """Calls to make, answers that are stored already, and seconds until asking again makes sense."""
        claimed = retrying(self.engine, lambda s: self._claim(s, limit))
        with self._lock:
            self._held.update({unit.token: unit.id for unit in claimed.units})
        self.halted = self.halted or claimed.stopped
        if what := claimed.exhausted:
            send(self.context.redis_url, retrying(self.engine, lambda s: rounds.exhaust(s, self.job_id, what=what)))
        return (*self.sift(claimed.units), claimed.wait_s)

    def sift(self, units: Sequence[ClaimedRewrite]) -> tuple[list[Ask], list[Returned]]:
        """Calls to make of held units, and answers that are stored already; what the model cannot take is ended."""
        asks = [self._ask(unit) for unit in units]
        unfit = [ask for ask in asks if not ask.fits or self._too_long(ask)]
        if unfit:
            self._send_back(unfit)
        asks = [ask for ask in asks if ask.fits and not self._too_long(ask)]
        known = self._known(asks)
        answered = [replayed(ask, known[ask.key]) for ask in asks if ask.key in known]
        return [ask for ask in asks if ask.key not in known], answered

    def _claim(self, session: Session, limit: int) -> refining.Claimed:
        beats.seen(session, self.worker, "refine", busy=max(1, len(self._held)), progress=True)
        job = self.context.job
        claimed = refining.claim(
            session,
            self.job_id,
            limit=limit,
            worker=self.worker,
            lease_s=self.lease_s,
            price=refining.job_price(job),
            prices=refining.job_prices(job),
            owed=lambda taken: vectors.owed(session, job, taken),
        )
        return asking.with_versions(session, claimed) if self.context.config.passes else claimed

    def _ask(self, unit: ClaimedRewrite) -> Ask:
        return asking.ask(self.context, unit)

    def abandon(self, tokens: Sequence[int]) -> None:
        """Keep these leases no longer: the units are stored, given back, or nobody here knows what became of them."""
        with self._lock:
            for token in tokens:
                self._held.pop(token, None)

    def _known(self, asks: Sequence[Ask]) -> dict[bytes, StoredCall]:
        if not asks:
            return {}
        # Without a cache a unit still takes its own answer, which a lost worker had paid for.
        own = None if self.context.config.llm.cache else [ask.unit.id for ask in asks]
        return retrying(self.engine, lambda s: llm_calls.successes(s, [ask.key for ask in asks], of_units=own))

    def _too_long(self, ask: Ask) -> bool:
        # Worst tokens are counted at two bytes each, half of what English has.
        return ask.worst_tokens > 2 * self.context.config.llm.context_tokens

    def _send_back(self, asks: Sequence[Ask]) -> None:
        """End calls that the model's context cannot hold; return others for a larger reservation than was planned."""
        back = [
            GiveBack(a.unit.id, a.unit.token, 0.0, "larger_reservation", reserve_tokens=a.worst_tokens)
            for a in asks
            if not self._too_long(a)
        ]
        ended = [Ended(a.unit.id, a.unit.token, None, "too_long") for a in asks if self._too_long(a)]
        self._store_outcomes(ended, back, unsent=[ask.unit.token for ask in asks])

    def give_back_unsent(self, asks: Sequence[Ask], *, delay_s: float = 0.0) -> None:
        """Return claimed units whose call was never made, with their money."""
        why = "endpoint_away" if delay_s else "slice_over"
        back = [GiveBack(ask.unit.id, ask.unit.token, delay_s, why) for ask in asks]
        self._store_outcomes([], back, unsent=[unit.token for unit in back])

    def store(self, group: Sequence[Returned]) -> None:
        """Keep what came, have it judged, end its units."""
        ids = self._store_calls(group)
        sorted_ = self._sort(group)
        if sorted_.back:
            # Before the others are judged: what is told to come back in a second is there in a second.
            self._store_outcomes([], sorted_.back, unsent=())
        judged = self.judge.judge(
            [(r.ask, answer, r.call_id or ids.get(r.ask.unit.token)) for r, answer in sorted_.answers]
        )
        self._store_outcomes([*sorted_.ended, *judged], (), unsent=())
        if why := sorted_.pause:
            self.halted = True
            retrying(self.engine, lambda s: rounds.pause_job(s, self.job_id, why=why))

    def _store_calls(self, group: Sequence[Returned]) -> dict[int, int]:
        fresh = [r for r in group if r.call_id is None]
        spends = {r.ask.unit.token: spend_of(self.context, r) for r in group}
        calls = [self._call_row(r, spends[r.ask.unit.token].micro) for r in fresh]
        return retrying(self.engine, lambda s: refining.store_calls(s, self.job_id, calls, [*spends.values()]))

    def _call_row(self, returned: Returned, micro: int) -> NewCall:
        ask, outcome = returned.ask, returned.outcome
        answer = outcome if isinstance(outcome, Answer) else None
        usage = answer or (outcome.usage if isinstance(outcome, Failure) else None)
        return NewCall(
            job_id=self.job_id,
            unit_id=ask.unit.id,
            token=ask.unit.token,
            request_key=ask.key,
            ok=answer is not None,
            code="ok" if isinstance(outcome, Answer) else outcome.code.value,
            status=200 if isinstance(outcome, Answer) else outcome.status,
            model=answer.model if answer else ask.request.model,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
            micro=micro,
            latency_s=outcome.latency_s,
            raw=self._compressor.compress(outcome.raw) if outcome.raw else None,
            lane=returned.lane,
        )

    def _sort(self, group: Sequence[Returned]) -> _Sorted:
        out = _Sorted()
        for returned in group:
            if isinstance(returned.outcome, Answer):
                self._answered_at = time.monotonic()
                out.answers.append((returned, returned.outcome))
            else:
                self._sort_failure(out, returned, returned.outcome)
        return out

    def _sort_failure(self, out: _Sorted, returned: Returned, failure: Failure) -> None:
        unit, delay = returned.ask.unit, max(0.0, returned.delay_s - (time.monotonic() - returned.at))
        if failure.pause_job:
            out.pause = f"{failure.code.value}: {failure.detail}"
        more = min(2 * unit.max_tokens, self.context.config.llm.context_tokens // 2)
        if failure.code is FailureCode.truncated and unit.tries == 0 and more > unit.max_tokens:
            reserve = unit.reserve_tokens + more - unit.max_tokens
            out.back.append(
                GiveBack(unit.id, unit.token, 0.0, "truncated", tried=True, max_tokens=more, reserve_tokens=reserve)
            )
            return
        useless = failure.retry and failure.charged and failure.status == 200
        if not failure.retry or unit.tries + useless >= MAX_TRIES or self._worn_out(unit.provider_failures, failure):
            out.ended.append(Ended(unit.id, unit.token, None, failure.code.value))
            return
        telling = failure.charged or failure.status == 500 or unit.provider_failures < BACKOFF_STEPS
        counted = telling and not useless
        out.back.append(
            GiveBack(unit.id, unit.token, delay, failure.code.value, provider_failure=counted, tried=useless)
        )

    def _worn_out(self, failures: int, failure: Failure) -> bool:
        """Whether it is this unit that fails, and not its provider (A10)."""
        if failure.status == 500:
            healthy = time.monotonic() - self._answered_at < HEALTHY_S
            return failures >= MAX_SERVER_ERRORS and healthy
        return failure.charged and failures >= MAX_PAID_FAILURES

    def _store_outcomes(self, ended: Sequence[Ended], back: Sequence[GiveBack], *, unsent: Sequence[int]) -> None:
        fenced = retrying(self.engine, lambda s: self._write_outcomes(s, ended, back, unsent))
        if fenced:
            FENCED.inc(fenced)
            log.warning("writes.fenced", count=fenced)
        for end in ended:
            UNITS.labels(self.kind, "done" if self._ended_well(end) else "rejected").inc()
        self.abandon([*(end.token for end in ended), *(unit.token for unit in back)])

    def _ended_well(self, end: Ended) -> bool:
        return end.generation is not None

    def _write_outcomes(
        self, session: Session, ended: Sequence[Ended], back: Sequence[GiveBack], unsent: Sequence[int]
    ) -> int:
        passes = bool(self.context.config.passes)
        return refining.store_outcomes(session, ended, back, unsent=unsent, job_id=self.job_id, passes=passes)

    def look(self, lanes: Sequence[str]) -> tuple[str, dict[str, Seen]]:
        """What became of the job and of its endpoints meanwhile; nothing more is asked unless the job runs."""
        state, seen = retrying(self.engine, lambda s: (jobs.get(s, self.job_id).state, endpoint_health.of(s, lanes)))
        self.halted = self.halted or state != "running"
        return state, seen

    def endpoint_changed(self, lane: str, news: News, *, halts: bool) -> None:
        """Tell of an endpoint that went down or came back; while it is down nobody asks it before the next look."""
        log.warning("endpoint.changed", change=news.change.value, lane=lane, reason=news.reason)
        self.halted = self.halted or halts
        retrying(self.engine, lambda s: telling.endpoint_changed(s, self.job_id, lane, news))

    def model_unknown(self, model: str, others: Sequence[str], asks: Sequence[Ask]) -> None:
        """Leave the calls of a model that no endpoint serves to the job's others, by their shares, and tell of it."""
        self.give_back_unsent(asks)
        shares = {one.model: one.share for one in self.context.config.llm.models if one.model in others}
        first = model not in self._told
        if retrying(self.engine, lambda s: telling.model_unknown(s, self.job_id, model, shares, first=first)):
            self._told.add(model)
