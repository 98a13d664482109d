"""What a job will ask for before it asks: calls, tokens, money and time, each as low, expected and high.

The rounds are played through with counts in place of texts: the plan's own rule says how many calls a round of so many
open seeds makes (`app/domain/planning.py`). Low is the earliest success, two rounds that hold, with the shortest
answers asked for; high is every round and variant that the config allows, with the longest. What earlier jobs measured
takes the place of guesses where there is any. How far estimates lay from what jobs then used: `docs/money.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from app.domain import judge_estimate, planning
from app.domain.config import Budget, JobConfig
from app.domain.pricing import FREE, MICRO, Price
from app.domain.prompts import Draw, render
from app.domain.recipes.recipe import Recipe
from app.domain.records import Kind

Level = Literal["low", "expected", "high"]
LEVELS: tuple[Level, ...] = ("low", "expected", "high")

BYTES_PER_TOKEN = 4.3
"""Of English and code in prompts, by tokenizers of 100,000 entries and more; four for smaller ones."""
TOKENS_PER_WORD = {"low": 1.2, "expected": 1.4, "high": 1.8}
"""Of answers: plain prose has 1.3, lessons with code up to 1.8."""
EARLIEST_SUCCESS = 2
"""Rounds in which every target must hold."""
TEXTS_A_CALL = 64
"""That an embeddings endpoint is sent at once."""


@dataclass(frozen=True)
class Guess:
    """A figure with its limits."""

    low: float
    expected: float
    high: float

    def at(self, level: Level) -> float:
        """The one of that level."""
        value: float = getattr(self, level)
        return value


TAKING_PART = Guess(0.5, 0.85, 1.0)
"""Share of seeds that are no near-duplicate and teach enough, where no job has found out."""
REPAIRABLE = Guess(0.0, 0.1, 1.0)
"""Share of answers that are worth a repair; a round takes no more of them than `planning.repair_share`."""
MEASURED_SPREAD = 0.15
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


@dataclass(frozen=True)
class PastCall:
    """A call of an earlier job of the same recipe and model."""

    seed: Size
    parent_bytes: int
    """Of the text it was to repair; 0: none."""
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Measured:
    """What earlier jobs of the same recipe and model came to; None or 1 where none says."""

    calls: Sequence[PastCall] = ()
    taking_part: float | None = None
    """Share of the seeds, of the same corpus if it was used before."""
    same_corpus: bool = False
    repairable: float | None = None
    paid_per_answer: float = 1.0
    """Calls that were paid for a planned one, with what was cut, hung or came twice."""
    rounds: Guess | None = None
    """Rounds until a job stopped by itself."""
    latency_s: float | None = None
    busy: Guess | None = None
    """Share of the slots that were full, [0, 1], from the first call of a round to its last."""
    settle_s: float = 0.0
    """Seconds between the last call of a round and the next round."""


@dataclass(frozen=True)
class Use:
    """What a job uses in one case."""

    rounds: float
    calls: float
    """Also those for vectors and by the judge."""
    prompt_tokens: float
    completion_tokens: float
    vector_tokens: float
    micro: float
    """Micro-USD by the prices given; meaningless without."""
    seconds: float | None
    """None: no earlier job was measured."""

    @property
    def tokens(self) -> float:
        """All that count against a budget of tokens."""
        return self.prompt_tokens + self.completion_tokens + self.vector_tokens

    def cut(self, share: float) -> "Use":
        """The same job ended after that share of its calls."""
        return Use(
            rounds=self.rounds * share,
            calls=self.calls * share,
            prompt_tokens=self.prompt_tokens * share,
            completion_tokens=self.completion_tokens * share,
            vector_tokens=self.vector_tokens * share,
            micro=self.micro * share,
            seconds=None if self.seconds is None else self.seconds * share,
        )


@dataclass(frozen=True)
class Stop:
    """The cap that ends a job first."""

    budget: Literal["money", "tokens", "calls", "time"]
    level: Level
    """`low`: it does in any case; `expected`: probably; `high`: it may."""
    share: float
    """Of the whole job that it pays for at that level, [0, 1)."""


@dataclass(frozen=True)
class Prices:
    """What tokens cost; None: nobody knows."""

    text: Price | None
    vectors: Price | None = None
    """None also where vectors are Hornbook's own."""
    judge: Price | None = None
    """None also where nobody judges."""


@dataclass(frozen=True)
class Estimate:
    """What a job will use, within its caps."""

    low: Use
    expected: Use
    high: Use
    stop: Stop | None
    """None: no cap is in the way, as far as is known."""
    taking_part: Guess
    """Seeds."""
    measured: bool
    """Whether tokens rest on calls of earlier jobs."""


@dataclass(frozen=True)
class Question:
    """What an estimate is asked for."""

    seeds: Seeds
    config: JobConfig
    recipe: Recipe
    prices: Prices
    slots: int
    """Calls in flight at most."""
    draws_per_round: int
    """Of a word list."""


def estimate(question: Question, measured: Measured) -> Estimate:
    """The estimate of a job, each level cut where its first cap is reached."""
    every = float(question.seeds.count)
    drawn = question.recipe.kinds == {Kind.words}
    parts = Guess(every, every, every) if drawn else _taking_part(question.seeds, measured)
    whole = {level: _use(level, parts, question, measured) for level in LEVELS}
    priced = question.prices.text is not None
    shares = {level: _shares(whole[level], question.config.budget, priced=priced) for level in LEVELS}
    cut = {level: whole[level].cut(min([1.0, *shares[level].values()])) for level in LEVELS}
    return Estimate(**cut, stop=_first_stop(shares), taking_part=parts, measured=bool(measured.calls))


def _taking_part(seeds: Seeds, measured: Measured) -> Guess:
    share = measured.taking_part
    if share is None:
        return Guess(*(seeds.count * TAKING_PART.at(level) for level in LEVELS))
    if measured.same_corpus:
        return Guess(*[seeds.count * share] * 3)
    return Guess(seeds.count * TAKING_PART.low * share, seeds.count * share, float(seeds.count))


def _use(level: Level, parts: Guess, question: Question, measured: Measured) -> Use:
    config, prices = question.config, question.prices
    rounds = _rounds(level, config, measured)
    if question.recipe.kinds == {Kind.words}:
        played = _play_draws(rounds, config, question.draws_per_round)
    else:
        repairable = REPAIRABLE.at(level) if measured.repairable is None else measured.repairable
        played = _play(parts.at(level), rounds, config, question.recipe, repairable)
    asked, repairs, through = played
    calls = asked * (1.0 if level == "low" else measured.paid_per_answer)
    prompt, answer = _tokens(level, question, measured, repairs=repairs / asked if asked else 0.0)
    vector_calls = vector_tokens = 0.0
    if config.embedding.model is not None:
        vector_calls, vector_tokens = _vectors(parts.at(level), question.seeds, asked, answer)
    judge = judge_estimate.judge_use(level, asked, through, prompt + answer, config.judge)
    text_price, vector_price = prices.text or FREE, prices.vectors or FREE
    return Use(
        rounds=through,
        calls=calls + vector_calls + judge.calls,
        prompt_tokens=calls * prompt + judge.prompt,
        completion_tokens=calls * answer + judge.answer,
        vector_tokens=vector_tokens,
        micro=text_price.cost(round(calls * prompt), round(calls * answer))
        + vector_price.cost(round(vector_tokens), 0)
        + (prices.judge or FREE).cost(round(judge.prompt), round(judge.answer)),
        seconds=_seconds(level, calls + judge.calls, through, question.slots, measured),
    )


def _rounds(level: Level, config: JobConfig, measured: Measured) -> int:
    if level == "high":
        return config.max_rounds
    usual = config.max_rounds if measured.rounds is None else round(measured.rounds.expected)
    most = max(1, min(config.max_rounds, usual))
    return min(EARLIEST_SUCCESS, most) if level == "low" else most


def _play(
    seeds: float, rounds: int, config: JobConfig, recipe: Recipe, repairable: float
) -> tuple[float, float, float]:
    """(calls, repairs among them, rounds) when every answer comes at once: the plan's own arithmetic.

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
    return calls, repaired, float(played)


def _play_draws(rounds: int, config: JobConfig, size: int) -> tuple[float, float, float]:
    calls = min(config.draws, size * rounds)
    return float(calls), 0.0, float(ceil(calls / size))


def _tokens(level: Level, question: Question, measured: Measured, *, repairs: float) -> tuple[float, float]:
    """(prompt, answer) tokens of a mean call, of which the share `repairs` carries an earlier answer too."""
    config, recipe, frame = question.config, question.recipe, _frame_bytes(question.recipe)
    sizes = question.seeds.sizes or [Size(0, 0)]
    prompt = _mean([_prompt_tokens(frame, one.bytes, 0) for one in sizes])
    answer = _mean([_answer_tokens(level, one.words, config, recipe) for one in sizes])
    scale = 1.0
    if measured.calls:
        past = measured.calls
        scale = sum(c.prompt_tokens for c in past) / sum(
            _prompt_tokens(frame, c.seed.bytes, c.parent_bytes) for c in past
        )
        usual = _mean([_answer_tokens("expected", one.words, config, recipe) for one in sizes])
        usual_then = _mean([_answer_tokens("expected", c.seed.words, config, recipe) for c in past])
        answer = usual * _mean([c.completion_tokens for c in past]) / usual_then * _spread(level)
        answer = min(answer, config.llm.max_tokens)
    return scale * (prompt + repairs * answer), answer


def _spread(level: Level) -> float:
    return {"low": 1 - MEASURED_SPREAD, "expected": 1.0, "high": 1 + MEASURED_SPREAD}[level]


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


def _vectors(parts: float, seeds: Seeds, asked: float, answer: float) -> tuple[float, float]:
    """(calls, tokens) for the vectors of seeds and of every answer."""
    seed_tokens = _mean([one.bytes / BYTES_PER_TOKEN for one in seeds.sizes])
    return ceil(parts / TEXTS_A_CALL) + ceil(asked / TEXTS_A_CALL), parts * seed_tokens + asked * answer


def _seconds(level: Level, calls: float, rounds: float, slots: int, measured: Measured) -> float | None:
    if measured.latency_s is None or measured.busy is None:
        return None
    # The better the slots were used, the shorter it takes.
    share = {"low": measured.busy.high, "expected": measured.busy.expected, "high": measured.busy.low}[level]
    return calls * measured.latency_s / (slots * max(share, 0.01)) + rounds * measured.settle_s


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _shares(use: Use, budget: Budget, *, priced: bool) -> dict[str, float]:
    """{cap: share of the use that it covers}, of the caps that are set and can be told."""
    wanted = {
        "money": (None if budget.money_usd is None or not priced else budget.money_usd * MICRO, use.micro),
        "tokens": (budget.tokens, use.tokens),
        "calls": (budget.calls, use.calls),
        "time": (None if budget.hours is None else budget.hours * 3600, use.seconds),
    }
    return {name: cap / used for name, (cap, used) in wanted.items() if cap is not None and used}


def _first_stop(shares: dict[Level, dict[str, float]]) -> Stop | None:
    for level in LEVELS:
        for name in ("money", "tokens", "calls", "time"):
            share = shares[level].get(name, 1.0)
            if share < 1 and share == min(shares[level].values()):
                return Stop(name, level, share)
    return None
