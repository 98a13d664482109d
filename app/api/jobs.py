"""/v1/jobs: submitted, watched, changed, paused, resumed, cancelled."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.adapters.endpoint_check import LlmUnauthorizedError, LlmUnreachableError, check_embeddings, check_endpoint
from app.api.edge import CurrentEdge, CurrentWriter, body_of
from app.api.operator import operator_of
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.job_answers import JobOut, job_out
from app.api.schemas.jobs import JobPatch, JobRequest
from app.api.schemas.spend import JobSpendOut, job_spend_out
from app.domain.config import JobConfig
from app.domain.lanes import Lane
from app.domain.records import JobId
from app.domain.steps import Step
from app.repositories import jobs
from app.services import jobs as service
from app.services import recipes, submission
from app.services.idempotency import Answer
from app.services.spending import spending
from app.services.submission import Operator, Target

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

Id = Annotated[int, Path(alias="job_id", ge=1, le=MAX_ID)]
State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]


@router.post("", status_code=202, response_model=JobOut, summary="Submit a job")
def create_job(edge: CurrentEdge, writer: CurrentWriter, wanted: JobRequest) -> JSONResponse:
    """Refused at once, with what to do: impossible targets, an unreachable endpoint, a money budget without a price.

    The job waits until its corpus is ready, then starts by itself.
    """
    known = edge.read(lambda s: recipes.find(s, wanted.recipe))
    config, operator = wanted.config(known), operator_of(edge.settings)
    submission.check_config(config)
    chosen = submission.choose_targets(config, operator)
    target, vectors = chosen[0], submission.choose_embedding(config, operator)
    judge = submission.choose_judge(config, operator)
    for asked in (*chosen, vectors, judge):
        if asked is not None:
            submission.price_for(asked.model, config.budget, operator.prices)
    work = partial(_submit, wanted=wanted, config=config, target=target, operator=operator)
    # The probe takes network time, so it comes before the transaction; a repetition need not probe again.
    if not writer.answered_before():
        own = [(Lane(judge.model, judge.url), judge)] if judge is not None else []
        _check_endpoints([*submission.choose_lanes(config, operator), *own])
        if vectors is not None:
            check_embeddings(vectors.endpoint)
    return writer.respond(_payload(wanted), work)


def _check_endpoints(asked: list[tuple[Lane, Target]]) -> None:
    """Return when each model has an endpoint that answers; raises what the last of a model's said."""
    for model in {lane.model: None for lane, _ in asked}:
        failed = None
        for endpoint in [target.endpoint for lane, target in asked if lane.model == model]:
            try:
                check_endpoint(endpoint)
            except (LlmUnreachableError, LlmUnauthorizedError) as error:
                failed = error
            else:
                break
        else:
            if failed is not None:
                raise failed


def _submit(session: Session, *, wanted: JobRequest, config: JobConfig, target: Target, operator: Operator) -> Answer:
    job_id, steps = submission.submit(
        session, wanted.corpus_id, config, target, operator=operator, priority=wanted.priority
    )
    return _answer(session, job_id, steps, status=202)


def _answer(session: Session, job_id: JobId, steps: list[Step], *, status: int = 200) -> Answer:
    return Answer(status, body_of(job_out(service.view(session, job_id))), f"/v1/jobs/{job_id}", steps)


def _payload(model: BaseModel) -> bytes:
    return model.model_dump_json().encode()


@router.get("", summary="List jobs")
def list_jobs(
    edge: CurrentEdge, state: Annotated[State | None, Query()] = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[JobOut]:
    """The youngest first."""
    before = decode_cursor(cursor)
    rows, views = edge.read(lambda s: _page(s, before=before, limit=limit, state=state))
    return Page(items=[job_out(view) for view in views], next_cursor=next_cursor(rows, limit))


def _page(
    session: Session, *, before: int | None, limit: int, state: str | None
) -> tuple[list[int], list[service.JobView]]:
    rows = jobs.page(session, before=before, limit=limit + 1, state=state)
    return [row.id for row in rows], service.views(session, rows[:limit])


@router.get("/{job_id}", summary="One job")
def get_job(edge: CurrentEdge, job_id: Id) -> JobOut:
    """State, progress, ETA, spend and stop reason."""
    return job_out(edge.read(lambda s: service.view(s, JobId(job_id))))


@router.get("/{job_id}/spend", summary="What a job spent")
def get_spend(edge: CurrentEdge, job_id: Id) -> JobSpendOut:
    """Calls, tokens and money by round, arm and model, and what 1,000 accepted tokens cost."""
    return job_spend_out(edge.read(lambda s: spending(s, JobId(job_id))))


@router.patch("/{job_id}", response_model=JobOut, summary="Change a job")
def change_job(edge: CurrentEdge, writer: CurrentWriter, job_id: Id, patch: JobPatch) -> JSONResponse:
    """New budget caps, targets or priority, at once also for a running job."""
    operator = operator_of(edge.settings)

    def work(session: Session) -> Answer:
        steps = service.change(session, JobId(job_id), patch.change(), operator=operator)
        return _answer(session, JobId(job_id), steps)

    return writer.respond(_payload(patch), work)


@router.post("/{job_id}/pause", response_model=JobOut, summary="Pause a job")
def pause_job(writer: CurrentWriter, job_id: Id) -> JSONResponse:
    """Asks nothing more; calls in flight end by themselves."""
    return writer.respond(b"", _moved(JobId(job_id), service.pause))


@router.post("/{job_id}/resume", response_model=JobOut, summary="Resume a job")
def resume_job(writer: CurrentWriter, job_id: Id) -> JSONResponse:
    """Lets a paused job go on."""
    return writer.respond(b"", _moved(JobId(job_id), service.resume))


@router.post("/{job_id}/cancel", response_model=JobOut, summary="Cancel a job")
def cancel_job(writer: CurrentWriter, job_id: Id) -> JSONResponse:
    """Stops it for good; what it has kept stays and can be exported."""
    return writer.respond(b"", _moved(JobId(job_id), service.cancel))


def _moved(job_id: JobId, move: Callable[[Session, JobId], list[Step]]) -> Callable[[Session], Answer]:
    return lambda session: _answer(session, job_id, move(session, job_id))
