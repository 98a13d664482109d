"""A batch in this process's hands: what it takes to work on it, and the thread that keeps it from being taken away."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.adapters.llm_batches import BatchClient
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import Failure
from app.db.session import retrying, transaction
from app.domain.lanes import Lane
from app.domain.records import JobId
from app.errors import AppError
from app.repositories import batches, beats
from app.repositories.batches import BatchRow
from app.services import rounds
from app.services.asking import JobContext
from app.settings import Settings
from workers import resources

log = structlog.get_logger(__name__)


class LostBatchError(AppError):
    """Batch {batch} is in another worker's hands; nothing more of this run was written."""

    code = "lost_batch"


@dataclass(frozen=True)
class Held:
    """A batch and how to work on it."""

    batch: BatchRow
    context: JobContext
    settings: Settings
    engine: Engine
    lane: Lane
    endpoint: Endpoint
    client: BatchClient
    slice_over: Callable[[], bool]
    """Whether the task should come to its end."""

    def write(self, work: Callable[[Session], bool]) -> None:
        """One transaction; raises LostBatchError, and nothing of it counts, when `work` finds the batch lost."""

        def guarded(session: Session) -> None:
            if not work(session):
                raise LostBatchError(batch=self.batch.id)

        retrying(self.engine, guarded)

    def still_ours(self) -> None:
        """Renew the lease just before something that must not happen twice; raises LostBatchError."""
        self.write(lambda s: batches.renew(s, self.batch, lease_s=self.settings.lease_s))

    def put_off(self, why: Failure | None = None, *, after_s: float | None = None, missed: bool = False) -> None:
        """Look again later; a trouble that only a person can end pauses the job."""
        wait_s = self.settings.batch_poll_s if after_s is None else after_s
        error = None
        if why is not None:
            wait_s, error = max(wait_s, why.retry_after_s or 0.0), f"{why.code.value}: {why.detail}"
            log.warning("batch.put_off", batch=self.batch.id, code=why.code.value, detail=why.detail)
        self.write(lambda s: batches.put_off(s, self.batch, after_s=wait_s, error=error, missed=missed))
        if why is not None and (why.pause_job or not why.retry) and not missed:
            text = f"the provider did not take a batch ({error})"
            retrying(self.engine, lambda s: rounds.pause_job(s, JobId(self.batch.job_id), why=text))


@contextmanager
def kept(engine: Engine, batch: BatchRow, *, worker: str, lease_s: float) -> Iterator[None]:
    """Renew a batch's lease from a thread while the block runs: an upload may take longer than a lease."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(lease_s / 3):
            try:
                with transaction(engine) as session:
                    batches.renew(session, batch, lease_s=lease_s)
                    beats.seen(session, worker, "refine", busy=1, progress=True, node=resources.node_name())
            except SQLAlchemyError as error:
                log.warning("batch.not_renewed", batch=batch.id, error=type(error).__name__)

    thread = threading.Thread(target=beat, name="batch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)
