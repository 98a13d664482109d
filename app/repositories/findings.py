"""Rows of what the judge said: which texts it may be asked about, its answers, and what a round makes of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.db.arrays import array
from app.db.tables import Finding as FindingTable
from app.domain.judge_answers import Checked
from app.domain.judge_figures import Figures, Finding, Judged
from app.domain.judge_prompts import Order, Task
from app.domain.judge_sample import Text
from app.domain.reasons import Reason


@dataclass(frozen=True)
class NewFinding:
    """An answer that counts, as it is stored."""

    job_id: int
    round_id: int
    unit_id: int
    generation_id: int | None
    canary: str | None
    task: str
    part_order: str
    style: str
    score: int | None
    reason: str
    claims: list[dict[str, Any]]
    model: str
    llm_call_id: int | None


@dataclass(frozen=True)
class FindingRow:
    """An answer as people read it."""

    id: int
    generation_id: int | None
    task: str
    part_order: str
    style: str
    score: int | None
    reason: str
    claims: list[dict[str, Any]]
    model: str
    disagrees: bool
    created_at: datetime


COLUMNS = [getattr(FindingTable, name) for name in FindingRow.__dataclass_fields__]


def texts(session: Session, round_id: int) -> list[Text]:
    """A round's texts that passed the gates of documents or were dropped by one whose figures have a limit."""
    rows = session.execute(
        text("""
        SELECT g.id, g.seed_id, g.key, g.verdict = 'pending' AS passed,
               CASE WHEN g.gate = 'fidelity' THEN NULL ELSE g.edu_score END AS edu_score,
               CAST(g.scores->>'fidelity_precision' AS float8) AS precision,
               CAST(g.scores->>'fidelity_recall' AS float8) AS recall,
               length(g.text) AS chars, length(s.text) AS seed_chars
        FROM generations g JOIN units u ON u.id = g.unit_id JOIN seeds s ON s.id = g.seed_id
        WHERE g.round_id = :round
          AND (g.verdict = 'pending' OR g.verdict = 'dropped' AND g.gate IN ('education', 'fidelity'))
        ORDER BY u.ordinal"""),
        {"round": round_id},
    )
    return [Text(row.id, row.seed_id, bytes(row.key), *row[3:]) for row in rows]


def put(session: Session, found: Sequence[NewFinding]) -> None:
    """Store answers; safe to do again."""
    if found:
        columns = list(NewFinding.__dataclass_fields__)
        values = ", ".join(f":{name}" for name in columns)
        session.execute(
            text(f"INSERT INTO findings ({', '.join(columns)}) VALUES ({values}) ON CONFLICT (unit_id) DO NOTHING"),
            [{**asdict(one), "claims": Jsonb(one.claims)} for one in found],
        )


def of_round(session: Session, round_id: int) -> list[Finding]:
    """A round's answers in the order of their calls."""
    rows = session.execute(
        text("""
        SELECT f.task, f.part_order, f.style, f.generation_id, f.canary, f.score, f.claims
        FROM findings f JOIN units u ON u.id = f.unit_id WHERE f.round_id = :round ORDER BY u.ordinal, f.id"""),
        {"round": round_id},
    )
    return [_finding(row) for row in rows]


def _finding(row: Row[Any]) -> Finding:
    claims = tuple(msgspec.convert(row.claims, list[Checked]))
    return Finding(Task(row.task), Order(row.part_order), row.style, row.generation_id, row.canary, row.score, claims)


def judged(session: Session, round_id: int) -> dict[int, Judged]:
    """{generation: what the gates say of it} of a round's texts that the judge was asked about."""
    rows = session.execute(
        text("""
        SELECT g.id, g.edu_score, CAST(g.scores->>'fidelity_precision' AS float8) AS precision,
               CAST(g.scores->>'fidelity_recall' AS float8) AS recall, g.verdict <> 'dropped' AS passed
        FROM generations g WHERE g.id IN (SELECT generation_id FROM findings WHERE round_id = :round)"""),
        {"round": round_id},
    )
    return {row.id: Judged(*row[1:]) for row in rows}


def first_scores(session: Session, job_id: int, *, before: int) -> dict[str, int]:
    """{canary: its score in the first round of the job that asked for it}, of rounds before that number."""
    rows = session.execute(
        text("""
        SELECT DISTINCT ON (f.canary) f.canary, f.score FROM findings f JOIN rounds r ON r.id = f.round_id
        WHERE f.job_id = :job AND f.canary IS NOT NULL AND r.number < :before ORDER BY f.canary, r.number, f.id"""),
        {"job": job_id, "before": before},
    )
    return {row.canary: row.score for row in rows}


def ended(session: Session, round_id: int) -> dict[str, int]:
    """{how they ended: judge calls of a round}: answered, repaired (once more asked for), and why others were not."""
    rows = session.execute(
        text("""
        SELECT CASE WHEN state = 'done' THEN coalesce(reason, 'answered') ELSE coalesce(reason, state) END AS how,
               count(*) AS n
        FROM units WHERE round_id = :round AND kind = 'judge' GROUP BY how ORDER BY how"""),
        {"round": round_id},
    )
    return {row.how: row.n for row in rows}


def mark(session: Session, round_id: int, flagged: Sequence[tuple[int, str]]) -> None:
    """Say of a round's answers, by generation and task, that the gates came to the opposite."""
    session.execute(
        text("""
        UPDATE findings f SET disagrees = true
        FROM unnest(CAST(:ids AS bigint[]), CAST(:tasks AS text[])) AS m(id, task)
        WHERE f.round_id = :round AND f.generation_id = m.id AND f.task = m.task
          AND f.part_order = 'rubric_first' AND f.style = 'plain'"""),
        {"round": round_id, "ids": array([at for at, _ in flagged]), "tasks": array([task for _, task in flagged])},
    )


def drop(session: Session, details: dict[int, str]) -> None:
    """Drop texts that passed and that gate and judge both doubt, each with what the seed says otherwise."""
    session.execute(
        text("""
        UPDATE generations g SET verdict = 'dropped', gate = 'judge', reason = :reason, detail = d.detail
        FROM unnest(CAST(:ids AS bigint[]), CAST(:details AS text[])) AS d(id, detail)
        WHERE g.id = d.id AND g.verdict = 'pending'"""),
        {
            "ids": array(list(details)),
            "details": array(list(details.values())),
            "reason": Reason.judge_contradicted.value,
        },
    )


def put_figures(session: Session, round_id: int, figures: Figures) -> bool:
    """Write a round's figures; False when somebody has."""
    row = session.execute(
        text("UPDATE rounds SET judge = :figures WHERE id = :round AND judge = '{}'::jsonb RETURNING 1"),
        {"round": round_id, "figures": Jsonb(figures)},
    ).one_or_none()
    return row is not None


def of_generation(session: Session, generation_id: int) -> list[FindingRow]:
    """What the judge said of a text, in the order it said so."""
    query = select(*COLUMNS).where(FindingTable.generation_id == generation_id).order_by(FindingTable.id)
    return [FindingRow(*row) for row in session.execute(query)]


def labels(session: Session, job_ids: Sequence[int], *, last: int) -> list[tuple[str, int, str]]:
    """(text, score, family) of texts of these jobs that the judge scored up to the finding `last`, by digest.

    Only of families that steer, each text once with its newest score; a text that a person reviewed is left to them.
    """
    rows = session.execute(
        text("""
        SELECT DISTINCT ON (g.sha256) g.text, f.score,
               encode(coalesce((SELECT d.sha256 FROM seeds d WHERE d.id = s.source_id), s.sha256), 'hex') AS family
        FROM findings f JOIN generations g ON g.id = f.generation_id JOIN seeds s ON s.id = g.seed_id
        WHERE f.job_id = ANY(:jobs) AND f.id <= :last AND f.task = 'score' AND s.split = 'work'
          AND f.part_order = 'rubric_first' AND f.style = 'plain'
          AND NOT EXISTS (SELECT 1 FROM reviews v WHERE v.generation_id = g.id)
        ORDER BY g.sha256, f.id DESC"""),
        {"jobs": list(job_ids), "last": last},
    )
    return [(row.text, row.score, row.family) for row in rows]


def last_of(session: Session, job_ids: Sequence[int]) -> int:
    """The youngest finding's id of some jobs; 0 without any. Rows are only added, so it names this state of them."""
    query = text("SELECT coalesce(max(id), 0) FROM findings WHERE job_id = ANY(:jobs)")
    return int(session.execute(query, {"jobs": list(job_ids)}).scalar_one())
