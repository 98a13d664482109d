"""What enters a round: shares, quotas, levers and limits by worked example."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.config import Planning
from app.domain.planning import (
    SHORT,
    YOUNG,
    Arm,
    ArmRecord,
    Plan,
    Repairable,
    SeedState,
    Situation,
    open_seeds,
    plan_round,
)
from app.domain.recipes.codetextbook import CODETEXTBOOK

ARMS = CODETEXTBOOK.arms
PLAIN = Arm("lesson", "a school pupil", "none")


def seeds(count: int, *, clusters: int = 1, used: frozenset[tuple[str, str]] = frozenset()) -> list[SeedState]:
    return [SeedState(number, number % clusters, used) for number in range(1, count + 1)]


def repair(number: int) -> Repairable:
    return Repairable(1000 + number, number, PLAIN, 2.0, (f"too_hard: {number}",))


def situation(**over: object) -> Situation:
    base = Situation(seeds=seeds(100), approved={}, quotas={0: 100}, repairable=[], records={}, short=frozenset())
    return replace(base, **over)  # type: ignore[arg-type]


def plan(of: Situation, *, rng_seed: int = 0, number: int = 1, **over: object) -> Plan:
    return plan_round(of, ARMS, planning=replace(Planning(), **over), rng_seed=rng_seed, number=number)  # type: ignore[arg-type]


def whys(of: Plan) -> Counter[str]:
    return Counter(call.why for call in of.calls)


def test_a_round_is_shared_out_sixty_twenty_twenty() -> None:
    made = plan(situation(repairable=[repair(n) for n in range(1, 51)]))

    assert whys(made) == {"quota": 60, "repair": 20, "explore": 20}
    assert made.summary["calls"] == 100 and made.summary["quota"] == 60


def test_what_cannot_be_repaired_is_explored() -> None:
    assert whys(plan(situation())) == {"quota": 60, "explore": 40}


def test_clusters_at_their_quota_get_no_quota_calls() -> None:
    assert whys(plan(situation(approved={0: 100}))) == {"explore": 100}


def test_quota_calls_go_where_most_is_missing() -> None:
    of = situation(seeds=seeds(100, clusters=2), approved={0: 90, 1: 10}, quotas={0: 100, 1: 100})

    made = plan(of, calls_per_round=50)

    clusters = Counter(call.seed_id % 2 for call in made.calls if call.why == "quota" and call.seed_id)
    assert clusters[1] > clusters[0]
    # No more than a cluster lacks, however many seeds it has.
    assert clusters[0] <= 10


def test_the_least_used_seed_of_a_cluster_comes_first() -> None:
    fresh, tried = SeedState(1, 0, frozenset()), SeedState(2, 0, frozenset({("a school pupil", "lesson")}))

    for rng_seed in range(10):
        made = plan(situation(seeds=[tried, fresh]), rng_seed=rng_seed, calls_per_round=2)
        assert next(call for call in made.calls if call.why == "quota").seed_id == 1


@pytest.mark.parametrize(
    ("of", "over"),
    [
        (situation(seeds=[], quotas={}), {}),
        (situation(seeds=seeds(3, used=frozenset((a, "lesson") for a in CODETEXTBOOK.audiences[:3]))), {}),
        (situation(seeds=seeds(3, used=frozenset({("x", "y")}))), {"variants_per_seed": 1}),
    ],
    ids=["no seeds", "all variants used", "one variant, used"],
)
def test_no_open_seed_makes_an_empty_plan(of: Situation, over: dict[str, object]) -> None:
    made = plan(of, **over)

    assert made.calls == () and made.summary["calls"] == 0


def test_one_seed_is_asked_once() -> None:
    made = plan(situation(seeds=seeds(1), quotas={0: 1}))

    assert [call.seed_id for call in made.calls] == [1]


def test_a_used_up_seed_may_still_be_repaired() -> None:
    used = frozenset((audience, "lesson") for audience in CODETEXTBOOK.audiences[:3])

    made = plan(situation(seeds=seeds(1, used=used), repairable=[repair(1)]))

    (call,) = made.calls
    assert (call.why, call.parent_id, call.arm, call.fell_short) == ("repair", 1001, PLAIN, ("too_hard: 1",))


def test_open_seeds_are_those_with_a_variant_left() -> None:
    pairs = [frozenset({(str(n), "lesson") for n in range(k)}) for k in range(4)]
    states = [SeedState(k, 0, used) for k, used in enumerate(pairs)]

    assert [seed.id for seed in open_seeds(states, variants=3)] == [0, 1, 2]


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(0, 40),
    clusters=st.integers(1, 5),
    repairs=st.integers(0, 30),
    rng_seed=st.integers(0, 2**31 - 1),
    calls=st.none() | st.integers(1, 60),
    short=st.frozensets(st.sampled_from(["grade_p90", "vendi2_ratio", "near_duplicate_rate"])),
)
def test_a_plan_keeps_its_limits(
    count: int, clusters: int, repairs: int, rng_seed: int, calls: int | None, short: frozenset[str]
) -> None:
    of = situation(
        seeds=seeds(count, clusters=clusters),
        quotas={cluster: 5 for cluster in range(clusters)},
        repairable=[repair(n) for n in range(repairs)],
        short=short,
    )

    made = plan(of, rng_seed=rng_seed, calls_per_round=calls)

    size = calls or max(50, count)
    assert len(made.calls) <= size
    assert whys(made)["repair"] <= 0.2 * size and whys(made)["quota"] <= 0.6 * size
    asked = [call.seed_id for call in made.calls if call.why != "repair"]
    assert len(asked) == len(set(asked)), "a seed was asked twice in one round"
    assert made == plan(of, rng_seed=rng_seed, calls_per_round=calls), "the same arguments made another plan"


def test_no_seed_is_asked_twice_with_one_audience_and_format_in_a_whole_job() -> None:
    used: dict[int, set[tuple[str, str]]] = {n: set() for n in range(1, 21)}
    for number in range(1, 12):
        states = [SeedState(n, 0, frozenset(pairs)) for n, pairs in used.items()]
        for call in plan(situation(seeds=states), number=number, variants_per_seed=10).calls:
            pair = (call.arm.audience, call.arm.format)
            assert call.seed_id and pair not in used[call.seed_id]
            used[call.seed_id].add(pair)
    assert {len(pairs) for pairs in used.values()} == {10}


def test_a_seed_that_had_every_audience_and_format_is_used_up_whatever_may_be_asked() -> None:
    every = frozenset((arm.audience, arm.format) for arm in ARMS)

    assert plan(situation(seeds=seeds(3, used=every)), variants_per_seed=100).calls == ()


def test_rounds_and_rng_seeds_differ() -> None:
    of = situation()

    one, later, other = plan(of).calls, plan(of, number=2).calls, plan(of, rng_seed=1).calls

    assert one != later and one != other and later != other


def test_calls_have_rng_seeds_of_their_own() -> None:
    drawn = [call.rng_seed for call in plan(situation()).calls]

    assert len(set(drawn)) == len(drawn) and all(0 <= value < 2**31 for value in drawn)


def young_share(made: Plan) -> float:
    return sum(call.arm.audience in YOUNG for call in made.calls) / len(made.calls)


def test_hard_text_makes_the_plan_lean_on_young_audiences_and_short_sentences() -> None:
    usual, leaning = (
        plan(situation(seeds=seeds(400))),
        plan(situation(seeds=seeds(400), short=frozenset({"grade_p90"}))),
    )

    assert young_share(usual) < 0.55 < 0.65 < young_share(leaning)
    assert sum(call.arm.constraint == SHORT for call in leaning.calls) > 0.6 * len(leaning.calls)
    assert leaning.summary["leans_on"] == ["grade_p90"] and usual.summary["leans_on"] == []


FAVOURITE = ARMS[0]
RECORDS = {arm.name: ArmRecord(*((950, 1000, 500_000) if arm == FAVOURITE else (20, 1000, 500_000))) for arm in ARMS}


def favourite_share(made: Plan) -> float:
    drawn = [call for call in made.calls if call.why == "quota"]
    return sum(call.arm == FAVOURITE for call in drawn) / len(drawn)


def test_the_arm_that_works_is_drawn_most_but_never_alone() -> None:
    made = plan(situation(seeds=seeds(500), quotas={0: 500}, records=RECORDS))

    assert 0.80 < favourite_share(made) < 0.97


def test_short_diversity_spreads_the_arms() -> None:
    of = situation(seeds=seeds(500), quotas={0: 500}, records=RECORDS, short=frozenset({"vendi2_ratio"}))

    assert 0.35 < favourite_share(plan(of)) < 0.65


def test_a_dear_arm_loses_to_a_cheap_one_that_is_as_good() -> None:
    cheap, dear = ARMS[0], ARMS[1]
    records = {arm.name: ArmRecord(0, 200, 100_000) for arm in ARMS}
    records |= {cheap.name: ArmRecord(500, 1000, 300_000), dear.name: ArmRecord(500, 1000, 900_000)}

    drawn = Counter(
        call.arm for call in plan(situation(seeds=seeds(300), records=records)).calls if call.why == "quota"
    )

    assert drawn[cheap] > 5 * drawn[dear]


def test_the_summary_says_why() -> None:
    made = plan(situation(approved={0: 99}, quotas={0: 100}))

    assert made.summary["clusters_under_quota"] == 1 and made.summary["clusters"] == 1
    assert made.summary["open_seeds"] == 100 and sum(made.summary["arms"].values()) <= 100  # type: ignore[union-attr]
