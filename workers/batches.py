"""Batches at work: claims what is ready in large groups and sends it, and looks at what was sent (`llm.batch`).

No slot and no process waits for a provider that takes hours: a batch is a row that says when to look again, and each
look is a hint. Whoever dies in between leaves rows from which the next one goes on.
"""

import time

import structlog

from app.adapters.llm_batches import BatchClient
from app.adapters.llm_endpoints import parse_endpoint
from app.db.session import retrying
from app.dispatch import send
from app.domain.records import JobId
from app.repositories import batches
from app.repositories.batches import BatchRow
from app.services import asking, batching, rounds
from app.services.asking import JobContext
from app.settings import Settings
from workers import resources, stopping
from workers.batch_collecting import look
from workers.batch_holding import Held, LostBatchError, kept
from workers.batch_sending import send_batch

log = structlog.get_logger(__name__)


def submit(context: JobContext, settings: Settings) -> None:
    """Send a running job's ready calls, batch by batch, as far as its budget goes."""
    engine, job_id = resources.engine(), JobId(context.job.id)
    limit, retry_s = settings.batch_requests, settings.batch_poll_s
    end = time.monotonic() + settings.pump_slice_s
    # What is ready after the slice is another hint's: Celery ends a task that takes much longer.
    while not stopping.stop_requested() and time.monotonic() < end:
        claimed = retrying(engine, lambda s: batching.claim(s, context, limit=limit, retry_s=retry_s))
        if what := claimed.exhausted:
            send(settings.redis_url, retrying(engine, lambda s: rounds.exhaust(s, job_id, what=what)))
        if not claimed.units:
            return
        tend(job_id, settings)


def tend(job_id: JobId, settings: Settings) -> bool:
    """Do what is due for a job's batches, whatever its state; whether there was anything."""
    engine, name, end = resources.engine(), resources.worker_name(), time.monotonic() + settings.pump_slice_s
    context: JobContext | None = None
    while not stopping.stop_requested() and time.monotonic() < end:
        batch = retrying(engine, lambda s: batches.take(s, job_id, worker=name, lease_s=settings.lease_s))
        if batch is None:
            return context is not None
        if context is None:
            context = retrying(
                engine, lambda s: asking.job_context(s, job_id, redis_url=settings.redis_url, in_any_state=True)
            )
        assert context is not None
        with structlog.contextvars.bound_contextvars(job=job_id, batch=batch.id):
            _work_on(batch, context, settings, worker=name, end=end)
    return context is not None


def _work_on(batch: BatchRow, context: JobContext, settings: Settings, *, worker: str, end: float) -> None:
    engine = resources.engine()
    # A job with batches has one endpoint a model.
    lane = next(one for one in context.lanes if one.model == batch.model)
    endpoint = parse_endpoint(context.url_for(settings, lane), key=context.key_for(settings, lane))

    def slice_over() -> bool:
        return stopping.stop_requested() or time.monotonic() >= end

    with BatchClient(endpoint) as client, kept(engine, batch, worker=worker, lease_s=settings.lease_s):
        held = Held(batch, context, settings, engine, lane, endpoint, client, slice_over)
        try:
            if batch.state == "new":
                send_batch(held)
            else:
                look(held)
        except LostBatchError:
            log.warning("batch.lost")
