"""90 % limits of every measure: a Poisson bootstrap that draws whole seed families, on a sample of the set.

In a draw every family counts Poisson(1) times, all its texts together (Chamandy et al. 2012). The sample is at most
2,000 families for pairs and 1,000 for wording; a larger set's limits are narrowed by the root of sample over set, as in
the m-out-of-n bootstrap (Bickel, Goetze and van Zwet 1997). A text drawn twice would count as a repeat of itself, so
limits of wording are the draws' spread around their own mean, laid around the value. How often limits hold the true
value is measured in `benchmarks/diversity.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain import diversity
from app.domain.diversity import GroupedGrams, Hashes, Ints
from app.domain.family_pairs import family_pairs, poisson_draws
from app.domain.set_sample import SampledText

Floats = NDArray[np.float64]
Limits = dict[str, tuple[float, float]]
DRAWS = 200
TAILS = (5.0, 95.0)
PAIR_FAMILIES = 2_000
"""Families among which all pairs are compared: 32 MB."""
WORDING_FAMILIES = 1_000
LZMA_PARTS = 16
"""Parts of the compressed sample that are drawn; compressing every draw would take a minute."""
SHARES = frozenset({"distinct3", "cross_5gram_share", "opening_share", "near_duplicate_rate", "list_coverage"})
"""Measures that cannot leave [0, 1]."""


@dataclass(frozen=True)
class Drawn:
    """What the draws of one measure gave, on the sample."""

    draws: Sequence[float | None]
    centre: float | None
    """Around which they are spread: the sample's own value, or None for their mean."""
    share: float = 1.0
    """Families of the sample over families of the set."""


def limits_of(drawn: Mapping[str, Drawn], values: Mapping[str, float | None]) -> Limits:
    """{measure: (low, high)} laid around the set's values; measures without a value or a draw have none."""
    found: Limits = {}
    for name, one in drawn.items():
        value = values.get(name)
        known = np.array([draw for draw in one.draws if draw is not None])
        if value is None or not len(known):
            continue
        centre = float(known.mean()) if one.centre is None else one.centre
        scale = np.sqrt(min(1.0, one.share)) * (value / centre if centre else 1.0)
        low, high = (value + scale * (float(edge) - centre) for edge in np.percentile(known, TAILS))
        top = 1.0 if name in SHARES else np.inf
        # Of a few steep draws both edges may lie on one side of the value.
        found[name] = (float(max(0.0, min(low, value))), float(min(top, max(high, value))))
    return found


class Draws:
    """The draws of a sample: how often each of its texts counts in each of them."""

    def __init__(self, texts: Sequence[SampledText], families: int, rng: np.random.Generator) -> None:
        self._texts = texts
        self._families = max(1, families)
        _, first, inverse = np.unique([text.rank for text in texts], return_index=True, return_inverse=True)
        self._family: Ints = inverse.astype(np.int64)
        self._weights = poisson_draws(len(first), DRAWS, rng)

    def _some(self, families: int) -> tuple[Ints, Floats, float]:
        """Rows of the first families of the sample, their weights (draws, rows), and the share of the set they are."""
        rows = np.flatnonzero(self._family < families)
        return rows, self._weights[:, self._family[rows]], min(families, self._weights.shape[1]) / self._families

    def pairs(self) -> dict[str, Drawn]:
        """Vendi-2 and cluster Simpson."""
        rows, _, share = self._some(PAIR_FAMILIES)
        if len(rows) < 2:
            return {}
        chosen = [self._texts[row] for row in rows.tolist()]
        # The rank of a family grows with its place, so that the order of pairs is that of the weights.
        pairs = family_pairs(
            np.stack([text.vector for text in chosen]),
            np.array([text.cluster for text in chosen]),
            self._family[rows],
        )
        count = len(pairs.sizes)
        weights = np.vstack([np.ones(count), self._weights[:, :count]])
        found = {"vendi2": pairs.vendi2(weights), "cluster_simpson": pairs.simpson(weights)}
        return {name: Drawn(draws[1:], draws[0], share) for name, draws in found.items()}

    def reading(self) -> dict[str, Drawn]:
        """Mean ease, coverage of the word list, and the grade of nine in ten."""
        rows, weights, share = self._some(len(self._texts))
        if not len(rows):
            return {}
        ease, grade, coverage, tokens = np.array(
            [(text.ease, text.grade, text.list_coverage, max(1.0, text.tokens)) for text in self._texts]
        ).T
        return {
            "ease_mean": Drawn(_means(weights, ease), None, share),
            "list_coverage": Drawn(_means(weights * tokens, coverage), None, share),
            "grade_p90": Drawn(_percentiles(weights, grade, 0.9), None, share),
        }

    def shares(self, repeats: Collection[int], opening: int | None) -> dict[str, Drawn]:
        """Near-duplicates, by the ids of the repeats, and the commonest opening, by its hash."""
        rows, weights, share = self._some(len(self._texts))
        if not len(rows):
            return {}
        repeated = np.array([text.id in repeats for text in self._texts], dtype=np.float64)
        opened = np.array([text.opening == opening for text in self._texts], dtype=np.float64)
        return {
            "near_duplicate_rate": Drawn(_means(weights, repeated), None, share),
            "opening_share": Drawn(_means(weights, opened), None, share),
        }

    def distinct3(self, at: int) -> dict[str, Drawn]:
        """Rarefied distinct-3 at `at` trigrams, or at half of what the sample has."""
        rows, weights, share = self._some(WORDING_FAMILIES)
        rows, weights = self._alone(rows, weights)
        hashes, doc = grams_of([self._texts[row].words for row in rows.tolist()], 3)
        at = min(at, len(hashes) // 2)
        if at < 1:
            return {}
        _, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        again = counts[inverse] > 1
        # Most trigrams come once: of those only how many each text has matters, which is ten times as fast.
        once = np.bincount(doc[~again], minlength=len(rows)).astype(np.float64)
        inverse, doc = inverse[again], doc[again]
        draws: list[float | None] = []
        for row in weights:
            repeated = np.bincount(np.bincount(inverse, weights=row[doc]).astype(np.int64))
            single = np.bincount(row.astype(np.int64), weights=once)
            times = np.zeros(max(len(repeated), len(single)), np.int64)
            times[: len(repeated)] += repeated
            times[: len(single)] += single.astype(np.int64)
            draws.append(diversity.rarefied_spectrum(np.arange(1, len(times)), times[1:], at))
        return {"distinct3": Drawn(draws, None, share)}

    def cross(self, grouped: GroupedGrams) -> dict[str, Drawn]:
        """Cross-document 5-gram share; the value itself is of these documents, so that limits are not narrowed."""
        rows, weights = self._alone(np.arange(len(self._texts)), self._weights[:, self._family])
        draws = [grouped.share(row[: len(grouped.found)]) for row in weights] if len(rows) > 1 else []
        return {"cross_5gram_share": Drawn(draws, None)}

    def _alone(self, rows: Ints, weights: Floats) -> tuple[Ints, Floats]:
        kept = np.array([self._texts[row].alone for row in rows.tolist()], dtype=np.bool_)
        return rows[kept], weights[:, kept]


def lzma_sizes(texts: Sequence[bytes]) -> Floats:
    """(parts, 2): raw and compressed bytes of parts of the sample, compressed one by one; none of fewer than two."""
    parts = [list(texts[start::LZMA_PARTS]) for start in range(min(LZMA_PARTS, len(texts)))]
    if len(parts) < 2:
        return np.zeros((0, 2))
    raw_sizes = [float(sum(map(len, part))) for part in parts]
    return np.array(
        [(size, size / (diversity.lzma_ratio(part) or 1.0)) for size, part in zip(raw_sizes, parts, strict=True)]
    )


def lzma_draws(sizes: Floats, rng: np.random.Generator) -> dict[str, Drawn]:
    """LZMA ratio, from `lzma_sizes`: parts are drawn like families."""
    if not len(sizes):
        return {}
    raw, packed = (poisson_draws(len(sizes), DRAWS, rng) @ sizes).T
    return {"lzma_ratio": Drawn([float(r / p) if p else None for r, p in zip(raw, packed, strict=True)], None)}


def grams_of(words: Sequence[Hashes], size: int) -> tuple[Hashes, Ints]:
    """`diversity.ngrams` of documents given by their word hashes."""
    counts = np.array([len(one) for one in words], dtype=np.int64)
    joined = np.concatenate(words) if len(words) else np.zeros(0, np.uint64)
    return diversity.ngrams_of(joined, np.repeat(np.arange(len(counts)), counts), size)


def _means(weights: Floats, values: Floats) -> list[float | None]:
    whole = weights.sum(axis=1)
    sums = weights @ values
    return [float(s / w) if w else None for s, w in zip(sums, whole, strict=True)]


def _percentiles(weights: Floats, values: Floats, share: float) -> list[float | None]:
    """The least value that `share` of the weight does not pass, a draw."""
    order = np.argsort(values)
    running = np.cumsum(weights[:, order], axis=1)
    whole = running[:, -1]
    places = (running < share * whole[:, None]).sum(axis=1)
    return [float(values[order[place]]) if w else None for place, w in zip(places, whole, strict=True)]
