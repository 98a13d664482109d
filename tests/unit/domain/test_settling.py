"""What the pool takes: worked examples of every rule, and that order of arrival plays no part."""

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain.records import Verdict
from app.domain.settling import FOLD, Outcome, Pool, Survivor, empty_pool, redundancy, settle

DIMS = 8
ROOMY = {cluster: 10_000 for cluster in range(64)}


def unit(*parts: float) -> np.ndarray:
    vector = np.zeros(DIMS)
    vector[: len(parts)] = parts
    return vector / np.linalg.norm(vector)


def axis(place: int) -> np.ndarray:
    vector = np.zeros(DIMS)
    vector[place % DIMS] = 1.0
    return vector


def survivor(
    number: int,
    *,
    digest: str | None = None,
    opening: str | None = None,
    cluster: int = 0,
    family: int | None = None,
    edu: float = 3.0,
    vector: np.ndarray | None = None,
    near: Sequence[int] = (),
    stock: bool = False,
) -> Survivor:
    return Survivor(
        number,
        (digest or f"text {number}").encode(),
        opening or f"opening {number}",
        cluster,
        number if family is None else family,
        edu,
        axis(number) if vector is None else vector,
        frozenset(near),
        stock,
    )


def settled(survivors: Sequence[Survivor], pool: Pool | None = None, **over: object) -> list[Outcome]:
    given_: dict[str, object] = {
        "redundancy_cap": 1.0,
        "redundancy_weight": 1.0,
        "opening_cap": 1.0,
        "quotas": ROOMY,
        **over,
    }
    return settle(survivors, pool if pool is not None else empty_pool(DIMS), **given_)  # type: ignore[arg-type]


def whole_gram(pool: Pool) -> NDArray[np.float64]:
    pool.fold()
    return pool.gram


def reasons(outcomes: Sequence[Outcome]) -> list[str | None]:
    return [outcome.reason for outcome in outcomes]


def test_nothing_settles_to_nothing() -> None:
    pool = empty_pool(DIMS)

    assert settled([], pool) == []
    assert pool.size == 0 and not whole_gram(pool).any()


def test_one_text_is_taken_and_leaves_its_marks_in_the_pool() -> None:
    pool, one = empty_pool(DIMS), survivor(3, cluster=5)

    (outcome,) = settled([one], pool)

    assert outcome == Outcome(3, Verdict.kept, None, None, 0.0)
    assert (pool.size, pool.ids, pool.digests) == (1, {3}, {one.sha256})
    assert pool.clusters == Counter({5: 1}) and pool.openings == Counter({one.opening: 1})
    assert np.allclose(whole_gram(pool), np.outer(one.vector, one.vector))


def test_identical_texts_leave_one() -> None:
    outcomes = settled([survivor(i, digest="same") for i in range(5)])

    assert reasons(outcomes) == [None] + ["exact_duplicate"] * 4


def test_the_first_copy_stays_though_the_second_scores_higher() -> None:
    outcomes = settled([survivor(1, digest="same", edu=1.0), survivor(2, digest="same", edu=5.0)])

    assert [outcome.verdict for outcome in outcomes] == [Verdict.kept, Verdict.dropped]


def test_a_text_that_the_pool_holds_is_dropped() -> None:
    pool = empty_pool(DIMS)
    pool.add(survivor(1, digest="old"))

    assert reasons(settled([survivor(2, digest="old")], pool)) == ["exact_duplicate"]
    assert pool.size == 1


def test_a_near_duplicate_of_the_pool_is_dropped_at_the_duplicates_gate() -> None:
    pool = empty_pool(DIMS)
    pool.add(survivor(1))

    (outcome,) = settled([survivor(2, near=[1])], pool)

    assert (outcome.verdict, outcome.gate, outcome.reason) == (Verdict.dropped, "duplicates", "near_duplicate")


def test_of_two_near_duplicates_the_better_one_stays() -> None:
    outcomes = settled([survivor(1, near=[2], edu=2.0), survivor(2, near=[1], edu=4.0)])

    assert reasons(outcomes) == ["near_duplicate", None]


def test_a_near_duplicate_of_a_refused_text_is_taken() -> None:
    pool = empty_pool(DIMS)
    pool.add(survivor(0, opening="once upon a time"))

    refused = survivor(1, near=[2], opening="once upon a time", edu=5.0)
    outcomes = settled([refused, survivor(2, near=[1], edu=1.0)], pool, opening_cap=0.01)

    assert reasons(outcomes) == ["common_opening", None]


@pytest.mark.parametrize(
    ("pool_vectors", "vector", "wanted"),
    [
        ([], unit(1), 0.0),
        ([unit(1)], unit(1), 1.0),
        ([unit(1)], unit(0, 1), 0.0),
        ([unit(1), unit(0, 1)], unit(1), 0.5),
        ([unit(1)], unit(1, 1), 0.5),
        ([unit(1)], -unit(1), 1.0),
    ],
    ids=["empty pool", "the same", "unlike", "one of two", "at 45 degrees", "opposite counts as alike"],
)
def test_redundancy_is_the_mean_squared_similarity(
    pool_vectors: list[np.ndarray], vector: np.ndarray, wanted: float
) -> None:
    pool = empty_pool(DIMS)
    for number, row in enumerate(pool_vectors):
        pool.add(survivor(number, vector=row))

    assert redundancy(pool, vector, family=99) == pytest.approx(wanted)


def test_variants_of_one_seed_are_not_redundant_to_each_other() -> None:
    pool = empty_pool(DIMS)
    for number in range(3):
        pool.add(survivor(number, family=7, vector=unit(1)))

    assert redundancy(pool, unit(1), family=7) == 0.0
    assert redundancy(pool, unit(1), family=8) == pytest.approx(1.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10_000)), max_size=12), st.integers(0, 10_000))
def test_redundancy_from_sums_is_the_mean_over_pairs(rows: list[tuple[int, int]], seed: int) -> None:
    pool, others = empty_pool(DIMS), []
    for number, (family, draw) in enumerate(rows):
        vector = np.random.default_rng(draw).normal(size=DIMS)
        vector /= np.linalg.norm(vector)
        pool.add(survivor(number, family=family, vector=vector))
        if family != 0:
            others.append(vector)
    mine = np.random.default_rng(seed).normal(size=DIMS)
    mine /= np.linalg.norm(mine)

    wanted = float(np.mean([(mine @ other) ** 2 for other in others])) if others else 0.0

    assert redundancy(pool, mine, 0) == pytest.approx(wanted, abs=1e-9)


def test_a_redundant_text_is_dropped_only_once_the_floor_is_reached() -> None:
    alike = [survivor(number, vector=unit(1)) for number in range(6)]

    outcomes = settled(alike, redundancy_cap=0.5, floor=3)

    assert reasons(outcomes) == [None, None, None, "redundant", "redundant", "redundant"]


def test_the_better_text_gets_the_last_place_and_ties_go_by_plan_order() -> None:
    texts = [survivor(1, edu=2.0), survivor(2, edu=4.0), survivor(3, edu=4.0)]

    outcomes = settled(texts, quotas={0: 2})

    assert [outcome.verdict for outcome in outcomes] == [Verdict.reserve, Verdict.kept, Verdict.kept]
    tied = settled([survivor(9, edu=3.0), survivor(4, edu=3.0)], quotas={0: 1})
    assert [(o.id, o.verdict) for o in tied] == [(9, Verdict.reserve), (4, Verdict.kept)]


def test_redundancy_weighs_against_score() -> None:
    pool = empty_pool(DIMS)
    pool.add(survivor(0, vector=unit(1)))
    alike, unlike = survivor(1, edu=3.5, vector=unit(1)), survivor(2, edu=3.0, vector=unit(0, 1))

    light = settled([alike, unlike], pool_copy(pool), quotas={0: 2}, redundancy_weight=0.0)
    heavy = settled([alike, unlike], pool_copy(pool), quotas={0: 2}, redundancy_weight=1.0)

    assert [o.verdict for o in light] == [Verdict.kept, Verdict.reserve]
    assert [o.verdict for o in heavy] == [Verdict.reserve, Verdict.kept]


def pool_copy(pool: Pool) -> Pool:
    return deepcopy(pool)


def test_redundancy_is_the_mean_squared_similarity_at_every_size_of_the_pool() -> None:
    texts, pool = some_survivors(np.random.default_rng(5), 3 * FOLD + 7), empty_pool(DIMS)

    for place, text in enumerate(texts):
        others = [other.vector for other in texts[:place] if other.family != text.family]
        direct = np.mean([(text.vector @ other) ** 2 for other in others]) if others else 0.0
        assert redundancy(pool, text.vector, text.family) == pytest.approx(direct)
        pool.add(text)


def test_no_more_than_the_cap_share_one_opening() -> None:
    texts = [survivor(number, opening="once upon a time there") for number in range(10)]

    outcomes = settled(texts, opening_cap=0.03)

    # Of a pool below 100 texts the cap is of 100.
    assert reasons(outcomes) == [None] * 3 + ["common_opening"] * 7


def test_an_opening_cap_of_zero_still_lets_one_text_have_each() -> None:
    assert reasons(settled([survivor(1), survivor(2)], opening_cap=0.0)) == [None, None]


def test_stock_openings_of_all_kinds_share_one_cap() -> None:
    texts = [survivor(number, stock=number % 2 == 0) for number in range(10)]

    outcomes = settled(texts, stock_cap=0.02)

    refused = [outcome.id for outcome in outcomes if outcome.reason == "stock_opening"]
    assert refused == [4, 6, 8] and {o.gate for o in outcomes if o.id in refused} == {"openings"}


def test_a_full_cluster_fills_the_reserve_and_drops_nothing() -> None:
    texts = [survivor(number, cluster=number % 2) for number in range(6)]

    outcomes = settled(texts, quotas={0: 1})

    assert Counter(outcome.verdict for outcome in outcomes) == {Verdict.kept: 1, Verdict.reserve: 5}
    assert {o.reason for o in outcomes if o.verdict is Verdict.reserve} == {"cluster_full"}


def test_the_reserve_is_taken_when_a_later_round_has_room() -> None:
    pool, text = empty_pool(DIMS), survivor(1)

    assert settled([text], pool, quotas={0: 0})[0].verdict is Verdict.reserve
    assert settled([text], pool, quotas={0: 1})[0].verdict is Verdict.kept


def some_survivors(rng: np.random.Generator, count: int) -> list[Survivor]:
    found = []
    for number in range(count):
        vector = rng.normal(size=DIMS)
        found.append(
            survivor(
                number,
                digest=f"text {rng.integers(0, count)}",
                opening=f"opening {rng.integers(0, 6)}",
                cluster=int(rng.integers(0, 4)),
                family=int(rng.integers(0, 8)),
                edu=float(rng.integers(0, 5)),
                vector=vector / np.linalg.norm(vector),
            )
        )
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 60))
def test_the_pool_keeps_its_rules_whatever_comes(seed: int, count: int) -> None:
    texts = some_survivors(np.random.default_rng(seed), count)
    pool = empty_pool(DIMS)
    wanted = {0: 3, 1: 5, 2: 100}

    outcomes = settled(texts, pool, quotas=wanted, opening_cap=0.04, redundancy_cap=0.3)

    kept = [text for text, outcome in zip(texts, outcomes, strict=True) if outcome.verdict is Verdict.kept]
    assert [outcome.id for outcome in outcomes] == [text.id for text in texts]
    assert pool.ids == {text.id for text in kept} and pool.size == len(kept)
    assert len({text.sha256 for text in kept}) == len(kept)
    assert all(pool.clusters[cluster] <= wanted.get(cluster, 0) for cluster in range(4))
    assert max(Counter(text.opening for text in kept).values(), default=0) <= 4
    assert all(0.0 <= outcome.redundancy <= 1.0 + 1e-9 for outcome in outcomes)
    assert all(
        (outcome.verdict is Verdict.dropped) == (outcome.reason not in (None, "cluster_full")) for outcome in outcomes
    )
    gram = sum((np.outer(text.vector, text.vector) for text in kept), np.zeros((DIMS, DIMS)))
    assert np.allclose(whole_gram(pool), gram)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_texts_without_copies_fare_the_same_in_any_order(seed: int, random: object) -> None:
    rng = np.random.default_rng(seed)
    texts = [
        survivor(t.id, opening=t.opening, cluster=t.cluster, family=t.family, edu=t.edu_score, vector=t.vector)
        for t in some_survivors(rng, 30)
    ]
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    rules = {"quotas": {0: 2, 1: 2, 2: 9}, "opening_cap": 0.03, "redundancy_cap": 0.2}

    one = {outcome.id: outcome for outcome in settled(texts, **rules)}
    two = {outcome.id: outcome for outcome in settled(shuffled, **rules)}

    assert one == two


def test_a_text_taken_out_leaves_the_pool_as_it_was() -> None:
    pool = empty_pool(DIMS)
    first, second = survivor(1, family=1, vector=unit(1, 2)), survivor(2, family=1, vector=unit(2, 1), stock=True)
    pool.add(first)
    before = deepcopy(pool)
    pool.add(second)

    pool.remove(second)

    before.fold()
    assert np.allclose(pool.gram, before.gram) and pool.size == before.size
    for name in ("digests", "ids", "stock_openings"):
        assert getattr(pool, name) == getattr(before, name)
    assert +pool.openings == before.openings and +pool.clusters == before.clusters
    assert [list(own) for own in pool.families[1]] == [list(first.vector)]
