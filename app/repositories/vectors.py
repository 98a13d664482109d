"""Vectors that an endpoint gives: who waits for one, what came, and the rows they end in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.repositories.seeds import PLACE

TEXTS_A_CALL = 64
"""Servers take at least 32 and mostly more; a call that is refused is halved."""

Of = Literal["seeds", "generations"]
"""Whose vectors: a job's seeds in round 0, later a round's generations that passed the gates of documents."""

# What settling will look at, and the place that names a row's turn in every repetition of a job.
_FROM = {
    "seeds": "seed_scores x JOIN seeds s ON s.id = x.seed_id WHERE x.job_id = :job AND x.reason IS NULL",
    "generations": "generations x JOIN units s ON s.id = x.unit_id WHERE x.round_id = :round AND x.verdict = 'pending'",
}
_THEN = {"seeds": ", s.part_from", "generations": ""}
_ID = {"seeds": "x.seed_id", "generations": "x.id"}


def plan_seeds(session: Session, job_id: int, round_id: int, *, edu_min: float) -> int:
    """A unit for every 64 seeds that may take part; returns how many."""
    return _plan(session, "seeds", job_id, round_id, more=f"AND x.edu_score >= {float(edu_min)}")


def plan_generations(session: Session, job_id: int, round_id: int) -> int:
    """A unit for every 64 texts of a round that settling will look at; returns how many."""
    return _plan(session, "generations", job_id, round_id)


def _plan(session: Session, of: Of, job_id: int, round_id: int, *, more: str = "") -> int:
    rows = session.execute(
        text(f"""
        INSERT INTO units (kind, job_id, round_id, ordinal, payload)
        SELECT 'embed', :job, :round, n / :size, jsonb_build_object('{of}', jsonb_agg(id ORDER BY n))
        FROM (SELECT {_ID[of]} AS id, row_number() OVER (ORDER BY s.ordinal{_THEN[of]}) - 1 AS n
              FROM {_FROM[of]} {more}) w
        GROUP BY n / :size ORDER BY n / :size RETURNING id"""),
        {"job": job_id, "round": round_id, "size": TEXTS_A_CALL},
    )
    return len(rows.all())


def texts(session: Session, of: Of, ids: Sequence[int]) -> dict[int, str]:
    """{id: text} in the order of `ids`."""
    rows = session.execute(text(f"SELECT id, text FROM {of} WHERE id = ANY(:ids)"), {"ids": list(ids)})
    found = {row.id: row.text for row in rows}
    return {one: found[one] for one in ids if one in found}


def lengths(session: Session, keys: Sequence[bytes]) -> dict[bytes, int]:
    """{key: bytes of its vector} for those of `keys` that are stored."""
    query = text("SELECT key, length(vector) AS n FROM text_vectors WHERE key = ANY(:keys)")
    return {bytes(row.key): row.n for row in session.execute(query, {"keys": list(keys)})}


def put(session: Session, found: Mapping[bytes, bytes]) -> None:
    """Store {key: vector}; one of another length takes the place of what was there."""
    session.execute(
        text("""
        INSERT INTO text_vectors (key, vector)
        SELECT * FROM unnest(CAST(:keys AS bytea[]), CAST(:vectors AS bytea[]))
        ON CONFLICT (key) DO UPDATE SET vector = EXCLUDED.vector
        WHERE length(text_vectors.vector) <> length(EXCLUDED.vector)"""),
        {"keys": list(found), "vectors": list(found.values())},
    )


def point(session: Session, of: Of, job_id: int, keys: Mapping[int, bytes]) -> None:
    """Note which vector is whose, by id."""
    where = "x.job_id = :job AND x.seed_id = k.id" if of == "seeds" else "x.id = k.id AND x.job_id = :job"
    table = "seed_scores" if of == "seeds" else "generations"
    session.execute(
        text(f"""
        UPDATE {table} x SET vector_key = k.key
        FROM unnest(CAST(:ids AS bigint[]), CAST(:keys AS bytea[])) AS k(id, key) WHERE {where}"""),
        {"job": job_id, "ids": list(keys), "keys": list(keys.values())},
    )


_APART = 1_000_000_000
"""Places between two documents: more than a document has characters."""


@dataclass(frozen=True)
class Pointed:
    """A row with the vector it points to."""

    id: int
    place: int
    """In the corpus, parts of one source behind each other, or in the plan."""
    vector: bytes


def page(session: Session, of: Of, job_id: int, round_id: int, *, after: int, limit: int = 1_000) -> list[Pointed]:
    """Rows of a round that have a vector, in the order of corpus or plan, from place `after` on."""
    place = f"(s.ordinal * {_APART} + {PLACE})" if of == "seeds" else "s.ordinal"
    low = after // _APART if of == "seeds" else after
    rows = session.execute(
        text(f"""
        SELECT w.id, w.place, v.vector
        FROM (SELECT {_ID[of]} AS id, {place} AS place, x.vector_key FROM {_FROM[of]}
              AND s.ordinal >= :low AND {place} > :after AND x.vector_key IS NOT NULL ORDER BY place LIMIT :limit) w
        JOIN text_vectors v ON v.key = w.vector_key ORDER BY w.place"""),
        {"job": job_id, "round": round_id, "after": after, "low": low, "limit": limit},
    )
    return [Pointed(row.id, row.place, bytes(row.vector)) for row in rows]


def place_seeds(session: Session, job_id: int, rows: Mapping[int, bytes]) -> None:
    """Write seeds' unit rows (float16) by seed id."""
    session.execute(
        text("""
        UPDATE seed_scores x SET embedding = p.row
        FROM unnest(CAST(:ids AS bigint[]), CAST(:rows AS bytea[])) AS p(id, row)
        WHERE x.job_id = :job AND x.seed_id = p.id"""),
        {"job": job_id, "ids": list(rows), "rows": list(rows.values())},
    )


def place_generations(session: Session, rows: Mapping[int, bytes], clusters: Sequence[int]) -> None:
    """Write generations' unit rows (float16) and clusters by id."""
    session.execute(
        text("""
        UPDATE generations x SET embedding = p.row, cluster = p.cluster
        FROM unnest(CAST(:ids AS bigint[]), CAST(:rows AS bytea[]), CAST(:clusters AS int[])) AS p(id, row, cluster)
        WHERE x.id = p.id"""),
        {"ids": list(rows), "rows": list(rows.values()), "clusters": list(clusters)},
    )


def drop_without(session: Session, of: Of, job_id: int, round_id: int, *, edu_min: float) -> int:
    """Leave out what waits for a vector that no endpoint gave; returns how many."""
    if of == "seeds":
        query = """
            UPDATE seed_scores SET reason = 'no_vector'
            WHERE job_id = :job AND reason IS NULL AND vector_key IS NULL AND edu_score >= :least RETURNING 1"""
    else:
        query = """
            UPDATE generations SET verdict = 'dropped', gate = 'novelty', reason = 'no_vector'
            WHERE round_id = :round AND verdict = 'pending' AND vector_key IS NULL RETURNING 1"""
    return len(session.execute(text(query), {"job": job_id, "round": round_id, "least": edu_min}).all())


def budget_that_ended(session: Session, round_id: int) -> str | None:
    """`calls`, `tokens` or `money`, when it ended before all vectors of a round were asked for."""
    query = text("""
        SELECT substr(reason, 8) FROM units WHERE round_id = :round AND kind = 'embed' AND reason LIKE 'budget:%'
        LIMIT 1""")
    found = session.execute(query, {"round": round_id}).scalar_one_or_none()
    return None if found is None else str(found)


@dataclass(frozen=True)
class Waiting:
    """Texts of a round that will need a vector."""

    texts: int
    bytes: int
    """Of those that are there."""
    tokens: int
    """Of those still being asked for, at most."""


def waiting(session: Session, round_id: int, *, besides: Sequence[int]) -> Waiting:
    """What a round's vectors will have to be asked for, without the calls of some tokens."""
    row = session.execute(
        text("""
        SELECT g.n + u.n AS texts, g.bytes, u.tokens FROM
            (SELECT count(*) AS n, coalesce(sum(octet_length(text)), 0) AS bytes FROM generations
             WHERE round_id = :round AND verdict = 'pending') g,
            (SELECT count(*) AS n, coalesce(sum(max_tokens), 0) AS tokens FROM units
             WHERE round_id = :round AND kind = 'rewrite' AND state = 'leased'
               AND token <> ALL(:besides)) u"""),
        {"round": round_id, "besides": list(besides)},
    ).one()
    return Waiting(int(row.texts), int(row.bytes), int(row.tokens))
