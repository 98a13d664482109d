"""What a job's gates ask of a text: bounds, what becomes of secrets and personal data, licences, exercises."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen

Share = Annotated[float, Ge(0), Le(1)]


class Handling(StrEnum):
    """What becomes of a text that holds something of a sensitive class."""

    off = "off"
    """It is not looked for."""
    redact = "redact"
    """A placeholder that names the class takes its place, such as `[EMAIL]`."""
    reject = "reject"
    """The text takes no part; what is stored of it is redacted too."""


WordClasses = dict[Annotated[str, MaxLen(40)], tuple[Annotated[str, MaxLen(60)], ...]]


@dataclass(frozen=True)
class Safety:
    """What seeds and generations must not hold, and what becomes of them if they do."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid"}

    secrets: Handling = Handling.redact
    """API keys, access tokens, passwords in URLs and assignments."""
    private_keys: Handling = Handling.redact
    """Private keys in PEM and PGP armour."""
    emails: Handling = Handling.redact
    phones: Handling = Handling.redact
    ip_addresses: Handling = Handling.redact
    """Public addresses; private networks and loopback are no one's."""
    injections: Handling = Handling.redact
    """Sentences that give orders to a model, plain or hidden; they are cut, with nothing in their place."""
    unsafe_words: bool = True
    """Whether recipes for children drop texts, and leave out words, that no small child should read."""
    word_classes: WordClasses | None = None
    """Replaces the classes of such words; None: `app/domain/unsafe_words.py`. Forms of a word are found by rule."""


@dataclass(frozen=True)
class Licences:
    """Which seeds take part by the licence that came with them. Case, spaces and `_` do not count; `*` stands for any.

    Of `A OR B` one must be allowed, of `A AND B` both.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid"}

    allow: tuple[Annotated[str, MaxLen(200)], ...] | None = None
    """None: every licence that is not denied."""
    deny: tuple[Annotated[str, MaxLen(200)], ...] = ()
    """Wins over `allow`."""
    unknown: bool = True
    """Whether seeds take part that came without a licence."""


@dataclass(frozen=True)
class Exercises:
    """What an exercise in code must hold."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    tests: Annotated[int, Ge(1), Le(40)] = 3
    """Least tests beside the solution."""
    examples: Annotated[int, Ge(0), Le(20)] = 1
    """Least examples in the docstring."""
    mutation_score: Share = 0.7
    """Least share of wrong versions of the solution that some test or example notices; some do what the solution
    does, so 1 is seldom within reach."""


@dataclass(frozen=True)
class Gates:
    """The thresholds of the document and pool gates."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    seed_edu_min: Annotated[float, Ge(0), Le(5)] = 1.0
    """Seeds under this score are dropped in round 0."""
    real_text_edu_min: Annotated[float, Ge(0), Le(5)] = 3.0
    """Seeds at or over this score are also kept as real text."""
    edu_min: Annotated[float, Ge(0), Le(5)] = 1.5
    """Least calibrated educational score of a generation."""
    ease_min: Annotated[float, Ge(0), Le(100)] = 50.0
    ease_gain: Annotated[float, Ge(0), Le(100)] = 5.0
    """A text under `ease_min` passes when it is this much easier than its seed."""
    fidelity_precision: Share = 0.80
    fidelity_recall: Share = 0.30
    fidelity_conditions: Annotated[int, Ge(0), Le(1000)] = 0
    """Most conditions and limits (if, when, only, at least) that a text may leave out of what is nearly the seed's
    statement; more refuses fewer faithful texts and finds fewer faults."""
    near_duplicate_jaccard: Annotated[float, Gt(0), Le(1)] = 0.8
    redundancy_percentile: Annotated[float, Gt(0), Le(100)] = 95.0
    opening_cap: Share = 0.01
    """Most share of the pool with one opening."""
    stock_opening_cap: Share = 0.05
    """Most share of the pool with any of the recipe's stock openings, such as "Once upon a time"."""
    redundancy_weight: Annotated[float, Ge(0), Le(100)] = 1.0
    """Lambda in rank = score - lambda x redundancy."""
    safety: Safety = field(default_factory=Safety)
    licences: Licences = field(default_factory=Licences)
    exercises: Exercises = field(default_factory=Exercises)
