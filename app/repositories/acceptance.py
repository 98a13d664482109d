"""What jobs kept of what they asked for in their last settled round: one query for many jobs."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session


class Acceptance(NamedTuple):
    """Of one round."""

    round: int
    accepted: int
    calls: int


def of_jobs(session: Session, job_ids: Sequence[int]) -> dict[int, Acceptance]:
    """{job id: its last settled round's}; jobs without such a round are left out."""
    rows = session.execute(
        text("""
        SELECT DISTINCT ON (job_id) job_id, number,
               CAST(measures->'figures'->>'accepted' AS bigint) AS accepted,
               coalesce(CAST(plan->>'calls' AS bigint), 0) AS calls
        FROM rounds WHERE job_id = ANY(:jobs) AND number > 0 AND measures->'figures' ? 'accepted'
        ORDER BY job_id, number DESC"""),
        {"jobs": list(job_ids)},
    )
    return {row.job_id: Acceptance(row.number, row.accepted, row.calls) for row in rows}
