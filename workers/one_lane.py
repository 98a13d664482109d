"""Asking an endpoint outside a pump, for labels and vectors: left alone while it is down, and told of to the others."""

import time

from app.adapters.llm_breaker import Change, is_away
from app.adapters.llm_limits import RETRY_AFTER_CAP_S
from app.adapters.llm_outcomes import Failure
from app.db.session import retrying
from app.repositories import endpoint_health
from app.repositories.endpoint_health import WELL
from app.services import telling
from app.services.telling import News
from workers import endpoints, resources


def pause_s(lane: str) -> float:
    """Seconds in which the lane should be left alone, by what any worker knows; 0: it may be asked."""
    seen = retrying(resources.engine(), lambda s: endpoint_health.of(s, [lane])).get(lane, WELL)
    endpoints.health_of(lane).hear(seen, time.monotonic())
    return seen.pause_s


def count(lane: str, outcome: object, *, probe: bool) -> News | None:
    """Count a call; what the other workers should know of it. `probe`: the lane was down when the call began."""
    breaker, now = endpoints.health_of(lane).breaker, time.monotonic()
    change = breaker.record(away=is_away(outcome), probe=probe, now=now)
    asked_s = (outcome.retry_after_s or 0.0) if isinstance(outcome, Failure) else 0.0
    if change is None and asked_s >= RETRY_AFTER_CAP_S:
        # Shorter pauses are one call's own affair.
        change = Change.pause
    return None if change is None else telling.news(change, breaker, outcome, now)


def tell(lane: str, news: News | None, *, job_id: int | None = None) -> None:
    """Let the other workers know."""
    if news is not None:
        retrying(resources.engine(), lambda s: telling.endpoint_changed(s, job_id, lane, news))
