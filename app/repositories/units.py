"""Claims, leases and ends of units. A write counts only while its fencing token still holds the lease.

Locks are taken in one order everywhere: units, then reservations, then the budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array

OPEN = "('ready', 'leased')"


@dataclass(frozen=True)
class ClaimedUnit:
    """A CPU unit in this worker's hands."""

    id: int
    token: int
    kind: str
    corpus_id: int | None
    job_id: int | None
    round_id: int | None
    export_id: int | None
    payload: dict[str, Any]
    classifier_id: int | None = None
    tries: int = 0
    provider_failures: int = 0


@dataclass(frozen=True)
class Version:
    """A draft that is in force in its seed's place."""

    id: int
    text: str


@dataclass(frozen=True)
class ClaimedRewrite:
    """A call to make: what to ask about, and how much may be used."""

    id: int
    token: int
    job_id: int
    round_id: int
    round_number: int
    ordinal: int
    seed_id: int | None
    parent_id: int | None
    payload: dict[str, Any]
    max_tokens: int
    reserve_tokens: int
    tries: int
    provider_failures: int
    kind: str | None
    seed_text: str | None
    parent_text: str | None
    seed_ease: float | None
    seed_facts: bytes | None = None
    """What the seed states; None when it must be screened before a prompt shows it."""
    context: str | None = None
    """Of a part of a long source: where it comes from and what came before it."""
    version: Version | None = None
    """The seed's code as passes bettered it; None: the seed's own is in force, or not yet looked up."""


def claim_cpu(session: Session, *, worker: str, lease_s: float) -> ClaimedUnit | None:
    """The oldest ready CPU unit whose job is not paused, leased to `worker`; None when there is none."""
    row = session.execute(
        text("""
        UPDATE units SET state = 'leased', token = nextval('tokens'), worker = :worker,
               lease_until = now() + make_interval(secs => :lease)
        WHERE id = (SELECT u.id FROM units u LEFT JOIN jobs j ON j.id = u.job_id
                    WHERE u.state = 'ready' AND u.kind <> 'rewrite' AND u.kind <> 'judge' AND u.not_before <= now()
                      AND (u.job_id IS NULL OR u.kind = 'export' OR j.state = 'running')
                    ORDER BY j.priority DESC NULLS FIRST, u.id LIMIT 1 FOR UPDATE OF u SKIP LOCKED)
        RETURNING id, token, kind, corpus_id, job_id, round_id, export_id, payload, classifier_id, tries,
                  provider_failures"""),
        {"worker": worker, "lease": lease_s},
    ).one_or_none()
    return ClaimedUnit(*row) if row else None


def ready_cpu(session: Session) -> int:
    """How many CPU units `claim_cpu` would find."""
    query = text("""
        SELECT count(*) FROM units u LEFT JOIN jobs j ON j.id = u.job_id
        WHERE u.state = 'ready' AND u.kind <> 'rewrite' AND u.kind <> 'judge' AND u.not_before <= now()
          AND (u.job_id IS NULL OR u.kind = 'export' OR j.state = 'running')""")
    return int(session.execute(query).scalar_one())


CLAIMED = """
    SELECT t.id, t.token, t.job_id, t.round_id, r.number, t.ordinal, t.seed_id, t.parent_id, t.payload, t.max_tokens,
           t.reserve_tokens, t.tries, t.provider_failures, s.kind, s.text, g.text, x.ease, x.facts, s.context
    FROM {units} t JOIN rounds r ON r.id = t.round_id
    LEFT JOIN seeds s ON s.id = t.seed_id LEFT JOIN generations g ON g.id = t.parent_id
    LEFT JOIN seed_scores x ON x.job_id = t.job_id AND x.seed_id = t.seed_id"""
"""The columns of a ClaimedRewrite in their order, of the rows of `units`."""


def claim_rewrites(
    session: Session, job_id: int, *, limit: int, worker: str, lease_s: float, kind: str = "rewrite"
) -> list[ClaimedRewrite]:
    """Up to `limit` ready calls of a running job, the longest ready first and in plan order, each with its own token.

    The order is that of an index: sorting all that is ready for every claim would take a quadratic time a round.
    """
    rows = session.execute(
        text(f"""
        WITH mine AS (
            SELECT u.id FROM units u
            WHERE u.job_id = :job AND u.kind = :kind AND u.state = 'ready' AND u.not_before <= now()
              AND EXISTS (SELECT FROM jobs j WHERE j.id = :job AND j.state = 'running')
            ORDER BY u.not_before, u.id LIMIT :limit FOR UPDATE OF u SKIP LOCKED),
        taken AS (
            UPDATE units u SET state = 'leased', token = nextval('tokens'), worker = :worker,
                   lease_until = now() + make_interval(secs => :lease)
            FROM mine WHERE u.id = mine.id RETURNING u.*)
        {CLAIMED.format(units="taken")}
        ORDER BY t.id"""),
        {"job": job_id, "limit": limit, "worker": worker, "lease": lease_s, "kind": kind},
    )
    return [ClaimedRewrite(*row) for row in rows.all()]


def held(session: Session, unit_id: int, token: int) -> bool:
    """Whether the lease is still this token's; it stays so until the transaction ends."""
    query = text("SELECT 1 FROM units WHERE id = :id AND token = :token AND state = 'leased' FOR UPDATE")
    return session.execute(query, {"id": unit_id, "token": token}).one_or_none() is not None


def finish(session: Session, unit_id: int, token: int, *, state: str = "done", reason: str | None = None) -> bool:
    """End a unit; False when the lease was lost, and then the caller must write nothing else of it."""
    return bool(finish_many(session, [(unit_id, token, state, reason)]))


def finish_many(session: Session, ends: Sequence[tuple[int, int, str, str | None]]) -> set[int]:
    """End units given as (id, token, state, reason); returns the ids that were still held."""
    if not ends:
        return set()
    ids, tokens, states, reasons = zip(*sorted(ends), strict=True)
    rows = session.execute(
        text("""
        UPDATE units u SET state = e.state, reason = e.reason, lease_until = NULL, finished_at = now()
        FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bigint[]), CAST(:states AS text[]),
                    CAST(:reasons AS text[])) AS e(id, token, state, reason)
        WHERE u.id = e.id AND u.token = e.token AND u.state = 'leased' RETURNING u.id"""),
        {"ids": array(ids), "tokens": array(tokens), "states": array(states), "reasons": array(reasons)},
    )
    return {row.id for row in rows}


@dataclass(frozen=True)
class GiveBack:
    """A held unit that returns to the queue for later."""

    id: int
    token: int
    delay_s: float
    reason: str
    provider_failure: bool = False
    tried: bool = False
    max_tokens: int | None = None
    reserve_tokens: int | None = None


def give_back(session: Session, units: Sequence[GiveBack]) -> None:
    """Return held units to `ready`, each after its delay; lost leases are left alone."""
    if not units:
        return
    session.execute(
        text("""
        UPDATE units SET state = 'ready', lease_until = NULL, worker = NULL, stopping = false, reason = :reason,
               not_before = now() + make_interval(secs => :delay),
               provider_failures = provider_failures + :failed, tries = tries + :tried,
               max_tokens = coalesce(:max_tokens, max_tokens), reserve_tokens = coalesce(:reserve, reserve_tokens)
        WHERE id = :id AND token = :token AND state = 'leased'"""),
        [
            {
                "id": unit.id,
                "token": unit.token,
                "delay": unit.delay_s,
                "reason": unit.reason,
                "failed": int(unit.provider_failure),
                "tried": int(unit.tried),
                "max_tokens": unit.max_tokens,
                "reserve": unit.reserve_tokens,
            }
            for unit in sorted(units, key=lambda unit: unit.id)
        ],
    )


def extend(session: Session, tokens: Sequence[int], *, lease_s: float) -> set[int]:
    """Renew the leases of these tokens; returns the tokens that still hold one."""
    rows = session.execute(
        text("""
        UPDATE units SET lease_until = now() + make_interval(secs => :lease)
        WHERE id IN (SELECT id FROM units WHERE token = ANY(CAST(:tokens AS bigint[])) AND state = 'leased'
                     ORDER BY id FOR UPDATE)
        RETURNING token"""),
        {"tokens": array(tokens), "lease": lease_s},
    )
    return {row.token for row in rows}


@dataclass(frozen=True)
class Expired:
    """A unit whose worker was lost."""

    id: int
    token: int
    kind: str
    job_id: int | None
    corpus_id: int | None
    export_id: int | None
    state: str
    payload: dict[str, Any] = field(default_factory=dict)
    classifier_id: int | None = None


def expire(session: Session, *, max_crashes: int, max_rewrite_crashes: int, limit: int = 200) -> list[Expired]:
    """Take back units whose lease ran out: ready again, or dead after so many lost workers.

    A worker that was told to stop and was cut short did not crash, so that stop counts for nothing (A9).
    """
    rows = session.execute(
        text("""
        WITH late AS (SELECT id, token,
                             CASE WHEN kind IN ('rewrite', 'judge') THEN :most_rewrite ELSE :most END AS most,
                             crashes + CASE WHEN stopping THEN 0 ELSE 1 END AS crashes
                      FROM units WHERE state = 'leased' AND lease_until < now()
                      ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
        UPDATE units u SET crashes = late.crashes, lease_until = NULL, worker = NULL, stopping = false,
               state = CASE WHEN late.crashes >= late.most THEN 'dead' ELSE 'ready' END,
               reason = CASE WHEN late.crashes >= late.most THEN 'poison' ELSE u.reason END
        FROM late WHERE u.id = late.id
        RETURNING u.id, late.token, u.kind, u.job_id, u.corpus_id, u.export_id, u.state, u.payload,
                  u.classifier_id"""),
        {"most": max_crashes, "most_rewrite": max_rewrite_crashes, "limit": limit},
    )
    return [Expired(*row) for row in rows]


def cancel_ready(session: Session, job_id: int, *, reason: str) -> int:
    """Take a job's unclaimed calls out of the queue; those in flight end by themselves. Returns how many."""
    result = session.execute(
        text("""
        UPDATE units SET state = 'cancelled', reason = :reason, finished_at = now()
        WHERE id IN (SELECT id FROM units WHERE job_id = :job AND kind IN ('rewrite', 'judge') AND state = 'ready'
                     ORDER BY id FOR UPDATE)"""),
        {"job": job_id, "reason": reason},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # SQLAlchemy types Result without rowcount


def cancel_of_ended_jobs(session: Session) -> None:
    """Take ready calls out of the queue whose job ended while they were in flight."""
    session.execute(
        text("""
        UPDATE units SET state = 'cancelled', reason = 'job_ended', finished_at = now()
        WHERE id IN (SELECT u.id FROM units u JOIN jobs j ON j.id = u.job_id
                     WHERE u.state = 'ready' AND u.kind <> 'export' AND j.state IN ('done', 'failed', 'cancelled')
                     ORDER BY u.id LIMIT 10000 FOR UPDATE OF u SKIP LOCKED)""")
    )


def add(session: Session, kind: str, **columns: Any) -> int:
    """A new ready unit; returns its id, or the id of the one that is there already."""
    names = ["kind", *columns]
    values = {"kind": kind, **columns}
    casts = ", ".join(f"CAST(:{name} AS jsonb)" if name == "payload" else f":{name}" for name in names)
    row = session.execute(
        text(f"INSERT INTO units ({', '.join(names)}) VALUES ({casts}) ON CONFLICT DO NOTHING RETURNING id"), values
    ).one_or_none()
    return int(row.id) if row else 0


def settles(session: Session, round_id: int) -> int:
    """How often a round was given a settling unit."""
    query = text("SELECT count(*) FROM units WHERE round_id = :round AND kind = 'settle'")
    return int(session.execute(query, {"round": round_id}).scalar_one())


def move_model(session: Session, job_id: int, model: str, shares: Mapping[str, float]) -> int:
    """Give a job's ready calls of one model to others by their shares; returns how many.

    They are reserved and paid at the price of the model that answers, as every claim looks it up.
    """
    whole, names, ends = sum(shares.values()), [*shares], [*accumulate(shares.values())]
    result = session.execute(
        text("""
        UPDATE units SET payload = jsonb_set(payload, '{model}', to_jsonb(
            (CAST(:names AS text[]))[1 + width_bucket((ordinal * 0.6180339887) % 1, CAST(:ends AS numeric[]))]))
        WHERE id IN (SELECT id FROM units WHERE job_id = :job AND kind = 'rewrite' AND state = 'ready'
                     AND payload->>'model' = :model ORDER BY id FOR UPDATE)"""),
        # The golden ratio spreads neighbouring places evenly over [0, 1).
        {"job": job_id, "model": model, "names": array(names), "ends": array([end / whole for end in ends[:-1]])},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]  # SQLAlchemy types Result without rowcount


def ready_of(session: Session, job_id: int, kind: str) -> bool:
    """Whether a job has ready units of a kind, due or not."""
    query = text("SELECT 1 FROM units WHERE job_id = :job AND kind = :kind AND state = 'ready' LIMIT 1")
    return session.execute(query, {"job": job_id, "kind": kind}).one_or_none() is not None


def wait_s(session: Session, job_id: int, *, kind: str = "rewrite") -> float | None:
    """Seconds until the job's next ready call may start (0 = now); None when none waits or the job does not run."""
    seconds = session.execute(
        text("""
        SELECT extract(epoch FROM min(u.not_before) - now()) FROM units u JOIN jobs j ON j.id = u.job_id
        WHERE u.job_id = :job AND u.kind = :kind AND u.state = 'ready' AND j.state = 'running'"""),
        {"job": job_id, "kind": kind},
    ).scalar_one()
    return None if seconds is None else max(0.0, float(seconds))
