"""How many rounds and calls a job will make, played through with counts in the place of texts.

The plan's own rule says how many calls a round of so many open seeds makes (`app/domain/planning.py`).
"""

from dataclasses import dataclass

from app.domain import planning
from app.domain.config import JobConfig
from app.domain.estimate_tokens import Level
from app.domain.recipes.recipe import Recipe

EARLIEST_SUCCESS = 2
"""Rounds in which every target must hold."""


@dataclass(frozen=True)
class Played:
    """A job without its texts."""

    calls: float
    repairs: float
    """Among the calls."""
    rounds: float


def rounds_of(level: Level, config: JobConfig, *, usual: float | None) -> int:
    """The most rounds that are played, where earlier jobs stopped after `usual` ones."""
    if level == "high":
        return config.max_rounds
    expected = config.max_rounds if usual is None else round(usual)
    most = max(1, min(config.max_rounds, expected))
    return min(EARLIEST_SUCCESS, most) if level == "low" else most


def play(seeds: float, rounds: int, config: JobConfig, recipe: Recipe, *, repairable: float) -> Played:
    """The rounds when every answer comes at once, and the share `repairable` of them is worth a repair.

    Example: 100 seeds of 3 variants and no repairs are asked 300 times in three rounds, however many are allowed.
    """
    left = seeds * planning.most_variants(recipe.arms, config.planning)
    waiting = calls = repaired = 0.0
    played = 0
    while played < rounds:
        open_seeds = min(seeds, left)
        size = config.planning.calls_per_round or max(planning.LEAST_CALLS, open_seeds)
        repairs = min(waiting, size * config.planning.repair_share)
        fresh = min(open_seeds, max(0.0, size - repairs))
        if fresh + repairs < 1:
            break
        left, waiting = left - fresh, waiting - repairs + fresh * repairable
        calls, repaired, played = calls + fresh + repairs, repaired + repairs, played + 1
    return Played(calls, repaired, float(played))


def play_draws(rounds: int, config: JobConfig, size: int, *, repairable: float) -> Played:
    """The rounds of a word list, `size` draws each, and on top of them up to `planning.repair_share` as repairs."""
    waiting = repaired = 0.0
    drawn = played = 0
    while played < rounds:
        fresh = min(size, config.draws - drawn)
        repairs = min(waiting, size * config.planning.repair_share)
        if fresh + repairs < 1:
            break
        drawn, waiting = drawn + fresh, waiting - repairs + fresh * repairable
        repaired, played = repaired + repairs, played + 1
    return Played(drawn + repaired, repaired, float(played))
