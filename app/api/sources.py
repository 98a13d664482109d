"""/v1/jobs/{id}/sources: long documents that were split, and how much of each the pool covers."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.orm import Session

from app.api.edge import CurrentEdge
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.sources import SourceOut, source_out
from app.repositories import jobs, sources
from app.repositories.sources import CoverageRow

router = APIRouter(prefix="/v1/jobs/{job_id}/sources", tags=["jobs"])


@router.get("", summary="Long sources of a job")
def list_sources(
    edge: CurrentEdge, job_id: Annotated[int, Path(ge=1, le=MAX_ID)], cursor: Cursor = None, limit: Limit = 50
) -> Page[SourceOut]:
    """Documents that were split into parts, and how much of each has a text in the pool. Most jobs have none."""

    def read(session: Session) -> list[CoverageRow]:
        jobs.get(session, job_id)
        return sources.coverage(session, job_id, after=decode_cursor(cursor) or 0, limit=limit + 1)

    rows = edge.read(read)
    items = [source_out(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], limit))
