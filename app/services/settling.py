"""The end of a round: what the pool accepts, what the set measures, whether to go on, and what comes next."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from sqlalchemy.orm import Session

from app.domain import levers, targets
from app.domain.config import JobConfig
from app.domain.planning import Plan
from app.domain.pricing import MICRO
from app.domain.records import JobId, Verdict
from app.domain.steps import Step
from app.domain.targets import Check, Decision, RoundFigures, StopReason
from app.repositories import arm_trials, budgets, drafts, events, generations, holds, jobs, rounds
from app.repositories.generations import Body, Candidate
from app.repositories.jobs import JobRow
from app.repositories.rounds import RoundRow
from app.repositories.units import ClaimedUnit
from app.services import admitting, candidates, failures, planning, replacing, settling_seeds, steering
from app.services import rounds as moves
from app.services.admitting import Row
from app.services.planning import Board
from app.services.settling_seeds import Prepared, SeedSet

POOLED = ("kept", "pending", "reserve")
"""The verdicts of what is in the pool or competes for it."""
LEAST_REPAIRS = 1_000
"""Repairs read for a plan at most, besides those the plan may take."""


@dataclass(frozen=True)
class RoundData:
    """A closed round as read, but for its candidates."""

    job: JobRow
    config: JobConfig
    round: RoundRow
    history: list[RoundRow]
    seed_set: SeedSet | None
    """Only in round 0."""
    frozen: dict[str, object]
    board: Board
    funnel: dict[str, object]
    used_up: str | None
    """The budget that has no room for a call, with its figures; None: none that is known."""
    replan: bool
    """A person let a collapsed job go on: decide nothing, plan."""


@dataclass(frozen=True)
class Wanted:
    """What must be read besides, for the bodies of all candidates would not fit."""

    made: list[Candidate]
    """The pool and what competes for it, in the order of rounds and plans."""
    pairs: list[tuple[int, int]]
    """(place of a candidate, place of an earlier one) that look alike by their signatures."""
    ids: list[int]
    """Generations whose body decides: one of a pair, or measured."""


@dataclass(frozen=True)
class Settled:
    """A closed round as decided."""

    prepared: Prepared | None
    measures: dict[str, object]
    checks: tuple[Check, ...]
    decision: Decision
    plan: Plan | None
    board: Board


def read(session: Session, job_id: JobId, round_id: int) -> RoundData:
    """All that ending a round needs."""
    job = jobs.get(session, job_id)
    config = moves.config_of(job)
    this = rounds.get(session, round_id)
    first = this.number == 0
    funnel = {} if first else _funnel(session, round_id)
    return RoundData(
        job=job,
        config=config,
        round=this,
        history=[row for row in rounds.of_job(session, job_id) if 0 < row.number < this.number],
        seed_set=settling_seeds.read_seeds(session, job) if first else None,
        frozen={} if first else json.loads(jobs.artifact(session, job_id, "reference")),
        board=planning.read_board(session, job_id, job.corpus_id, config, repairs=LEAST_REPAIRS),
        funnel=funnel,
        used_up=_used_up(session, job_id, config, _exhausted(funnel)),
        replan=this.state == "settled",
    )


def _funnel(session: Session, round_id: int) -> dict[str, object]:
    made = drafts.of_round(session, round_id)
    found = generations.funnel(session, round_id) | {"redacted": generations.redacted(session, round_id)}
    return {**found, "drafts": made} if made else found


def want(data: RoundData, made: list[Candidate]) -> Wanted:
    """The bodies that deciding about a round with these candidates takes."""
    pairs = admitting.alike(made)
    _, splits = candidates.measured_splits(data.board.scored)
    measured = [place for place, one in enumerate(made) if one.split in splits]
    return Wanted(made, pairs, [made[place].id for place in sorted({*measured, *(p for pair in pairs for p in pair)})])


def admit(data: RoundData, wanted: Wanted, bodies: Mapping[int, Body]) -> list[Row]:
    """The verdicts of a round, with the wanted bodies by generation id; touches nothing."""
    if data.seed_set is not None:
        return []
    quotas = planning.quotas_of(data.board, data.config)
    near = admitting.near_duplicates(
        wanted.made, wanted.pairs, bodies, threshold=data.config.gates.near_duplicate_jaccard
    )
    return admitting.admit(wanted.made, near, data.config, quotas, redundancy_cap=_redundancy_cap(data))


def think(data: RoundData, wanted: Wanted, bodies: Mapping[int, Body], outcomes: Sequence[Row]) -> Settled:
    """Measure what the verdicts make of the pool, decide and plan; touches nothing."""
    if data.seed_set is not None:
        return _think_seeds(data, data.seed_set)
    quotas = planning.quotas_of(data.board, data.config)
    kept = _kept(wanted.made, outcomes)
    approved = Counter(candidate.cluster for candidate in kept)
    measured_on, measures, diversity = candidates.measure(
        kept, bodies, data.board.scored, data.frozen, quotas, rng_seed=data.config.rng_seed
    )
    goals = data.config.targets if data.board.scored else targets.measurable(data.config.targets)
    checks = targets.judge_targets(measures, goals)
    accepted = sum(outcome[1] == Verdict.kept for outcome in outcomes)
    figures = RoundFigures(
        checks,
        _count(data.funnel, "answers") + _useless(data.funnel),
        accepted,
        _count(data.funnel, "tokens"),
        diversity,
        *steering.sameness(data.round.id, wanted.made, outcomes),
    )
    decision = targets.decide(
        [*_past(data.history), figures],
        max_rounds=data.config.max_rounds,
        seeds_left=planning.seeds_left(data.board, data.config, data.round.number),
        exhausted=data.used_up,
    )
    if data.replan:
        decision = Decision(None, "a person let the job go on")
    short = levers.wanted(checks, data.round.plan.get("leans_on", ()))
    plan = None
    if not decision.stop:
        board = steering.with_won(data.board, wanted.made, outcomes, short)
        board = replacing.with_pool(board, kept, short, edu_under=data.config.planning.refine_edu_under)
        plan = planning.make_plan(board, data.config, number=data.round.number + 1, approved=approved, short=short)
    stored = {"measured_on": measured_on, "values": measures, "figures": _figures_json(figures), "pool": len(kept)}
    return Settled(None, stored, checks, decision, plan, data.board)


def _count(funnel: dict[str, object], name: str) -> int:
    value = funnel.get(name, 0)
    assert isinstance(value, int)
    return value


def _useless(funnel: dict[str, object]) -> int:
    """Calls whose answers were no texts, by the model's fault: a model that never comes to an end makes a plateau."""
    rows = funnel.get("without_text", [])
    assert isinstance(rows, list)
    return sum(int(row["count"]) for row in rows if row["reason"] in arm_trials.FAILED_ANSWERS)


def _think_seeds(data: RoundData, seed_set: SeedSet) -> Settled:
    prepared = settling_seeds.think_seeds(seed_set)
    if not data.board.scored:
        prepared = replace(prepared, funnel=planning.words_funnel(data.board))
    marked = {seed_id: (cluster, reason) for seed_id, cluster, reason in prepared.marks}
    scored = [replace(s, cluster=marked[s.id][0], reason=marked[s.id][1]) for s in data.board.scored]
    board = replace(data.board, scored=scored)
    plan = planning.make_plan(board, data.config, number=1, approved=Counter(), short=())
    decision = Decision(None, "the seeds are prepared")
    if data.used_up:
        decision = Decision(StopReason.budget_exhausted, f"the budget of {data.used_up} is used up before any call")
    elif not plan.calls:
        decision = Decision(StopReason.nothing_to_do, "no seed takes part; the funnel of round 0 says why")
    measures: dict[str, object] = {
        "measured_on": "seeds",
        "values": prepared.reference.values,
        "limits": prepared.reference.limits,
    }
    return Settled(prepared, measures, (), decision, None if decision.stop else plan, board)


def _redundancy_cap(data: RoundData) -> float:
    cap = data.frozen["redundancy_cap"]
    assert isinstance(cap, float)
    return cap


def _kept(texts: list[Candidate], outcomes: Sequence[Row]) -> list[Candidate]:
    verdicts = {outcome[0]: outcome[1] for outcome in outcomes}
    return [text for text in texts if verdicts.get(text.id, text.verdict) == Verdict.kept]


def _exhausted(funnel: dict[str, object]) -> str | None:
    rows = funnel.get("without_text", [])
    assert isinstance(rows, list)
    found = [str(row["reason"]) for row in rows if str(row["reason"] or "").startswith("budget:")]
    return found[0].removeprefix("budget:") if found else None


def _used_up(session: Session, job_id: JobId, config: JobConfig, what: str | None) -> str | None:
    """The budget `what` that kept calls from being made, or the time if that is over, with its figures."""
    left = jobs.seconds_left(session, job_id)
    if left is not None and left <= 0:
        return f"time ({config.budget.hours or 0:g} h)"
    row = budgets.read(session, job_id)
    figures = {
        "calls": f"{row.spent_calls:,} of {row.cap_calls or 0:,} made",
        "tokens": f"{row.spent_tokens:,} of {row.cap_tokens or 0:,} used, and the next call may need more than is left",
        "money": f"${row.spent_micro / MICRO:.4f} of ${(row.cap_micro or 0) / MICRO:.4f} spent, and the next call may "
        "cost more than is left",
    }
    return what and (f"{what} ({figures[what]})" if what in figures else what)


def _figures_json(figures: RoundFigures) -> dict[str, object]:
    return {
        "calls": figures.calls,
        "accepted": figures.accepted,
        "tokens": figures.tokens,
        "diversity": figures.diversity,
        "passed": figures.passed,
        "same": figures.same,
    }


def _past(history: list[RoundRow]) -> list[RoundFigures]:
    """The figures of the rounds before; of a collapsed one, whose texts left the pool, with the last good diversity."""
    past: list[RoundFigures] = []
    for row in history:
        figures = _figures_of(row)
        if past and row.decision.get("stop") == StopReason.collapse:
            last = past[-1]
            figures = replace(figures, diversity=last.diversity, passed=last.passed, same=last.same)
        past.append(figures)
    return past


def _figures_of(row: RoundRow) -> RoundFigures:
    figures = row.measures.get("figures", {})
    return RoundFigures(
        tuple(Check(**check) for check in row.decision.get("checks", [])),
        figures.get("calls", 0),
        figures.get("accepted", 0),
        figures.get("tokens", 0),
        {name: (pair[0], pair[1]) for name, pair in figures.get("diversity", {}).items()},
        figures.get("passed", 0),
        figures.get("same", 0),
    )


def write(
    session: Session, unit: ClaimedUnit, data: RoundData, outcomes: Sequence[Row], decided: Callable[[], Settled]
) -> list[Step]:
    """Store verdicts, measures and decision, and open the next round or end the job; all or nothing.

    `decided` is asked for when the verdicts are written, so that the server may write them while we still measure.
    """
    generations.set_verdicts(session, outcomes)
    settled = decided()
    # After the wait, which would keep the lease from being renewed.
    failures.finish_or_lose(session, unit)
    job_id, number = JobId(data.job.id), data.round.number
    if settled.prepared:
        settling_seeds.write_seeds(session, data.job, settled.prepared)
    decision = {
        "stop": settled.decision.stop,
        "why": settled.decision.why,
        "checks": [asdict(c) for c in settled.checks],
    }
    if settled.decision.stop is StopReason.collapse:
        generations.retire_round(session, unit.round_id or 0, reason="collapse")
    if not data.replan:
        # Verdicts are new; what was redacted stays as it was read.
        new = settled.prepared.funnel if settled.prepared else generations.funnel(session, unit.round_id or 0)
        funnel = {**data.funnel, **new}
        rounds.settle(session, unit.round_id or 0, funnel=funnel, measures=settled.measures, decision=decision)
        events.add(
            session, job_id, "round.settled", number=number, why=settled.decision.why, stop=settled.decision.stop
        )
    if holds.hold(session, job_id) not in ("running", "paused"):
        return []
    if settled.plan is None or not settled.plan.calls:
        moves.end_job(session, job_id, settled.decision.stop or StopReason.nothing_to_do, why=settled.decision.why)
        return []
    calls = planning.write_plan(session, job_id, data.config, settled.board, settled.plan, number=number + 1)
    return moves.refine_steps(job_id, calls)
