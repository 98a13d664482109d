"""Attempts at the endpoint: written before anybody reads the answer, so that no crash pays for it twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from app.db.arrays import array


@dataclass(frozen=True)
class NewCall:
    """One attempt; `raw` is the compressed body."""

    job_id: int
    unit_id: int
    token: int
    request_key: bytes
    ok: bool
    code: str
    status: int | None
    model: str | None
    prompt_tokens: int
    completion_tokens: int
    micro: int
    latency_s: float
    raw: bytes | None
    lane: str | None = None
    """Who was asked."""


@dataclass(frozen=True)
class StoredCall:
    """A success that may be used again."""

    id: int
    request_key: bytes
    raw: bytes
    model: str
    prompt_tokens: int
    completion_tokens: int


COLUMNS = (
    ("job_id", "bigint"),
    ("unit_id", "bigint"),
    ("token", "bigint"),
    ("request_key", "bytea"),
    ("ok", "boolean"),
    ("code", "text"),
    ("status", "int"),
    ("model", "text"),
    ("prompt_tokens", "int"),
    ("completion_tokens", "int"),
    ("micro", "bigint"),
    ("latency_s", "float8"),
    ("raw", "bytea"),
    ("lane", "text"),
)
_NAMES = ", ".join(name for name, _ in COLUMNS)
_ARRAYS = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in COLUMNS)
# Nothing changes in a row that is there; the update makes RETURNING name it.
_PUT = f"""
    INSERT INTO llm_calls ({_NAMES}) SELECT * FROM unnest({_ARRAYS})
    ON CONFLICT %s DO UPDATE SET latency_s = llm_calls.latency_s
    RETURNING id, token, request_key"""
_PUT_OK = text(_PUT % "(request_key) WHERE ok")
_PUT_FAILED = text(_PUT % "(token) WHERE NOT ok")


def put(session: Session, calls: Sequence[NewCall]) -> dict[int, int]:
    """Store attempts; returns {token: call id}. Safe to do again when nobody knows whether it was committed.

    A success whose key is known already keeps the first one's id, a failure whose token is.
    """
    # One statement may meet a key only once, and of two equal ones the first counts.
    by_key = {call.request_key: call for call in reversed(calls) if call.ok}
    by_token = {call.token: call for call in reversed(calls) if not call.ok}
    ids_by_key = {bytes(row.request_key): row.id for row in _put(session, _PUT_OK, [*by_key.values()][::-1])}
    ids_by_token = {row.token: row.id for row in _put(session, _PUT_FAILED, [*by_token.values()][::-1])}
    return {call.token: ids_by_key[call.request_key] if call.ok else ids_by_token[call.token] for call in calls}


def _put(session: Session, statement: TextClause, calls: Sequence[NewCall]) -> Sequence[Row[Any]]:
    if not calls:
        return []
    return session.execute(
        statement, {name: array([getattr(call, name) for call in calls]) for name, _ in COLUMNS}
    ).all()


def successes(
    session: Session, request_keys: Sequence[bytes], *, of_units: Sequence[int] | None = None
) -> dict[bytes, StoredCall]:
    """{request key: stored success} for those of `request_keys` that were answered before, or for these units alone."""
    rows = session.execute(
        text("""
        SELECT id, request_key, raw, model, prompt_tokens, completion_tokens FROM llm_calls
        WHERE ok AND request_key = ANY(CAST(:keys AS bytea[]))
          AND (CAST(:units AS bigint[]) IS NULL OR unit_id = ANY(CAST(:units AS bigint[])))"""),
        {"keys": array(request_keys), "units": None if of_units is None else array(of_units)},
    )
    return {
        bytes(row.request_key): StoredCall(row.id, bytes(row.request_key), bytes(row.raw), *row[3:]) for row in rows
    }
