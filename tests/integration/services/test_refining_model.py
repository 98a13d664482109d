"""Random claims, ends, losses and changes of a job over Postgres: money and texts add up after every step (T38)."""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.db.session import transaction
from app.domain.records import JobId
from app.repositories import budgets, caps, units
from app.repositories.budgets import Spend
from app.repositories.units import ClaimedRewrite, GiveBack
from app.services import jobs as people
from app.services import refining, rounds
from app.services.refining import Ended
from tests.integration.loop_world import (
    MOST,
    PRICE,
    RESERVE,
    WORST_MICRO,
    add_calls,
    add_job,
    call,
    generation,
    make_late,
    rows,
)
from workers import reconciler

CALLS = 12


class Ledger(RuleBasedStateMachine):
    """A job's units and money, and beside them what a plain reading of the rules says they must be."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        with transaction(self.engine) as session:
            self.job_id = JobId(add_job(session, micro=6 * WORST_MICRO, tokens=9 * RESERVE, calls=CALLS))
            add_calls(session, self.job_id, CALLS)
        self.held: list[ClaimedRewrite] = []
        self.late: list[ClaimedRewrite] = []
        """Claims of workers that were given up and may still write."""
        self.spent_micro = self.spent_tokens = self.spent_calls = 0
        self.texts = 0
        self.beyond = 0
        """Worst cases that a call was billed beyond its own: later claims reserve as much (D16)."""
        self.reserved: dict[int, int] = {}
        """Worst cases that each claim reserved."""
        self.cancelled = False

    def do(self, work: Callable[[Session], object]) -> object:
        with transaction(self.engine) as session:
            return work(session)

    def _take(self, data: st.DataObject, pool: list[ClaimedRewrite]) -> ClaimedRewrite:
        return pool.pop(data.draw(st.integers(0, len(pool) - 1)))

    @rule(limit=st.integers(1, 5))
    def claim(self, limit: int) -> None:
        claimed = self.do(lambda s: refining.claim(s, self.job_id, limit=limit, worker="w", lease_s=600, price=PRICE))
        assert isinstance(claimed, refining.Claimed)
        assert not (self.cancelled and claimed.units), "a cancelled job was asked for"
        assert len({unit.id for unit in claimed.units}) == len(claimed.units) <= limit
        if what := claimed.exhausted:
            self.do(lambda s: rounds.exhaust(s, self.job_id, what=what))
        self.held += claimed.units
        self.reserved |= {unit.token: 1 + self.beyond for unit in claimed.units}

    def _store(self, unit: ClaimedRewrite, spend: Spend, *, ok: bool) -> None:
        worst = spend.tokens // RESERVE
        used = {"prompt_tokens": worst * (RESERVE - MOST), "completion_tokens": worst * MOST}
        came = call(self.job_id, unit.id, unit.token, ok=ok, **used)
        self.do(lambda s: refining.store_calls(s, self.job_id, [came], [spend]))

    def _paid(self, micro: int, tokens: int, calls: int = 1) -> None:
        self.spent_micro, self.spent_tokens = self.spent_micro + micro, self.spent_tokens + tokens
        self.spent_calls += calls

    def _paid_in_full(self, unit: ClaimedRewrite) -> None:
        self._paid(self.reserved[unit.token] * WORST_MICRO, self.reserved[unit.token] * RESERVE)

    def _end(self, unit: ClaimedRewrite) -> int:
        made = generation(self.job_id, unit.round_id, unit.id, unit.seed_id)
        fenced = self.do(
            lambda s: refining.store_outcomes(s, [Ended(unit.id, unit.token, made)], [], job_id=self.job_id)
        )
        assert isinstance(fenced, int)
        return fenced

    @precondition(lambda self: self.held)
    @rule(data=st.data(), share=st.sampled_from([0.0, 0.3, 1.0, 1.0, 4.0]))
    def complete(self, data: st.DataObject, share: float) -> None:
        unit = self._take(data, self.held)
        micro, tokens = int(WORST_MICRO * share), int(RESERVE * share)
        self._store(unit, Spend(unit.token, micro=micro, tokens=tokens), ok=True)
        self._paid(micro, tokens)
        if share > self.reserved[unit.token]:
            self.beyond = max(self.beyond, int(share) - 1)
        assert self._end(unit) == 0
        self.texts += 1

    @precondition(lambda self: self.held)
    @rule(data=st.data(), charged=st.booleans())
    def fail(self, data: st.DataObject, charged: bool) -> None:
        unit = self._take(data, self.held)
        self._store(unit, Spend(unit.token, charged=True) if charged else Spend(unit.token, calls=0), ok=False)
        if charged:
            self._paid_in_full(unit)
        back = GiveBack(unit.id, unit.token, 0.0, "server_error", provider_failure=True)
        self.do(lambda s: refining.store_outcomes(s, [], [back], job_id=self.job_id))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def give_back_unsent(self, data: st.DataObject) -> None:
        unit = self._take(data, self.held)
        back = GiveBack(unit.id, unit.token, 0.0, "slice_over")
        self.do(lambda s: refining.store_outcomes(s, [], [back], unsent=[unit.token], job_id=self.job_id))

    @precondition(lambda self: self.held)
    @rule()
    def heartbeat(self) -> None:
        tokens = {unit.token for unit in self.held}
        assert self.do(lambda s: units.extend(s, sorted(tokens), lease_s=600)) == tokens

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def lose_worker(self, data: st.DataObject) -> None:
        unit = self._take(data, self.held)
        self.do(lambda s: make_late(s, unit.id))
        self.do(reconciler.expire_leases)
        self._paid_in_full(unit)
        self.late.append(unit)

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def write_late(self, data: st.DataObject) -> None:
        unit = self._take(data, self.late)
        self._store(unit, Spend(unit.token, micro=1, tokens=1), ok=True)
        assert self._end(unit) == 1, "a lost lease wrote a text"

    @rule(micro=st.integers(0, 12), tokens=st.integers(1, 20))
    def change_caps(self, micro: int, tokens: int) -> None:
        self.do(
            lambda s: caps.set_caps(s, self.job_id, micro=micro * WORST_MICRO, tokens=tokens * RESERVE, calls=2 * CALLS)
        )

    @rule()
    def sweep(self) -> None:
        self.do(reconciler.expire_leases)
        self.do(reconciler.cancel_leftovers)

    @precondition(lambda self: self.texts > 1 and not self.cancelled)
    @rule()
    def cancel(self) -> None:
        self.do(lambda s: people.cancel(s, self.job_id))
        self.cancelled = True

    @invariant()
    def money_adds_up(self) -> None:
        with transaction(self.engine) as session:
            row = budgets.read(session, self.job_id)
        for cap, spent, reserved in (
            (row.cap_micro, row.spent_micro, row.reserved_micro),
            (row.cap_tokens, row.spent_tokens, row.reserved_tokens),
            (row.cap_calls, row.spent_calls, row.reserved_calls),
        ):
            assert cap is None or spent + reserved <= cap
        flying = sum(self.reserved[unit.token] for unit in self.held)
        assert (row.reserved_micro, row.reserved_tokens, row.reserved_calls) == (
            flying * WORST_MICRO,
            flying * RESERVE,
            len(self.held),
        )
        assert row.spent_micro + row.overdraft_micro == self.spent_micro
        assert row.spent_tokens + row.overdraft_tokens == self.spent_tokens
        assert row.spent_calls == self.spent_calls

    @invariant()
    def units_and_texts_add_up(self) -> None:
        found = rows(
            self.engine,
            """
            SELECT u.id, u.state, u.token, count(DISTINCT g.id) AS texts,
                   count(DISTINCT r.token) FILTER (WHERE r.state = 'open') AS open
            FROM units u LEFT JOIN generations g ON g.unit_id = u.id LEFT JOIN reservations r ON r.unit_id = u.id
            WHERE u.job_id = :job AND u.kind = 'rewrite' GROUP BY u.id""",
            job=self.job_id,
        )
        assert len(found) == CALLS
        leased = {unit["id"]: unit["token"] for unit in found if unit["state"] == "leased"}
        assert leased == {unit.id: unit.token for unit in self.held}
        for unit in found:
            assert unit["texts"] == (unit["state"] == "done"), "each call that ended has one text, no other has any"
            assert unit["open"] == (unit["state"] == "leased")
        assert sum(unit["texts"] for unit in found) == self.texts


def test_money_and_texts_add_up_whatever_happens(engine: Engine) -> None:
    machine = type("BoundLedger", (Ledger,), {"engine": engine})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
