"""What a job's calls used, by round, arm and model, beside what was accepted for it.

A call whose price nobody knew afterwards (it hung, its worker was lost) was charged in full: its reservation says how
much. The calls of a round that is over are summed up once (`sum_up`), so that nobody adds up 100,000 of them for every
look. A claim that was open at that moment, of a worker whose answer comes late, is remembered by its token and read by
itself, whatever became of it; one that was closed can change no more.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

By = Literal["round", "arm", "model"]
SURE_S = 600.0
"""Seconds after which no transaction is left that took a job for a running one when it ended."""


@dataclass(frozen=True)
class SpendRow:
    """One round, arm or model."""

    name: str
    calls: int
    """Paid, or charged as if they were."""
    prompt_tokens: int
    completion_tokens: int
    charged_tokens: int
    """Of calls that were charged in full, which nobody can tell into prompt and answer."""
    micro: int
    kept: int
    """Texts in the pool."""
    kept_tokens: int


_SUMS = ("calls", "prompt_tokens", "completion_tokens", "charged_tokens", "micro")
_ADDED = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in _SUMS)
# The reservation says whether a claim was charged in full; the call, found by the same token, what it used otherwise.
# A claim whose call was refused, never made or answered from the store cost nothing and is no call here.
_CALLS = """
    SELECT r.id AS round_id, r.number,
           CASE u.kind WHEN 'embed' THEN 'vectors' WHEN 'judge' THEN 'judge'
                ELSE coalesce(u.payload->>'arm', '') END AS arm,
           CASE u.kind WHEN 'embed' THEN j.embedding_model WHEN 'judge' THEN j.judge_model
                ELSE coalesce(u.payload->>'model', j.model) END AS model,
           1 AS calls,
           CASE WHEN v.state = 'charged' THEN 0 ELSE c.prompt_tokens END AS prompt_tokens,
           CASE WHEN v.state = 'charged' THEN 0 ELSE c.completion_tokens END AS completion_tokens,
           CASE WHEN v.state = 'charged' THEN v.tokens ELSE 0 END AS charged_tokens,
           CASE WHEN v.state = 'charged' THEN v.micro ELSE c.micro END AS micro
    FROM {rounds} JOIN jobs j ON j.id = r.job_id
    JOIN units u ON u.id = v.unit_id AND u.round_id = r.id AND u.kind IN ('rewrite', 'embed', 'judge')
    LEFT JOIN llm_calls c ON c.unit_id = u.id AND c.token = v.token
    WHERE (v.state = 'charged'
           OR v.state = 'settled' AND (c.ok OR c.prompt_tokens > 0 OR c.completion_tokens > 0))"""
_EVERY = "JOIN units w ON w.round_id = r.id JOIN reservations v ON v.unit_id = w.id"
_LATE = "CROSS JOIN LATERAL unnest(r.open_claims) AS o(token) JOIN reservations v ON v.token = o.token"

# One statement sees one state of the rows: a claim is either closed, and in the sums, or open, and remembered.
_SUM_UP = text(f"""
    WITH due AS (
        SELECT r.* FROM rounds r JOIN jobs j ON j.id = r.job_id
        WHERE r.open_claims IS NULL AND (r.state = 'settled' OR j.finished_at < now() - make_interval(secs => :sure))
        ORDER BY r.id LIMIT :limit FOR NO KEY UPDATE OF r SKIP LOCKED),
    sums AS (
        INSERT INTO round_spend (round_id, arm, model, {", ".join(_SUMS)})
        SELECT round_id, arm, model, {_ADDED} FROM ({_CALLS.format(rounds=f"due r {_EVERY}")}) one
        GROUP BY round_id, arm, model)
    UPDATE rounds r SET open_claims = coalesce(
        (SELECT array_agg(v.token) FROM units u JOIN reservations v ON v.unit_id = u.id
         WHERE u.round_id = r.id AND v.state = 'open'), CAST(ARRAY[] AS bigint[]))
    FROM due WHERE r.id = due.id RETURNING r.id""")

# An endpoint may give a model another name, such as one with a date: texts and calls go by what was asked for.
_OF_JOB = text(f"""
    WITH spent AS (
        SELECT r.number, s.arm, s.model, {", ".join(f"s.{name}" for name in _SUMS)}
        FROM rounds r JOIN round_spend s ON s.round_id = r.id WHERE r.job_id = :job
        UNION ALL
        SELECT number, arm, model, {", ".join(_SUMS)}
        FROM ({_CALLS.format(rounds=f"rounds r {_EVERY}")} AND r.job_id = :job AND r.open_claims IS NULL) running
        UNION ALL
        SELECT number, arm, model, {", ".join(_SUMS)}
        FROM ({_CALLS.format(rounds=f"rounds r {_LATE}")} AND r.job_id = :job) late),
    used AS (
        SELECT CASE grouping(number, arm, model) WHEN 3 THEN 'round' WHEN 5 THEN 'arm' ELSE 'model' END AS by,
               coalesce(CAST(number AS text), arm, model) AS name, {_ADDED}, min(number) AS first
        FROM spent GROUP BY GROUPING SETS ((number), (arm), (model))),
    texts AS (
        SELECT g.round_id, g.arm, g.draw->>'model' AS model, count(*) AS kept, sum(g.tokens) AS kept_tokens
        FROM generations g WHERE g.job_id = :job AND g.verdict = 'kept' GROUP BY 1, 2, 3),
    named AS (
        SELECT r.number, t.arm, coalesce(t.model, j.model) AS model, t.kept, t.kept_tokens
        FROM texts t JOIN rounds r ON r.id = t.round_id JOIN jobs j ON j.id = r.job_id),
    kept AS (
        SELECT CASE grouping(number, arm, model) WHEN 3 THEN 'round' WHEN 5 THEN 'arm' ELSE 'model' END AS by,
               coalesce(CAST(number AS text), arm, model) AS name, CAST(sum(kept) AS bigint) AS kept,
               CAST(sum(kept_tokens) AS bigint) AS kept_tokens
        FROM named GROUP BY GROUPING SETS ((number), (arm), (model)))
    SELECT by, name, {", ".join(_SUMS)}, coalesce(kept, 0), coalesce(kept_tokens, 0)
    FROM used LEFT JOIN kept USING (by, name)
    ORDER BY CASE WHEN by = 'round' THEN first ELSE 0 END, micro DESC,
             prompt_tokens + completion_tokens + charged_tokens DESC, name""")


def sum_up(session: Session, *, limit: int) -> int:
    """Sum up `limit` rounds that are over at most, the oldest first; returns how many. Safe to do twice and at once."""
    # A round of ten million calls takes longer than any statement usually may, and would be begun again for ever.
    session.execute(text("SET LOCAL statement_timeout = '300s'"))
    return len(session.execute(_SUM_UP, {"limit": limit, "sure": SURE_S}).all())


def of_job(session: Session, job_id: int) -> dict[By, list[SpendRow]]:
    """What each round, arm and model used, rounds in their order and the others the dearest first."""
    found: dict[By, list[SpendRow]] = {"round": [], "arm": [], "model": []}
    for by, *row in session.execute(_OF_JOB, {"job": job_id}):
        found[by].append(SpendRow(*row))
    return found
