"""A process of its own that finds in the rows what messages may have lost: every few seconds, each step alone.

It expires leases and charges what lost workers had reserved, starts jobs whose corpus is ready, closes rounds, ends
jobs past their deadline and sends hints for whatever is ready. It needs no broker to do the first five. It also sums up
what rounds that are over have used, for whoever looks at it.
"""

import signal
import threading
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from app.adapters import exports as exports_files
from app.db.session import transaction
from app.dispatch import queue_of, send, waiting
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import beats, budgets, idempotency, jobs, spend, units
from app.services import exports, failures, rounds
from app.services.hints import wanted
from app.settings import get_settings
from app.telemetry import configure_logging
from workers import resources
from workers.base import contained

log = structlog.get_logger(__name__)

LEFTOVER_S = 600.0
"""Seconds after which a file that no row names belongs to nobody."""
ROUNDS_AT_ONCE = 4
"""Rounds summed up in a look; one of 25,000 calls took the server 0.4 s while six others kept it busy (30 Nov 2026)."""
MOST_WAITING = 8
"""Messages in a queue beyond which no more are sent."""


def expire_leases(session: Session) -> list[Step]:
    """Units of lost workers return or die; what was reserved for their calls is charged."""
    settings = get_settings()
    lost = units.expire(session, max_crashes=settings.max_crashes, max_rewrite_crashes=settings.max_rewrite_crashes)
    by_job: dict[int, list[int]] = {}
    for unit in lost:
        if unit.kind in ("rewrite", "embed", "judge") and unit.job_id is not None:
            by_job.setdefault(unit.job_id, []).append(unit.token)
        if unit.state == "dead":
            failures.bury(session, unit)
    for job_id, tokens in sorted(by_job.items()):
        budgets.charge_lost(session, job_id, tokens)
    if lost:
        log.warning("leases.expired", count=len(lost), dead=sum(unit.state == "dead" for unit in lost))
    return []


def start_jobs(session: Session) -> list[Step]:
    """Queued jobs begin when their corpus is ready and fail when it could not be read."""
    for job_id in jobs.failed_corpora(session):
        rounds.fail_job(session, JobId(job_id), why="the corpus could not be read")
    return rounds.start_waiting(session)


def close_rounds(session: Session) -> list[Step]:
    """Rounds whose last call was finished by somebody who then died."""
    return rounds.close_rounds(session)


def end_overdue(session: Session) -> list[Step]:
    """Jobs past their deadline stop asking; the round they are in still settles."""
    return [step for job_id in jobs.overdue(session) for step in rounds.exhaust(session, JobId(job_id), what="time")]


def hints(session: Session) -> list[Step]:
    """Hints for whatever is ready."""
    return wanted(session)


def uncrowded(steps: list[Step], url: str) -> list[Step]:
    """The steps whose queue is short: with workers busy or away, hints would pile up and new jobs wait behind them."""
    full = {queue for queue in {queue_of(step) for step in steps} if waiting(url, queue) >= MOST_WAITING}
    return [step for step in steps if queue_of(step) not in full]


def cancel_leftovers(session: Session) -> list[Step]:
    """Calls of ended jobs that came back from a worker afterwards."""
    units.cancel_of_ended_jobs(session)
    return []


def sum_up_spend(session: Session) -> list[Step]:
    """What the calls of settled rounds used: here and not as they settle, while the endpoint has nothing to do."""
    spend.sum_up(session, limit=ROUNDS_AT_ONCE)
    return []


def forget_workers(session: Session) -> list[Step]:
    """Rows of workers that are long gone."""
    beats.forget(session, older_than_s=3600)
    return []


def forget_answers(session: Session) -> list[Step]:
    """Answers to writes that were sent so long ago that nobody sends them again."""
    idempotency.forget(session, older_than_s=get_settings().idempotency_hours * 3600)
    return []


def remove_leftovers(session: Session) -> list[Step]:
    """Half uploads and half exports of processes that were killed."""
    storage = resources.storage()
    storage.remove_temps(older_than_s=LEFTOVER_S)
    exports_files.sweep(storage.root, lambda i: exports.named_build(session, i), older_than_s=LEFTOVER_S)
    return []


SWEEPS: tuple[Callable[[Session], list[Step]], ...] = (
    expire_leases,
    start_jobs,
    end_overdue,
    cancel_leftovers,
    close_rounds,
    hints,
    sum_up_spend,
    forget_workers,
    forget_answers,
    remove_leftovers,
)


def sweep() -> None:
    """One look; a step that fails is logged and done again next time."""
    for step in SWEEPS:
        _take(step)


@contained
def _take(step: Callable[[Session], list[Step]]) -> None:
    with transaction(resources.engine()) as session:
        steps = step(session)
    url = get_settings().redis_url
    send(url, uncrowded(steps, url) if step is hints else steps)


def run() -> None:
    """Sweep until SIGTERM or SIGINT."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    log.info("reconciler.started")
    while not stop.is_set():
        sweep()
        stop.wait(get_settings().sweep_s)


if __name__ == "__main__":
    configure_logging(get_settings().log_level)
    run()
