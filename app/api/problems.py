"""Every error as problem+json (RFC 9457) with a stable `code`; the only place that turns exceptions into answers."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.db.session import is_transient
from app.errors import AppError, TransientError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
"""What a client is asked to wait while Postgres is away."""
BUSY_STATES = ("55P03", "57014")
"""SQLSTATE of a lock and of a statement that took too long: our own limits, so the server is busy and not broken."""
STATUS_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An error, after RFC 9457."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:hornbook:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "code": "not_found",
                    "detail": "There is no job 7.",
                    "instance": "/v1/jobs/7",
                    "errors": [],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    code: str
    """Stable: scripts may rely on it."""
    detail: str
    """For people; what to do about it where that is known."""
    instance: str
    errors: list[FieldError] = Field(default_factory=list)
    """The fields that were refused, when it is about fields."""
    request_id: str | None = None


_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused: `code` says why, `detail` what to do about it.", "content": _CONTENT},
    "503": {"description": "The database is away: try again after Retry-After.", "content": _CONTENT},
}


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer to a failed request."""
    body = Problem(
        type=f"urn:hornbook:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        code=code,
        detail=detail,
        instance=request.url.path,
        errors=[FieldError(field=e["field"], message=e["message"]) for e in errors],
        request_id=request.scope.get("request_id"),
    )
    return JSONResponse(body.model_dump(mode="json"), status, dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeoutError, _pool_error)
    app.add_exception_handler(ClientDisconnect, _client_gone)


async def _app_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AppError)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if isinstance(error, TransientError) else None
    found = error.fields.get("errors", ())
    errors = found if isinstance(found, list) else ()
    if error.status >= 500:
        log.warning("request.failed", code=error.code, why=str(error))
    return problem(request, error.status, error.code, str(error), errors=errors, headers=headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [{"field": _field(e["loc"]), "message": str(e["msg"])} for e in error.errors()]
    if any(e["type"] == "json_invalid" for e in error.errors()):
        return problem(request, 400, "bad_json", "The body is not JSON.", errors=errors)
    named = "; ".join(f"{e['field']}: {e['message']}" for e in errors)
    return problem(request, 422, "invalid_request", named[:1000], errors=errors)


def _field(loc: Sequence[int | str]) -> str:
    """`targets.grade_p90` for ("body", "targets", "grade_p90"); `body` for the body as a whole."""
    parts = [str(part) for part in loc]
    if len(parts) > 1 and parts[0] in ("body", "query", "path", "header"):
        parts = parts[1:]
    return ".".join(parts)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = STATUS_CODES.get(error.status_code, "http_error")
    return problem(request, error.status_code, code, str(error.detail), headers=error.headers)


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    if is_transient(error) or getattr(error.orig, "sqlstate", None) in BUSY_STATES:
        return _away(request)
    if isinstance(error, DataError):
        # What no schema caught, such as U+0000 inside a string, which Postgres cannot store.
        return problem(request, 422, "invalid_text", "A value holds characters or numbers that cannot be stored.")
    return unexpected(request, error)


async def _client_gone(request: Request, _: Exception) -> JSONResponse:
    # Nobody reads this answer; it keeps a lost connection from being counted as a fault of ours.
    return problem(request, 400, "body_incomplete", "The connection was lost before the whole body came.")


async def _pool_error(request: Request, _: Exception) -> JSONResponse:
    return _away(request)


def _away(request: Request) -> JSONResponse:
    detail = "The database is away or busy; nothing was changed unless a repetition says so. Try again."
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return problem(request, 503, "database_unavailable", detail, headers=headers)


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """The answer to a fault of ours: the log has the traceback, the client the request's id."""
    request_id = request.scope.get("request_id")
    log.error("request.crashed", request_id=request_id, exc_info=error)
    return problem(request, 500, "internal", f"Something went wrong here; the log has it under request {request_id}.")
