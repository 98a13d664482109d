"""/v1/jobs/{id}/rounds: what every turn of the loop planned, brought and decided."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session

from app.api.edge import CurrentEdge
from app.api.pages import MAX_ID, Page
from app.api.schemas.rounds import RoundOut, round_out
from app.repositories import batches, jobs, rounds

router = APIRouter(prefix="/v1/jobs/{job_id}/rounds", tags=["jobs"])


@router.get("", summary="Rounds of a job")
def list_rounds(edge: CurrentEdge, job_id: Annotated[int, Path(ge=1, le=MAX_ID)]) -> Page[RoundOut]:
    """From round 0, the preparation of the seeds. A job has 101 rounds at most, so one page holds them all."""

    def read(session: Session) -> list[RoundOut]:
        jobs.get(session, job_id)
        counts = rounds.unit_counts(session, job_id)
        sent = batches.of_job(session, job_id)
        return [round_out(row, counts.get(row.id, {}), sent) for row in rounds.of_job(session, job_id)]

    return Page(items=edge.read(read))
