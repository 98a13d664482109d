"""What a recipe is: how seeds are asked for, and what an answer must be. Data only; the built-in ones lie beside."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import ceil

from app.domain.planning import Arm
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

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every format for every audience under every constraint."""
        return tuple(Arm(*parts) for parts in product(self.formats, self.audiences, self.constraints))

    def length_for(self, seed_words: int) -> tuple[int, int]:
        """The words to ask for, given the seed's: wide enough that an honest answer never has to pad.

        Example: a seed of 200 words under a ratio of (0.5, 2.0) and a range of (80, 600) asks for 100 to 400.
        """
        low, high = self.length_words
        least = min(max(low, round(seed_words * self.length_ratio[0])), high)
        most = max(min(high, round(seed_words * self.length_ratio[1])), min(high, 2 * low))
        return min(least, most // 2 + 1), most

    def answer_tokens(self, seed_words: int) -> int:
        """Tokens to allow an answer about a seed of so many words."""
        tokens = TOKENS_PER_CODE_WORD if self.answer is Answer.exercise else TOKENS_PER_WORD
        return ceil(self.length_for(seed_words)[1] * tokens) + 120
