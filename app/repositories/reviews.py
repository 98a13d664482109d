"""Rows of reviews: added, read in pages, as labels, and which text to ask a person about next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.db.tables import Review
from app.domain.reviews import Decision, Opinion

REJECTED = """(
    SELECT generation_id FROM (
        SELECT DISTINCT ON (generation_id) generation_id, decision FROM reviews
        WHERE job_id = :job ORDER BY generation_id, id DESC) newest
    WHERE decision = 'reject')"""
"""Ids of the generations of `:job` that a person rejected, for queries that must do without them."""
_WORK = "coalesce(s.split, g.draw->>'split', 'work') = 'work'"
"""Families that steer. What targets are judged on, and what nothing looks at, must not become a classifier's labels."""


@dataclass(frozen=True)
class ReviewRow:
    """A review as stored."""

    id: int
    job_id: int
    generation_id: int
    decision: str
    score: float | None
    note: str
    reviewer: str | None
    created_at: datetime


@dataclass(frozen=True)
class Uncertain:
    """A text that nobody has reviewed."""

    generation_id: int
    distance: float
    """Of its score from the keep limit."""
    disagreement: float | None
    """Of its score from the audit model's; None where that did not score it."""
    flagged: bool = False
    """Whether the judge came to the opposite of the gates."""


@dataclass(frozen=True)
class ReviewedText:
    """A reviewed text as a label's document."""

    text: str
    decision: Decision
    score: float | None
    family: str
    """Hex digest: its seed's, or its own key where it was drawn from words."""


@dataclass(frozen=True)
class Reviewed:
    """How many texts of some jobs were reviewed."""

    usable: int
    set_aside: int
    """Of families that judge, which teach nothing."""
    last: int
    """The youngest review's id; 0 without any. Rows are only added, so it names this state of them."""


COLUMNS = [getattr(Review, name) for name in ReviewRow.__dataclass_fields__]


def add(session: Session, generation_id: int, job_id: int, opinion: Opinion, *, reviewer: str | None) -> ReviewRow:
    """The review, stored."""
    values = {
        "job_id": job_id,
        "generation_id": generation_id,
        "decision": opinion.decision.value,
        "score": opinion.score,
        "note": opinion.note,
        "reviewer": reviewer,
    }
    return ReviewRow(*session.execute(insert(Review).values(**values).returning(*COLUMNS)).one())


def of_job(session: Session, job_id: int, *, before: int | None, limit: int) -> list[ReviewRow]:
    """A job's reviews, youngest first, older than `before`."""
    query = select(*COLUMNS).where(Review.job_id == job_id).order_by(Review.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Review.id < before)
    return [ReviewRow(*row) for row in session.execute(query)]


def of_generation(session: Session, generation_id: int, *, limit: int) -> list[ReviewRow]:
    """A generation's reviews, youngest first."""
    query = select(*COLUMNS).where(Review.generation_id == generation_id).order_by(Review.id.desc()).limit(limit)
    return [ReviewRow(*row) for row in session.execute(query)]


def most_uncertain(session: Session, job_id: int, *, edu_min: float, band: float) -> Uncertain | None:
    """The text whose review says most: nearest to the limit, by bands of this width; within one, where the two models
    disagree most. None when all are reviewed. Texts about which the judge came to the opposite of the gates come first.

    Only texts about which the educational score decided, kept, in reserve, or dropped for it, and those of the judge.
    """
    row = session.execute(
        text(f"""
        SELECT g.id, abs(g.edu_score - :limit) AS distance,
               abs(g.edu_score - CAST(g.scores->>'edu_audit' AS double precision)) AS disagreement,
               coalesce(j.flagged, false) AS flagged
        FROM generations g LEFT JOIN seeds s ON s.id = g.seed_id
        LEFT JOIN (SELECT generation_id, bool_or(disagrees) AS flagged FROM findings
                   WHERE job_id = :job AND disagrees GROUP BY generation_id) j ON j.generation_id = g.id
        WHERE g.job_id = :job AND (g.verdict IN ('kept', 'reserve') OR j.flagged
                                   OR g.verdict = 'dropped' AND g.gate IN ('education', 'judge'))
              AND {_WORK} AND g.id NOT IN (SELECT generation_id FROM reviews WHERE job_id = :job)
        ORDER BY j.flagged NULLS LAST, floor(abs(g.edu_score - :limit) / :band), disagreement DESC NULLS LAST,
                 distance, g.key LIMIT 1"""),
        {"job": job_id, "limit": edu_min, "band": band},
    ).one_or_none()
    return None if row is None else Uncertain(*row)


_NEWEST = f"""
    SELECT DISTINCT ON (g.sha256) g.text, v.decision, v.score, {_WORK} AS usable,
           encode(coalesce((SELECT d.sha256 FROM seeds d WHERE d.id = s.source_id), s.sha256, g.key), 'hex') AS family
    FROM reviews v JOIN generations g ON g.id = v.generation_id LEFT JOIN seeds s ON s.id = g.seed_id
    WHERE v.job_id = ANY(:jobs) AND v.id <= :last ORDER BY g.sha256, v.id DESC"""
"""Every text once with its newest review, in an order that does not depend on ids."""


def reviewed(session: Session, job_ids: Sequence[int]) -> Reviewed:
    """How many texts of these jobs have a review."""
    found = session.execute(
        text("SELECT coalesce(max(id), 0) FROM reviews WHERE job_id = ANY(:jobs)"), {"jobs": list(job_ids)}
    )
    last = found.scalar_one()
    row = session.execute(
        text(f"SELECT count(*) FILTER (WHERE usable), count(*) FILTER (WHERE NOT usable) FROM ({_NEWEST}) newest"),
        {"jobs": list(job_ids), "last": last},
    ).one()
    return Reviewed(row[0], row[1], last)


def texts(session: Session, job_ids: Sequence[int], *, last: int) -> list[ReviewedText]:
    """The texts that may teach, as they were reviewed up to the review `last`, ordered by digest."""
    rows = session.execute(
        text(f"SELECT text, decision, score, family FROM ({_NEWEST}) newest WHERE usable"),
        {"jobs": list(job_ids), "last": last},
    )
    return [ReviewedText(row.text, Decision(row.decision), row.score, row.family) for row in rows]
