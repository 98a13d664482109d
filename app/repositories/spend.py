"""What a job's calls used, by round, arm and model, beside what was accepted for it.

A call whose price nobody knew afterwards (it hung, its worker was lost) was charged in full: its reservation says how
much. Calls are found by their units, and those by their rounds; the index on a call's unit holds all that is summed.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

By = Literal["round", "arm", "model"]


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


# The reservation says whether a claim was charged in full; the call, found by the same token, what it used otherwise.
# A claim whose call was refused, never made or answered from the store cost nothing and is no call here.
_OF_JOB = """
    WITH spent AS (
        SELECT r.number, CASE u.kind WHEN 'embed' THEN 'vectors' WHEN 'judge' THEN 'judge'
                                     ELSE coalesce(u.payload->>'arm', '') END AS arm,
               CASE u.kind WHEN 'embed' THEN j.embedding_model WHEN 'judge' THEN j.judge_model
                    ELSE coalesce(u.payload->>'model', j.model) END AS model,
               CASE WHEN v.state = 'charged' THEN 0 ELSE c.prompt_tokens END AS prompt_tokens,
               CASE WHEN v.state = 'charged' THEN 0 ELSE c.completion_tokens END AS completion_tokens,
               CASE WHEN v.state = 'charged' THEN v.tokens ELSE 0 END AS charged_tokens,
               CASE WHEN v.state = 'charged' THEN v.micro ELSE c.micro END AS micro
        FROM jobs j JOIN rounds r ON r.job_id = j.id JOIN units u ON u.round_id = r.id
        JOIN reservations v ON v.unit_id = u.id LEFT JOIN llm_calls c ON c.unit_id = u.id AND c.token = v.token
        WHERE j.id = :job AND u.kind IN ('rewrite', 'embed', 'judge')
          AND (v.state = 'charged'
               OR v.state = 'settled' AND (c.ok OR c.prompt_tokens > 0 OR c.completion_tokens > 0))),
    used AS (
        SELECT CASE grouping(number, arm, model) WHEN 3 THEN 'round' WHEN 5 THEN 'arm' ELSE 'model' END AS by,
               coalesce(CAST(number AS text), arm, model) AS name, count(*) AS calls,
               sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens,
               sum(charged_tokens) AS charged_tokens, sum(micro) AS micro, min(number) AS first
        FROM spent GROUP BY GROUPING SETS ((number), (arm), (model))),
    kept AS (
        SELECT CASE grouping(r.number, g.arm, g.model) WHEN 3 THEN 'round' WHEN 5 THEN 'arm' ELSE 'model' END AS by,
               coalesce(CAST(r.number AS text), g.arm, g.model) AS name, count(*) AS kept, sum(g.tokens) AS kept_tokens
        FROM generations g JOIN rounds r ON r.id = g.round_id
        WHERE g.job_id = :job AND g.verdict = 'kept' GROUP BY GROUPING SETS ((r.number), (g.arm), (g.model)))
    SELECT by, name, calls, CAST(prompt_tokens AS bigint), CAST(completion_tokens AS bigint),
           CAST(charged_tokens AS bigint), CAST(micro AS bigint), coalesce(kept, 0),
           CAST(coalesce(kept_tokens, 0) AS bigint)
    FROM used LEFT JOIN kept USING (by, name)
    ORDER BY CASE WHEN by = 'round' THEN first ELSE 0 END, micro DESC,
             prompt_tokens + completion_tokens + charged_tokens DESC, name"""


def of_job(session: Session, job_id: int) -> dict[By, list[SpendRow]]:
    """What each round, arm and model used, rounds in their order and the others the dearest first."""
    found: dict[By, list[SpendRow]] = {"round": [], "arm": [], "model": []}
    for by, *row in session.execute(text(_OF_JOB), {"job": job_id}):
        found[by].append(SpendRow(*row))
    return found
