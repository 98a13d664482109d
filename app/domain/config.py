"""What a job does: targets, gates, plan shares, budget and model, as one frozen value with its own bounds.

Stored as JSON with the job and hashed into every lineage. Defaults follow `docs/loop.md`; bounds are declared with
annotated_types so that the API can check and document them without this module knowing the web.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from json import dumps
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from app.domain.gate_config import Gates, Share
from app.domain.judge_config import JudgeConfig
from app.domain.lanes import EndpointShare, endpoint_contradictions
from app.domain.recipes.builtin import builtin_recipe
from app.domain.recipes.recipe import Answer, Part, Pass, Recipe, recipe_json
from app.domain.records import Kind

Api = Literal["chat", "completions"]
"""`chat` asks a model that follows instructions, `completions` has any model go on with a text."""


class Preset(StrEnum):
    """A named set of simplicity targets."""

    beginner = "beginner"
    """Readable at grade 8, for a first course."""
    school = "school"
    """Readable at grade 10."""
    undergraduate = "undergraduate"
    """Readable at grade 14."""


@dataclass(frozen=True)
class Targets:
    """What must hold on the audit split, two rounds running, before a job may call itself done.

    A bound of None is not asked for. Ratios are against the seeds' own measure.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    vendi2_ratio: Annotated[float, Ge(0), Le(2)] | None = 0.90
    """Least lower limit of unbiased Vendi-2 over the seeds' Vendi-2."""
    cluster_simpson_ratio: Annotated[float, Ge(0), Le(2)] | None = 0.90
    """Least cluster Simpson over that of the quota mixture."""
    covered_clusters: Share | None = 0.95
    """Least share of clusters at half their quota or more."""
    distinct3_low: Annotated[float, Ge(0), Le(2)] | None = 0.90
    """Least rarefied distinct-3 over the reference."""
    distinct3_high: Annotated[float, Ge(0), Le(5)] | None = 1.05
    """Most rarefied distinct-3 over the reference."""
    cross_5gram_ratio: Annotated[float, Ge(0), Le(100)] | None = 2.0
    """Most cross-document 5-gram share over the reference."""
    opening_share: Share | None = 0.01
    """Most share of texts with the commonest opening."""
    near_duplicate_rate: Share | None = 0.01
    """Most share of near-duplicates."""
    ease_mean: Annotated[float, Ge(0), Le(100)] | None = None
    """Least lower limit of the mean ease, 0 to 100."""
    grade_p90: Annotated[float, Ge(1), Le(20)] | None = 8.0
    """Most 90th percentile of the school grade."""
    list_coverage: Share | None = None
    """Least share of running words in the common list or the seed's own terms."""
    cyclomatic_p90: Annotated[float, Ge(1), Le(100)] | None = 5.0
    """Most 90th percentile over texts with code, each by its worst function: one hard function makes a text hard."""
    nesting_p90: Annotated[float, Ge(0), Le(50)] | None = 3.0
    """Likewise, of nested blocks."""
    function_lines_p90: Annotated[float, Ge(1), Le(1000)] | None = 30.0
    """Likewise, of lines of the longest function."""
    fidelity_precision: Share | None = 0.97
    fidelity_recall: Share | None = 0.85
    source_coverage: Share | None = None
    """Least share of the parts of long sources, by their words, that have a text in the pool."""
    approved_tokens: Annotated[int, Ge(0), Le(10**13)] = 0
    """Least tokens in the pool."""


@dataclass(frozen=True)
class Budget:
    """Hard caps; None is no cap. The first one reached stops the job."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    money_usd: Annotated[float, Gt(0), Le(10_000_000)] | None = None
    tokens: Annotated[int, Gt(0), Le(10**13)] | None = None
    calls: Annotated[int, Gt(0), Le(10**10)] | None = None
    hours: Annotated[float, Gt(0), Le(10_000)] | None = None


@dataclass(frozen=True)
class Planning:
    """How a round's calls are shared out."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    calls_per_round: Annotated[int, Ge(1), Le(10_000_000)] | None = None
    """None: one call a seed still open, at least 50."""
    quota_share: Share = 0.6
    repair_share: Share = 0.2
    """The rest explores; what quotas and repairs leave over grows the pool in the ways that do best."""
    refine_share: Share = 0.0
    """The most calls that refine kept texts which fall short of a target; they take half of exploring at most."""
    refine_depth: Annotated[int, Ge(1), Le(10)] = 1
    """How often a text is refined at most, the versions before it counted."""
    refine_edu_under: Annotated[float, Ge(0), Le(5)] | None = None
    """Kept texts under this educational score are refined too; None: only those that a target wants better."""
    quota_exponent: Share = 0.6
    """A cluster of n seeds gets a quota proportional to n to this power."""
    variants_per_seed: Annotated[int, Ge(1), Le(100)] = 3
    arm_floor: Share = 0.10
    """The share of draws spread evenly over all arms."""
    features_per_story: Annotated[int, Ge(0), Le(3)] = 2
    """A story has none, one, and so on up to so many features, each number equally often."""
    arm_memory: Share = 0.8
    """What a round's outcomes count for the choice of arms one round later."""


@dataclass(frozen=True)
class ModelShare:
    """One of several models that answer the calls of a job."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    model: Annotated[str, MinLen(1), MaxLen(200)]
    share: Annotated[float, Gt(0), Le(1_000_000)] = 1.0
    """Its weight: 3 and 1 are three calls in four and one."""
    base_url: Annotated[str, MaxLen(2000)] | None = None
    """None: `llm.base_url` or `llm.endpoints`, or the operator's endpoint."""


@dataclass(frozen=True)
class Llm:
    """Which model answers, and how it is asked."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    base_url: Annotated[str, MaxLen(2000)] | None = None
    """None: the operator's endpoint."""
    endpoints: Annotated[tuple[EndpointShare, ...], MaxLen(16)] = ()
    """Several endpoints or keys in the place of `base_url`, each with its share of the calls; when one is down, the
    others have it."""
    model: Annotated[str, MaxLen(200)] | None = None
    models: Annotated[tuple[ModelShare, ...], MaxLen(8)] = ()
    """Several models in the place of `model`, each with its share of the calls."""
    adaptive: bool = False
    """Whether shares of `models` shift to what brings most accepted texts for its cost."""
    model_floor: Share = 0.1
    """The share of calls that each of `models` keeps when they shift."""
    temperature: Annotated[float, Ge(0), Le(2)] = 0.7
    max_tokens: Annotated[int, Ge(16), Le(32_000)] = 1_200
    context_tokens: Annotated[int, Ge(512), Le(10_000_000)] = 8_192
    """Prompt plus answer that the model takes; longer seeds are rejected as too long."""
    concurrency: Annotated[int, Ge(1), Le(1024)] = 64
    api: Api = "chat"
    """`completions` for base models: the prompt is one plain text."""
    profile: Annotated[str, MaxLen(40)] | None = None
    """The kind of server (`docs/endpoints.md`); None: found by its address or its list of models."""
    stream: bool = False
    """Take answers piece by piece, for servers and proxies that cut a call which is silent for long."""
    batch: bool = False
    """Send calls as files that the provider works through within a day, at the price list's `batch_discount`."""
    cache: bool = True
    """Reuse a stored success for the very same request and sample."""


@dataclass(frozen=True)
class Embedding:
    """Whose vectors say how alike texts are: Hornbook's own, or a model's at an `/v1/embeddings` endpoint."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid"}

    base_url: Annotated[str, MaxLen(2000)] | None = None
    """None: the operator's endpoint."""
    model: Annotated[str, MinLen(1), MaxLen(200)] | None = None
    """None: Hornbook's own vectors, which need no endpoint and cost nothing."""
    chars: Annotated[int, Ge(100), Le(1_000_000)] = 8_000
    """Characters of a text that are sent at most; models refuse what is longer than they take."""


@dataclass(frozen=True)
class Sources:
    """How long documents become seeds."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid"}

    split_tokens: Annotated[int, Ge(64), Le(10_000_000)] | None = None
    """A longer document is split into parts of at most so many tokens, four bytes each; None: half of
    `llm.context_tokens`."""


@dataclass(frozen=True)
class JobConfig:
    """Everything that decides which texts a job accepts."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    recipe: Annotated[str, MaxLen(100)] = "codetextbook"
    rng_seed: Annotated[int, Ge(0), Le(2**31 - 1)] = 0
    max_rounds: Annotated[int, Ge(1), Le(100)] = 6
    draws: Annotated[int, Ge(1), Le(100_000_000)] = 300
    """Prompts drawn in the whole job when the corpus is a word list."""
    benchmarks: tuple[int, ...] = ()
    """Corpora to decontaminate against."""
    passes: Annotated[tuple[Pass, ...], MaxLen(2)] = ()
    """Calls that better the Python code of a seed, in this order, before it is explained; none is made twice a seed."""
    parts: Annotated[tuple[Part, ...], MaxLen(3)] = ()
    """What every text must hold besides the explanation."""
    targets: Targets = field(default_factory=Targets)
    budget: Budget = field(default_factory=Budget)
    planning: Planning = field(default_factory=Planning)
    gates: Gates = field(default_factory=Gates)
    llm: Llm = field(default_factory=Llm)
    embedding: Embedding = field(default_factory=Embedding)
    sources: Sources = field(default_factory=Sources)
    judge: JudgeConfig = field(default_factory=JudgeConfig)
    own_recipe: Recipe | None = None
    """All that a recipe of one's own says, so that the job keeps it whatever becomes of the name; None: a built-in."""


PRESET_GRADES = {Preset.beginner: 8.0, Preset.school: 10.0, Preset.undergraduate: 14.0}


def recipe_of(config: JobConfig) -> Recipe:
    """The job's recipe; raises UnknownRecipeError."""
    return config.own_recipe or builtin_recipe(config.recipe)


def split_tokens(config: JobConfig) -> int:
    """The most tokens of a document that is asked for whole."""
    return config.sources.split_tokens or config.llm.context_tokens // 2


def as_json(config: JobConfig) -> dict[str, object]:
    """The config as JSON values."""
    own = config.own_recipe
    return {**asdict(config), "own_recipe": None if own is None else recipe_json(own)}


def config_hash(config: JobConfig) -> str:
    """The sha256 (hex) of the config as canonical JSON."""
    return sha256(dumps(as_json(config), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


def contradictions(config: JobConfig) -> list[str]:
    """Why these targets can never all hold, one sentence each; empty when they can."""
    targets, planning, llm = config.targets, config.planning, config.llm
    found = []
    low, high = targets.distinct3_low, targets.distinct3_high
    if low is not None and high is not None and low > high:
        found.append(f"targets.distinct3_low {low} is above targets.distinct3_high {high}: no set can be both")
    if planning.quota_share + planning.repair_share > 1:
        found.append("planning.quota_share and planning.repair_share add up to more than 1")
    if llm.max_tokens >= llm.context_tokens:
        found.append("llm.max_tokens leaves no room for the prompt in llm.context_tokens")
    found += _llm_contradictions(llm)
    elsewhere = [one.base_url for one in llm.models]
    found += endpoint_contradictions(llm.endpoints, base_url=llm.base_url, models=elsewhere)
    if config.embedding.base_url is not None and config.embedding.model is None:
        found.append("embedding.base_url names an endpoint without embedding.model to ask there")
    found += _judge_contradictions(config) + _batch_contradictions(config)
    tokens = config.budget.tokens
    if tokens is not None and targets.approved_tokens > tokens:
        found.append("targets.approved_tokens is more than budget.tokens can ever buy")
    licences = config.gates.licences
    if licences.allow is not None and not licences.allow and not licences.unknown:
        found.append("gates.licences.allow is empty and gates.licences.unknown is false: no seed can take part")
    found += _twice("passes", config.passes) + _twice("parts", config.parts)
    both = sorted(set(licences.allow or ()) & set(licences.deny))
    if both:
        found.append(f"gates.licences allows and denies {', '.join(both)}")
    return found


def _batch_contradictions(config: JobConfig) -> list[str]:
    if config.llm.batch and config.passes:
        return ["passes go one after the other, and each would wait for a batch: turn off passes or llm.batch"]
    return []


def _twice(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name} names {value} more than once" for value in dict.fromkeys(values) if values.count(value) > 1]


def unfit(config: JobConfig, recipe: Recipe) -> dict[str, str]:
    """{field: why this recipe has no use for what the config asks}; empty when it has."""
    found = {}
    if config.passes and (Kind.code not in recipe.kinds or recipe.answer is not Answer.text):
        found["passes"] = "better the code of seeds, and this recipe explains no code"
    if config.parts and (recipe.kinds == {Kind.words} or recipe.answer is not Answer.text):
        found["parts"] = "are of explanations, and this recipe writes none"
    return found


def _judge_contradictions(config: JobConfig) -> list[str]:
    judge = config.judge
    if not judge.on:
        named = [name for name in ("base_url", "model") if getattr(judge, name) is not None]
        return [f"judge.{' and judge.'.join(named)} set without judge.on: nobody would be asked"] if named else []
    found = []
    if judge.base_url is not None and judge.model is None:
        found.append("judge.base_url names an endpoint without judge.model to ask there")
    if judge.model is None and config.llm.api == "completions":
        found.append("llm.api completions is for models that follow no instructions: name a judge.model that does")
    if judge.claims and config.passes:
        found.append("judge.claims are held against the seed's own code, which passes rewrite: turn one of them off")
    if recipe_of(config).kinds == {Kind.words}:
        found.append("the judge reads texts beside their seed, and this recipe draws its texts from words: turn it off")
    return found


def _llm_contradictions(llm: Llm) -> list[str]:
    names = [one.model for one in llm.models]
    found = ["llm.batch has answers come in a file: llm.stream has nothing to do"] if llm.batch and llm.stream else []
    if llm.model is not None and names:
        found.append("llm.model and llm.models are both set: name every model in llm.models")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        found.append(f"llm.models names {', '.join(twice)} more than once")
    if llm.adaptive and len(names) < 2:
        found.append("llm.adaptive shifts shares between models, but llm.models names fewer than two")
    if llm.adaptive and llm.model_floor * len(names) > 1:
        found.append(f"llm.model_floor {llm.model_floor} for each of {len(names)} models is more than all calls")
    return found
