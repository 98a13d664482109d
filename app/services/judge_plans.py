"""A round's calls of the judge: planned once its texts are there, and those that an answer calls for."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.adapters.models import canaries
from app.domain import judge_sample
from app.domain.config import JobConfig
from app.domain.judge_answers import Claim
from app.domain.judge_prompts import Order, Task
from app.domain.judge_sample import PLAIN, Planned
from app.domain.pricing import worst_prompt_tokens
from app.repositories import findings, rewrites
from app.repositories.rewrites import NewRewrite
from app.repositories.units import ClaimedRewrite

FRAME_BYTES = 4_000
"""More than a prompt has besides its texts; one that is longer is noticed and reserved anew."""
FOLLOWS = 1 << 40
"""Ordinals of calls that an answer asked for lie beyond all planned ones."""


def plan_round(session: Session, job_id: int, round_id: int, number: int, config: JobConfig) -> int:
    """The calls of round `number` that a plan foresees, as ready units; returns how many."""
    names = [one.name for one in canaries()]
    planned = judge_sample.plan(
        findings.texts(session, round_id), names, config.judge, config.gates, rng_seed=config.rng_seed, number=number
    )
    calls = (_unit(place, one, config) for place, one in enumerate(planned))
    return rewrites.put(session, job_id, round_id, calls, kind="judge")


def _unit(place: int, call: Planned, config: JobConfig) -> NewRewrite:
    text = call.text
    payload: dict[str, object] = {"task": call.task.value, "order": call.order.value, "style": call.style}
    if call.canary is not None:
        payload["canary"] = call.canary
    chars = (text.chars if text else 0) + (text.seed_chars if text else 0)
    return NewRewrite(
        ordinal=place,
        seed_id=text.seed_id if text else None,
        parent_id=text.id if text else None,
        payload=payload,
        max_tokens=config.judge.max_tokens,
        reserve_tokens=worst_prompt_tokens(FRAME_BYTES + 2 * chars) + config.judge.max_tokens,
    )


def verify(unit: ClaimedRewrite, claims: Sequence[Claim]) -> NewRewrite:
    """The call that holds a text's claims against its seed."""
    listed = [{"claim": one.claim, "quote": one.quote} for one in claims]
    payload: dict[str, object] = {
        "task": Task.verify.value,
        "order": Order.rubric_first.value,
        "style": PLAIN,
        "claims": listed,
    }
    return _following(unit, payload | {"claims": listed}, side=0)


def repair(unit: ClaimedRewrite, answer: str, fault: str) -> NewRewrite:
    """The one call that an answer which cannot be read gets, told what is wrong with it."""
    return _following(unit, {**unit.payload, "fault": fault, "answer": answer}, side=1)


def _following(unit: ClaimedRewrite, payload: dict[str, object], *, side: int) -> NewRewrite:
    return NewRewrite(
        ordinal=FOLLOWS + 2 * unit.token + side,
        seed_id=unit.seed_id,
        parent_id=unit.parent_id,
        payload=payload,
        max_tokens=unit.max_tokens,
        reserve_tokens=unit.reserve_tokens,
    )
