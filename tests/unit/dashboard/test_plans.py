"""Plans in words: why each share was chosen, with the figures behind it."""

from app.dashboard.plans import plan_parts, plan_words
from app.domain.config import Planning
from app.domain.planning import plan_round
from tests.unit.domain.test_planning import ARMS, FIDELITY, GRADE, TRIALS, of_models, repair, seeds, situation

OLD = {
    "calls": 100, "open_seeds": 90, "quota": 60, "repair": 20, "explore": 20, "clusters_under_quota": 3,
    "clusters": 8, "arms": {}, "leans_on": ["grade_p90"],
}  # fmt: skip


def test_a_plan_says_why_each_share_was_chosen_with_its_figures() -> None:
    of = situation(seeds=seeds(100), approved={0: 70}, trials=TRIALS, short=[GRADE, FIDELITY], repairable=[repair(1)])
    words = plan_words(plan_round(of, ARMS, planning=Planning(), rng_seed=0, number=2).summary)

    assert words[:5] == [
        "100 calls; 100 seeds may still be rewritten.",
        "60 calls (60%) for clusters below their quota (1 of 1 are), the emptiest first, so that every topic is "
        "taught; at 20% accepted, a missing text takes 5.0 calls.",
        "1 call (1%) for repairs of dropped texts: the model is told what fell short, once each.",
        "29 calls (29%) for growing the pool: what quotas and repairs left over, in the ways that did best so far.",
        "10 calls (10%) for exploring: any seed in any style, so that the choice of styles stays open.",
    ]
    assert words[5] == (
        "Grade (90th percentile) is 9 and should be at most 8, so younger audiences and short sentences are preferred."
    )
    assert words[6].startswith("Fidelity precision is 90.0% and should be at least 97.0%, so formats that stay")
    assert words[7].startswith("Of formats, “lesson” (") and "for 1,000 tokens) promises most" in words[7]


def test_a_plan_of_several_models_says_which_gets_what() -> None:
    of = situation(models={"large": 1.0, "small": 3.0}, trials=of_models(large=50, small=50))
    plan = plan_round(of, ARMS, planning=Planning(), rng_seed=0, number=2).summary

    assert "By model: small 75 calls (75%), large 25 calls (25%)." in plan_words(plan)
    assert [part.name for part in plan_parts(plan) if part.part == "model"] == ["large", "small"]


def test_a_first_plan_promises_nothing() -> None:
    plan = plan_round(situation(), ARMS, planning=Planning(), rng_seed=0, number=1).summary

    assert not [words for words in plan_words(plan) if "promises" in words]
    assert {(part.share, part.gain) for part in plan_parts(plan)} == {("", "")}


def test_a_lever_that_only_just_may_be_let_go_and_one_that_there_is_not_are_told() -> None:
    pulls = [
        {"target": "grade_p90", "value": 7.9, "bound": 8.0, "direction": "<=", "holds": True, "does": "it leans"},
        {"target": "approved_tokens", "value": 10, "bound": 99, "direction": ">=", "holds": False, "does": None},
        {"target": "ease_mean", "value": None, "bound": 60, "direction": ">=", "holds": False, "does": "it leans"},
    ]

    assert plan_words({**OLD, "levers": pulls})[-3:] == [
        "Grade (90th percentile) only just holds (7.9 of at most 8), so it leans.",
        "Words in the pool is 10 and should be at least 99; every accepted text adds to it.",
        "Ease (lower limit) is not measurable yet, so it leans.",
    ]


def test_a_plan_of_before_names_its_targets() -> None:
    assert plan_words(OLD)[-1] == (
        "Grade (90th percentile) fell short, so younger audiences and short sentences are preferred."
    )


def test_plan_of_draws_and_of_preparation_and_of_nothing() -> None:
    assert plan_words({"what": "score the seeds"}) == ["Prepare the seeds: score the seeds."]
    drawn = {
        "calls": 50,
        "words": {"noun": 1000, "verb": 900},
        "features_a_draw": {"0": 25, "1": 25},
        "features": {"moral": 12, "dialogue": 13},
        "openings": {"a sound": 25, "a question": 25},
        "draws_left": 250,
    }
    assert plan_words(drawn) == [
        "50 calls, each drawn from shuffled lists: one of 1,000 nouns and one of 900 verbs.",
        "Features: 25 with 0, 25 with 1; each comes 12 to 13 times.",
        "Each of 2 ways to begin comes 25 times.",
        "250 draws are left for later rounds.",
    ]
    assert plan_words({}) == ["0 calls."]
