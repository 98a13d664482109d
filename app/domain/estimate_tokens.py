"""How long prompts and answers of a job's calls will be: by what its recipe asks for, and by earlier calls, if any.

Guesses stand only where nothing was measured; `app/domain/estimating.py` makes a job's estimate of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from app.domain.config import JobConfig
from app.domain.prompts import Draw, render
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

Level = Literal["low", "expected", "high"]
LEVELS: tuple[Level, ...] = ("low", "expected", "high")

BYTES_PER_TOKEN = 4.3
"""Of English and code in prompts, by tokenizers of 100,000 entries and more; four for smaller ones."""
TOKENS_PER_WORD = {"low": 1.2, "expected": 1.4, "high": 1.8}
"""Of answers: plain prose has 1.3, lessons with code up to 1.8."""
TEXTS_A_CALL = 64
"""That an embeddings endpoint is sent at once."""
MEASURED_SPREAD = {"low": 0.85, "expected": 1.0, "high": 1.15}
"""How far a measured mean may lie from another job's: another corpus, other arms."""


@dataclass(frozen=True)
class Size:
    """How long a seed is."""

    words: int
    bytes: int
    """As UTF-8."""


@dataclass(frozen=True)
class Seeds:
    """The seeds that the recipe works on: how many, and the sizes of some that stand for all."""

    count: int
    sizes: Sequence[Size]
    code: float = 1.0
    """Share of them that is code, [0, 1]; 1 where nobody has counted."""


@dataclass(frozen=True)
class PastCall:
    """A call of an earlier job of the same recipe and model."""

    seed: Size
    parent_bytes: int
    """Of the text it was to repair; 0: none."""
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Asking:
    """What calls ask, whatever model answers."""

    seeds: Seeds
    config: JobConfig
    recipe: Recipe


def of_a_call(level: Level, asking: Asking, past: Sequence[PastCall], *, repairs: float) -> tuple[float, float]:
    """(prompt, answer) tokens of a mean call, of which the share `repairs` carries an earlier answer too."""
    config, recipe, frame = asking.config, asking.recipe, _frame_bytes(asking.recipe)
    sizes = asking.seeds.sizes or [Size(0, 0)]
    prompt = _mean([_prompt_tokens(frame, one.bytes, 0) for one in sizes])
    answer = _mean([_answer_tokens(level, one.words, config, recipe) for one in sizes])
    scale = 1.0
    if past:
        scale = sum(c.prompt_tokens for c in past) / sum(
            _prompt_tokens(frame, c.seed.bytes, c.parent_bytes) for c in past
        )
        usual = _mean([_answer_tokens("expected", one.words, config, recipe) for one in sizes])
        usual_then = _mean([_answer_tokens("expected", c.seed.words, config, recipe) for c in past])
        answer = usual * _mean([c.completion_tokens for c in past]) / usual_then * MEASURED_SPREAD[level]
        answer = min(answer, config.llm.max_tokens)
    return scale * (prompt + repairs * answer), answer


def of_vectors(parts: float, seeds: Seeds, *, asked: float, answer: float) -> tuple[float, float]:
    """(calls, tokens) for the vectors of the seeds that take part and of every answer, of `answer` tokens each."""
    seed_tokens = _mean([one.bytes / BYTES_PER_TOKEN for one in seeds.sizes])
    return ceil(parts / TEXTS_A_CALL) + ceil(asked / TEXTS_A_CALL), parts * seed_tokens + asked * answer


def _frame_bytes(recipe: Recipe) -> int:
    """Bytes of a prompt besides its document, of a middling arm."""
    kind = sorted(recipe.kinds)[0]
    arm = recipe.arms[len(recipe.arms) // 2]
    words = ("garden", "wander", "bright") if kind is Kind.words else ()
    document = None if kind is Kind.words else ""
    draw = Draw(arm, kind, 0, words=words)
    messages = render(recipe, draw, document, mark="0" * 8, length=recipe.length_words)
    return sum(len(message.content.encode()) for message in messages)


def _prompt_tokens(frame: int, document: int, parent: int) -> float:
    return (frame + document + parent) / BYTES_PER_TOKEN


def _answer_tokens(level: Level, words: int, config: JobConfig, recipe: Recipe) -> float:
    least, most = recipe.length_for(words)
    asked = {"low": least, "expected": (least + most) / 2, "high": most}[level]
    return min(asked * TOKENS_PER_WORD[level], config.llm.max_tokens)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
