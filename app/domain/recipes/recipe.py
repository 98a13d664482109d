"""What a recipe is: how seeds are asked for, and what an answer must be. Data only; the built-in ones lie beside."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from itertools import product
from json import dumps
from math import ceil

from app.domain.arms import Arm
from app.domain.records import Kind

TOKENS_PER_WORD = 2.2
"""Upper guess for English text and code, so that an answer of the asked length is not cut."""

TOKENS_PER_CODE_WORD = 4.5
"""Likewise for what is mostly code, where a word is what stands between two spaces."""


class Answer(StrEnum):
    """What an answer is read as."""

    text = "text"
    """Prose, which may show code."""
    exercise = "exercise"
    """What to do, a function and its tests."""


class Pass(StrEnum):
    """A call of its own that betters a seed's Python code before it is explained."""

    style = "style"
    """Names, docstrings, type hints, small functions; what the code does stays."""
    self_contained = "self_contained"
    """Imports, constants and helpers in place, so that it runs alone."""


class Part(StrEnum):
    """What a text may be asked to hold besides the explanation."""

    heading = "title"
    """A title of its own, above the text."""
    prerequisites = "prerequisites"
    """What the reader should know before."""
    exercise = "exercise"
    """An exercise at the end, with its solution."""


REASONS = "{reasons}"
"""The slot of `repair` and `refine` for what fell short, a line a reason."""

REPAIR = f"""The earlier version below was turned down. Mend what is named here, and nothing else:
{REASONS}
Keep every other sentence of it as it is, and answer with the whole mended text."""

REFINE = f"""The earlier version below is the best so far. Write a better one; it falls short in this:
{REASONS}
Keep what is good in it. What the document says counts, not what the earlier version says."""

STYLE = """Rewrite the Python code below in good style without changing anything of what it does. Keep the names \
of its functions, classes and methods, and the order of their arguments. Give variables names that say what they hold, \
add type hints, give each function and class a docstring of one or two sentences, and take long functions apart into \
small ones. Add no features, no examples and no prints."""

SELF_CONTAINED = """Make the Python code below run by itself without changing anything of what it does. Keep its \
functions and classes with their names and arguments. Put in the imports, constants and small helpers that it uses \
and does not have; take nothing but Python's standard library. Where it is a mere snippet, make a small whole example \
of it."""


@dataclass(frozen=True)
class Recipe:
    """A way to turn seeds into texts, whole in one value."""

    name: str
    title: str
    """In words, for people."""
    description: str
    version: int
    """Goes up with every change that could change an answer."""
    kinds: frozenset[Kind]
    """The seeds it works on."""
    system: str
    """The system message."""
    tasks: dict[Kind, str]
    """The task line by kind of seed."""
    formats: tuple[str, ...]
    audiences: tuple[str, ...]
    constraints: tuple[str, ...]
    """`none` leaves the line out."""
    length_ratio: tuple[float, float]
    """Answer words over seed words, least and most, where the length range below does not say otherwise."""
    length_words: tuple[int, int]
    """The shortest and longest answer asked for."""
    real_share: float
    """Share of real seed text in an export, unless the export says otherwise."""
    answer: Answer = Answer.text
    """What its gates read."""
    word_list: str | None = None
    """The shipped list that is drawn from where a user brings none: a file of `app/lists`."""
    draws: tuple[str, ...] = ()
    """The parts of speech of which a call gets one word each; a word without a part counts as the first. Empty: the
    recipe works on documents."""
    features: tuple[str, ...] = ()
    """Story features to draw from; those that a word list brings take their place."""
    openings: tuple[str, ...] = ()
    """Ways to begin to draw from, as in "begin with a sound"; those that a word list brings take their place."""
    stock_openings: tuple[str, ...] = ()
    """Beginnings in lower case that models fall back on; only a small share of the pool may have one."""
    for_children: bool = False
    """Whether words that are not for small children drop a text."""
    max_grade: float = 14.0
    """Texts above this school grade are dropped whatever the targets."""
    repair: str = REPAIR
    """What is said above an earlier version that was dropped; holds the slot `{reasons}`."""
    refine: str = REFINE
    """Likewise of an earlier version that was kept and is to be bettered."""
    passes: dict[Pass, str] = field(default_factory=lambda: {Pass.style: STYLE, Pass.self_contained: SELF_CONTAINED})
    """What is asked of code in each pass that a job may want before code is explained."""
    instructions: dict[str, str] = field(default_factory=dict)
    """{format, audience or constraint: what is said of it beside its name}."""
    settings: dict[str, object] = field(default_factory=dict)
    """Defaults of its jobs: fields of a job's config, nested as there. What a job names itself wins."""

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every format for every audience under every constraint."""
        return tuple(Arm(*parts) for parts in product(self.formats, self.audiences, self.constraints))

    def length_for(self, seed_words: int) -> tuple[int, int]:
        """The words to ask for, given the seed's: wide enough that an honest answer never has to pad.

        Of a draw, which has no seed (0 words), the whole range of lengths is asked for.
        Example: a seed of 200 words under a ratio of (0.5, 2.0) and a range of (80, 600) asks for 100 to 400.
        """
        if not seed_words:
            return self.length_words
        low, high = self.length_words
        least = min(max(low, round(seed_words * self.length_ratio[0])), high)
        most = max(min(high, round(seed_words * self.length_ratio[1])), min(high, 2 * low))
        return min(least, most // 2 + 1), most

    def answer_tokens(self, seed_words: int) -> int:
        """Tokens to allow an answer about a seed of so many words."""
        tokens = TOKENS_PER_CODE_WORD if self.answer is Answer.exercise else TOKENS_PER_WORD
        return ceil(self.length_for(seed_words)[1] * tokens) + 120


def recipe_json(recipe: Recipe) -> dict[str, object]:
    """The recipe as JSON values, sets in order."""
    return {**asdict(recipe), "kinds": sorted(recipe.kinds)}


def recipe_hash(recipe: Recipe) -> str:
    """sha256 (hex) of all that a recipe says; its version number only counts how often that changed."""
    content = {name: value for name, value in recipe_json(recipe).items() if name != "version"}
    return sha256(dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
