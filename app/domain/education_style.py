"""Rewrites that change how a text speaks and never what it says, to measure what style alone buys from a classifier.

Generated text has a voice: headings, a friendly opening, a summary that promises, questions before answers. Faithful
rewriting in that voice lifts public classifiers by 0.3 to 0.43 of 5 (arXiv 2605.23721) though a reader learns no more.
How much it lifts the classifier at hand is measured on texts it has not seen, and taken off generated text by its gate.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

DEFAULT_SHIFT = 0.35
"""Points of 5: the middle of what was found for public classifiers; for a classifier without a figure of its own."""
REWRITTEN_FROM = 1.0
"""Score under which a seed is not worth rewriting, as in the default gates; what style does to such texts is moot."""
LARGEST_SHIFT = 1.0
"""Points of 5: a classifier that style lifts further than that is not mended by taking it off."""
_OPENINGS = (
    "In this short tutorial we will look at one topic, step by step.",
    "Welcome to this lesson. We will go through the following together, and no earlier knowledge is needed.",
    "This guide walks you through the basics in plain words.",
    "Have you ever wondered about this? Let us explore it together.",
    "Today we are going to learn something useful. Take your time, and read each part carefully.",
)
_CLOSINGS = (
    "To sum up, we have looked at all parts one after the other. Well done!",
    "That brings us to the end of the lesson. You now know the most important points.",
    "As you can see, it is not hard once it has been broken down into small steps.",
    "In summary, each part builds on the one before. Read it again whenever you need to.",
    "And with that you have everything you need to get started.",
)
_HEADINGS = ("Introduction", "The basics", "A closer look", "Step by step", "An example", "What it means", "Summary")
_LINKS = (
    "First, let us look at this:", "Next, note the following.", "In other words:", "Here is the idea.",
    "Now let us take the next step.", "Why does that matter? Read on.", "Remember this:", "For example:",
)  # fmt: skip
_CONTRACTIONS = {"do not": "don't", "does not": "doesn't", "cannot": "can't", "is not": "isn't", "you will": "you'll"}
_MOST_PARTS = 7
"""Paragraphs that get a heading or a link of their own; those after them stay as they are."""


def restyled(text: str, rng: np.random.Generator) -> str:
    """The text in a teacher's voice: every fact and every line of it stays, and nothing is added that informs."""
    parts = [part for part in text.split("\n\n") if part.strip()]
    headed = bool(rng.random() < 0.5)
    told: list[str] = []
    for place, part in enumerate(parts):
        if place < _MOST_PARTS:
            told.append(f"## {_HEADINGS[place]}" if headed else str(rng.choice(_LINKS)))
        told.append(part)
    whole = "\n\n".join([str(rng.choice(_OPENINGS)), *told, str(rng.choice(_CLOSINGS))])
    return re.sub("|".join(_CONTRACTIONS), lambda found: _CONTRACTIONS[found.group()], whole)


def restyled_copies(texts: Sequence[str], *, rng_seed: int) -> list[str]:
    """One restyled copy of each text, in the order given."""
    rng = np.random.default_rng(rng_seed)
    return [restyled(text, rng) for text in texts]


def shift_of(before: NDArray[np.float64], after: NDArray[np.float64]) -> float:
    """The mean gain of the texts that are worth rewriting in points of 5, [0, 1]; the default without any.

    Texts at 1.0, 2.0 and 0.2 that score 1.3, 2.1 and 2.0 restyled: 0.2, for the last is not worth it. A mean loss is 0.
    """
    worth = before >= REWRITTEN_FROM
    if not worth.any():
        return DEFAULT_SHIFT
    return float(np.clip((after - before)[worth].mean(), 0.0, LARGEST_SHIFT))
