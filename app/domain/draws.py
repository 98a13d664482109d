"""What is drawn for the calls of a recipe that has no documents: words, story features, an opening, an arm.

Draw k depends on k and the job's rng seed alone, so that a million prompts are made from a list of words without a row
for any of them, one after the other, in the memory of one. Everything is dealt like cards from shuffled decks, a new
shuffle each time a deck is used up: in any stretch of draws each word comes as often as the others of its part of
speech, to within two, and so do features, openings and arms. Knows nothing of what the words are.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import overload
from zlib import crc32

import numpy as np

from app.domain.planning import Arm, Planned

SPOKEN = ("noun", "verb", "adjective")
"""Parts of speech in the order of a story's prompt."""
SHOE = 4_096
"""Cards shuffled together at least: a generator costs as much to make as a thousand numbers from it."""
_STREAM = 1_000_003
"""Keeps these draws apart from those of rounds, which are keyed by the job's rng seed and a small number."""


@dataclass(frozen=True)
class Offer:
    """What draws are made from."""

    parts: Mapping[str, int]
    """How many words there are of each part of speech; one of each is drawn."""
    arms: Sequence[Arm]
    features: Sequence[str] = ()
    openings: Sequence[str] = ()
    most_features: int = 2
    """A draw has none, one, and so on up to so many of them, each number equally often."""


class _Deck:
    """Cards from 0 to size - 1, dealt from one shuffled deck after the other."""

    def __init__(self, size: int, rng_seed: int, name: str) -> None:
        self.size, self.decks = size, max(1, SHOE // size)
        self.key = (rng_seed, _STREAM, crc32(name.encode()))
        self._shoe: list[int] = []
        self._number = -1

    def card(self, place: int) -> int:
        """The card at a place of the endless row; places in order cost a look-up each."""
        number, at = divmod(place, self.size * self.decks)
        if number != self._number:
            rng = np.random.default_rng([*self.key, number])
            cards = np.tile(np.arange(self.size), (self.decks, 1))
            self._shoe, self._number = rng.permuted(cards, axis=1).ravel().tolist(), number
        return self._shoe[at]


class _Numbers:
    """An rng seed for each draw."""

    def __init__(self, rng_seed: int) -> None:
        self.key = (rng_seed, _STREAM)
        self._block: list[int] = []
        self._number = -1

    def at(self, place: int) -> int:
        number, at = divmod(place, SHOE)
        if number != self._number:
            rng = np.random.default_rng([*self.key, number])
            self._block, self._number = rng.integers(0, 2**31 - 1, SHOE).tolist(), number
        return self._block[at]


class _Features:
    """Which features a draw has: numbers of them alike, and of each number all choices alike."""

    def __init__(self, offer: Offer, rng_seed: int) -> None:
        sizes = range(min(offer.most_features, len(offer.features)) + 1)
        self.choices = [list(combinations(offer.features, size)) for size in sizes]
        self.sizes = _Deck(len(sizes), rng_seed, "features")
        self.decks = [_Deck(len(some), rng_seed, f"{size} features") for size, some in enumerate(self.choices)]

    def at(self, place: int) -> tuple[str, ...]:
        size = self.sizes.card(place)
        # Each number of features comes once a deck of numbers, so the deck's place counts the draws with that number.
        return self.choices[size][self.decks[size].card(place // len(self.choices))]


class Draws(Sequence[Planned]):
    """The calls of draws `first` to `first + count - 1`; none is kept, each is made when it is asked for."""

    def __init__(self, offer: Offer, *, rng_seed: int, first: int, count: int) -> None:
        self.offer, self.rng_seed, self.places = offer, rng_seed, range(first, first + count)

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Planned: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Planned]: ...
    def __getitem__(self, at: int | slice) -> Planned | Sequence[Planned]:
        if isinstance(at, slice):
            return list(self._made(self.places[at]))
        return next(self._made([self.places[at]]))

    def __iter__(self) -> Iterator[Planned]:
        return self._made(self.places)

    def _made(self, places: Sequence[int]) -> Iterator[Planned]:
        offer, seeds, features = self.offer, _Numbers(self.rng_seed), _Features(self.offer, self.rng_seed)
        parts = {part: _Deck(offer.parts[part], self.rng_seed, part) for part in in_order(offer.parts)}
        arms = _Deck(len(offer.arms), self.rng_seed, "arms")
        openings = _Deck(len(offer.openings), self.rng_seed, "openings") if offer.openings else None
        for place in places:
            yield Planned(
                None,
                offer.arms[arms.card(place)],
                "draw",
                seeds.at(place),
                words={part: deck.card(place) for part, deck in parts.items()},
                features=features.at(place),
                opening=offer.openings[openings.card(place)] if openings else "",
            )

    def summary(self) -> dict[str, object]:
        """How often each choice comes in these draws, for people; words are counted, not named."""
        offer, features = self.offer, _Features(self.offer, self.rng_seed)
        chosen = Counter(map(features.at, self.places))
        told: dict[str, object] = {"calls": len(self), "words": {p: offer.parts[p] for p in in_order(offer.parts)}}
        if offer.features:
            sizes, named = Counter[int](), Counter(dict.fromkeys(offer.features, 0))
            for some, times in chosen.items():
                sizes[len(some)] += times
                named.update(dict.fromkeys(some, times))
            told |= {"features": dict(named), "features_a_draw": {str(n): sizes[n] for n in sorted(sizes)}}
        if offer.openings:
            told["openings"] = self._dealt("openings", offer.openings)
        return told | {"arms": self._dealt("arms", [arm.name for arm in offer.arms])}

    def _dealt(self, name: str, choices: Sequence[str]) -> dict[str, int]:
        deck = _Deck(len(choices), self.rng_seed, name)
        cards = Counter(map(deck.card, self.places))
        return {choice: cards[at] for at, choice in enumerate(choices)}


def in_order(parts: Mapping[str, int]) -> list[str]:
    """The parts of speech that have words, in the order in which a prompt names them."""
    known = [part for part in SPOKEN if parts.get(part)]
    return known + sorted(part for part, words in parts.items() if words and part not in SPOKEN)
