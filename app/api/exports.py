"""Exports: asked for, watched, downloaded in pieces if need be."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy.orm import Session

from app.api.edge import CurrentEdge, CurrentWriter, body_of
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.exports import ExportOut, ExportRequest, export_out
from app.domain.exporting import ExportOptions
from app.domain.records import JobId
from app.services import exports as service
from app.services.idempotency import Answer

router = APIRouter(prefix="/v1", tags=["exports"])

Id = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.post("/jobs/{job_id}/exports", status_code=202, response_model=ExportOut, summary="Export a job's pool")
def create_export(writer: CurrentWriter, job_id: Id, wanted: ExportRequest | None = None) -> JSONResponse:
    """Files with a manifest and a dataset card, made by a worker; the same pool makes the same bytes again."""
    chosen = wanted or ExportRequest()
    work = partial(_create, job_id=JobId(job_id), options=chosen.options())
    return writer.respond(chosen.model_dump_json().encode(), work)


def _create(session: Session, *, job_id: JobId, options: ExportOptions) -> Answer:
    export_id, steps = service.create_export(session, job_id, options)
    body = body_of(export_out(service.get_export(session, export_id)))
    return Answer(202, body, f"/v1/exports/{export_id}", steps)


@router.get("/jobs/{job_id}/exports", summary="Exports of a job")
def list_exports(edge: CurrentEdge, job_id: Id, cursor: Cursor = None, limit: Limit = 50) -> Page[ExportOut]:
    """The youngest first."""
    before = decode_cursor(cursor)
    rows = edge.read(lambda s: service.list_exports(s, JobId(job_id), before=before, limit=limit + 1))
    items = [export_out(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], limit))


@router.get("/exports/{export_id}", summary="One export")
def get_export(edge: CurrentEdge, export_id: Id) -> ExportOut:
    """Its state, and its files and manifest once it is ready."""
    return export_out(edge.read(lambda s: service.get_export(s, export_id)))


@router.get(
    "/exports/{export_id}/files/{name:path}",
    response_class=FileResponse,
    responses={206: {"description": "The range that was asked for."}},
    summary="Download a file",
)
def download(edge: CurrentEdge, export_id: Id, name: Annotated[str, Path(max_length=500)]) -> FileResponse:
    """A file that the manifest names, whole or by Range."""
    path = edge.read(lambda s: service.export_file(s, edge.storage, export_id, name))
    # An attachment of a plain type: whatever a text holds, no browser renders it here.
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)
