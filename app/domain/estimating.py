"""What a job will ask for before it asks: calls, tokens, money and time, each as low, expected and high.

Low is the earliest success, two rounds that hold, with the shortest answers asked for; high is every round and variant
that the config allows, with the longest. What earlier jobs measured takes the place of guesses where there is any. Of
several models each is priced by its own share of the calls. How far estimates lay from what jobs then used:
`docs/money.md`. Parts: `estimate_rounds.py` counts calls, `estimate_tokens.py` says how long they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.domain import estimate_rounds, estimate_tokens, judge_estimate
from app.domain.config import Budget, Llm
from app.domain.estimate_rounds import Played
from app.domain.estimate_tokens import LEVELS, Asking, Level, PastCall, Seeds
from app.domain.pricing import FREE, MICRO, Price
from app.domain.records import Kind


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


@dataclass(frozen=True)
class Model:
    """A model that answers calls of the job, with what its earlier ones were like."""

    name: str
    share: float
    """Of the job's calls, (0, 1]."""
    price: Price | None
    """None: nobody knows it."""
    calls: Sequence[PastCall] = ()
    """Of the same recipe."""
    latency_s: float | None = None


@dataclass(frozen=True)
class Measured:
    """What earlier jobs of the same recipe and models came to; None or 1 where none says."""

    taking_part: float | None = None
    """Share of the seeds, of the same corpus if it was used before."""
    same_corpus: bool = False
    repairable: float | None = None
    paid_per_answer: float = 1.0
    """Calls that were paid for a planned one, with what was cut, hung or came twice."""
    rounds: Guess | None = None
    """Rounds until a job stopped by itself."""
    busy: Guess | None = None
    """Share of the slots that were full, [0, 1], from the first call of a round to its last."""
    settle_s: float = 0.0
    """Seconds between the last call of a round and the next round."""


@dataclass(frozen=True)
class ModelUse:
    """What one of the models uses in one case."""

    calls: float
    prompt_tokens: float
    completion_tokens: float
    micro: float
    """Micro-USD; meaningless without a price."""

    def cut(self, share: float) -> "ModelUse":
        """The same when the job ends after that share of its calls."""
        return ModelUse(*(share * x for x in (self.calls, self.prompt_tokens, self.completion_tokens, self.micro)))


@dataclass(frozen=True)
class Use:
    """What a job uses in one case."""

    rounds: float
    models: tuple[ModelUse, ...]
    """In the order of the question."""
    vectors: ModelUse
    judge: ModelUse
    seconds: float | None
    """None: no earlier job was measured."""

    @property
    def calls(self) -> float:
        """Also those for vectors and by the judge."""
        return sum(one.calls for one in self.models) + self.vectors.calls + self.judge.calls

    @property
    def prompt_tokens(self) -> float:
        """Of all models, without those for vectors."""
        return sum(one.prompt_tokens for one in (*self.models, self.judge))

    @property
    def completion_tokens(self) -> float:
        """Of all models."""
        return sum(one.completion_tokens for one in (*self.models, self.judge))

    @property
    def vector_tokens(self) -> float:
        """Sent for vectors."""
        return self.vectors.prompt_tokens

    @property
    def micro(self) -> float:
        """Micro-USD by the prices given; meaningless where one of them is not known."""
        return sum(one.micro for one in self.models) + self.vectors.micro + self.judge.micro

    @property
    def tokens(self) -> float:
        """All that count against a budget of tokens."""
        return self.prompt_tokens + self.completion_tokens + self.vector_tokens

    def cut(self, share: float) -> "Use":
        """The same job ended after that share of its calls."""
        return Use(
            rounds=self.rounds * share,
            models=tuple(one.cut(share) for one in self.models),
            vectors=self.vectors.cut(share),
            judge=self.judge.cut(share),
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
class Estimate:
    """What a job will use, within its caps."""

    low: Use
    expected: Use
    high: Use
    stop: Stop | None
    """None: no cap is in the way, as far as is known."""
    taking_part: Guess
    """Seeds."""


@dataclass(frozen=True)
class Question:
    """What an estimate is asked for."""

    asking: Asking
    models: Sequence[Model]
    slots: int
    """Calls in flight at most."""
    draws_per_round: int
    """Of a word list."""
    vectors_price: Price | None = FREE
    """None: nobody knows it."""
    judge_price: Price | None = FREE
    """None: nobody knows it."""

    @property
    def priced(self) -> bool:
        """Whether every price is known."""
        prices = [self.vectors_price, self.judge_price, *(one.price for one in self.models)]
        return None not in prices


def estimate(question: Question, measured: Measured) -> Estimate:
    """The estimate of a job, each level cut where its first cap is reached."""
    seeds = question.asking.seeds
    every = float(seeds.count)
    parts = Guess(every, every, every) if _drawn(question) else _taking_part(seeds, measured)
    whole = {level: _use(level, parts, question, measured) for level in LEVELS}
    budget = question.asking.config.budget
    shares = {level: _shares(whole[level], budget, priced=question.priced) for level in LEVELS}
    cut = {level: whole[level].cut(min([1.0, *shares[level].values()])) for level in LEVELS}
    return Estimate(**cut, stop=_first_stop(shares), taking_part=parts)


def _drawn(question: Question) -> bool:
    return question.asking.recipe.kinds == {Kind.words}


def _taking_part(seeds: Seeds, measured: Measured) -> Guess:
    share = measured.taking_part
    if share is None:
        return Guess(*(seeds.count * TAKING_PART.at(level) for level in LEVELS))
    if measured.same_corpus:
        return Guess(*[seeds.count * share] * 3)
    return Guess(seeds.count * TAKING_PART.low * share, seeds.count * share, float(seeds.count))


def _use(level: Level, parts: Guess, question: Question, measured: Measured) -> Use:
    asking = question.asking
    played = _played(level, parts, question, measured)
    # A pass asks and answers about as much as an explanation, once a seed that is asked about.
    passes = min(played.calls, parts.at(level)) * asking.seeds.code * len(asking.config.passes)
    calls = (played.calls + passes) * (1.0 if level == "low" else measured.paid_per_answer)
    repairs = played.repairs / played.calls if played.calls else 0.0
    one_call = [_one_call(level, asking, model, repairs) for model in question.models]
    shares = _shares_at(level, asking.config.llm, question.models, [one.micro for one in one_call])
    models = tuple(one.cut(calls * share) for one, share in zip(one_call, shares, strict=True))
    models = tuple(_priced(one, model.price) for one, model in zip(models, question.models, strict=True))
    vectors = ModelUse(0, 0, 0, 0)
    if asking.config.embedding.model is not None:
        answer = sum(one.completion_tokens for one in models) / calls if calls else 0.0
        found = estimate_tokens.of_vectors(parts.at(level), asking.seeds, asked=played.calls, answer=answer)
        vectors = _priced(ModelUse(found[0], found[1], 0, 0), question.vectors_price)
    tokens = sum(one.prompt_tokens + one.completion_tokens for one in models) / calls if calls else 0.0
    judging = judge_estimate.judge_use(level, played.calls, played.rounds, tokens, asking.config.judge)
    judge = _priced(ModelUse(judging.calls, judging.prompt, judging.answer, 0), question.judge_price)
    seconds = _seconds(level, models, question, measured, rounds=played.rounds, judged=judge.calls)
    return Use(rounds=played.rounds, models=models, vectors=vectors, judge=judge, seconds=seconds)


def _played(level: Level, parts: Guess, question: Question, measured: Measured) -> Played:
    config = question.asking.config
    rounds = estimate_rounds.rounds_of(level, config, usual=measured.rounds.expected if measured.rounds else None)
    repairable = REPAIRABLE.at(level) if measured.repairable is None else measured.repairable
    if _drawn(question):
        return estimate_rounds.play_draws(rounds, config, question.draws_per_round, repairable=repairable)
    return estimate_rounds.play(parts.at(level), rounds, config, question.asking.recipe, repairable=repairable)


def _one_call(level: Level, asking: Asking, model: Model, repairs: float) -> ModelUse:
    prompt, answer = estimate_tokens.of_a_call(level, asking, model.calls, repairs=repairs)
    price = model.price or FREE
    micro = (prompt * price.input_micro_per_mtok + answer * price.output_micro_per_mtok) / MICRO
    return ModelUse(1, prompt, answer, micro)


def _priced(use: ModelUse, price: Price | None) -> ModelUse:
    micro = (price or FREE).cost(round(use.prompt_tokens), round(use.completion_tokens))
    return replace(use, micro=micro)


def _shares_at(level: Level, llm: Llm, models: Sequence[Model], micro: Sequence[float]) -> list[float]:
    """Each model's share of the calls: as asked for, but for shares that may shift.

    Those go to the cheapest model as far as they may for the low case, and to the dearest for the high one.
    """
    asked = [one.share for one in models]
    if not llm.adaptive or level == "expected" or any(one.price is None for one in models):
        return asked
    best = micro.index(min(micro) if level == "low" else max(micro))
    rest = 1 - llm.model_floor * (len(models) - 1)
    return [rest if place == best else llm.model_floor for place in range(len(models))]


def _seconds(
    level: Level, models: Sequence[ModelUse], question: Question, measured: Measured, *, rounds: float, judged: float
) -> float | None:
    latencies = [one.latency_s for one in question.models]
    if measured.busy is None or None in latencies:
        return None
    asking = sum(one.calls * (latency or 0.0) for one, latency in zip(models, latencies, strict=True))
    # The judge has not been timed; it is taken to be as fast as the others.
    asking *= 1 + judged / max(1.0, sum(one.calls for one in models))
    # The better the slots were used, the shorter it takes.
    share = {"low": measured.busy.high, "expected": measured.busy.expected, "high": measured.busy.low}[level]
    return asking / (question.slots * max(share, 0.01)) + rounds * measured.settle_s


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
