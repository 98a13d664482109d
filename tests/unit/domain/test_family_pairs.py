"""Measures of pairs between families: by all pairs, by sums, under draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.domain import diversity
from app.domain.diversity import gram_sums
from app.domain.family_pairs import ClusterCounts, cluster_excess, effective, family_pairs, inside_pairs, poisson_draws
from app.domain.targets import MOST_EXCESS


def units(n: int, d: int = 16, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def exact(
    rows: NDArray[np.float32], clusters: NDArray[np.int64], family: NDArray[np.int64]
) -> tuple[float | None, ...]:
    """Vendi-2 and Simpson from sums alone."""
    inside = inside_pairs(rows, clusters, family)
    whole = len(rows) ** 2 - inside.pairs
    similar = float(np.square(gram_sums(rows).gram).sum()) - inside.similar
    return effective(whole, similar), effective(whole, float(np.square(np.bincount(clusters)).sum()) - inside.same)


def test_family_pairs_with_one_text_a_family_are_the_plain_measures() -> None:
    rows, clusters = units(40), np.random.default_rng(2).integers(0, 5, 40)
    pairs = family_pairs(rows, clusters, np.arange(40))
    once = np.ones((1, 40))

    assert pairs.vendi2(once)[0] == pytest.approx(diversity.vendi2(gram_sums(rows)), rel=1e-5)
    assert pairs.simpson(once)[0] == pytest.approx(diversity.cluster_simpson(np.bincount(clusters)))


@given(st.integers(2, 30), st.integers(1, 30), st.integers(0, 9))
def test_exact_values_are_those_of_all_pairs(n: int, families: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, clusters, family = units(n, seed=seed), rng.integers(0, 4, n), rng.integers(0, families, n)
    pairs = family_pairs(rows, clusters, family)
    once = np.ones((1, len(pairs.sizes)))

    found = exact(rows, clusters, family)
    expected = pairs.vendi2(once)[0], pairs.simpson(once)[0]
    if expected[0] is None:
        assert found == (None, None)
    else:
        assert found == pytest.approx(expected, rel=1e-6)


def test_pairs_inside_a_family_do_not_count() -> None:
    rows = np.repeat(units(10), 3, axis=0)
    clusters = np.repeat(np.arange(10), 3)
    pairs = family_pairs(rows, clusters, np.repeat(np.arange(10), 3))
    alone = family_pairs(rows[::3], clusters[::3], np.arange(10))

    assert pairs.vendi2(np.ones((1, 10)))[0] == pytest.approx(alone.vendi2(np.ones((1, 10)))[0], rel=1e-5)


def test_family_pairs_do_not_depend_on_the_order_of_texts() -> None:
    rows, clusters, families = units(30), np.arange(30) % 4, np.arange(30) % 9
    order = np.random.default_rng(0).permutation(30)
    draws = poisson_draws(9, 3, np.random.default_rng(1))

    forward = family_pairs(rows, clusters, families)
    shuffled = family_pairs(rows[order], clusters[order], families[order])

    assert forward.vendi2(draws) == pytest.approx(shuffled.vendi2(draws))
    assert forward.simpson(draws) == pytest.approx(shuffled.simpson(draws))


def test_a_draw_weighs_families_as_if_they_were_there_so_often() -> None:
    rows, clusters = units(6), np.array([0, 0, 1, 1, 2, 2])
    drawn = family_pairs(rows, clusters, np.arange(6)).vendi2(np.array([[1.0, 0, 1, 0, 1, 1]]))
    kept = family_pairs(rows[[0, 2, 4, 5]], clusters[[0, 2, 4, 5]], np.arange(4)).vendi2(np.ones((1, 4)))

    assert drawn == pytest.approx(kept)


def test_a_single_family_has_no_pairs() -> None:
    pairs = family_pairs(units(3), np.zeros(3, np.int64), np.zeros(3, np.int64))

    assert pairs.vendi2(np.ones((2, 1))) == [None, None]
    assert pairs.simpson(np.zeros((1, 1))) == [None]


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 5))
def test_bootstrap_values_stay_in_bounds(n: int, families: int, seed: int) -> None:
    rows, family = units(n, seed=seed), np.arange(n) % families
    pairs = family_pairs(rows, np.arange(n) % 3, family)
    draws = poisson_draws(len(set(family.tolist())), 5, np.random.default_rng(seed))

    most = (draws @ pairs.sizes) ** 2
    for values in (pairs.vendi2(draws), pairs.simpson(draws)):
        assert all(value is None or 1.0 - 1e-6 <= value <= high for value, high in zip(values, most, strict=True))


def spread(*counts: int, families: float | None = None) -> ClusterCounts:
    return ClusterCounts(counts, float(sum(counts)) if families is None else families)


def test_excess_follows_the_worked_example() -> None:
    found = cluster_excess(spread(60, 40), spread(50, 50))

    assert found == (0, pytest.approx(0.1), pytest.approx(-0.038, abs=5e-4))


def test_excess_of_a_topic_that_grew_is_beyond_chance_and_names_it() -> None:
    found = cluster_excess(spread(90, 90, 320), spread(200, 200, 200))

    assert found is not None and found[0] == 2
    assert 0.2 < found[2] < found[1] == pytest.approx(0.64 - 1 / 3)


def test_excess_of_variants_of_few_seeds_may_be_chance() -> None:
    ours, theirs = (90, 90, 320), spread(200, 200, 200)
    plain, kin = cluster_excess(spread(*ours), theirs), cluster_excess(spread(*ours, families=10.0), theirs)

    assert plain is not None and kin is not None
    assert kin[2] < 0 < plain[2]


def test_no_excess_without_texts() -> None:
    assert cluster_excess(spread(0, 0, families=0.0), spread(1, 2)) is None


def test_excess_of_like_sets_is_chance_in_nineteen_of_twenty() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.full(22, 3.0))
    drawn = [(rng.multinomial(500, shares), rng.multinomial(1000, shares)) for _ in range(1000)]
    found = [cluster_excess(spread(*p.tolist()), spread(*q.tolist())) for p, q in drawn]

    assert 0 < np.mean([one is not None and one[2] > MOST_EXCESS for one in found]) <= 0.05
