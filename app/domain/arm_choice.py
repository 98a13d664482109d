"""Which way a call is asked in: Thompson sampling with a floor, and the levers of the measures that fall short.

Takes options as places in a list and seeds as the pairs they had; knows nothing of rounds, rows or recipes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.arm_beliefs import Beliefs, Floats, Option
from app.domain.levers import EVEN, LEAN, Lever

Places = NDArray[np.int64]
Pairs = frozenset[tuple[str, str]]
"""The (audience, format) pairs that a seed was asked with."""
SAMPLES = 512
"""Sets of effects drawn for a round at most; calls take them in turn."""


class Chooser:
    """Draws options for the calls of one round."""

    def __init__(
        self,
        options: Sequence[Option],
        beliefs: Beliefs,
        *,
        floor: float,
        levers: Mapping[str, Lever],
        calls: int,
        rng: np.random.Generator,
    ) -> None:
        self._options, self._beliefs, self._floor, self._rng = list(options), beliefs, floor, rng
        self._scores = beliefs.draw(max(1, min(SAMPLES, calls)), rng)
        self._turn = 0
        self._free: dict[tuple[Pairs, str | None], Places] = {}
        self._preferred: dict[tuple[Pairs, str | None, Lever], Places] = {}
        # One lever for several targets is pulled once.
        self._levers = [lever for lever in dict.fromkeys(levers.values()) if lever.even or lever.prefers]
        self._lean = max((EVEN if lever.even else LEAN for lever in self._levers), default=0.0)
        parts = [[option[part] for option in options] for part in range(3)]
        self._levels = [np.unique(np.array(names), return_inverse=True)[1] for names in parts]
        self._held = [np.bincount(level, weights=beliefs.accepted) for level in self._levels]
        """Texts the pool has of each format, audience and constraint, and those that this round will bring it."""
        self._shares = beliefs.shares

    def draw(self, used: Pairs, model: str | None) -> int:
        """The place of an option whose pair the seed has not had; of `model`, unless it is None."""
        free = self._left(used, model)
        if self._rng.random() < self._floor:
            return self._any(free)
        lever = self._pull()
        self._turn = (self._turn + 1) % len(self._scores)
        if lever is None:
            place = self._best(free)
        elif lever.even:
            place = int(free[np.argmax(self._scores[self._turn, free] / (1.0 + self._load(free)))])
        else:
            place = self._best(self._suited(used, model, lever))
        self._count(place)
        return place

    def explore(self, used: Pairs, model: str | None) -> int:
        """Any option that the seed has not had, all alike, or any that suits a lever."""
        lever = None if self._rng.random() < self._floor else self._pull()
        if lever is not None and lever.prefers:
            return self._any(self._suited(used, model, lever))
        return self._any(self._left(used, model))

    def _pull(self) -> Lever | None:
        if not self._levers or self._rng.random() >= self._lean:
            return None
        return self._levers[int(self._rng.random() * len(self._levers))]

    def _any(self, places: Places) -> int:
        return int(places[int(self._rng.random() * len(places))])

    def _best(self, places: Places) -> int:
        return int(places[np.argmax(self._scores[self._turn, places])])

    def _load(self, places: Places) -> Floats:
        """How much more the pool has of an option's parts than of others, 1.0 in the mean."""
        found = np.zeros(len(places))
        for level, held in zip(self._levels, self._held, strict=True):
            found += held[level[places]] / max(1.0, float(held.mean()))
        return found / len(self._levels)

    def _count(self, place: int) -> None:
        if self._levers:
            for level, held in zip(self._levels, self._held, strict=True):
                held[level[place]] += self._shares[place]

    def _left(self, used: Pairs, model: str | None) -> Places:
        # Few sets of tried pairs come up, however many seeds have them.
        key = (used, model)
        if key not in self._free:
            of_model = [i for i, option in enumerate(self._options) if model in (None, option[3])]
            free = [i for i in of_model if (self._options[i][1], self._options[i][0]) not in used]
            self._free[key] = np.array(free or of_model, dtype=np.int64)
        return self._free[key]

    def _suited(self, used: Pairs, model: str | None, lever: Lever) -> Places:
        """Of what is left those with the most parts that the lever prefers."""
        key = (used, model, lever)
        if key not in self._preferred:
            free = self._left(used, model)
            fitting = np.array([_fitting(self._options[place], lever) for place in free.tolist()])
            self._preferred[key] = free[fitting == fitting.max()]
        return self._preferred[key]


def _fitting(option: Option, lever: Lever) -> int:
    """How many parts the lever prefers, the audience counting most, for it decides how a text reads."""
    style, audience, constraint, _ = option
    return 4 * (audience in lever.audiences) + 2 * (constraint in lever.constraints) + (style in lever.formats)
