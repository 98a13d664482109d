"""/v1/classifiers: trained on labels of one's own, judged, chosen for new jobs, rolled back."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.adapters.endpoint_check import check_endpoint
from app.adapters.storage import StoredFile
from app.api.corpora import BadJsonError, UnsupportedBodyError
from app.api.edge import CurrentEdge, CurrentWriter, Edge, Writer, body_of, response_of
from app.api.operator import operator_of
from app.api.pages import MAX_ID, Cursor, Limit, Page, decode_cursor, next_cursor
from app.api.schemas.classifiers import (
    ClassifierOut,
    EvaluationOut,
    Evaluations,
    JudgedRequest,
    LabelledFields,
    LabelledSettings,
    LabellingRequest,
    ReviewsRequest,
    classifier_out,
    evaluation_out,
)
from app.api.uploads import receive_form
from app.domain.steps import Step
from app.errors import InvalidInputError
from app.repositories import classifier_labels, classifiers
from app.repositories.classifiers import ClassifierRow
from app.services import classifier_sources as sources
from app.services import classifiers as service
from app.services.idempotency import Answer

router = APIRouter(prefix="/v1/classifiers", tags=["classifiers"])

Id = Annotated[int, Path(alias="classifier_id", ge=1, le=MAX_ID)]
M = TypeVar("M", bound=BaseModel)
MAX_LABELLED_BYTES = 512 * 1024 * 1024


class OneFileError(InvalidInputError):
    """Send exactly one labelled file, as JSONL or JSONL.gz; {count} came."""

    code = "one_file"


def _form(model: type[BaseModel]) -> dict[str, object]:
    fields = model.model_json_schema(ref_template="#/components/schemas/{model}")["properties"]
    file = {"type": "string", "format": "binary"}
    return {"schema": {"type": "object", "required": ["file"], "properties": {"file": file, **fields}}}


BODY = {
    "required": True,
    "content": {
        "multipart/form-data": _form(LabelledSettings),
        "application/json": {
            "schema": {
                "oneOf": [
                    {"$ref": "#/components/schemas/LabellingRequest"},
                    {"$ref": "#/components/schemas/ReviewsRequest"},
                    {"$ref": "#/components/schemas/JudgedRequest"},
                ]
            }
        },
    },
}
EVALUATION_BODY = {"required": True, "content": {"multipart/form-data": _form(LabelledFields)}}


@router.post(
    "",
    status_code=202,
    response_model=ClassifierOut,
    openapi_extra={"requestBody": BODY},
    summary="Make a classifier",
)
async def create_classifier(request: Request, edge: CurrentEdge, writer: CurrentWriter) -> JSONResponse:
    """From a labelled file (multipart), from labels that an LLM gives to a sample of a corpus, from the reviews of
    some jobs' texts, or from what their judges said of them (JSON).

    A worker trains it; no job uses it before `/use` says so.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "multipart/form-data":
        return await _with_file(request, edge, LabelledSettings, partial(_from_file, writer))
    if media != "application/json":
        raise UnsupportedBodyError
    body = await _json(request)
    if isinstance(body, dict) and "review_jobs" in body:
        return await run_in_threadpool(_from_reviews, writer, _validated(ReviewsRequest, body))
    if isinstance(body, dict) and "judged_jobs" in body:
        return await run_in_threadpool(_from_judge, writer, _validated(JudgedRequest, body))
    return await run_in_threadpool(_from_llm, edge, writer, _validated(LabellingRequest, body))


async def _json(request: Request) -> object:
    try:
        return await request.json()
    except ValueError as error:
        raise BadJsonError(reason=str(error)[:200]) from None


def _validated(model: type[M], fields: object) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None


async def _with_file(
    request: Request, edge: Edge, model: type[M], create: Callable[[StoredFile, M], Answer]
) -> JSONResponse:
    """What `create` makes of the one file of a form; the file stays only if it was needed."""
    limit = min(MAX_LABELLED_BYTES, edge.settings.max_upload_bytes)
    form = await receive_form(request, edge.storage, max_bytes=limit)
    answer = None
    try:
        fields = _validated(model, {key: value for key, value in form.fields.items() if value != ""})
        if len(form.files) != 1:
            raise OneFileError(count=len(form.files))
        answer = await run_in_threadpool(create, form.files[0], fields)
        return response_of(answer)
    finally:
        if answer is None or answer.repeated:
            for file in form.files:
                edge.storage.remove(file.id)


def _from_file(writer: Writer, stored: StoredFile, wanted: LabelledSettings) -> Answer:
    def work(session: Session) -> Answer:
        made, steps = sources.from_file(session, wanted.name, stored, wanted.fields())
        return _answer(session, made, steps, status=202)

    return writer.write(wanted.model_dump_json().encode() + stored.sha256, work)


def _from_reviews(writer: Writer, wanted: ReviewsRequest) -> JSONResponse:
    def work(session: Session) -> Answer:
        made, steps = sources.from_reviews(session, wanted.name, wanted.review_jobs)
        return _answer(session, made, steps, status=202)

    return writer.respond(wanted.model_dump_json().encode(), work)


def _from_judge(writer: Writer, wanted: JudgedRequest) -> JSONResponse:
    def work(session: Session) -> Answer:
        made, steps = sources.from_judge(session, wanted.name, wanted.judged_jobs)
        return _answer(session, made, steps, status=202)

    return writer.respond(wanted.model_dump_json().encode(), work)


def _from_llm(edge: Edge, writer: Writer, wanted: LabellingRequest) -> JSONResponse:
    operator = operator_of(edge.settings)
    target = sources.labeller(wanted.llm.base_url, wanted.llm.model, operator)

    def work(session: Session) -> Answer:
        made, steps = sources.from_llm(
            session, wanted.name, wanted.corpus_id, wanted.labelling, wanted.budget, target, operator=operator
        )
        return _answer(session, made, steps, status=202)

    # The probe takes network time, so it comes before the transaction; a repetition need not probe again.
    if not writer.answered_before():
        check_endpoint(target.endpoint)
    return writer.respond(wanted.model_dump_json().encode(), work)


def _out(session: Session, rows: list[ClassifierRow]) -> list[ClassifierOut]:
    used = service.in_use(session).id
    labels = classifier_labels.counts(session, [row.id for row in rows])
    return [classifier_out(row, used=used, labels=labels.get(row.id, {})) for row in rows]


def _answer(session: Session, classifier_id: int, steps: list[Step], *, status: int = 200) -> Answer:
    (body,) = _out(session, [classifiers.get(session, classifier_id)])
    return Answer(status, body_of(body), f"/v1/classifiers/{classifier_id}", steps)


@router.get("", summary="List classifiers")
def list_classifiers(edge: CurrentEdge, cursor: Cursor = None, limit: Limit = 50) -> Page[ClassifierOut]:
    """The youngest first; the shipped one is among them."""
    before = decode_cursor(cursor)

    def read(session: Session) -> tuple[list[int], list[ClassifierOut]]:
        service.ensure_shipped(session)
        rows = classifiers.page(session, before=before, limit=limit + 1)
        return [row.id for row in rows], _out(session, rows[:limit])

    ids, items = edge.read(read)
    return Page(items=items, next_cursor=next_cursor(ids, limit))


@router.post("/rollback", response_model=ClassifierOut, summary="Undo the last choice")
def roll_back(writer: CurrentWriter) -> JSONResponse:
    """New jobs use the classifier that was chosen before, at last the shipped one; running jobs keep theirs."""
    return writer.respond(b"", lambda session: _answer(session, service.roll_back(session).id, []))


@router.get("/{classifier_id}", summary="One classifier")
def get_classifier(edge: CurrentEdge, classifier_id: Id) -> ClassifierOut:
    """Its state, where it comes from, and how good it is."""
    return edge.read(lambda s: _out(s, [classifiers.get(s, classifier_id)])[0])


@router.post("/{classifier_id}/use", response_model=ClassifierOut, summary="Use a classifier")
def use(writer: CurrentWriter, classifier_id: Id) -> JSONResponse:
    """Jobs submitted from now on pin it by its sha256; running jobs keep theirs."""
    return writer.respond(b"", lambda session: _answer(session, service.use(session, classifier_id).id, []))


@router.post("/{classifier_id}/resume", status_code=202, response_model=ClassifierOut, summary="Go on labelling")
def resume(writer: CurrentWriter, classifier_id: Id) -> JSONResponse:
    """After the LLM refused: ask again for the labels that are missing. Stored ones are not paid for twice."""

    def work(session: Session) -> Answer:
        return _answer(session, classifier_id, sources.go_on(session, classifier_id), status=202)

    return writer.respond(b"", work)


@router.get(
    "/{classifier_id}/weights",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "npz, never pickle."}},
    summary="Download the weights",
)
def weights(edge: CurrentEdge, classifier_id: Id) -> Response:
    """The npz file that `sha256` is about."""

    def read(session: Session) -> tuple[str, bytes]:
        row = classifiers.get(session, classifier_id)
        if row.sha256 is None:
            raise service.ClassifierNotReadyError(id=row.id, state=row.state)
        return row.sha256, service.pinned_weights(session, row.sha256)

    digest, blob = edge.read(read)
    headers = {"content-disposition": f'attachment; filename="{digest[:16]}.npz"'}
    return Response(blob, media_type="application/octet-stream", headers=headers)


@router.get("/{classifier_id}/evaluation", summary="Reports on a classifier")
def get_evaluation(edge: CurrentEdge, classifier_id: Id) -> Evaluations:
    """On its held-out documents, and on labelled files that came later."""

    def read(session: Session) -> Evaluations:
        row = classifiers.get(session, classifier_id)
        found = classifiers.evaluations(session, classifier_id)
        return Evaluations(held_out=row.report, evaluations=[evaluation_out(one) for one in found])

    return edge.read(read)


@router.post(
    "/{classifier_id}/evaluation",
    status_code=202,
    response_model=EvaluationOut,
    openapi_extra={"requestBody": EVALUATION_BODY},
    summary="Evaluate a classifier",
)
async def create_evaluation(
    request: Request, edge: CurrentEdge, writer: CurrentWriter, classifier_id: Id
) -> JSONResponse:
    """On a labelled file, beside the shipped one; documents that it was made from are left out."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedBodyError

    def create(stored: StoredFile, wanted: LabelledFields) -> Answer:
        def work(session: Session) -> Answer:
            made, steps = sources.evaluation_of(session, classifier_id, stored, wanted.fields())
            body = body_of(evaluation_out(classifiers.evaluation(session, made)))
            return Answer(202, body, f"/v1/classifiers/{classifier_id}/evaluation", steps)

        return writer.write(wanted.model_dump_json().encode() + stored.sha256, work)

    return await _with_file(request, edge, LabelledFields, create)
