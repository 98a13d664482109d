"""How often each prompt arm and model was asked, and what its answers cost: what steering learns from."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

FAILED_ANSWERS = ("refusal", "content_filter", "truncated", "empty_content")
"""Reasons that tell of the arm and the model; what tells of the endpoint or of the seed is left out."""


@dataclass(frozen=True)
class AskedRow:
    """One round's calls with one arm by one model, repairs left out."""

    round: int
    """Its number."""
    round_id: int
    arm: str
    model: str | None
    """As asked; None: the job has one."""
    asked: int
    answers: int
    tokens: int
    micro: int


def asked(session: Session, job_id: int) -> list[AskedRow]:
    """The job's calls by round, arm and model, of `work` families alone: no other split steers a plan."""
    rows = session.execute(
        text("""
        SELECT number, id, arm, model, sum(asked), sum(answers), sum(tokens), sum(micro) FROM (
            SELECT r.number, r.id, g.arm, g.draw->>'model' AS model, count(*) AS asked, count(*) AS answers,
                   sum(g.prompt_tokens + g.completion_tokens) AS tokens, sum(g.micro) AS micro
            FROM generations g JOIN rounds r ON r.id = g.round_id LEFT JOIN seeds s ON s.id = g.seed_id
            WHERE g.job_id = :job AND g.parent_id IS NULL AND g.verdict <> 'draft'
              AND coalesce(s.split, g.draw->>'split', 'work') = 'work'
            GROUP BY 1, 2, 3, 4
            UNION ALL
            SELECT r.number, r.id, u.payload->>'arm', u.payload->>'model', count(*), 0, 0, 0
            FROM units u JOIN rounds r ON r.id = u.round_id LEFT JOIN seeds s ON s.id = u.seed_id
            WHERE u.round_id = ANY(ARRAY(SELECT id FROM rounds WHERE job_id = :job))
              AND u.kind = 'rewrite' AND u.state = 'rejected' AND u.reason = ANY(:failed)
              AND u.parent_id IS NULL AND coalesce(s.split, u.payload->>'split', 'work') = 'work'
            GROUP BY 1, 2, 3, 4) AS found
        GROUP BY number, id, arm, model ORDER BY number, arm, model"""),
        {"job": job_id, "failed": list(FAILED_ANSWERS)},
    )
    return [AskedRow(*row[:4], *map(int, row[4:])) for row in rows.all()]
