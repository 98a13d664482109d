"""A call that came back to a pump: with what, from where, and what it costs."""

import time
from dataclasses import dataclass, field

import zstandard

from app.adapters.llm_answers import read_reply
from app.adapters.llm_outcomes import Answer, Failure, Outcome
from app.adapters.llm_refusals import Reply
from app.repositories.budgets import Spend
from app.repositories.llm_calls import StoredCall
from app.services import refining
from app.services.asking import Ask, JobContext


@dataclass(frozen=True)
class Returned:
    """A call that came back, from the endpoint or from the store."""

    ask: Ask
    outcome: Outcome
    delay_s: float
    call_id: int | None = None
    """Set when it was stored before: nothing was paid this time."""
    lane: str | None = None
    """Who was asked; None: nobody."""
    at: float = field(default_factory=time.monotonic)
    """When it came back, from when on its delay counts."""


def replayed(ask: Ask, stored: StoredCall) -> Returned:
    """A call that was answered before, as it came back then."""
    body = zstandard.ZstdDecompressor().decompress(stored.raw)
    outcome = read_reply(Reply(200, {}, body, 0.0, 0.0), model=ask.request.model)
    return Returned(ask, outcome, 0.0, call_id=stored.id)


def spend_of(context: JobContext, returned: Returned) -> Spend:
    """What a returned call costs: its usage, its whole reservation when nobody knows, nothing when replayed."""
    token, outcome = returned.ask.unit.token, returned.outcome
    if returned.call_id is not None:
        return Spend(token, calls=0)
    if isinstance(outcome, Failure) and not outcome.charged:
        return Spend(token, calls=0)
    usage = outcome if isinstance(outcome, Answer) else outcome.usage
    if usage is None or (isinstance(outcome, Answer) and not outcome.usage_known):
        return Spend(token, charged=True)
    price = refining.job_price(context.job, returned.ask.request.model)
    micro = price.cost(usage.prompt_tokens, usage.completion_tokens)
    return Spend(token, micro=micro, tokens=usage.prompt_tokens + usage.completion_tokens)
