"""What is learned of arms: by parts, faded by age, and the same as the whole matrix would say."""

from itertools import product

import numpy as np

from app.domain.arm_beliefs import LEVEL_SD, OWN_SD, START_SD, Option, Trial, learn

OPTIONS: list[Option] = [*product(("f1", "f2", "f3"), ("a1", "a2"), ("c1", "c2"), ("",))]


def trial(option: Option, accepted: int, asked: int, *, cost: float = 100.0, age: int = 0) -> Trial:
    return Trial(option, age, asked, accepted, accepted, cost * asked, asked)


def test_nothing_known_makes_all_alike() -> None:
    beliefs = learn(OPTIONS, [], memory=0.8)

    assert set(beliefs.shares) == {0.5} and set(beliefs.costs) == {1.0} and set(beliefs.helping) == {1.0}


def test_effects_are_those_of_the_whole_matrix() -> None:
    rng = np.random.default_rng(3)
    trials = [trial(option, int(rng.integers(0, 8)), 10) for option in OPTIONS[:9]]

    found = learn(OPTIONS, trials, memory=1.0).accepting

    design = np.hstack([found.design, np.eye(len(OPTIONS))])
    spreads = [START_SD, *[LEVEL_SD] * (found.design.shape[1] - 1), *[OWN_SD] * len(OPTIONS)]
    mode, prior = np.concatenate([found.parts, found.own]), np.array(spreads) ** -2.0
    asked = np.array([10.0] * 9 + [0.0] * 3)
    won = np.array([t.accepted for t in trials] + [0.0] * 3)
    share = 1 / (1 + np.exp(-(design @ mode)))
    assert np.allclose(design.T @ (won - asked * share), prior * mode, atol=1e-6), "not the mode"
    covariance = np.linalg.inv((design.T * (asked * share * (1 - share))) @ design + np.diag(prior))
    drawn = found.draw(20_000, np.random.default_rng(1))
    spread = np.log(drawn / (1 - drawn)).std(axis=0)
    assert np.allclose(spread, np.sqrt((design @ covariance @ design.T).diagonal()), rtol=0.05)


def test_an_option_never_asked_is_judged_by_its_parts() -> None:
    trials = [trial(o, 18 if o[0] == "f1" else 2, 20) for o in OPTIONS[:-1] if o != ("f1", "a2", "c2", "")]

    shares = dict(zip(OPTIONS, learn(OPTIONS, trials, memory=1.0).shares, strict=True))

    assert shares["f1", "a2", "c2", ""] > 0.7 > 0.3 > shares["f3", "a2", "c2", ""]


def test_old_rounds_fade() -> None:
    option, other = OPTIONS[0], OPTIONS[-1]
    trials = [trial(option, 90, 100, age=6), trial(option, 10, 100), trial(other, 50, 100)]

    remembered, faded = (learn(OPTIONS, trials, memory=memory).shares[0] for memory in (1.0, 0.3))

    assert faded < 0.2 < remembered


def test_a_call_costs_what_its_parts_cost() -> None:
    trials = [trial(o, 5, 10, cost=900.0 if o[0] == "f1" else 300.0) for o in OPTIONS[1:]]

    costs = learn(OPTIONS, trials, memory=1.0).costs

    assert costs[0] > 2.0 * costs[-1]


def test_nearly_all_and_nearly_none_come_to_an_end() -> None:
    trials = [trial(o, 10_000 if o[0] == "f1" else 0, 10_000) for o in OPTIONS]

    shares = learn(OPTIONS, trials, memory=1.0).shares

    assert shares[0] > 0.99 and shares[-1] < 0.01 and np.isfinite(shares).all()
