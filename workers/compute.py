"""The CPU task: claims units until none is ready, each read, thought about and written as one unit.

A kind's three beats live in its own module; here is only who holds what.
"""

import time
from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy.orm import Session

from app.db.session import is_transient, retrying
from app.dispatch import send
from app.domain.steps import Step
from app.errors import AppError, TransientError
from app.repositories import beats, units
from app.repositories.units import ClaimedUnit
from app.services import failures
from app.settings import get_settings
from app.telemetry import FENCED, UNITS
from workers import classifiers, embedding, exports, ingest, labelling, preparing, resources, settling, stopping
from workers.base import UNFORESEEN
from workers.heartbeat import heartbeat

log = structlog.get_logger(__name__)

Handler = Callable[[ClaimedUnit], list[Step]]

HANDLERS: dict[str, Handler] = {
    "ingest": ingest.run,
    "fit": preparing.fit,
    "score": preparing.score,
    "settle": settling.run,
    "export": exports.run,
    "label": labelling.run,
    "train": classifiers.train,
    "evaluate": classifiers.evaluate,
    "embed": embedding.run,
}

SLICE_S = 60.0
"""Seconds after which a task returns, so that a warm shutdown never waits for a queue to empty."""
STOP_S = 8.0
"""What a unit may still take when its worker is told to stop, before it goes back: Docker kills after 10 s."""


def compute() -> None:
    """Work on CPU units until none is ready or the slice is over."""
    settings, end = get_settings(), time.monotonic() + SLICE_S
    name = resources.worker_name()
    while time.monotonic() < end and not stopping.stop_requested():
        unit = retrying(resources.engine(), lambda s: _claim(s, name, settings.lease_s))
        if unit is None:
            return
        send(settings.redis_url, _work_on(unit, name, settings.lease_s))


def _claim(session: Session, name: str, lease_s: float) -> ClaimedUnit | None:
    unit = units.claim_cpu(session, worker=name, lease_s=lease_s)
    beats.seen(session, name, "cpu", busy=1 if unit else 0, progress=True, node=resources.node_name())
    return unit


def _work_on(unit: ClaimedUnit, name: str, lease_s: float) -> list[Step]:
    engine = resources.engine()
    with (
        structlog.contextvars.bound_contextvars(unit=unit.id, kind=unit.kind, job=unit.job_id),
        heartbeat(engine, lambda: [unit.token], worker=name, queue="cpu", lease_s=lease_s, let_go_s=_stop_s(unit)),
    ):
        try:
            steps = HANDLERS[unit.kind](unit)
        except failures.LostLeaseError:
            FENCED.inc()
            log.warning("unit.fenced")
            return []
        except TransientError:
            log.warning("unit.put_off", exc_info=True)
            retrying(engine, partial(failures.put_off, unit=unit, delay_s=5))
            return []
        except AppError as error:
            log.warning("unit.failed", code=error.code, why=str(error))
            UNITS.labels(unit.kind, "rejected").inc()
            return retrying(engine, partial(failures.record, unit=unit, error=error))
        except UNFORESEEN as error:
            return _crashed(unit, error)
        UNITS.labels(unit.kind, "done").inc()
        return steps


def _stop_s(unit: ClaimedUnit) -> float:
    # A slice of labelling ends by itself once its calls, which are paid for, have come back.
    return get_settings().llm_deadline_s + STOP_S if unit.kind == "label" else STOP_S


def _crashed(unit: ClaimedUnit, error: BaseException) -> list[Step]:
    """Record what nobody foresaw; a database that was away too long is not the unit's fault."""
    log.exception("unit.crashed", exc_info=error)
    UNITS.labels(unit.kind, "crashed").inc()
    if is_transient(error):
        retrying(resources.engine(), partial(failures.put_off, unit=unit, delay_s=failures.CRASH_PAUSE_S))
        return []
    what, most = type(error).__name__, get_settings().max_crashes
    return retrying(resources.engine(), lambda s: failures.crashed(s, unit, what=what, max_crashes=most))
