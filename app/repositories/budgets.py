"""Reservations before a call and their settlement after it, on one guarded row a job.

An open reservation of a lost worker is charged, never released: released ones overshot the true spend in every run
measured (`docs/decisions/`). Callers lock units first; here reservations come before the budget.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db.arrays import array


@dataclass(frozen=True)
class Claim:
    """The worst that one call may cost."""

    token: int
    unit_id: int
    micro: int
    tokens: int


@dataclass(frozen=True)
class Spend:
    """What a call did cost; `charged` takes the whole reservation because nobody knows better."""

    token: int
    micro: int = 0
    tokens: int = 0
    calls: int = 1
    charged: bool = False


@dataclass(frozen=True)
class Owed:
    """The worst that texts in hand will cost later: kept free of other calls, not yet reserved."""

    micro: int
    tokens: int
    calls: int


@dataclass(frozen=True)
class BudgetRow:
    """A job's caps (None: none) and use, in micro-USD, tokens and calls."""

    cap_micro: int | None
    cap_tokens: int | None
    cap_calls: int | None
    reserved_micro: int
    reserved_tokens: int
    reserved_calls: int
    spent_micro: int
    spent_tokens: int
    spent_calls: int
    overdraft_micro: int
    overdraft_tokens: int
    overbilled_prompt_tokens: int
    overbilled_completion_tokens: int

    @property
    def overdrawn(self) -> bool:
        """Whether the provider billed more than a cap allows."""
        return self.overdraft_micro > 0 or self.overdraft_tokens > 0


@dataclass(frozen=True)
class Bill:
    """What a provider says a call used."""

    unit_id: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Settled:
    """What became of reservations that were to be closed; those in neither set were closed before."""

    closed: frozenset[int]
    """Tokens closed here."""
    overbilled: frozenset[int]
    """Those among them that cost more than was reserved."""


COLUMNS = ", ".join(BudgetRow.__dataclass_fields__)


def create(session: Session, job_id: int, *, micro: int | None, tokens: int | None, calls: int | None) -> None:
    """The budget row of a new job."""
    session.execute(
        text("INSERT INTO budgets (job_id, cap_micro, cap_tokens, cap_calls) VALUES (:job, :micro, :tokens, :calls)"),
        {"job": job_id, "micro": micro, "tokens": tokens, "calls": calls},
    )


def read(session: Session, job_id: int, *, lock: bool = False) -> BudgetRow:
    """The row as it is; with `lock`, held until the transaction ends."""
    query = f"SELECT {COLUMNS} FROM budgets WHERE job_id = :job" + (" FOR UPDATE" if lock else "")
    return BudgetRow(*session.execute(text(query), {"job": job_id}).one())


NOTHING = Owed(0, 0, 0)


def reserve(
    session: Session, job_id: int, claims: Sequence[Claim], row: BudgetRow, *, owed: Sequence[Owed] = ()
) -> int:
    """Put aside the longest prefix of `claims` that fits under every cap of the locked `row`; returns its length.

    `owed`, where given, says for each claim what has to stay free besides, if that claim is the last one taken.
    """
    # A provider that billed beyond the cap gets no further call, whatever else turns out cheaper than reserved.
    fit = 0 if row.overdrawn else _fitting(row, claims, owed)
    if not fit:
        return 0
    taken = claims[:fit]
    session.execute(
        text("""
        INSERT INTO reservations (token, unit_id, job_id, micro, tokens)
        SELECT t, u, :job, m, k FROM unnest(CAST(:tokens AS bigint[]), CAST(:units AS bigint[]),
                                            CAST(:micros AS bigint[]), CAST(:amounts AS bigint[])) AS x(t, u, m, k)"""),
        {
            "job": job_id,
            "tokens": array([claim.token for claim in taken]),
            "units": array([claim.unit_id for claim in taken]),
            "micros": array([claim.micro for claim in taken]),
            "amounts": array([claim.tokens for claim in taken]),
        },
    )
    session.execute(
        text("""
        UPDATE budgets SET reserved_micro = reserved_micro + :micro, reserved_tokens = reserved_tokens + :tokens,
               reserved_calls = reserved_calls + :calls WHERE job_id = :job"""),
        {
            "job": job_id,
            "micro": sum(claim.micro for claim in taken),
            "tokens": sum(claim.tokens for claim in taken),
            "calls": fit,
        },
    )
    return fit


def is_reserved(session: Session, token: int) -> bool:
    """Whether a reservation was made under this token."""
    query = text("SELECT 1 FROM reservations WHERE token = :token")
    return session.execute(query, {"token": token}).one_or_none() is not None


def _fitting(row: BudgetRow, claims: Sequence[Claim], owed: Sequence[Owed]) -> int:
    room_micro, room_tokens, room_calls = (
        None if cap is None else cap - used
        for cap, used in (
            (row.cap_micro, row.spent_micro + row.reserved_micro),
            (row.cap_tokens, row.spent_tokens + row.reserved_tokens),
            (row.cap_calls, row.spent_calls + row.reserved_calls),
        )
    )
    micro = tokens = 0
    for place, claim in enumerate(claims):
        later = owed[place] if owed else NOTHING
        micro, tokens = micro + claim.micro, tokens + claim.tokens
        over_money = room_micro is not None and micro + later.micro > room_micro
        over_tokens = room_tokens is not None and tokens + later.tokens > room_tokens
        if over_money or over_tokens or (room_calls is not None and place + later.calls >= room_calls):
            return place
    return len(claims)


def settle(session: Session, job_id: int, spends: Sequence[Spend]) -> Settled:
    """Close open reservations at their true cost, be it above what was reserved (D16)."""
    if not spends:
        return Settled(frozenset(), frozenset())
    by_token = {spend.token: spend for spend in spends}
    closed = session.execute(
        text("""
        UPDATE reservations r SET state = CASE WHEN x.charged THEN 'charged' ELSE 'settled' END
        FROM unnest(CAST(:tokens AS bigint[]), CAST(:charged AS boolean[])) AS x(token, charged)
        WHERE r.token = x.token AND r.state = 'open' RETURNING r.token, r.micro, r.tokens"""),
        {"tokens": array(by_token), "charged": array([spend.charged for spend in by_token.values()])},
    ).all()
    micro = tokens = calls = 0
    overbilled = set()
    for row in closed:
        spend = by_token[row.token]
        if spend.micro > row.micro or spend.tokens > row.tokens:
            overbilled.add(row.token)
        micro += row.micro if spend.charged else spend.micro
        tokens += row.tokens if spend.charged else spend.tokens
        calls += spend.calls
    if closed:
        held = (sum(row.micro for row in closed), sum(row.tokens for row in closed), len(closed))
        _move(session, job_id, held=held, spent=(micro, tokens, calls))
    return Settled(frozenset(row.token for row in closed), frozenset(overbilled))


def raise_estimate(session: Session, job_id: int, bills: Sequence[Bill]) -> tuple[int, int] | None:
    """Let later claims reserve what these calls used beyond their worst case; the most so far as (prompt, completion).

    None when claims reserve that much already: other calls taught it while these were in flight.
    """
    row = session.execute(
        text("""
        UPDATE budgets b SET
            overbilled_prompt_tokens = greatest(b.overbilled_prompt_tokens, x.prompt),
            overbilled_completion_tokens = greatest(b.overbilled_completion_tokens, x.completion)
        FROM (SELECT max(c.prompt - greatest(0, u.reserve_tokens - u.max_tokens)) AS prompt,
                     max(c.completion - u.max_tokens) AS completion
              FROM unnest(CAST(:units AS bigint[]), CAST(:prompts AS bigint[]), CAST(:completions AS bigint[]))
                   AS c(unit_id, prompt, completion) JOIN units u ON u.id = c.unit_id) x
        WHERE b.job_id = :job
          AND (x.prompt > b.overbilled_prompt_tokens OR x.completion > b.overbilled_completion_tokens)
        RETURNING b.overbilled_prompt_tokens, b.overbilled_completion_tokens"""),
        {
            "job": job_id,
            "units": [bill.unit_id for bill in bills],
            "prompts": [bill.prompt_tokens for bill in bills],
            "completions": [bill.completion_tokens for bill in bills],
        },
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _move(session: Session, job_id: int, *, held: tuple[int, int, int], spent: tuple[int, int, int]) -> None:
    # LEAST keeps the CHECK true when a provider bills above the reservation; the rest is kept as overdraft,
    # never lost, and stops the job.
    session.execute(
        text("""
        UPDATE budgets SET
            reserved_micro = reserved_micro - :held_micro, reserved_tokens = reserved_tokens - :held_tokens,
            reserved_calls = reserved_calls - :held_calls, spent_calls = spent_calls + :calls,
            spent_micro = least(spent_micro + :micro, greatest(spent_micro,
                coalesce(cap_micro - reserved_micro + :held_micro, spent_micro + :micro))),
            overdraft_micro = overdraft_micro + greatest(0, spent_micro + :micro - greatest(spent_micro,
                coalesce(cap_micro - reserved_micro + :held_micro, spent_micro + :micro))),
            spent_tokens = least(spent_tokens + :tokens, greatest(spent_tokens,
                coalesce(cap_tokens - reserved_tokens + :held_tokens, spent_tokens + :tokens))),
            overdraft_tokens = overdraft_tokens + greatest(0, spent_tokens + :tokens - greatest(spent_tokens,
                coalesce(cap_tokens - reserved_tokens + :held_tokens, spent_tokens + :tokens)))
        WHERE job_id = :job"""),
        {
            "job": job_id,
            "held_micro": held[0],
            "held_tokens": held[1],
            "held_calls": held[2],
            "micro": spent[0],
            "tokens": spent[1],
            "calls": spent[2],
        },
    )


def charge_lost(session: Session, job_id: int, tokens: Sequence[int]) -> None:
    """Charge the reservations of workers that were lost in full: their calls may have been answered and billed."""
    settle(session, job_id, [Spend(token=token, charged=True) for token in tokens])


def release(session: Session, job_id: int, tokens: Sequence[int]) -> None:
    """Give back reservations whose call was certainly never sent."""
    settle(session, job_id, [Spend(token=token, calls=0) for token in tokens])
