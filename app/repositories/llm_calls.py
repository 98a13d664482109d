"""Attempts at the endpoint: written before anybody reads the answer, so that no crash pays for it twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


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


@dataclass(frozen=True)
class StoredCall:
    """A success that may be used again."""

    id: int
    request_key: bytes
    raw: bytes
    model: str
    prompt_tokens: int
    completion_tokens: int


def put(session: Session, calls: Sequence[NewCall]) -> dict[int, int]:
    """Store attempts; returns {token: call id}. A success whose key is known already keeps the first one's id."""
    ids: dict[int, int] = {}
    for call in calls:
        row = session.execute(
            text("""
            INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, status, model, prompt_tokens,
                                   completion_tokens, micro, latency_s, raw)
            VALUES (:job_id, :unit_id, :token, :request_key, :ok, :code, :status, :model, :prompt_tokens,
                    :completion_tokens, :micro, :latency_s, :raw)
            ON CONFLICT (request_key) WHERE ok DO UPDATE SET latency_s = llm_calls.latency_s RETURNING id"""),
            vars(call),
        ).one()
        ids[call.token] = row.id
    return ids


def successes(session: Session, request_keys: Sequence[bytes]) -> dict[bytes, StoredCall]:
    """{request key: stored success} for those of `request_keys` that were answered before."""
    rows = session.execute(
        text("""
        SELECT id, request_key, raw, model, prompt_tokens, completion_tokens FROM llm_calls
        WHERE ok AND request_key = ANY(:keys)"""),
        {"keys": list(request_keys)},
    )
    return {
        bytes(row.request_key): StoredCall(row.id, bytes(row.request_key), bytes(row.raw), *row[3:]) for row in rows
    }


def failed_tokens(session: Session, job_id: int) -> int:
    """Tokens of a job's calls that brought no text."""
    query = text("""
        SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM llm_calls WHERE job_id = :job AND NOT ok""")
    return int(session.execute(query, {"job": job_id}).scalar_one())
