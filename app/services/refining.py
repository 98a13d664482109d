"""The pump's three transactions: claim with money, store what came, store what it was worth.

None is open while the LLM answers. What came is stored and paid for before anybody reads it, so that a crash between
the two pays nothing twice: the unit is claimed again and finds its stored answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.pricing import Price
from app.domain.records import JobId
from app.repositories import budgets, drafts, events, generations, jobs, llm_calls, units
from app.repositories.budgets import Bill, BudgetRow, Claim, Owed, Spend
from app.repositories.generations import NewGeneration
from app.repositories.llm_calls import NewCall
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import rounds

NO_PRICES: Mapping[str, Price] = {}
BUDGET_WAIT_S = 0.5
"""Pause before asking again while other calls hold the rest of the budget."""


@dataclass(frozen=True)
class Claimed:
    """What a pump got."""

    units: list[ClaimedRewrite]
    wait_s: float | None
    """Seconds until asking again makes sense; None: nothing is left to ask for."""
    exhausted: str | None = None
    """The budget that has no room for one more call while none is in flight."""
    stopped: bool = False
    """The job does not run any more."""


def claim(  # noqa: PLR0913  # each is a fact of its own about the claim
    session: Session,
    job_id: JobId,
    *,
    limit: int,
    worker: str,
    lease_s: float,
    price: Price,
    prices: Mapping[str, Price] = NO_PRICES,
    owed: Callable[[Sequence[ClaimedRewrite]], Sequence[Owed]] = lambda _taken: (),
    kind: str = "rewrite",
    lanes: Sequence[str] | None = None,
) -> Claimed:
    """Up to `limit` calls with their worst case reserved; fewer when the budget or the endpoint says so.

    `prices` are those of a job's several models. `owed` says what texts will cost besides, up to each of some units.
    While all `lanes` (None: the job's) ask for a pause, nothing is claimed.
    """
    pauses, late = _held_up(session, job_id, lanes)
    if late:
        return Claimed([], None, exhausted="time")
    if pauses:
        # No worker sleeps through an endpoint's pause; the reconciler sends a hint when it is over.
        return Claimed([], None)
    taken = units.claim_rewrites(session, job_id, limit=limit, worker=worker, lease_s=lease_s, kind=kind)
    if not taken:
        stopped = jobs.get(session, job_id).state != "running"
        return Claimed([], None if stopped else units.wait_s(session, job_id, kind=kind), stopped=stopped)
    later = owed(taken)
    # Locked after the units, and held until the commit: what it says of earlier bills is what these claims rest on.
    row = budgets.read(session, job_id, lock=True)
    claims = [_worst_case(unit, prices.get(unit.payload.get("model", ""), price), row) for unit in taken]
    fit = budgets.reserve(session, job_id, claims, row, owed=later)
    units.give_back(session, [GiveBack(u.id, u.token, 0.0, "waiting_for_budget") for u in taken[fit:]])
    if fit:
        return Claimed(taken[:fit], 0.0)
    if row.reserved_calls > 0:
        # Calls in flight reserve more than they will use, so their end may make room.
        return Claimed([], BUDGET_WAIT_S)
    # The budget row is locked, and units are locked before it everywhere: cancelling them is another transaction's.
    return Claimed([], None, exhausted=scarcest(row, claims[0], later[0] if later else budgets.NOTHING))


def _worst_case(unit: ClaimedRewrite, price: Price, row: BudgetRow) -> Claim:
    """What a call may cost by our own count, and on top of it what this provider has billed beyond that (D16)."""
    prompt = max(0, unit.reserve_tokens - unit.max_tokens) + row.overbilled_prompt_tokens
    completion = unit.max_tokens + row.overbilled_completion_tokens
    return Claim(token=unit.token, unit_id=unit.id, micro=price.cost(prompt, completion), tokens=prompt + completion)


def scarcest(row: BudgetRow, claim: Claim, owed: Owed = budgets.NOTHING) -> str:
    """The cap that has no room for a call."""
    if row.overdrawn:
        return rounds.OVERDRAWN
    if row.cap_calls is not None and row.spent_calls + owed.calls + 1 > row.cap_calls:
        return "calls"
    if row.cap_tokens is not None and row.spent_tokens + owed.tokens + claim.tokens > row.cap_tokens:
        return "tokens"
    return "money"


def _held_up(session: Session, job_id: JobId, lanes: Sequence[str] | None) -> tuple[bool, bool]:
    """Whether all `lanes` (None: the job's) are to be left alone, and whether a running job is past its deadline."""
    query = text("""
        SELECT coalesce((SELECT bool_and(coalesce(e.not_before > now(), false))
                         FROM unnest(coalesce(CAST(:lanes AS text[]), ARRAY(
                             SELECT one->>'id' FROM jsonb_array_elements(j.lanes) one))) AS lane(id)
                         LEFT JOIN endpoints e ON e.url = lane.id), false),
               coalesce(j.deadline_at <= now(), false) AND j.state = 'running'
        FROM jobs j WHERE j.id = :job""")
    pauses, late = session.execute(query, {"job": job_id, "lanes": None if lanes is None else list(lanes)}).one()
    return pauses, late


def store_calls(session: Session, job_id: JobId, calls: Sequence[NewCall], spends: Sequence[Spend]) -> dict[int, int]:
    """Keep what came back and settle its money; returns {token: call id}."""
    ids = llm_calls.put(session, calls)
    overbilled = budgets.settle(session, job_id, spends).overbilled
    if overbilled:
        _learn(session, job_id, [call for call in calls if call.token in overbilled])
    return ids


def _learn(session: Session, job_id: JobId, calls: Sequence[NewCall]) -> None:
    """Tell of a provider that billed more than a call could use, and reserve that much for every later one."""
    bills = [Bill(call.unit_id, call.prompt_tokens, call.completion_tokens) for call in calls]
    beyond = budgets.raise_estimate(session, job_id, bills)
    if beyond is not None:
        events.add(
            session, job_id, "budget.overbilled", calls=len(bills), prompt_tokens=beyond[0], completion_tokens=beyond[1]
        )


@dataclass(frozen=True)
class Ended:
    """A unit's end: with a generation, or rejected with a reason."""

    unit_id: int
    token: int
    generation: NewGeneration | None
    reason: str | None = None


def store_outcomes(
    session: Session,
    ended: Sequence[Ended],
    back: Sequence[GiveBack],
    *,
    unsent: Sequence[int] = (),
    job_id: JobId,
    passes: bool = False,
) -> int:
    """End units with their generations and return others to the queue; returns how many late writes were refused.

    `unsent` are tokens whose call was never made: their reservation is released. In a job with `passes` a unit whose
    call was one of them goes on to its next call, also if nothing came of it.
    """
    onward = drafts.go_on(session, [(e.unit_id, e.token) for e in ended]) if passes else set()
    ends = [
        (e.unit_id, e.token, "done" if e.generation else "rejected", e.reason) for e in ended if e.unit_id not in onward
    ]
    held = units.finish_many(session, ends) | onward
    units.give_back(session, back)
    generations.put(session, [e.generation for e in ended if e.generation and e.unit_id in held])
    budgets.release(session, job_id, unsent)
    return len(ended) - len(held)


def reject(session: Session, job_id: JobId, unit_id: int, token: int, *, reason: str) -> None:
    """End a call whose answer nobody could store; charged in full, if what it cost is not known by now."""
    units.finish(session, unit_id, token, state="rejected", reason=reason)
    budgets.charge_lost(session, job_id, [token])


def job_price(job: jobs.JobRow, model: str | None = None) -> Price:
    """A model's price that was fixed at submission; None: the job's only or first model."""
    return job_prices(job).get(model or "", Price(job.price_input, job.price_output))


def job_prices(job: jobs.JobRow) -> dict[str, Price]:
    """{model: its price} of a job with several models."""
    return {one["model"]: Price(one["price_input"], one["price_output"]) for one in job.models}
