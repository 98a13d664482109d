"""Generations of a job, one generation, and all it came from."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from app.api.edge import CurrentEdge
from app.api.pages import MAX_ID, MAX_PAGE, Page, decode_cursor, next_cursor
from app.api.schemas.findings import FindingOut, finding_out
from app.api.schemas.generations import GenerationOut, LineageOut, generation_out, lineage_out
from app.domain.records import GenerationId, Verdict
from app.repositories import findings, generations_read, jobs
from app.repositories.findings import FindingRow
from app.repositories.generations_read import Filter, GenerationRow
from app.services import generations as service

router = APIRouter(prefix="/v1", tags=["generations"])

Id = Annotated[int, Path(ge=1, le=MAX_ID)]
Wanted = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class GenerationQuery(BaseModel):
    """Which generations to show."""

    model_config = ConfigDict(extra="forbid")

    round: Annotated[int, Field(ge=0, le=1_000)] | None = None
    verdict: Verdict | None = None
    reason: Wanted | None = None
    """Why it was dropped, e.g. `too_hard`."""
    edu_min: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None = None
    edu_max: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None = None
    arm: Wanted | None = None
    seed_id: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    flagged: bool | None = None
    """Whether the job's judge came to the opposite of the gates: worth a review."""
    contains: Wanted | None = None
    """Literal text: % and _ mean themselves, upper and lower case are alike."""
    order: Literal["asc", "desc"] = "asc"
    cursor: Annotated[str, StringConstraints(max_length=40)] | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50

    def filter(self) -> Filter:
        """The same as the repository takes it."""
        return Filter(**self.model_dump(exclude={"order", "cursor", "limit"}))


@router.get("/jobs/{job_id}/generations", summary="Generations of a job")
def list_generations(edge: CurrentEdge, job_id: Id, wanted: Annotated[GenerationQuery, Query()]) -> Page[GenerationOut]:
    """In the order they came, or the youngest first with `order=desc`."""

    def read(session: Session) -> list[GenerationRow]:
        jobs.get(session, job_id)
        return generations_read.page(
            session,
            job_id,
            wanted.filter(),
            cursor=decode_cursor(wanted.cursor),
            limit=wanted.limit + 1,
            youngest_first=wanted.order == "desc",
        )

    rows = edge.read(read)
    items = [generation_out(row) for row in rows[: wanted.limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], wanted.limit))


@router.get("/generations/{generation_id}", summary="One generation")
def get_generation(edge: CurrentEdge, generation_id: Id) -> GenerationOut:
    """With its text, scores and verdict."""
    return generation_out(edge.read(lambda s: generations_read.get(s, generation_id)))


@router.get("/generations/{generation_id}/findings", summary="What the judge said of a generation")
def get_findings(edge: CurrentEdge, generation_id: Id) -> list[FindingOut]:
    """Scores and checked claims, in the order they came; empty where nobody judged it."""

    def read(session: Session) -> list[FindingRow]:
        generations_read.get(session, generation_id)
        return findings.of_generation(session, generation_id)

    return [finding_out(row) for row in edge.read(read)]


@router.get("/generations/{generation_id}/lineage", summary="Lineage of a generation")
def get_lineage(edge: CurrentEdge, generation_id: Id) -> LineageOut:
    """Earlier versions, the seed with its file, line and licence, prompt, model, call, scores, and why it was kept."""
    return lineage_out(edge.read(lambda s: service.lineage(s, GenerationId(generation_id))))
