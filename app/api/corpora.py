"""/v1/corpora: files stream in, seeds come out."""

from functools import partial
from hashlib import sha256
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.adapters.storage import StoredFile
from app.api.edge import CurrentEdge, CurrentWriter, Edge, Writer, body_of, response_of
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.corpora import CorpusOut, CorpusRecords, CorpusSettings, RejectOut, corpus_out, reject_out
from app.api.uploads import chunks_of, receive_form
from app.errors import AppError, InvalidInputError
from app.repositories import corpora
from app.services import corpora as service
from app.services.idempotency import Answer

router = APIRouter(prefix="/v1/corpora", tags=["corpora"])

MAX_JSON_BYTES = 16_777_216
"""Records in a JSON body are parsed in memory; more of them come as a file, which is streamed."""

CorpusId = Annotated[int, Path(ge=1, le=MAX_ID)]


class UrlNotSupportedError(InvalidInputError):
    """Reading a corpus from a URL is not possible yet: download it and upload the file."""

    code = "url_not_supported"


class UnsupportedBodyError(AppError):
    """A corpus comes as multipart/form-data with files, or as application/json with records."""

    code = "unsupported_body"
    status = 415


class JsonTooLargeError(AppError):
    """Records in a JSON body are limited to {limit} bytes; upload them as a JSONL file."""

    code = "body_too_large"
    status = 413


class BadJsonError(AppError):
    """The body is not JSON: {reason}."""

    code = "bad_json"
    status = 400


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    **CorpusSettings.model_json_schema(ref_template="#/components/schemas/{model}")["properties"],
                },
            }
        },
        "application/json": {"schema": {"$ref": "#/components/schemas/CorpusRecords"}},
    },
}


@router.post(
    "",
    status_code=202,
    response_model=CorpusOut,
    responses={200: {"model": CorpusOut, "description": "This very content is here already."}},
    openapi_extra={"requestBody": BODY},
    summary="Upload a corpus",
)
async def create_corpus(request: Request, edge: CurrentEdge, writer: CurrentWriter) -> JSONResponse:
    """Files as multipart, or records as JSON. JSONL(.gz/.zst), Parquet, CSV, text and source files, zips of them.

    The same content with the same options again is the same corpus: 200 instead of 202. Reading goes on after the
    answer; a record that cannot be used is listed under `/rejects` and stops nothing.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        form = await receive_form(request, edge.storage, max_bytes=edge.settings.max_upload_bytes)
        files, fields = form.files, dict[str, object](form.fields)
        model: type[CorpusSettings] = CorpusSettings
    elif media == "application/json":
        fields = await _json(request)
        files, model = [], CorpusRecords
    else:
        raise UnsupportedBodyError
    try:
        settings = _validated(model, {key: value for key, value in fields.items() if value != ""})
        return await run_in_threadpool(_create, edge, writer, settings, files)
    except (AppError, RequestValidationError):
        _remove(edge, files)
        raise


async def _json(request: Request) -> dict[str, object]:
    body = bytearray()
    async for chunk in chunks_of(request):
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise JsonTooLargeError(limit=MAX_JSON_BYTES)
    try:
        value = await run_in_threadpool(orjson.loads, bytes(body))
    except orjson.JSONDecodeError as error:
        raise BadJsonError(reason=error.msg) from None
    if not isinstance(value, dict):
        raise BadJsonError(reason="it must be an object with name and records")
    return value


def _validated(model: type[CorpusSettings], fields: dict[str, object]) -> CorpusSettings:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None


def _create(edge: Edge, writer: Writer, settings: CorpusSettings, files: list[StoredFile]) -> JSONResponse:
    if isinstance(settings, CorpusRecords):
        if settings.url is not None:
            raise UrlNotSupportedError
        files.append(_stored(edge, settings))
    options = settings.options()
    service.refuse_early(files, options, edge.read_limits)
    name = settings.name or files[0].display_name
    payload = sha256(name.encode() + service.content_sha256(files, options)).digest()
    answer = writer.write(payload, partial(_register, name=name, files=files, options=options))
    if answer.status != 202 or answer.repeated:
        _remove(edge, files)
    return response_of(answer)


def _stored(edge: Edge, settings: CorpusRecords) -> StoredFile:
    """The records as a JSONL file, like an upload."""
    lines = (orjson.dumps(record) + b"\n" for record in settings.records)
    return edge.storage.receive(lines, "records.jsonl", max_bytes=edge.settings.max_upload_bytes)


def _register(session: Session, *, name: str, files: list[StoredFile], options: service.CorpusOptions) -> Answer:
    done = service.register(session, name, files, options)
    body = body_of(corpus_out(corpora.get(session, done.corpus_id)))
    return Answer(202 if done.created else 200, body, f"/v1/corpora/{done.corpus_id}", done.steps)


def _remove(edge: Edge, files: list[StoredFile]) -> None:
    for file in files:
        edge.storage.remove(file.id)


@router.get("", summary="List corpora")
def list_corpora(edge: CurrentEdge, cursor: Cursor = None, limit: Limit = 50) -> Page[CorpusOut]:
    """The youngest first."""
    rows = edge.read(lambda s: corpora.page(s, before=decode_cursor(cursor), limit=limit + 1))
    items = [corpus_out(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], limit))


@router.get("/{corpus_id}", summary="One corpus")
def get_corpus(edge: CurrentEdge, corpus_id: CorpusId) -> CorpusOut:
    """Its state and counts."""
    return corpus_out(edge.read(lambda s: corpora.get(s, corpus_id)))


@router.get("/{corpus_id}/rejects", summary="Rejected records")
def list_rejects(
    edge: CurrentEdge,
    corpus_id: CorpusId,
    code: Annotated[str | None, Query(max_length=50, pattern=r"^[a-z0-9_]+$")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RejectOut]:
    """Each with file, line, code and a safe excerpt, in the order they were met."""
    after = decode_cursor(cursor) or 0

    def read(session: Session) -> list[corpora.RejectRow]:
        corpora.get(session, corpus_id)
        return corpora.rejects(session, corpus_id, after=after, limit=limit + 1, code=code)

    rows = edge.read(read)
    items = [reject_out(row) for row in rows[:limit]]
    return Page(items=items, next_cursor=next_cursor([row.id for row in rows], limit))
