"""Money, tokens and calls: reserved before, settled after, never over the cap, and charged when a worker is lost."""

import pytest
from sqlalchemy import Engine

from app.db.session import transaction
from app.repositories import budgets, caps, units
from app.repositories.budgets import BudgetRow, Claim, Spend
from tests.integration.loop_world import add_calls, add_job, rows


class Purse:
    """A job's budget with claims of its own units."""

    def __init__(self, engine: Engine, count: int, **limits: int) -> None:
        self.engine = engine
        with transaction(engine) as session:
            self.job_id = add_job(session, **limits)
            self.units = add_calls(session, self.job_id, count)[1]
            claimed = units.claim_rewrites(session, self.job_id, limit=count, worker="w", lease_s=600)
        self.tokens = [unit.token for unit in claimed]

    def claims(self, *amounts: tuple[int, int]) -> list[Claim]:
        return [Claim(self.tokens[i], self.units[i], micro, tokens) for i, (micro, tokens) in enumerate(amounts)]

    def reserve(self, *amounts: tuple[int, int]) -> int:
        with transaction(self.engine) as session:
            row = budgets.read(session, self.job_id, lock=True)
            return budgets.reserve(session, self.job_id, self.claims(*amounts), row)

    def settle(self, *spends: Spend) -> frozenset[int]:
        with transaction(self.engine) as session:
            return budgets.settle(session, self.job_id, spends).closed

    @property
    def row(self) -> BudgetRow:
        with transaction(self.engine) as session:
            return budgets.read(session, self.job_id)

    @property
    def states(self) -> list[str]:
        query = "SELECT state FROM reservations WHERE job_id = :job ORDER BY token"
        return [found["state"] for found in rows(self.engine, query, job=self.job_id)]


PREFIXES = {
    "no cap": ({}, [(900, 9), (900, 9)], 2),
    "exactly the money": ({"micro": 200}, [(100, 1), (100, 1)], 2),
    "one micro short": ({"micro": 199}, [(100, 1), (100, 1)], 1),
    "exactly the tokens": ({"tokens": 10}, [(1, 5), (1, 5)], 2),
    "one token short": ({"tokens": 9}, [(1, 5), (1, 5)], 1),
    "calls": ({"calls": 2}, [(1, 1), (1, 1), (1, 1)], 2),
    "the first does not fit": ({"micro": 99}, [(100, 1), (1, 1)], 0),
    "no leap over a large one": ({"micro": 150}, [(100, 1), (100, 1), (1, 1)], 1),
    "the tightest cap rules": ({"micro": 1000, "tokens": 100, "calls": 1}, [(1, 1), (1, 1)], 1),
    "free calls under a money cap": ({"micro": 0}, [(0, 5), (0, 5)], 2),
    "nothing asked": ({"micro": 10}, [], 0),
}


@pytest.mark.parametrize(("limits", "amounts", "fit"), PREFIXES.values(), ids=PREFIXES.keys())
def test_the_longest_prefix_that_fits_is_reserved(
    engine: Engine, limits: dict[str, int], amounts: list[tuple[int, int]], fit: int
) -> None:
    purse = Purse(engine, 3, **limits)

    assert purse.reserve(*amounts) == fit

    row = purse.row
    wanted = (sum(m for m, _ in amounts[:fit]), sum(t for _, t in amounts[:fit]), fit)
    assert (row.reserved_micro, row.reserved_tokens, row.reserved_calls) == wanted
    assert (row.spent_micro, row.spent_tokens, row.spent_calls) == (0, 0, 0)
    assert purse.states == ["open"] * fit


def test_what_is_spent_and_reserved_leaves_less_room(engine: Engine) -> None:
    purse = Purse(engine, 3, micro=250)
    assert purse.reserve((100, 1)) == 1
    purse.settle(Spend(purse.tokens[0], micro=60, tokens=1))

    with transaction(engine) as session:
        rest = [Claim(purse.tokens[i], purse.units[i], 100, 1) for i in (1, 2)]
        row = budgets.read(session, purse.job_id, lock=True)
        assert budgets.reserve(session, purse.job_id, rest, row) == 1


def test_a_settled_call_costs_what_it_cost(engine: Engine) -> None:
    purse = Purse(engine, 1, micro=1000, tokens=100, calls=5)
    purse.reserve((300, 30))

    assert purse.settle(Spend(purse.tokens[0], micro=120, tokens=12)) == {purse.tokens[0]}

    row = purse.row
    assert (row.spent_micro, row.spent_tokens, row.spent_calls) == (120, 12, 1)
    assert (row.reserved_micro, row.reserved_tokens, row.reserved_calls) == (0, 0, 0)
    assert purse.states == ["settled"]


def test_settling_twice_costs_once(engine: Engine) -> None:
    purse = Purse(engine, 1, micro=1000)
    purse.reserve((300, 30))
    spend = Spend(purse.tokens[0], micro=120, tokens=12)
    purse.settle(spend)
    before = purse.row

    assert purse.settle(spend) == set()
    assert purse.settle(Spend(purse.tokens[0], charged=True)) == set()
    with transaction(engine) as session:
        budgets.release(session, purse.job_id, purse.tokens)
    assert purse.row == before


def test_a_charged_call_costs_its_whole_reservation(engine: Engine) -> None:
    purse = Purse(engine, 2, micro=1000)
    purse.reserve((300, 30), (200, 20))

    with transaction(engine) as session:
        budgets.charge_lost(session, purse.job_id, purse.tokens)

    row = purse.row
    assert (row.spent_micro, row.spent_tokens, row.spent_calls, row.reserved_micro) == (500, 50, 2, 0)
    assert purse.states == ["charged", "charged"]


def test_a_call_never_sent_costs_nothing(engine: Engine) -> None:
    purse = Purse(engine, 1, micro=1000)
    purse.reserve((300, 30))

    with transaction(engine) as session:
        budgets.release(session, purse.job_id, purse.tokens)

    row = purse.row
    assert (row.spent_micro, row.spent_tokens, row.spent_calls, row.reserved_calls) == (0, 0, 0, 0)


def test_a_token_without_a_reservation_changes_nothing(engine: Engine) -> None:
    purse = Purse(engine, 1, micro=10)
    before = purse.row

    assert purse.settle(Spend(10**9, micro=5)) == set() and purse.settle() == set()
    assert purse.row == before


OVER = {
    "under the cap": ({"micro": 1000, "tokens": 1000}, (250, 25), (250, 25, 0, 0)),
    "over the reservation, under the cap": ({"micro": 1000, "tokens": 1000}, (350, 35), (350, 35, 0, 0)),
    "up to the cap": ({"micro": 900, "tokens": 90}, (600, 60), (600, 60, 0, 0)),
    "over the cap": ({"micro": 900, "tokens": 90}, (601, 63), (600, 60, 1, 3)),
    "without a cap": ({}, (10**12, 10**9), (10**12, 10**9, 0, 0)),
}


@pytest.mark.parametrize(("limits", "cost", "wanted"), OVER.values(), ids=OVER.keys())
def test_a_provider_that_bills_more_fills_the_cap_and_the_rest_is_kept_as_overdraft(
    engine: Engine, limits: dict[str, int], cost: tuple[int, int], wanted: tuple[int, int, int, int]
) -> None:
    purse = Purse(engine, 2, **limits)
    purse.reserve((300, 30), (300, 30))

    purse.settle(Spend(purse.tokens[0], micro=cost[0], tokens=cost[1]))

    row = purse.row
    assert (row.spent_micro, row.spent_tokens, row.overdraft_micro, row.overdraft_tokens) == wanted
    assert (row.reserved_micro, row.reserved_tokens) == (300, 30), "the other call's reservation stands"


def test_an_overdraft_grows_and_is_never_lost(engine: Engine) -> None:
    purse = Purse(engine, 2, micro=600)
    purse.reserve((300, 30), (300, 30))

    purse.settle(Spend(purse.tokens[0], micro=500))
    purse.settle(Spend(purse.tokens[1], micro=500))

    row = purse.row
    assert row.spent_micro == 600 and row.spent_micro + row.overdraft_micro == 1000


def test_a_group_settles_as_one(engine: Engine) -> None:
    purse = Purse(engine, 3, micro=1000, tokens=1000)
    purse.reserve((100, 10), (200, 20), (300, 30))
    lost, sent, unsent = purse.tokens

    closed = purse.settle(Spend(lost, charged=True), Spend(sent, micro=50, tokens=5), Spend(unsent, calls=0))

    row = purse.row
    assert closed == set(purse.tokens)
    assert (row.spent_micro, row.spent_tokens, row.spent_calls) == (150, 15, 2)


def test_a_cap_cannot_sink_below_what_is_used(engine: Engine) -> None:
    purse = Purse(engine, 2, micro=1000, tokens=100, calls=10)
    purse.reserve((300, 30), (200, 20))

    with transaction(engine) as session:
        caps.set_caps(session, purse.job_id, micro=1, tokens=1, calls=1)
    assert (purse.row.cap_micro, purse.row.cap_tokens, purse.row.cap_calls) == (500, 50, 2)
    with transaction(engine) as session:
        caps.set_caps(session, purse.job_id, micro=None, tokens=None, calls=7)
    assert (purse.row.cap_micro, purse.row.cap_tokens, purse.row.cap_calls) == (None, None, 7)
