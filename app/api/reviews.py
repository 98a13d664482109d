"""A person's verdict on a generation, those of a job, and the text to ask about next."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from app.api.edge import CurrentEdge, CurrentWriter, body_of
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.reviews import NextOut, ReviewOut, ReviewRequest, next_out, review_out
from app.domain.records import GenerationId, JobId
from app.services import reviews as service
from app.services.idempotency import Answer

router = APIRouter(prefix="/v1", tags=["reviews"])

Id = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.post(
    "/generations/{generation_id}/review",
    status_code=201,
    response_model=ReviewOut,
    summary="Review a generation",
)
def create_review(request: Request, writer: CurrentWriter, generation_id: Id, wanted: ReviewRequest) -> JSONResponse:
    """Approve or reject it, with a score and a note if you like. The newest review of a text counts.

    What is rejected is left out of exports made from then on; classifiers can be trained on reviews.
    """
    reviewer = request.scope.get("api_key_id")

    def work(session: Session) -> Answer:
        row = service.review(session, GenerationId(generation_id), wanted.opinion(), reviewer=reviewer)
        return Answer(201, body_of(review_out(row)))

    return writer.respond(wanted.model_dump_json().encode(), work)


@router.get("/jobs/{job_id}/reviews", summary="Reviews of a job")
def list_reviews(edge: CurrentEdge, job_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Page[ReviewOut]:
    """The youngest first, also those that a newer one of the same text has replaced."""
    before = decode_cursor(cursor)
    rows = edge.read(lambda s: service.of_job(s, JobId(job_id), before=before, limit=limit + 1))
    items = [review_out(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], limit))


@router.get("/jobs/{job_id}/reviews/next", summary="The text to review next")
def next_review(edge: CurrentEdge, job_id: Id) -> NextOut:
    """The most informative text that nobody has reviewed: one about which a judge disagrees with the
    gates, else nearest to the least educational score, in bands of 0.25,
    and within a band the one on which classifier and audit model disagree most."""
    return next_out(edge.read(lambda s: service.suggest(s, JobId(job_id))))
