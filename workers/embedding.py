"""The unit that asks an endpoint for the vectors of some texts, and what is made of all of them before a round settles.

One call a unit. Trouble of the provider puts the unit off and is never held against it (A10); an answer that is no use,
again and again, or a refusal that concerns every call, pauses the job for a person.
"""

import asyncio
import random
from functools import partial
from io import BytesIO

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.adapters.embedding_answers import Vectors
from app.adapters.llm import LlmClient
from app.adapters.llm_endpoints import Endpoint, parse_endpoint
from app.adapters.llm_limits import backoff_s
from app.adapters.llm_outcomes import Failure
from app.db.session import retrying
from app.domain import clusters, embedding
from app.domain.lanes import Lane
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import jobs, rounds, vectors
from app.repositories.jobs import JobRow
from app.repositories.units import ClaimedUnit
from app.repositories.vectors import Of, Pointed
from app.services import rounds as moves
from app.services import vectors as service
from app.services.vectors import NUMBER, Batch
from app.settings import Settings, get_settings
from workers import endpoints, one_lane, resources

log = structlog.get_logger(__name__)

MAX_TRIES = 4
"""Useless answers to a call after which its job waits for a person: another model would say something else."""
MAX_PAID_FAILURES = 20
"""Paid time-outs and cut answers of one call after which its job waits for a person."""
BUDGET_WAIT_S = 0.5
MAX_BODY_BYTES = 32_000_000
"""64 vectors of the most numbers, at 100 bytes each."""


def run(unit: ClaimedUnit) -> list[Step]:
    """Ask for the vectors of a unit's texts that nobody has asked for before."""
    engine, settings = resources.engine(), get_settings()
    batch = retrying(engine, lambda s: service.read(s, unit))
    if not batch.missing:
        return retrying(engine, lambda s: service.finish(s, batch))
    lane = lane_of(batch.job)
    away_s = one_lane.pause_s(lane)
    if away_s:
        retrying(engine, lambda s: service.put_back(s, batch, reason="endpoint_away", delay_s=away_s))
        return []
    full = retrying(engine, lambda s: service.reserve(s, batch))
    if full is not None:
        return retrying(engine, lambda s: _without_room(s, batch, full))
    probe = endpoints.health_of(lane).breaker.probing
    came = asyncio.run(_ask(batch, settings))
    one_lane.tell(lane, one_lane.count(lane, came, probe=probe), job_id=batch.job.id)
    outcome = retrying(engine, lambda s: service.store(s, batch, came))
    if isinstance(outcome, Vectors):
        return retrying(engine, lambda s: service.finish(s, batch))
    log.warning("vectors.failed", code=outcome.code.value, detail=outcome.detail)
    return retrying(engine, lambda s: _failed(s, batch, outcome))


def endpoint_of(job: JobRow, settings: Settings) -> Endpoint:
    """Where a job's vectors are asked for; the operator's key goes to the operator's endpoint alone (D17)."""
    assert job.embedding_endpoint is not None
    key = settings.embedding_api_key if job.embedding_endpoint == settings.embedding_base_url else None
    return parse_endpoint(job.embedding_endpoint, key=key.get_secret_value() if key else None)


def lane_of(job: JobRow) -> str:
    """What the endpoint's health is known by."""
    return Lane(job.embedding_model or "", job.embedding_endpoint or "").id


async def _ask(batch: Batch, settings: Settings) -> Vectors | Failure:
    request_id = f"{batch.job.id}-vectors-{batch.unit.id}-{batch.unit.token}"
    endpoint = endpoint_of(batch.job, settings)
    async with LlmClient(endpoint, concurrency=1, max_body_bytes=MAX_BODY_BYTES) as client:
        return await client.embed(batch.request, deadline_s=settings.embedding_deadline_s, request_id=request_id)


def _without_room(session: Session, batch: Batch, full: str) -> list[Step]:
    if full == moves.OVERDRAWN:
        service.put_back(session, batch, reason="overdrawn", delay_s=0)
        moves.pause_job(session, JobId(batch.job.id), why=full)
    elif full == "later":
        service.put_back(session, batch, reason="waiting_for_budget", delay_s=BUDGET_WAIT_S)
    else:
        return service.give_up(session, batch, reason=f"budget:{full}")
    return []


def _failed(session: Session, batch: Batch, failure: Failure) -> list[Step]:
    unit, reason = batch.unit, failure.code.value
    useless = failure.charged and failure.status == 200
    worn = unit.tries + 1 >= MAX_TRIES if useless else failure.charged and unit.provider_failures >= MAX_PAID_FAILURES
    if failure.pause_job or (failure.retry and worn):
        service.put_back(session, batch, reason=reason, delay_s=0, tried=useless)
        why = f"vectors of {batch.job.embedding_model}: {reason}, {failure.detail}"
        moves.pause_job(session, JobId(batch.job.id), why=why)
    elif failure.retry:
        wait = failure.retry_after_s
        delay = backoff_s(min(unit.provider_failures, 6), random.Random()) if wait is None else wait
        service.put_back(session, batch, reason=reason, delay_s=delay, tried=useless, failed=not useless)
    elif len(batch.missing) > 1:
        return service.halve(session, batch)
    else:
        return service.finish(session, batch, without=True)
    return []


def place(unit: ClaimedUnit) -> bool:
    """Before a round settles: centre its texts' vectors and find their clusters. False when the job ended here.

    Nothing to do where vectors are Hornbook's own. Done again after a crash, it writes the same.
    """
    assert unit.job_id is not None and unit.round_id is not None
    engine, round_id = resources.engine(), unit.round_id
    job = retrying(engine, lambda s: jobs.get(s, unit.job_id or 0))
    if job.embedding_model is None:
        return True
    number = retrying(engine, lambda s: rounds.get(s, round_id)).number
    of: Of = "generations" if number else "seeds"
    if not retrying(engine, lambda s: service.leave_out(s, unit, job, of)):
        return False
    centre = _centre(job, of, round_id)
    if centre is None:
        return True
    found = clusters.from_bytes(retrying(engine, lambda s: jobs.artifact(s, job.id, "clusters"))) if number else None
    after = -1
    while page := _page(job, of, round_id, after):
        rows, ids = embedding.centred(_rows(page), centre), [one.id for one in page]
        labels = (
            {} if found is None else dict(zip(ids, np.maximum(clusters.assign(found, rows), 0).tolist(), strict=True))
        )
        retrying(engine, partial(service.write_rows, of=of, job_id=job.id, ids=ids, rows=rows, clusters=labels))
        after = page[-1].place
    return True


def _centre(job: JobRow, of: Of, round_id: int) -> NDArray[np.float32] | None:
    """What is taken off every vector of the job: the mean of its seeds', or for drawn words of its first texts'.

    None while there are no vectors. Frozen by whoever finds it first; every worker finds the same.
    """
    engine = resources.engine()
    stored = retrying(engine, lambda s: jobs.find_artifact(s, job.id, "centre"))
    if stored is None:
        total: NDArray[np.float64] | float = 0.0
        count, after = 0, -1
        while page := _page(job, of, round_id, after):
            total = total + _rows(page).sum(axis=0, dtype=np.float64)
            count, after = count + len(page), page[-1].place
        if not count:
            return None
        blob = BytesIO()
        np.save(blob, np.asarray(total / count, dtype=np.float32), allow_pickle=False)
        stored = blob.getvalue()
        retrying(engine, partial(jobs.put_artifact, job_id=job.id, name="centre", body=stored))
    centre: NDArray[np.float32] = np.load(BytesIO(stored), allow_pickle=False)
    return centre


def _page(job: JobRow, of: Of, round_id: int, after: int) -> list[Pointed]:
    return retrying(resources.engine(), lambda s: vectors.page(s, of, job.id, round_id, after=after))


def _rows(page: list[Pointed]) -> NDArray[np.float32]:
    return np.stack([np.frombuffer(one.vector, dtype=NUMBER) for one in page])
