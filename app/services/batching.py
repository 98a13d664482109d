"""The transactions around batches: claim calls in large groups with their money, and what a batch's end means.

The units of a claim become a batch's in the claim's own transaction, before anything of it leaves: whatever dies
afterwards leaves a batch of which the provider can be asked by its token.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adapters import llm_batch_lines as lines
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import Failure, FailureCode, failure
from app.adapters.llm_profiles import Profile, adapted
from app.domain.lanes import Lane
from app.domain.records import JobId
from app.repositories import batches, budgets, events, jobs, units
from app.repositories.batches import BatchRow
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import refining, rounds, vectors
from app.services.asking import JobContext
from app.services.batch_profiles import batch_profile
from app.services.refining import Claimed

CLAIM_LEASE_S = 60.0
"""Of units between their claim and their batch, which are in one transaction."""
PASSING = frozenset({"token_limit_exceeded", "rate_limit_exceeded", "server_error"})
"""Why a provider refuses a whole batch that it may take later: too much of this account is in its queue."""
MOST_ADAPTED = 5
"""Refusals of a field after which a unit is rejected as by a live call; no server has more that can be left out."""


@dataclass(frozen=True)
class Verdict:
    """What became of requests without a line of their own, and whether a person must look at the job."""

    outcome: Failure
    pause: str | None = None


def claim(session: Session, context: JobContext, *, limit: int, retry_s: float) -> Claimed:
    """Up to `limit` ready calls with their worst case reserved, as new batches: one for each model.

    What the budget has no room for yet is ready again after `retry_s` seconds, and not at once.
    """
    job = context.job
    job_id = JobId(job.id)
    if batches.collecting(session, job_id):
        return Claimed([], None)
    claimed = refining.claim(
        session,
        job_id,
        limit=limit,
        worker="batch",
        lease_s=CLAIM_LEASE_S,
        price=refining.job_price(job),
        prices=refining.job_prices(job),
        owed=lambda taken: vectors.owed(session, job, taken),
    )
    batches.put_off_ready(session, job_id, reason="waiting_for_budget", delay_s=retry_s)
    by_model: dict[str, list[ClaimedRewrite]] = {}
    for unit in claimed.units:
        by_model.setdefault(unit.payload.get("model") or job.model, []).append(unit)
    for model, of_model in by_model.items():
        for round_id in {unit.round_id for unit in of_model}:
            tokens = [unit.token for unit in of_model if unit.round_id == round_id]
            batches.add(session, job_id, round_id, model=model, key=secrets.token_hex(16), tokens=tokens)
    return claimed


def profile_of(session: Session, context: JobContext, lane: Lane, endpoint: Endpoint) -> Profile:
    """How a batch's requests are written: as the endpoint's kind wants them, without what it refused before."""
    profile = batch_profile(context.config.llm, lane, endpoint)
    for body in batches.refusals(session, context.job.id):
        profile = adapted(profile, body.encode()) or profile
    return profile


def sent(session: Session, batch: BatchRow, *, provider_id: str, status: str, file_id: str | None) -> bool:
    """Note that the provider has a batch; False when somebody else looks after it by now."""
    if not batches.sent(session, batch, provider_id=provider_id, status=status, file_id=file_id):
        return False
    events.add(session, batch.job_id, "batch.sent", batch=batch.id, provider_id=provider_id, model=batch.model)
    return True


def withdraw(session: Session, batch: BatchRow, held: list[ClaimedRewrite], *, reason: str) -> None:
    """End a batch that the provider never had: its units are ready again and its money is free."""
    units.give_back(session, [GiveBack(unit.id, unit.token, 0.0, reason) for unit in held])
    budgets.release(session, batch.job_id, [unit.token for unit in held])
    batches.end(session, batch, error=reason)


def end(session: Session, batch: BatchRow, *, status: str, pause: str | None) -> None:
    """End a batch of which no unit is left, and pause its job if a person must look at it."""
    if not batches.end(session, batch, error=pause):
        return
    events.add(session, batch.job_id, "batch.ended", batch=batch.id, provider_id=batch.provider_id, status=status)
    if pause and jobs.get(session, batch.job_id).state == "running":
        rounds.pause_job(session, JobId(batch.job_id), why=pause)


def rest_of(status: str, fault_codes: list[str]) -> Verdict:
    """What requests without a line come to in a batch that ended so.

    A completed batch has a line for each, so one that is missing may have been made and billed: it is charged. In all
    others what has no line was not made.
    """
    if status == "completed":
        outcome = failure(FailureCode.no_line, detail="the batch's files have no line for it", latency_s=0.0)
        return Verdict(outcome)
    why = ", ".join(fault_codes) or "no reason given"
    outcome = failure(FailureCode.batch_ended, detail=f"the batch was {status} ({why})", latency_s=0.0)
    if status != "failed" or (fault_codes and PASSING.issuperset(fault_codes)):
        return Verdict(outcome)
    return Verdict(outcome, pause=f"the provider refused a batch as a whole ({why}); see its page of batches")


def refused_field(line: lines.AnswerLine, profile: Profile, unit: ClaimedRewrite) -> str | None:
    """The body of a refusal that is about a field which later batches can leave out; None for any other line."""
    if line.status not in (400, 422) or unit.provider_failures >= MOST_ADAPTED:
        return None
    return line.body.decode("utf-8", "replace") if adapted(profile, line.body) is not None else None
