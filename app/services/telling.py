"""What workers tell each other, and whoever watches a job, of its endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adapters.llm_breaker import Breaker, Change
from app.adapters.llm_outcomes import Failure
from app.repositories import endpoint_health, events, units


@dataclass(frozen=True)
class News:
    """What a call told of its endpoint."""

    change: Change
    pause_s: float
    """How long nobody should ask it."""
    reason: str


def news(change: Change, breaker: Breaker, outcome: object, now: float) -> News:
    """The news behind what a call's outcome changed."""
    failed = outcome if isinstance(outcome, Failure) else None
    asked_s = failed.retry_after_s if failed and change is Change.pause else None
    return News(change, asked_s or breaker.pause_s(now), failed.detail if failed else "")


def endpoint_changed(session: Session, job_id: int | None, lane: str, told: News) -> None:
    """An endpoint went down, is still down or came back; a job's watchers hear of the first and the last."""
    if told.change is Change.pause:
        endpoint_health.pause(session, lane, seconds=told.pause_s)
        return
    if job_id is not None and told.change is not Change.still_down:
        said = {"endpoint": lane, "reason": told.reason, "next_try_s": round(told.pause_s)}
        events.add(session, job_id, f"endpoint.{told.change.value}", **said)
    if told.change is Change.up:
        endpoint_health.up(session, lane)
    else:
        endpoint_health.down(session, lane, pause_s=told.pause_s, reason=told.reason)


def model_unknown(session: Session, job_id: int, model: str, shares: Mapping[str, float], *, first: bool) -> int:
    """Leave the ready calls of a model to others by their shares; `first`: tell of it. Returns how many."""
    moved = units.move_model(session, job_id, model, shares)
    if moved and first:
        events.add(session, job_id, "model.unknown", model=model, calls=moved, models=sorted(shares))
    return moved
