"""How far jobs are, for those who watch them: one query for many jobs, never one each."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories import batches
from app.repositories.batches import BatchView

WINDOW_S = 120.0
"""The throughput behind an estimate is that of so many seconds."""
LEAST_SPAN_S = 1.0
"""Units that ended in a shorter time than this say nothing about the pace."""


@dataclass(frozen=True)
class Progress:
    """A job's current round and what is left of it."""

    round: int | None = None
    round_state: str | None = None
    units: dict[str, int] = field(default_factory=dict)
    """{state: units} of the current round: its calls, or in round 0 the ranges of seeds to score."""
    kept: int = 0
    """Texts in the pool."""
    eta_s: float | None = None
    """Seconds until the round's units have ended at the present pace; None when nobody can say."""
    batches: Sequence[BatchView] = ()
    """Those that the round waits for."""


def of_jobs(session: Session, job_ids: Sequence[int]) -> dict[int, Progress]:
    """{job id: progress} for every id."""
    found = {job_id: Progress() for job_id in job_ids}
    kept = _kept(session, job_ids)
    waiting = batches.open_of(session, job_ids)
    rows = session.execute(
        text("""
        WITH current AS (SELECT DISTINCT ON (job_id) id, job_id, number, state FROM rounds
                         WHERE job_id = ANY(:jobs) ORDER BY job_id, number DESC)
        SELECT c.job_id, c.number, c.state AS round_state, u.state, count(u.id) AS n,
               count(u.id) FILTER (WHERE u.finished_at > now() - make_interval(secs => :window)) AS recent,
               extract(epoch FROM now() - min(u.finished_at)
                   FILTER (WHERE u.finished_at > now() - make_interval(secs => :window))) AS span
        FROM current c LEFT JOIN units u ON u.round_id = c.id AND u.kind <> 'settle'
        GROUP BY c.job_id, c.number, c.state, u.state"""),
        {"jobs": list(job_ids), "window": WINDOW_S},
    ).all()
    for job_id in job_ids:
        mine = [row for row in rows if row.job_id == job_id]
        if mine:
            units = {row.state: row.n for row in mine if row.state is not None}
            recent = sum(row.recent for row in mine)
            span = max((float(row.span) for row in mine if row.span is not None), default=0.0)
            left = units.get("ready", 0) + units.get("leased", 0)
            eta = _eta_s(left, recent, span)
            at_provider = [batch for batch in waiting if batch.job_id == job_id]
            found[job_id] = Progress(mine[0].number, mine[0].round_state, units, kept.get(job_id, 0), eta, at_provider)
    return found


def _kept(session: Session, job_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        text("""
        SELECT job_id, count(*) AS n FROM generations
        WHERE job_id = ANY(:jobs) AND verdict = 'kept' GROUP BY job_id"""),
        {"jobs": list(job_ids)},
    )
    return {row.job_id: row.n for row in rows}


def _eta_s(left: int, recent: int, span_s: float) -> float | None:
    """Seconds for `left` units when `recent` took `span_s`. Example: 30 left, 10 in 20 s: 60.0."""
    if not left:
        return 0.0
    if not recent or span_s < LEAST_SPAN_S:
        return None
    return round(left * span_s / recent, 1)
