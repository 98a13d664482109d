"""What can go wrong with a generated set, done to a good one on purpose; each with the gate that has to see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXCHANGED = 0.2
"""Share of words that a paraphrase-like copy exchanges for others of the set: near-duplicate detection sees none."""
OPENER = "In this lesson you will learn about something new. "


@dataclass(frozen=True)
class Material:
    """A good set, and texts with their topics that could be in it."""

    texts: Sequence[str]
    spare: Sequence[str]
    topics: NDArray[np.int64]
    """Of the spare texts."""


def copies(of: Material, share: float, rng: np.random.Generator) -> list[str]:
    """A share of the texts are exact copies of others."""
    out = list(of.texts)
    for place, source in _replaced(out, share, rng):
        out[place] = of.texts[source]
    return out


def paraphrases(of: Material, share: float, rng: np.random.Generator) -> list[str]:
    """A share of the texts say what others say, a fifth of their words exchanged."""
    out = list(of.texts)
    vocabulary = sorted({word for text in of.texts[:50] for word in text.split()})
    for place, source in _replaced(out, share, rng):
        words = of.texts[source].split(" ")
        changed = np.flatnonzero(rng.random(len(words)) < EXCHANGED)
        for at in changed.tolist():
            words[at] = vocabulary[int(rng.integers(len(vocabulary)))]
        out[place] = " ".join(words)
    return out


def topic_collapse(of: Material, share: float, rng: np.random.Generator) -> list[str]:
    """A share of the texts are from as few topics as have enough texts."""
    out = list(of.texts)
    largest = np.argsort(-np.bincount(of.topics), kind="stable")
    order = np.concatenate([np.flatnonzero(of.topics == topic) for topic in largest])
    places = rng.choice(len(out), int(share * len(out)), replace=False)
    for place, source in zip(places.tolist(), order.tolist(), strict=False):
        out[place] = of.spare[source]
    return out


def template_openers(of: Material, share: float, rng: np.random.Generator) -> list[str]:
    """A share of the texts begin with the same sentence."""
    out = list(of.texts)
    for place in rng.choice(len(out), int(share * len(out)), replace=False).tolist():
        out[place] = OPENER + out[place]
    return out


def _replaced(texts: Sequence[str], share: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """(place replaced, place of the text it repeats); the texts that are repeated stay."""
    order = rng.permutation(len(texts))
    count = int(share * len(texts))
    lost, left = order[:count], order[count:]
    return list(zip(lost.tolist(), left[rng.integers(len(left), size=count)].tolist(), strict=True))


PATHOLOGIES = {
    "exact copies": (copies, ("near_duplicate_rate",)),
    "paraphrase-like copies": (paraphrases, ("cross_5gram_ratio", "vendi2_ratio")),
    "topic collapse": (topic_collapse, ("cluster_excess", "cluster_simpson_ratio", "vendi2_ratio")),
    "template openers": (template_openers, ("opening_share",)),
}
"""Name: (how it is done, the checks of which one has to fail)."""
