"""Rows of batches, and the units that are leased to them without an end.

A unit of a batch is `leased` like any other, to the worker `batch:ID` and until `infinity`: its token fences late
writes, nothing takes it back for lack of a heartbeat, and its round waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array
from app.repositories.units import CLAIMED, ClaimedRewrite


@dataclass(frozen=True)
class BatchRow:
    """A batch in somebody's hands."""

    id: int
    job_id: int
    round_id: int
    model: str
    key: str
    state: str
    input_file_id: str | None
    provider_id: str | None
    status: str | None
    attempts: int
    misses: int
    token: int
    created: float
    """Unix time, by the database's clock."""
    cancel_asked: bool
    unwanted: bool
    """Its job has ended, or is past its deadline: nothing more of it should be answered."""


@dataclass(frozen=True)
class BatchView:
    """A batch as people see it."""

    id: int
    round_id: int
    job_id: int
    model: str
    state: str
    provider_id: str | None
    status: str | None
    requests: int
    answered: int
    failed: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


def holder(batch_id: int) -> str:
    """The worker that a batch's units are leased to."""
    return f"batch:{batch_id}"


def add(session: Session, job_id: int, round_id: int, *, model: str, key: str, tokens: Sequence[int]) -> int:
    """A new batch of these leased units; returns its id."""
    row = session.execute(
        text("""
        INSERT INTO batches (job_id, round_id, model, key, requests) VALUES (:job, :round, :model, :key, :requests)
        RETURNING id"""),
        {"job": job_id, "round": round_id, "model": model, "key": key, "requests": len(tokens)},
    ).one()
    session.execute(
        text("""
        UPDATE units SET worker = :holder, lease_until = 'infinity'
        WHERE token = ANY(CAST(:tokens AS bigint[])) AND state = 'leased' AND round_id = :round"""),
        {"holder": holder(row.id), "tokens": array(tokens), "round": round_id},
    )
    return int(row.id)


# Of an ended job or one past its deadline the provider must be told at once; a paused one sends nothing new.
_DUE = """
    b.state <> 'ended' AND (b.lease_until IS NULL OR b.lease_until < now())
    AND (b.next_at <= now() AND (b.state = 'sent' OR j.state <> 'paused')
         OR b.cancel_at IS NULL AND b.error IS NULL AND (j.state IN ('done', 'failed', 'cancelled')
                                     OR coalesce(j.deadline_at < now(), false)))
"""


def due_jobs(session: Session) -> list[int]:
    """Jobs of which some batch should be looked at now."""
    rows = session.execute(
        text(f"SELECT DISTINCT b.job_id FROM batches b JOIN jobs j ON j.id = b.job_id WHERE {_DUE} ORDER BY 1")
    )
    return [row.job_id for row in rows]


def take(session: Session, job_id: int, *, worker: str, lease_s: float) -> BatchRow | None:
    """The job's batch that has been due for longest, for `worker` alone; None when none is."""
    row = session.execute(
        text(f"""
        UPDATE batches t SET token = nextval('tokens'), worker = :worker,
               lease_until = now() + make_interval(secs => :lease),
               attempts = t.attempts + CASE WHEN t.state = 'new' THEN 1 ELSE 0 END
        FROM jobs o
        WHERE o.id = t.job_id AND t.id = (
            SELECT b.id FROM batches b JOIN jobs j ON j.id = b.job_id WHERE b.job_id = :job AND {_DUE}
            ORDER BY b.next_at, b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED)
        RETURNING t.id, t.job_id, t.round_id, t.model, t.key, t.state, t.input_file_id, t.provider_id, t.status,
                  t.attempts, t.misses, t.token, CAST(extract(epoch FROM t.created_at) AS float8) AS created,
                  t.cancel_at IS NOT NULL AS cancel_asked,
                  o.state IN ('done', 'failed', 'cancelled') OR coalesce(o.deadline_at < now(), false) AS unwanted"""),
        {"job": job_id, "worker": worker, "lease": lease_s},
    ).one_or_none()
    return BatchRow(*row) if row else None


def _update(session: Session, batch: BatchRow, sets: str, **values: object) -> bool:
    """Change a batch that is still the caller's; False when it is not."""
    row = session.execute(
        text(f"UPDATE batches SET {sets} WHERE id = :id AND token = :token AND state <> 'ended' RETURNING id"),
        {"id": batch.id, "token": batch.token, **values},
    ).one_or_none()
    return row is not None


def renew(session: Session, batch: BatchRow, *, lease_s: float) -> bool:
    """Keep a batch for longer; False when somebody else has it by now."""
    return _update(session, batch, "lease_until = now() + make_interval(secs => :lease)", lease=lease_s)


_BACK = "lease_until = NULL, worker = NULL, next_at = now() + make_interval(secs => :after)"


def put_off(
    session: Session, batch: BatchRow, *, after_s: float, error: str | None = None, missed: bool = False
) -> bool:
    """Give a batch back to be looked at after some seconds, with what was in the way."""
    sets = f"{_BACK}, error = :error, misses = CASE WHEN :missed THEN misses + 1 ELSE misses END"
    return _update(session, batch, sets, after=after_s, error=error, missed=missed)


def uploaded(session: Session, batch: BatchRow, file_id: str | None, *, requests: int) -> bool:
    """Note the file of a batch, before anything is made of it; None: it has none any more."""
    return _update(session, batch, "input_file_id = :file, requests = :requests", file=file_id, requests=requests)


def sent(session: Session, batch: BatchRow, *, provider_id: str, status: str, file_id: str | None) -> bool:
    """Note that the provider has it."""
    sets = """state = 'sent', provider_id = :provider, status = :status, sent_at = coalesce(sent_at, now()),
              input_file_id = coalesce(input_file_id, :file), error = NULL"""
    return _update(session, batch, sets, provider=provider_id, status=status, file=file_id)


def seen(session: Session, batch: BatchRow, *, status: str, answered: int, failed: int, ended: bool) -> bool:
    """Note how far the provider is."""
    sets = """status = :status, answered = :answered, failed = :failed, error = NULL,
              misses = CASE WHEN :ended THEN misses ELSE 0 END"""
    return _update(session, batch, sets, status=status, answered=answered, failed=failed, ended=ended)


def cancel_asked(session: Session, batch: BatchRow) -> bool:
    """Note that the provider was asked to end it."""
    return _update(session, batch, "cancel_at = coalesce(cancel_at, now())")


def refused(session: Session, batch: BatchRow, body: str) -> bool:
    """Keep a refusal of a field, so that later batches of the job go without it."""
    return _update(session, batch, "refusal = :body", body=body)


def refusals(session: Session, job_id: int) -> list[str]:
    """What the provider refused of this job's requests, the oldest first."""
    query = text("SELECT refusal FROM batches WHERE job_id = :job AND refusal IS NOT NULL ORDER BY id")
    return list(session.execute(query, {"job": job_id}).scalars())


def end(session: Session, batch: BatchRow, *, error: str | None = None) -> bool:
    """Note that every unit of a batch went on."""
    sets = f"state = 'ended', ended_at = now(), error = coalesce(:error, error), {_BACK}"
    return _update(session, batch, sets, error=error, after=0)


def collecting(session: Session, job_id: int) -> bool:
    """Whether answers of a batch of this job are being read: what they send back should go into one next batch."""
    query = text("""
        SELECT EXISTS (SELECT FROM batches WHERE job_id = :job AND state = 'sent'
                       AND status IN ('completed', 'failed', 'expired', 'cancelled'))""")
    return bool(session.execute(query, {"job": job_id}).scalar_one())


def put_off_ready(session: Session, job_id: int, *, reason: str, delay_s: float) -> None:
    """Let a job's ready units that wait for this reason wait for longer."""
    session.execute(
        text("""
        UPDATE units SET not_before = now() + make_interval(secs => :delay)
        WHERE id IN (SELECT id FROM units WHERE job_id = :job AND kind = 'rewrite' AND state = 'ready'
                     AND reason = :reason AND not_before <= now() ORDER BY id FOR UPDATE)"""),
        {"job": job_id, "reason": reason, "delay": delay_s},
    )


def held(session: Session, batch: BatchRow, *, tokens: Sequence[int] | None = None, limit: int) -> list[ClaimedRewrite]:
    """The units that a batch still holds in plan order, or those of them with these tokens."""
    rows = session.execute(
        text(f"""
        {CLAIMED.format(units="units")}
        WHERE t.round_id = :round AND t.state = 'leased' AND t.worker = :holder
          AND (CAST(:tokens AS bigint[]) IS NULL OR t.token = ANY(CAST(:tokens AS bigint[])))
        ORDER BY t.id LIMIT :limit"""),
        {
            "round": batch.round_id,
            "holder": holder(batch.id),
            "tokens": None if tokens is None else array(tokens),
            "limit": limit,
        },
    )
    return [ClaimedRewrite(*row) for row in rows.all()]


_VIEW = ", ".join(BatchView.__dataclass_fields__)


def of_job(session: Session, job_id: int) -> list[BatchView]:
    """A job's batches, the oldest first."""
    rows = session.execute(text(f"SELECT {_VIEW} FROM batches WHERE job_id = :job ORDER BY id"), {"job": job_id})
    return [BatchView(*row) for row in rows]


def open_of(session: Session, job_ids: Sequence[int]) -> list[BatchView]:
    """The batches of some jobs that are not over."""
    query = text(f"SELECT {_VIEW} FROM batches WHERE job_id = ANY(:jobs) AND state <> 'ended' ORDER BY id")
    return [BatchView(*row) for row in session.execute(query, {"jobs": list(job_ids)})]
