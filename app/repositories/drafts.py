"""Passes over the code of seeds: the drafts in force, and how a unit goes on from one pass to the next.

A unit with passes is one chain of calls: `payload.passes` names them, `payload.stage` counts those behind it, and the
call after the last one is the explanation.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array
from app.repositories.units import ClaimedRewrite, Version

AT_A_PASS = "CAST(u.payload->>'stage' AS int) < jsonb_array_length(u.payload->'passes')"


def go_on(session: Session, units: Sequence[tuple[int, int]]) -> set[int]:
    """Make units given as (id, token) that are held and at a pass ready for their next call; returns their ids.

    They keep their place in the queue, so that what was begun is finished before more is begun: a budget that ends has
    then paid for explanations. What went wrong at the pass is not held against the next call.
    """
    if not units:
        return set()
    ids, tokens = zip(*sorted(units), strict=True)
    rows = session.execute(
        text(f"""
        UPDATE units u SET state = 'ready', lease_until = NULL, worker = NULL, stopping = false, reason = NULL,
               tries = 0, provider_failures = 0, crashes = 0,
               payload = jsonb_set(u.payload, '{{stage}}', to_jsonb(CAST(u.payload->>'stage' AS int) + 1))
        FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bigint[])) AS e(id, token)
        WHERE u.id = e.id AND u.token = e.token AND u.state = 'leased' AND {AT_A_PASS} RETURNING u.id"""),
        {"ids": array(ids), "tokens": array(tokens)},
    )
    return {row.id for row in rows}


def in_force(session: Session, units: Sequence[ClaimedRewrite]) -> dict[int, Version]:
    """{unit id: the last draft of its seed that passed}, of drafts from earlier rounds and of the unit itself.

    Not of other units of its round: which of them came first must decide nothing.
    """
    if not units:
        return {}
    rows = session.execute(
        text("""
        SELECT DISTINCT ON (u.id) u.id AS unit, g.id, g.text FROM units u JOIN generations g
            ON g.seed_id = u.seed_id AND g.job_id = u.job_id AND g.verdict = 'draft' AND g.reason IS NULL
           AND (g.round_id < u.round_id OR g.unit_id = u.id)
        WHERE u.id = ANY(CAST(:ids AS bigint[])) ORDER BY u.id, g.round_id DESC, g.sample_ix DESC, g.key"""),
        {"ids": array([unit.id for unit in units])},
    )
    return {row.unit: Version(row.id, row.text) for row in rows}


def passed_seeds(session: Session, job_id: int) -> set[int]:
    """The seeds whose passes have all been made, however they ended."""
    rows = session.execute(
        text(f"""
        SELECT DISTINCT u.seed_id FROM units u
        WHERE u.job_id = :job AND u.kind = 'rewrite' AND u.payload ? 'passes' AND NOT {AT_A_PASS}"""),
        {"job": job_id},
    )
    return {row.seed_id for row in rows}


def of_round(session: Session, round_id: int) -> dict[str, object]:
    """How many drafts of a round are in force, and why others are not; empty without passes."""
    rows = session.execute(
        text("""
        SELECT gate, reason, count(*) AS n FROM generations
        WHERE round_id = :round AND verdict = 'draft' GROUP BY 1, 2 ORDER BY n DESC, gate, reason"""),
        {"round": round_id},
    ).all()
    if not rows:
        return {}
    turned_down = [{"gate": row.gate, "reason": row.reason, "count": row.n} for row in rows if row.reason]
    return {"in_force": sum(row.n for row in rows if not row.reason), "turned_down": turned_down}
