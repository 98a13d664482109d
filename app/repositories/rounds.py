"""Rounds: opened with a plan, closed by one winner, settled with measures and a decision."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from app.db.tables import Round


@dataclass(frozen=True)
class RoundRow:
    """A round as stored."""

    id: int
    job_id: int
    number: int
    state: str
    plan: dict[str, Any]
    funnel: dict[str, Any]
    measures: dict[str, Any]
    decision: dict[str, Any]
    opened_at: datetime
    settled_at: datetime | None
    judge: dict[str, Any] = field(default_factory=dict)
    """What the judge's answers come to; empty: nobody judged, or the round has not settled."""


COLUMNS = [getattr(Round, name) for name in RoundRow.__dataclass_fields__]


def add(session: Session, job_id: int, number: int, *, plan: dict[str, Any]) -> int:
    """A new open round; returns its id."""
    query = insert(Round).values(job_id=job_id, number=number, plan=plan).returning(Round.id)
    return int(session.execute(query).scalar_one())


def get(session: Session, round_id: int) -> RoundRow:
    """One round."""
    return RoundRow(*session.execute(select(*COLUMNS).where(Round.id == round_id)).one())


def of_job(session: Session, job_id: int) -> list[RoundRow]:
    """A job's rounds from 0."""
    query = select(*COLUMNS).where(Round.job_id == job_id).order_by(Round.number)
    return [RoundRow(*row) for row in session.execute(query)]


def begin_embedding(session: Session, job_id: int | None = None) -> list[tuple[int, int, int]]:
    """Open rounds whose texts are all there and whose vectors an endpoint gives: (round id, job id, number), once."""
    rows = session.execute(
        text("""
        UPDATE rounds r SET state = 'embedding' FROM jobs j
        WHERE r.job_id = j.id AND r.state = 'open' AND j.state IN ('running', 'paused')
          AND j.embedding_model IS NOT NULL AND (CAST(:job AS bigint) IS NULL OR r.job_id = :job)
          AND NOT EXISTS (SELECT 1 FROM units u WHERE u.round_id = r.id AND u.state IN ('ready', 'leased'))
        RETURNING r.id, r.job_id, r.number"""),
        {"job": job_id},
    )
    return [(row.id, row.job_id, row.number) for row in rows]


def begin_judging(session: Session, job_id: int | None = None) -> list[tuple[int, int, int]]:
    """Rounds of texts that have all they need but the judge's word, of jobs that ask for it: as above, once."""
    rows = session.execute(
        text("""
        UPDATE rounds r SET state = 'judging' FROM jobs j
        WHERE r.job_id = j.id AND r.state = CASE WHEN j.embedding_model IS NULL THEN 'open' ELSE 'embedding' END
          AND r.number > 0 AND j.judge_model IS NOT NULL AND j.state IN ('running', 'paused')
          AND (CAST(:job AS bigint) IS NULL OR r.job_id = :job)
          AND NOT EXISTS (SELECT 1 FROM units u WHERE u.round_id = r.id AND u.state IN ('ready', 'leased'))
        RETURNING r.id, r.job_id, r.number"""),
        {"job": job_id},
    )
    return [(row.id, row.job_id, row.number) for row in rows]


def close_finished(session: Session, job_id: int | None = None) -> list[tuple[int, int]]:
    """Close open rounds all of whose units have ended; (round id, job id) of those this caller alone closed."""
    rows = session.execute(
        text("""
        UPDATE rounds r SET state = 'closing' FROM jobs j
        WHERE r.job_id = j.id AND r.state = CASE WHEN j.judge_model IS NOT NULL AND r.number > 0 THEN 'judging'
                                                 WHEN j.embedding_model IS NULL THEN 'open' ELSE 'embedding' END
          AND j.state IN ('running', 'paused') AND (CAST(:job AS bigint) IS NULL OR r.job_id = :job)
          AND NOT EXISTS (SELECT 1 FROM units u WHERE u.round_id = r.id AND u.state IN ('ready', 'leased'))
        RETURNING r.id, r.job_id"""),
        {"job": job_id},
    )
    return [(row.id, row.job_id) for row in rows]


def settle(
    session: Session, round_id: int, *, funnel: dict[str, Any], measures: dict[str, Any], decision: dict[str, Any]
) -> None:
    """Write what a round came to; its plan stays as it was made."""
    session.execute(
        update(Round)
        .where(Round.id == round_id)
        .values(state="settled", funnel=funnel, measures=measures, decision=decision, settled_at=text("now()"))
    )


def unit_counts(session: Session, job_id: int) -> dict[int, dict[str, int]]:
    """{round id: {state: units}} of the calls (and, in round 0, of the seed ranges)."""
    counts: dict[int, dict[str, int]] = {}
    rows = session.execute(
        text("""
        SELECT round_id, state, count(*) AS n FROM units
        WHERE round_id = ANY(ARRAY(SELECT id FROM rounds WHERE job_id = :job)) AND kind IN ('rewrite', 'score')
        GROUP BY round_id, state"""),
        {"job": job_id},
    )
    for row in rows:
        counts.setdefault(row.round_id, {})[row.state] = row.n
    return counts
