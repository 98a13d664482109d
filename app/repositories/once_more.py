"""What is known of texts that are asked for once more: how often they were, and what they were drawn from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array

NEVER = 1_000_000
"""Refinements that no job allows of one text."""


def refined(session: Session, job_id: int) -> dict[int, int]:
    """{generation id: refinements that were asked for of it}; a text that a person reviewed is not touched again."""
    rows = session.execute(
        text("""
        SELECT parent_id, count(*) AS n FROM units
        WHERE round_id = ANY(ARRAY(SELECT id FROM rounds WHERE job_id = :job)) AND kind = 'rewrite'
          AND parent_id IS NOT NULL AND payload->>'why' = 'refine' AND state <> 'cancelled' GROUP BY parent_id
        UNION ALL SELECT DISTINCT generation_id, CAST(:never AS bigint) FROM reviews WHERE job_id = :job"""),
        {"job": job_id, "never": NEVER},
    )
    found: dict[int, int] = {}
    for row in rows:
        found[row.parent_id] = found.get(row.parent_id, 0) + row.n
    return found


def draws(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """{generation id: what it was drawn from}."""
    rows = session.execute(
        text("SELECT id, draw FROM generations WHERE id = ANY(CAST(:ids AS bigint[]))"), {"ids": array(ids)}
    )
    return {row.id: row.draw for row in rows}
