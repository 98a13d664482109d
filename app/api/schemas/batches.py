"""A batch as the API shows it, with a job's progress and with its round."""

from datetime import datetime

from pydantic import BaseModel

from app.repositories.batches import BatchView


class BatchOut(BaseModel):
    """Calls of a round that are at the provider as one file (`llm.batch`)."""

    id: int
    model: str
    state: str
    """`new` (not sent yet), `sent`, or `ended`: all of its calls went on."""
    provider_id: str | None
    """The provider's name for it; null until it has it."""
    status: str | None
    """The provider's word for how far it is."""
    requests: int
    answered: int
    """As the provider counts."""
    failed: int
    error: str | None
    """What was in the way at the last look."""
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


def batch_out(view: BatchView) -> BatchOut:
    """The schema of a batch."""
    return BatchOut(**{name: getattr(view, name) for name in BatchOut.model_fields})
