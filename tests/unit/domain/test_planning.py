"""What enters a round: shares, quotas, levers and limits by worked example."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.arm_beliefs import Trial
from app.domain.config import Planning
from app.domain.levers import SHORT, YOUNG
from app.domain.planning import (
    Arm,
    Plan,
    Repairable,
    SeedState,
    Situation,
    open_seeds,
    plan_round,
)
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.refinements import Refinable
from app.domain.targets import Check

ARMS = CODETEXTBOOK.arms
GRADE = Check("grade_p90", 9.0, 8.0, "<=", holds=False, progress=0.89)
VENDI = Check("vendi2_ratio", 0.8, 0.9, ">=", holds=False, progress=0.89)
FIDELITY = Check("fidelity_precision", 0.9, 0.97, ">=", holds=False, progress=0.93)
PLAIN = Arm("lesson", "a school pupil", "none")


def seeds(count: int, *, clusters: int = 1, used: frozenset[tuple[str, str]] = frozenset()) -> list[SeedState]:
    return [SeedState(number, number % clusters, used) for number in range(1, count + 1)]


def repair(number: int) -> Repairable:
    return Repairable(1000 + number, number, PLAIN, 2.0, (f"too_hard: {number}",))


def situation(**over: object) -> Situation:
    base = Situation(seeds=seeds(100), approved={}, quotas={0: 100}, repairable=[])
    return replace(base, **over)  # type: ignore[arg-type]


def plan(of: Situation, *, rng_seed: int = 0, number: int = 1, **over: object) -> Plan:
    return plan_round(of, ARMS, planning=replace(Planning(), **over), rng_seed=rng_seed, number=number)  # type: ignore[arg-type]


def whys(of: Plan) -> Counter[str]:
    return Counter(call.why for call in of.calls)


def test_a_round_is_shared_out_sixty_twenty_twenty() -> None:
    made = plan(situation(repairable=[repair(n) for n in range(1, 51)]))

    assert whys(made) == {"quota": 60, "repair": 20, "explore": 20}
    assert made.summary["calls"] == 100 and made.summary["quota"] == 60


def test_what_cannot_be_repaired_grows_the_pool() -> None:
    assert whys(plan(situation())) == {"quota": 60, "grow": 20, "explore": 20}


def test_clusters_at_their_quota_get_no_quota_calls() -> None:
    assert whys(plan(situation(approved={0: 100}))) == {"grow": 80, "explore": 20}


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
    short=st.lists(st.sampled_from([GRADE, VENDI, FIDELITY]), unique=True),
)
def test_a_plan_keeps_its_limits(
    count: int, clusters: int, repairs: int, rng_seed: int, calls: int | None, short: list[Check]
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
    assert whys(made)["repair"] <= 0.4 * size and whys(made)["quota"] <= 0.75 * size
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
        plan(situation(seeds=seeds(400), short=[GRADE])),
    )

    assert young_share(usual) < 0.55 < 0.65 < young_share(leaning)
    assert sum(call.arm.constraint == SHORT for call in leaning.calls) > 0.6 * len(leaning.calls)
    assert leaning.summary["leans_on"] == ["grade_p90"] and usual.summary["leans_on"] == []


FAVOURITE = ARMS[0]


def trial(arm: Arm, accepted: int, asked: int, tokens: int = 500, *, won: int | None = None, age: int = 0) -> Trial:
    option = (arm.format, arm.audience, arm.constraint, "")
    return Trial(option, age, asked, accepted, accepted if won is None else won, float(tokens * asked), asked)


TRIALS = [trial(arm, 950 if arm == FAVOURITE else 20, 1000) for arm in ARMS]


def favourite_share(made: Plan) -> float:
    drawn = [call for call in made.calls if call.why == "quota"]
    return sum(call.arm == FAVOURITE for call in drawn) / len(drawn)


def test_the_arm_that_works_is_drawn_most_but_never_alone() -> None:
    made = plan(situation(seeds=seeds(500), quotas={0: 500}, trials=TRIALS))

    assert 0.80 < favourite_share(made) < 0.97


def test_short_diversity_turns_to_what_the_pool_has_little_of() -> None:
    trials = [trial(arm, *((900, 1000) if arm == FAVOURITE else (4, 10))) for arm in ARMS]
    usual = plan(situation(seeds=seeds(500), quotas={0: 500}, trials=trials))
    spread = plan(situation(seeds=seeds(500), quotas={0: 500}, trials=trials, short=[VENDI]))

    assert favourite_share(usual) > 0.85 > 0.7 > favourite_share(spread)


def test_a_dear_arm_loses_to_a_cheap_one_that_is_as_good() -> None:
    cheap, dear = ARMS[0], Arm("dialogue", ARMS[0].audience, ARMS[0].constraint)
    cost = {cheap.format: 300, dear.format: 900}
    trials = [trial(arm, 500, 1000, cost[arm.format]) for arm in (cheap, dear)]
    trials += [trial(arm, 0, 200) for arm in ARMS if arm not in (cheap, dear)]

    drawn = Counter(call.arm for call in plan(situation(seeds=seeds(300), trials=trials)).calls if call.why == "quota")

    assert drawn[cheap] > 5 * drawn[dear]


def test_what_an_arm_brings_is_learned_from_others_that_share_its_parts() -> None:
    dialogues = [arm for arm in ARMS if arm.format == "dialogue"]
    trials = [trial(arm, 9, 10) for arm in dialogues[:10]] + [trial(arm, 2, 10) for arm in ARMS if arm not in dialogues]

    drawn = [c.arm for c in plan(situation(seeds=seeds(400), quotas={0: 400}, trials=trials)).calls if c.why == "quota"]

    never_tried = set(dialogues[10:])
    assert sum(arm in never_tried for arm in drawn) > 0.3 * len(drawn)


def test_while_a_grade_is_short_arms_whose_texts_are_easy_win_over_those_that_are_only_accepted() -> None:
    easy, hard = Arm("lesson", "a career changer", "none"), Arm("dialogue", "a career changer", "none")
    trials = [trial(easy, 40, 100, won=40), trial(hard, 60, 100, won=6)]
    trials += [trial(arm, 1, 100) for arm in ARMS if arm not in (easy, hard)]

    drawn = Counter(c.arm for c in plan(situation(seeds=seeds(300), trials=trials, short=[GRADE])).calls)

    assert drawn[easy] > 3 * drawn[hard]


def test_a_cluster_gets_the_calls_that_its_lack_takes_at_the_share_accepted() -> None:
    of = situation(seeds=seeds(100), approved={0: 90}, quotas={0: 100}, trials=[trial(PLAIN, 50, 100)])

    assert whys(plan(of))["quota"] == 20


def test_short_topics_and_faults_move_calls_from_exploring_and_never_all_of_them() -> None:
    of = situation(repairable=[repair(n) for n in range(1, 51)], short=[VENDI, FIDELITY])

    assert whys(plan(of)) == {"quota": 65, "repair": 25, "explore": 10}


def models_of(made: Plan) -> Counter[str | None]:
    return Counter(call.model for call in made.calls)


def test_models_get_their_shares_exactly_whatever_they_bring() -> None:
    of = situation(models={"large": 1.0, "small": 3.0}, repairable=[repair(n) for n in range(1, 11)])

    assert models_of(plan(of)) == {"large": 25, "small": 75}
    assert models_of(plan(replace(of, trials=of_models(large=90, small=10)))) == {"large": 25, "small": 75}
    assert models_of(plan(situation())) == {None: 100}


def of_models(**accepted: int) -> list[Trial]:
    return [
        replace(trial(arm, share, 100), option=(arm.format, arm.audience, arm.constraint, model))
        for arm in ARMS
        for model, share in accepted.items()
    ]


def test_the_better_model_takes_over_where_shares_adapt_but_for_the_floor() -> None:
    of = situation(models={"large": 1.0, "small": 1.0}, model_floor=0.1, trials=of_models(large=90, small=30))

    drawn = models_of(plan(of))

    assert 10 <= drawn["small"] < 25 and drawn["large"] > 75
    assert plan(of).summary["models"] == dict(drawn)


def test_the_summary_says_why() -> None:
    made = plan(situation(approved={0: 99}, quotas={0: 100}))

    assert made.summary["clusters_under_quota"] == 1 and made.summary["clusters"] == 1
    assert made.summary["open_seeds"] == 100 and sum(made.summary["arms"].values()) <= 100  # type: ignore[union-attr]


def refinable(number: int) -> Refinable:
    return Refinable(2000 + number, number, PLAIN, ("grade",), (f"too_hard: {number}",), 0, 0.1)


def test_refinements_take_half_of_exploring_at_most() -> None:
    of = situation(repairable=[repair(n) for n in range(1, 51)], refinable=[refinable(n) for n in range(1, 51)])

    assert whys(plan(of, refine_share=0.1)) == {"quota": 60, "repair": 20, "refine": 10, "explore": 10}
    assert whys(plan(of, refine_share=1.0)) == {"quota": 60, "repair": 20, "refine": 10, "explore": 10}
    assert whys(plan(of)) == {"quota": 60, "repair": 20, "explore": 20}, "a job asks for them"
    assert whys(plan(of, quota_share=0.8, refine_share=0.1)) == {"quota": 80, "repair": 20}, "nothing is free"
    call = next(call for call in plan(of, refine_share=0.1).calls if call.why == "refine")
    assert (call.parent_id, call.arm, call.better_by, call.fell_short) == (2001, PLAIN, ("grade",), ("too_hard: 1",))


def test_parts_without_a_kept_text_come_before_all_others_the_least_asked_first() -> None:
    tried = frozenset({("a school pupil", "lesson")})
    parts = [SeedState(n, 0, tried if n == 1 else frozenset(), uncovered=n <= 3) for n in range(1, 101)]
    of = situation(seeds=parts, repairable=[repair(n) for n in range(1, 51)])

    made = plan(of)

    assert [call.seed_id for call in made.calls if call.why == "cover"] == [2, 3, 1]
    assert whys(made) == {"cover": 3, "quota": 60, "repair": 20, "explore": 17} and made.summary["cover"] == 3
    asked = [call.seed_id for call in made.calls if call.why != "repair"]
    assert len(asked) == len(set(asked))
    assert whys(plan(of, calls_per_round=2)) == {"cover": 2}, "something else came first"
