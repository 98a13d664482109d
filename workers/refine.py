"""The refine task: one pump over one job for one slice of time, or a look at the batches of a job that has some."""

import asyncio
import math
import time

import structlog
from sqlalchemy.orm import Session

from app.db.session import retrying
from app.dispatch import send
from app.domain.records import JobId
from app.errors import NotFoundError
from app.repositories import beats, jobs, units
from app.services import asking, rounds
from app.services.asking import JobContext
from app.settings import Settings, get_settings
from workers import batches, resources, stopping
from workers.desk import Desk
from workers.desks import open_desk
from workers.heartbeat import heartbeat
from workers.judge_desk import JudgeDesk
from workers.pump import Pump
from workers.routing import groups

log = structlog.get_logger(__name__)


def refine(job_id: object) -> None:
    """Make a job's ready calls; a hint for a job that is not there or not running does nothing."""
    if not isinstance(job_id, int):
        log.warning("hint.garbage")
        return
    settings, engine = get_settings(), resources.engine()
    if batches.tend(JobId(job_id), settings):
        send(settings.redis_url, retrying(engine, lambda s: rounds.close_rounds(s, JobId(job_id))))
    try:
        context = retrying(engine, lambda s: asking.job_context(s, JobId(job_id), redis_url=settings.redis_url))
    except NotFoundError:
        log.warning("hint.unknown_job", job=job_id)
        return
    if context is None:
        return
    asked_at = time.monotonic()
    left_s = retrying(engine, lambda s: jobs.seconds_left(s, JobId(job_id)))
    if left_s is not None and left_s <= 0:
        send(settings.redis_url, retrying(engine, lambda s: rounds.exhaust(s, JobId(job_id), what="time")))
        return
    with structlog.contextvars.bound_contextvars(job=job_id):
        last_start = None if left_s is None else asked_at + left_s
        if retrying(engine, lambda s: units.ready_of(s, job_id, "judge")):
            _judge(context, settings, last_start=last_start)
        elif context.config.llm.batch:
            batches.submit(context, settings)
        else:
            _pump(context, settings, last_start=last_start)
        send(settings.redis_url, retrying(engine, lambda s: rounds.close_rounds(s, JobId(job_id))))


def _pump(context: JobContext, settings: Settings, *, last_start: float | None) -> None:
    desk = open_desk(context, settings, worker=resources.worker_name())
    if desk is not None:
        _pump_at(desk, settings, last_start=last_start)


def _judge(context: JobContext, settings: Settings, *, last_start: float | None) -> None:
    """The same for the calls of the job's judge, which come when its round has all its texts."""
    name = resources.worker_name()
    desk = JudgeDesk(resources.engine(), context, worker=name, lease_s=settings.lease_s)
    _pump_at(desk, settings, last_start=last_start)


def _pump_at(desk: Desk, settings: Settings, *, last_start: float | None) -> None:
    engine, name, context = desk.engine, desk.worker, desk.context
    others = retrying(engine, lambda s: _join(s, name, within_s=settings.lease_s))
    ceiling = max(1, min(context.config.llm.concurrency, settings.llm_concurrency) // others)
    try:
        with heartbeat(engine, desk.held_tokens, worker=name, queue="refine", lease_s=settings.lease_s):
            asyncio.run(_run(desk, settings, ceiling, workers=others, last_start=last_start))
    finally:
        retrying(engine, lambda s: beats.seen(s, name, "refine", busy=0))


def _join(session: Session, name: str, *, within_s: float) -> int:
    beats.seen(session, name, "refine", busy=1, progress=True, node=resources.node_name())
    return max(1, beats.busy_workers(session, "refine", within_s=within_s))


async def _run(desk: Desk, settings: Settings, ceiling: int, *, workers: int, last_start: float | None) -> None:
    # No call begins past the job's deadline; those in flight then are paid for and come home.
    left_s = math.inf if last_start is None else last_start - time.monotonic()
    slice_s = min(settings.pump_slice_s, left_s)
    async with groups(desk.context, settings, ceiling, workers=workers) as asked:
        await Pump(desk, asked, ceiling=ceiling, slice_s=slice_s, stop=stopping.stop_requested).run()
