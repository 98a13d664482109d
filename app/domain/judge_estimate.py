"""How many calls a job's judge will make, roughly, before anything is known of its texts."""

from dataclasses import dataclass
from typing import Literal

from app.domain.judge_config import JudgeConfig

IN_BAND = {"low": 0.05, "expected": 0.35, "high": 1.0}
"""Share of a round's answers that lie in a band. A guess: how scores lie around their gates differs with the seeds."""
FRAME_TOKENS = 500
"""Of a judge's prompt besides its texts."""
ANSWER_TOKENS = {"low": 60.0, "expected": 150.0, "high": 400.0}
"""Of an answer: a score with its reason, or a list of claims."""
REPAIRED = {"low": 1.0, "expected": 1.02, "high": 2.0}
"""Calls that an answer takes until it can be read."""


def judge_calls(level: Literal["low", "expected", "high"], answers: float, rounds: float, config: JudgeConfig) -> float:
    """Calls of all rounds of a job with so many answers in so many rounds; 0 without a judge.

    Example: 100 answers in one round, no claims, no canaries, no bias, share 0, expected: 35, and 2 % again are 35.7.
    """
    if not config.on or not rounds:
        return 0.0
    texts = answers / rounds * min(1.0, IN_BAND[level] + config.share)
    planned = config.canaries + texts * (3 if config.claims else 1) + 2 * min(config.bias, texts)
    return rounds * min(float(config.most_calls), planned) * REPAIRED[level]


@dataclass(frozen=True)
class JudgeUse:
    """What the judge's calls use."""

    calls: float
    prompt: float
    """Tokens."""
    answer: float


def judge_use(
    level: Literal["low", "expected", "high"], answers: float, rounds: float, text_tokens: float, config: JudgeConfig
) -> JudgeUse:
    """Calls and tokens of a job's judge, with `text_tokens`, a text and its seed, in every prompt: most have less."""
    calls = judge_calls(level, answers, rounds, config)
    most = min(ANSWER_TOKENS[level], float(config.max_tokens))
    return JudgeUse(calls, calls * (FRAME_TOKENS + text_tokens), calls * most)
