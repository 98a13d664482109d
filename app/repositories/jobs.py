"""Rows of jobs and their frozen artifacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app.db.tables import Job, JobArtifact
from app.errors import NotFoundError


@dataclass(frozen=True)
class JobRow:
    """A job as stored; `config` is the JSON form of JobConfig."""

    id: int
    corpus_id: int
    key: bytes
    recipe: str
    config: dict[str, Any]
    config_sha256: str
    classifier_sha256: str
    prompt_sha256: str
    endpoint: str
    model: str
    models: list[dict[str, Any]]
    """Of a job with several: model, endpoint, price_input, price_output, price_known and price_as_of of each; empty: it
    has one."""
    lanes: list[dict[str, Any]]
    """Who answers its calls, as JSON of `app.domain.lanes.Lane`; empty: `endpoint`, in jobs older than lanes."""
    price_input: int
    price_output: int
    price_source: str | None
    """None: nobody knew a price, so what was spent is not known in money."""
    price_as_of: date | None
    embedding_endpoint: str | None
    embedding_model: str | None
    """None: Hornbook's own vectors."""
    embedding_price: int
    judge_endpoint: str | None
    judge_model: str | None
    """None: nobody judges."""
    judge_price_input: int
    judge_price_output: int
    state: str
    stop_reason: str | None
    note: str | None
    priority: int
    created_at: datetime
    deadline_at: datetime | None
    finished_at: datetime | None

    @property
    def model_names(self) -> list[str]:
        """Every model it asks."""
        return [one["model"] for one in self.models] or [self.model]


COLUMNS = [getattr(Job, name) for name in JobRow.__dataclass_fields__]


def add(session: Session, **columns: Any) -> int:
    """A new queued job; returns its id."""
    return int(session.execute(insert(Job).values(**columns).returning(Job.id)).scalar_one())


def get(session: Session, job_id: int, *, lock: bool = False) -> JobRow:
    """The job; raises NotFoundError. With `lock`, held against other deciders until the transaction ends."""
    query = select(*COLUMNS).where(Job.id == job_id)
    row = session.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if row is None:
        raise NotFoundError(kind="job", id=job_id)
    return JobRow(*row)


def page(session: Session, *, before: int | None, limit: int, state: str | None = None) -> list[JobRow]:
    """Jobs, youngest first, older than `before`."""
    query = select(*COLUMNS).order_by(Job.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Job.id < before)
    if state is not None:
        query = query.where(Job.state == state)
    return [JobRow(*row) for row in session.execute(query)]


def change(session: Session, job_id: int, *, only_in: Sequence[str], **columns: Any) -> bool:
    """Update a job that is in one of the states `only_in`; False when it is not."""
    if columns.get("state") in ("done", "failed", "cancelled"):
        columns["finished_at"] = text("now()")
    row = session.execute(
        update(Job).where(Job.id == job_id, Job.state.in_(only_in)).values(**columns).returning(Job.id)
    ).one_or_none()
    return row is not None


def put_artifact(session: Session, job_id: int, name: str, body: bytes) -> None:
    """Freeze something for the whole job; the first writer wins."""
    session.execute(upsert(JobArtifact).values(job_id=job_id, name=name, body=body).on_conflict_do_nothing())


def artifact(session: Session, job_id: int, name: str) -> bytes:
    """What was frozen under `name`; raises NotFoundError."""
    found = find_artifact(session, job_id, name)
    if found is None:
        raise NotFoundError(kind=f"artifact {name} of job", id=job_id)
    return found


def find_artifact(session: Session, job_id: int, name: str) -> bytes | None:
    """What was frozen under `name`; None while nothing is."""
    query = select(JobArtifact.body).where(JobArtifact.job_id == job_id, JobArtifact.name == name)
    found = session.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def waiting_for_corpus(session: Session) -> list[int]:
    """Queued jobs whose corpus is ready."""
    rows = session.execute(
        text("""
        SELECT j.id FROM jobs j JOIN corpora c ON c.id = j.corpus_id
        WHERE j.state = 'queued' AND c.state = 'ready'""")
    )
    return [row.id for row in rows]


def failed_corpora(session: Session) -> list[int]:
    """Queued jobs whose corpus could not be read."""
    rows = session.execute(
        text("""
        SELECT j.id FROM jobs j JOIN corpora c ON c.id = j.corpus_id
        WHERE j.state = 'queued' AND c.state = 'failed'""")
    )
    return [row.id for row in rows]


def overdue(session: Session) -> list[int]:
    """Running or paused jobs past their deadline."""
    rows = session.execute(text("SELECT id FROM jobs WHERE state IN ('running', 'paused') AND deadline_at < now()"))
    return [row.id for row in rows]


def seconds_left(session: Session, job_id: int) -> float | None:
    """Until the job's deadline, by the database's clock, below 0 past it; None: it has none."""
    query = text("SELECT CAST(extract(epoch FROM deadline_at - now()) AS float8) FROM jobs WHERE id = :job")
    found: float | None = session.execute(query, {"job": job_id}).scalar_one()
    return found


def needing_hints(session: Session) -> list[tuple[int, int, int]]:
    """(job id, ready calls, pumps at work) of running jobs that have calls to make now and an endpoint to ask."""
    rows = session.execute(
        text("""
        WITH asking AS MATERIALIZED (
            SELECT j.id, j.priority FROM jobs j WHERE j.state = 'running' AND (j.lanes = '[]' OR EXISTS (
                SELECT FROM jsonb_array_elements(j.lanes) lane LEFT JOIN endpoints e ON e.url = lane->>'id'
                WHERE coalesce(e.not_before <= now(), true))))
        SELECT j.id, count(*) FILTER (WHERE u.state = 'ready') AS n,
               count(DISTINCT u.worker) FILTER (WHERE u.state = 'leased' AND u.lease_until < 'infinity') AS pumps
        FROM units u JOIN asking j ON j.id = u.job_id
        WHERE u.kind IN ('rewrite', 'judge')
          AND (u.state = 'ready' AND u.not_before <= now() OR u.state = 'leased' AND u.lease_until > now())
        GROUP BY j.id, j.priority HAVING count(*) FILTER (WHERE u.state = 'ready') > 0
        ORDER BY j.priority DESC, j.id""")
    )
    return [(row.id, row.n, row.pumps) for row in rows]
