"""How far a job is, as the API shows it."""

from pydantic import BaseModel

from app.api.schemas.batches import BatchOut, batch_out
from app.repositories.progress import Progress


class ProgressOut(BaseModel):
    """How far a job is."""

    round: int | None
    """The current round; 0 is the preparation of the seeds, null before it."""
    round_state: str | None
    units: dict[str, int]
    """Calls of the current round by state: ready, leased, done, rejected, dead, cancelled."""
    done_share: float
    """Ended calls over all calls of the current round, 0 to 1."""
    kept: int
    """Texts in the pool."""
    eta_s: float | None
    """Seconds until the current round's calls have ended at the pace of the last two minutes; null when unknown."""
    batches: list[BatchOut]
    """Batches that the round waits for, in a job with `llm.batch`."""


def progress_out(progress: Progress) -> ProgressOut:
    """The schema of a job's progress."""
    total = sum(progress.units.values())
    left = progress.units.get("ready", 0) + progress.units.get("leased", 0)
    return ProgressOut(
        round=progress.round,
        round_state=progress.round_state,
        units=progress.units,
        done_share=round((total - left) / total, 4) if total else 0.0,
        kept=progress.kept,
        eta_s=progress.eta_s,
        batches=[batch_out(batch) for batch in progress.batches],
    )
