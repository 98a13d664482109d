"""How well each way of asking does, from what came of it so far, and how sure that is.

A recipe has too many arms to learn each alone (175 of `codetextbook` in rounds of some hundred calls). So the share of
answers that are accepted and new is a Bayesian logistic regression: one effect a format, audience, constraint and
model, and a smaller one of each combination of its own, normal priors, a normal around the mode (Laplace). Thompson
sampling draws whole sets of effects from it. What a call costs is the same sum on a log scale, by ridge regression.
Rounds fade, for what was new once is not new again. `benchmarks/steering.py` measures what each part brings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Option = tuple[str, str, str, str]
"""Format, audience, constraint and model."""

LEVEL_SD = 0.8
"""Prior spread (log odds) of one format, audience, constraint or model: 0.8 is 50 % against 69 %."""
OWN_SD = 0.3
"""Prior spread of what a combination adds to its parts."""
START_SD = 1.5
"""Prior spread of the share that all have in common."""
HELPING_POWER = 4.0
"""How much the share of the right kind counts while a measure is short; 1.0 would weigh a wrong text as none at all."""
LEAST_STEP, MOST_STEPS = 1e-8, 50


@dataclass(frozen=True)
class Trial:
    """What came of one round's calls in one way."""

    option: Option
    age: int
    """Rounds ago; 0 for the latest."""
    asked: int
    accepted: int
    """Answers that were good and new."""
    won: int
    """Those among them of the kind that is short."""
    cost: float
    """Tokens or micro-USD of its answers."""
    answers: int


@dataclass(frozen=True)
class Effects:
    """Normal effects, in log odds, of the parts of options and of each option's own."""

    design: Floats
    """(options, parts) of zeros and ones: which parts an option has; the first is common to all."""
    parts: Floats
    """(parts,) mode."""
    precision: Floats
    """(parts, parts), with the options' own effects integrated out."""
    own: Floats
    """(options,) mode of what each adds to its parts."""
    weights: Floats
    """(options,) how much its trials say: tried x share x (1 - share)."""

    @property
    def shares(self) -> Floats:
        """(options,) the likeliest share of wins."""
        return _logistic(self.design @ self.parts + self.own)

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, options) shares, each row by effects that might be the true ones."""
        root = np.linalg.cholesky(self.precision)
        off = np.linalg.solve(root.T, rng.standard_normal((len(self.parts), count)))
        # Given its parts, an option's own effect is a normal of its own: no matrix of all options is needed.
        tight = self.weights + OWN_SD**-2.0
        drift = (self.weights / tight)[:, None] * (self.design @ off)
        own = self.own[:, None] - drift + rng.standard_normal((len(self.own), count)) / np.sqrt(tight)[:, None]
        return np.ascontiguousarray(_logistic(self.design @ (self.parts[:, None] + off) + own).T)


@dataclass(frozen=True)
class Beliefs:
    """What is believed of each option."""

    accepting: Effects
    """Of the share of calls whose answer is accepted."""
    helping: Floats
    """(options,) the share of accepted answers that are of the kind that is short; 1.0 when none is."""
    costs: Floats
    """(options,) tokens or micro-USD a call."""
    asked: Floats
    """(options,) calls so far, faded."""
    accepted: Floats
    """(options,) texts accepted so far, which do not fade: they are in the pool."""

    @property
    def shares(self) -> Floats:
        """(options,) the likeliest share of calls that is accepted."""
        return self.accepting.shares

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, options) what a cost of one brings. Texts of the wrong kind push the set away from its target, so
        that the share of the right kind counts more than its own weight."""
        drawn: Floats = self.accepting.draw(count, rng) * (self.helping**HELPING_POWER / self.costs)
        return drawn


def learn(options: Sequence[Option], trials: Sequence[Trial], *, memory: float) -> Beliefs:
    """The beliefs after `trials`, each counting `memory` to the power of its age; of other options none counts."""
    places = {option: place for place, option in enumerate(options)}
    asked, accepted, won, cost, answers, pool = np.zeros((6, len(options)))
    for trial in trials:
        place = places.get(trial.option)
        if place is not None:
            weight = memory**trial.age
            asked[place] += weight * trial.asked
            accepted[place] += weight * min(trial.accepted, trial.asked)
            won[place] += weight * min(trial.won, trial.accepted, trial.asked)
            cost[place] += weight * trial.cost
            answers[place] += weight * trial.answers
            pool[place] += trial.accepted
    design, spread = _design(options)
    helping = np.ones(len(options)) if (won == accepted).all() else _fit(design, spread, accepted, won).shares
    costs = _costs(design, spread, cost, answers)
    return Beliefs(_fit(design, spread, asked, accepted), helping, costs, asked, pool)


def _fit(design: Floats, spread: Floats, tried: Floats, won: Floats) -> Effects:
    """The effects behind `won` of `tried`, by Newton's method on a concave function."""
    parts, own = np.zeros(len(spread)), np.zeros(len(tried))
    precision, weights = np.diag(spread**-2.0), np.zeros(len(tried))
    for _ in range(MOST_STEPS if tried.any() else 0):
        share = _logistic(design @ parts + own)
        weights = tried * share * (1 - share)
        step, own_step, precision = _step(design, spread, weights, won - tried * share, parts, own)
        # A whole step may overshoot where nearly all or nearly none win.
        size = max(1.0, float(np.abs(step).max()), float(np.abs(own_step).max()))
        parts, own = parts + step / size, own + own_step / size
        if float(np.abs(step).max()) < LEAST_STEP:
            break
    return Effects(design, parts, precision, own, weights)


def _design(options: Sequence[Option]) -> tuple[Floats, Floats]:
    """(options, parts) of zeros and ones, and each part's prior spread."""
    columns = [np.ones((len(options), 1))]
    spreads = [START_SD]
    for names in zip(*options, strict=True):
        _, level = np.unique(np.array(names), return_inverse=True)
        levels = np.eye(int(level.max()) + 1)[level]
        # A part that never differs has no effect of its own.
        if levels.shape[1] > 1:
            columns.append(levels)
            spreads += [LEVEL_SD] * levels.shape[1]
    return np.hstack(columns), np.array(spreads)


def _step(
    design: Floats, spread: Floats, weights: Floats, residual: Floats, parts: Floats, own: Floats
) -> tuple[Floats, Floats, Floats]:
    """A Newton step of parts and own effects, and the precision of the parts without the own ones (Schur complement).

    The own effects' block is diagonal, as each belongs to one option.
    """
    tight = weights + OWN_SD**-2.0
    precision = (design.T * (weights - weights**2 / tight)) @ design + np.diag(spread**-2.0)
    slope, own_slope = design.T @ residual - parts * spread**-2.0, residual - own * OWN_SD**-2.0
    step = np.linalg.solve(precision, slope - design.T @ (weights / tight * own_slope))
    own_step: Floats = (own_slope - weights * (design @ step)) / tight
    return step, own_step, precision


def _costs(design: Floats, spread: Floats, cost: Floats, answers: Floats) -> Floats:
    """(options,) mean cost of a call; all alike, 1.0, where nothing is known or all is free."""
    seen = (answers > 0) & (cost > 0)
    if not seen.any():
        return np.ones(len(cost))
    overall = float(cost[seen].sum() / answers[seen].sum())
    weights = np.where(seen, answers, 0.0)
    off = np.log(np.where(seen, cost / np.maximum(answers, 1e-9), overall) / overall)
    # One call's own spread is as wide as the prior's: an option's parts are known after a few calls.
    effects = np.linalg.solve((design.T * weights) @ design + np.eye(len(spread)), design.T @ (weights * off))
    found: Floats = overall * np.exp(design @ effects)
    return found


def _logistic(odds: Floats) -> Floats:
    shares: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))
    return shares
