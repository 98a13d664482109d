"""The calls of a round, written in bulk from a plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from app.db.copying import copy_rows


@dataclass(frozen=True)
class NewRewrite:
    """One call to make, in plan order."""

    ordinal: int
    seed_id: int | None
    parent_id: int | None
    payload: dict[str, Any]
    max_tokens: int
    reserve_tokens: int


COLUMNS = (
    ("kind", "text"),
    ("job_id", "int8"),
    ("round_id", "int8"),
    ("ordinal", "int8"),
    ("seed_id", "int8"),
    ("parent_id", "int8"),
    ("payload", "jsonb"),
    ("max_tokens", "int4"),
    ("reserve_tokens", "int8"),
)


def put(session: Session, job_id: int, round_id: int, rewrites: Iterable[NewRewrite]) -> int:
    """COPY the units of a round; returns how many."""
    return copy_rows(
        session,
        "units",
        COLUMNS,
        (
            (
                "rewrite",
                job_id,
                round_id,
                r.ordinal,
                r.seed_id,
                r.parent_id,
                Jsonb(r.payload, dumps=orjson.dumps),
                r.max_tokens,
                r.reserve_tokens,
            )
            for r in rewrites
        ),
    )
