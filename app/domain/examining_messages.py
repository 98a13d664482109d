"""What goes into the limited child and comes out of it, one message a text. Knows nothing of how texts are judged."""

import msgspec

from app.domain.benchmarks import Item
from app.domain.gate_config import Gates
from app.domain.recipes.recipe import Part, Pass, Recipe


class SeedText(msgspec.Struct, frozen=True, array_like=True):
    """A seed whose features are asked for."""

    kind: str
    text: str


class Row(msgspec.Struct, frozen=True, array_like=True):
    """The features of one text."""

    edu_score: float
    """[0, 5], as the classifier gives it."""
    ease: float
    grade: float
    list_coverage: float
    words: int
    embedding: bytes
    """float16 unit vector; empty where an endpoint gives it later."""
    signature: bytes
    """64 MinHash values, uint32."""
    contamination: str | None = None
    """Of a seed: the benchmark items it holds, with evidence."""
    facts: bytes | None = None
    """Of a seed: the Facts it states; None when it holds what the job redacts or rejects."""
    edu_audit: float | None = None
    """Of an answer: the score of the audit model, [0, 5]."""
    improvable: bool = False
    """Of a seed: whether passes can better its code; looked at only where the job has passes."""


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """An answer to be judged."""

    text: str
    seed_text: str | None
    kind: str
    mark: str
    length: tuple[int, int]
    words: tuple[str, ...]
    seed_ease: float | None
    seed_facts: bytes | None = None
    """The seed's Facts, where they are known."""
    version: str | None = None
    """The seed's code as the prompt showed it, where a pass bettered it."""
    stage: Pass | None = None
    """The pass it answers; None: it is an explanation."""


class Examined(msgspec.Struct, frozen=True, array_like=True):
    """An answer with its features and the verdict of the document gates."""

    row: Row
    edu_score: float
    """Calibrated for generated text, [0, 5]."""
    cluster: int
    scores: dict[str, float]
    gate: str | None
    reason: str | None
    detail: str
    repairable: bool
    text: str | None = None
    """With placeholders, or the code of a draft; None: the answer stays as it is."""


class RulesSpec(msgspec.Struct, frozen=True):
    """What a job's candidates are judged by, as sent to the child."""

    gates: Gates
    recipe: Recipe
    benchmarks: tuple[Item, ...]
    parts: tuple[Part, ...] = ()


class GateResult(msgspec.Struct, frozen=True, array_like=True):
    """One gate's own verdict on an answer."""

    gate: str
    reason: str | None
    """None: it passes."""
    detail: str
    scores: dict[str, float]
    limits: dict[str, str]
    """The bounds of those scores that have one."""


class Tried(msgspec.Struct, frozen=True, array_like=True):
    """An answer before every gate, each asked for itself."""

    gates: list[GateResult]
    repairable: bool
    """Whether the first reason is one that a repair may mend."""
    code: str | None = None
    """Of a pass: the code of the answer."""
