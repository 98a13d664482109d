"""Takes a person's verdict on a generation, and says which one to ask for next."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.domain.records import GenerationId, JobId, Verdict
from app.domain.reviews import UNCERTAIN, Opinion
from app.errors import ConflictError
from app.repositories import generations_read, jobs, reviews
from app.repositories.generations_read import GenerationRow
from app.repositories.reviews import ReviewRow, Uncertain
from app.services.rounds import config_of


class DraftReviewError(ConflictError):
    """Generation {id} is a draft of a seed's code, which no export takes; review the texts that came of it."""

    code = "draft_not_reviewed"


@dataclass(frozen=True)
class Suggestion:
    """The text to review next, and why this one; both None when every text that is worth it has been reviewed."""

    edu_min: float
    """The job's least educational score."""
    generation: GenerationRow | None = None
    why: Uncertain | None = None


def review(
    session: Session, generation_id: GenerationId, opinion: Opinion, *, reviewer: str | None = None
) -> ReviewRow:
    """The review, added to those before; raises NotFoundError or DraftReviewError. `reviewer` is an API key's id."""
    generation = generations_read.get(session, generation_id)
    if generation.verdict == Verdict.draft:
        raise DraftReviewError(id=generation_id)
    return reviews.add(session, generation_id, generation.job_id, opinion, reviewer=reviewer)


def of_job(session: Session, job_id: JobId, *, before: int | None = None, limit: int = 50) -> list[ReviewRow]:
    """A job's reviews, youngest first, older than `before`; raises NotFoundError for no such job."""
    jobs.get(session, job_id)
    return reviews.of_job(session, job_id, before=before, limit=limit)


def suggest(session: Session, job_id: JobId) -> Suggestion:
    """The most informative text that nobody has reviewed; raises NotFoundError for no such job."""
    edu_min = config_of(jobs.get(session, job_id)).gates.edu_min
    found = reviews.most_uncertain(session, job_id, edu_min=edu_min, band=UNCERTAIN)
    if found is None:
        return Suggestion(edu_min)
    return Suggestion(edu_min, generations_read.get(session, found.generation_id), found)
