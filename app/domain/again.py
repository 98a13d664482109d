"""A round of draws with the texts that are asked for once more before them: repairs and refinements.

They come on top of the draws, whose number and order no answer changes: up to `planning.repair_share` and
`planning.refine_share` of a round's draws. Knows nothing of words.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from app.domain.config import Planning
from app.domain.planning import Planned, Repairable, once_more
from app.domain.refinements import Refinable


class Together(Sequence[Planned]):
    """Some calls that are there, and then draws, of which none is kept."""

    def __init__(self, first: Sequence[Planned], then: Sequence[Planned]) -> None:
        self.first, self.then = first, then

    def __len__(self) -> int:
        return len(self.first) + len(self.then)

    @overload
    def __getitem__(self, at: int) -> Planned: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Planned]: ...
    def __getitem__(self, at: int | slice) -> Planned | Sequence[Planned]:
        if isinstance(at, slice):
            return [self[place] for place in range(len(self))[at]]
        place = range(len(self))[at]
        return self.first[place] if place < len(self.first) else self.then[place - len(self.first)]

    def __iter__(self) -> Iterator[Planned]:
        yield from self.first
        yield from self.then


def with_again(
    draws: Sequence[Planned],
    repairable: Sequence[Repairable],
    refinable: Sequence[Refinable],
    planning: Planning,
    *,
    size: int,
    seed: Sequence[int],
) -> Sequence[Planned]:
    """The calls of a round whose draws are `draws` and that may make `size` of them; `seed` is the round's own."""
    repairs = repairable[: int(size * planning.repair_share + 1e-9)]
    refined = refinable[: int(size * planning.refine_share + 1e-9)]
    texts: list[Repairable | Refinable] = [*repairs, *refined]
    if not texts:
        return draws
    numbers = np.random.default_rng(list(seed)).integers(0, 2**31 - 1, len(texts)).tolist()
    return Together([once_more(text, number, None) for text, number in zip(texts, numbers, strict=True)], draws)


def counts(calls: Sequence[Planned]) -> dict[str, int]:
    """How many calls there are, and how many of them repair and refine."""
    whys = Counter(call.why for call in calls.first) if isinstance(calls, Together) else Counter[str]()
    return {"calls": len(calls), "repair": whys["repair"], "refine": whys["refine"]}
