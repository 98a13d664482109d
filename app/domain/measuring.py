"""The vector of measures of a set, with limits, and what it is beside the seeds' own. Source: `docs/loop.md`.

One function for the seeds, for a round's export candidate and for `hornbook measure`. Limits are 90 % bootstrap limits
that resample seed families. Whatever depends on the size of a set is read at one size for both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.domain import dedup, diversity
from app.domain.hashed_words import hash_texts
from app.domain.tokens import TokenBatch

CROSS_SIZES = (10, 20, 30, 50, 75, 100, 150, 200)
"""Documents at which the cross-document share is read."""
MOST_PAIRS = 4_000
"""Texts among which all pairs are compared for limits; of larger sets a random sample. Values are of all texts."""
DRAWS = 200
"""Bootstrap draws."""
LIMITS = (5.0, 95.0)


@dataclass(frozen=True)
class Member:
    """One text of a set, with what is known of it."""

    text: str
    family: int
    """The seed it comes from: texts of one family are resampled together."""
    cluster: int
    ease: float
    grade: float
    list_coverage: float
    tokens: int
    kind: str
    code: Mapping[str, float] = field(default_factory=dict)
    """cyclomatic, nesting and function_lines of its code, where it has some."""
    fidelity: tuple[float, float] | None = None
    """Precision and recall against its seed."""


Values = dict[str, float | None]


@dataclass(frozen=True)
class Measured:
    """What a set measures."""

    values: Values
    limits: dict[str, tuple[float, float]]
    spectrum: list[tuple[int, int]]
    """(f, how many distinct 3-grams occur f times)."""
    cross: dict[int, float]
    """Cross-document 5-gram share by the number of documents it was read at."""


def measure_members(members: Sequence[Member], vectors: NDArray[np.float32], *, rng_seed: int) -> Measured:
    """All measures of a set; vectors (n, d) unit rows. None marks what such a set cannot have."""
    rng = np.random.default_rng([rng_seed, 99])
    batch = hash_texts([member.text for member in members])
    # One text a family, for words of a seed that come again in its variants say nothing of the others.
    alone = [member.text for member in _one_a_family(members, rng)]
    single = hash_texts(alone)
    frequencies = diversity.count_of_counts(diversity.ngrams(single, 3)[0])
    kinds, times = np.unique(frequencies, return_counts=True)
    at = min(diversity.RAREFIED_TOKENS, int(frequencies.sum()))
    cross = _cross(single, len(alone), rng)
    values: Values = {
        "n": float(len(members)),
        "tokens": float(sum(member.tokens for member in members)),
        "distinct3": diversity.rarefied_distinct(frequencies, at),
        "cross_5gram_share": cross[max(cross)] if cross else None,
        "opening_share": diversity.opening_share(diversity.opening_hashes(batch)),
        "near_duplicate_rate": near_duplicate_rate(batch),
        "lzma_ratio": diversity.lzma_ratio(alone, rng),
    }
    values |= _simplicity(members) | _code(members) | _fidelity(members)
    paired, limits = _pairs(members, vectors, rng)
    limits |= _ease_limits(members, rng)
    return Measured(values | paired, limits, list(zip(kinds.tolist(), times.tolist(), strict=True)), cross)


def _one_a_family(members: Sequence[Member], rng: np.random.Generator) -> list[Member]:
    """A random text of every family, in the order of the set."""
    order = rng.permutation(len(members))
    chosen = {members[place].family: place for place in order.tolist()}
    return [members[place] for place in sorted(chosen.values())]


def near_duplicate_rate(batch: TokenBatch, threshold: float = 0.8) -> float | None:
    """Share of documents that are near-duplicates of an earlier one, confirmed exactly; None without documents."""
    if not batch.n_docs:
        return None
    shingles = dedup.shingles(batch)
    group = dedup.near_duplicates(dedup.signatures_of(shingles), shingles.jaccard, threshold=threshold)
    return float((group != np.arange(batch.n_docs)).mean())


def _cross(batch: TokenBatch, n_docs: int, rng: np.random.Generator) -> dict[int, float]:
    hashes, docs = diversity.ngrams(batch, 5)
    sizes = [size for size in CROSS_SIZES if size <= n_docs] or ([n_docs] if n_docs > 1 else [])
    found = {size: diversity.cross_share(hashes, docs, n_docs, size, rng) for size in sizes}
    return {size: share for size, share in found.items() if share is not None}


def _pairs(
    members: Sequence[Member], vectors: NDArray[np.float32], rng: np.random.Generator
) -> tuple[Values, dict[str, tuple[float, float]]]:
    clusters = np.array([member.cluster for member in members], dtype=np.int64)
    families = np.array([member.family for member in members], dtype=np.int64)
    if len(families) < 2:
        return {"vendi2": None, "cluster_simpson": None}, {}
    values = {
        "vendi2": diversity.exact_vendi2(vectors, families),
        "cluster_simpson": diversity.exact_simpson(clusters, families),
    }
    chosen = np.arange(len(families))
    if len(chosen) > MOST_PAIRS:
        chosen = np.sort(rng.choice(len(families), MOST_PAIRS, replace=False))
    pairs = diversity.family_pairs(vectors[chosen], clusters[chosen], families[chosen])
    draws = np.vstack([np.ones(len(pairs.sizes)), diversity.poisson_draws(len(pairs.sizes), DRAWS, rng)])
    drawn = {"vendi2": pairs.vendi2(draws), "cluster_simpson": pairs.simpson(draws)}
    limits = {name: _moved(_limits(found[1:]), found[0], values[name]) for name, found in drawn.items()}
    return values, {name: limit for name, limit in limits.items() if limit is not None}


def _moved(limit: tuple[float, float] | None, sampled: float | None, value: float | None) -> tuple[float, float] | None:
    """Limits found on a sample, moved to the whole set's value; a sample's limits are wider than the set's own."""
    if limit is None or not sampled or value is None:
        return limit
    return limit[0] * value / sampled, limit[1] * value / sampled


def _limits(found: Sequence[float | None]) -> tuple[float, float] | None:
    known = [value for value in found if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, LIMITS)
    return float(low), float(high)


def _simplicity(members: Sequence[Member]) -> Values:
    if not members:
        return {"ease_mean": None, "grade_p90": None, "list_coverage": None}
    words = np.array([max(1, member.tokens) for member in members], dtype=np.float64)
    return {
        "ease_mean": float(np.mean([member.ease for member in members])),
        "grade_p90": float(np.percentile([member.grade for member in members], 90)),
        "list_coverage": float(np.average([member.list_coverage for member in members], weights=words)),
    }


def _ease_limits(members: Sequence[Member], rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    if not members:
        return {}
    _, inverse = np.unique([member.family for member in members], return_inverse=True)
    ease = np.array([member.ease for member in members])
    draws = diversity.poisson_draws(int(inverse.max()) + 1, DRAWS, rng)[:, inverse]
    limit = _limits([float(w @ ease / w.sum()) if w.sum() else None for w in draws])
    return {"ease_mean": limit} if limit else {}


def _code(members: Sequence[Member]) -> Values:
    found = [member.code for member in members if member.code]
    names = ("cyclomatic", "nesting", "function_lines")
    return {
        f"{name}_p90": float(np.percentile([code.get(name, 0.0) for code in found], 90)) if found else None
        for name in names
    }


def _fidelity(members: Sequence[Member]) -> Values:
    found = [member.fidelity for member in members if member.fidelity is not None]
    if not found:
        return {"fidelity_precision": None, "fidelity_recall": None}
    precision, recall = np.mean(np.array(found), axis=0)
    return {"fidelity_precision": float(precision), "fidelity_recall": float(recall)}


@dataclass(frozen=True)
class Reference:
    """What the seeds measure, frozen in round 0."""

    vendi2: float | None
    spectrum: list[tuple[int, int]]
    cross: dict[int, float]


def reference_of(measured: Measured) -> Reference:
    """The part of the seeds' measures that later rounds are compared with."""
    return Reference(measured.values["vendi2"], measured.spectrum, measured.cross)


def compare(
    measured: Measured, reference: Reference, *, quotas: Mapping[int, int], approved: Mapping[int, int], tokens: int
) -> Values:
    """The measures that targets are stated in: ratios to the seeds, and how well the clusters are covered.

    `approved` and `tokens` are of the whole pool, for quotas are; everything else is of the measured set.
    """
    values = dict(measured.values)
    low = measured.limits.get("vendi2", (None, None))[0]
    values["vendi2_ratio"] = _ratio(low, reference.vendi2)
    values["cluster_simpson_ratio"] = _ratio(values["cluster_simpson"], _mixture_simpson(quotas))
    values["covered_clusters"] = _covered(quotas, approved)
    values["distinct3_ratio"] = _distinct_ratio(measured.spectrum, reference.spectrum)
    common = sorted(set(measured.cross) & set(reference.cross))
    values["cross_5gram_ratio"] = (
        _share_ratio(measured.cross[common[-1]], reference.cross[common[-1]]) if common else None
    )
    values["ease_mean_low"] = measured.limits.get("ease_mean", (None, None))[0]
    values["approved_tokens"] = float(tokens)
    return values


def _ratio(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None


LEAST_SHARE = 0.005
"""A reference below this share of shared 5-grams is taken as this: human text on many topics hardly shares any."""


def _share_ratio(value: float, base: float) -> float:
    return value / max(base, LEAST_SHARE)


def _mixture_simpson(quotas: Mapping[int, int]) -> float | None:
    whole = sum(quotas.values())
    return whole * whole / sum(quota * quota for quota in quotas.values()) if whole else None


def _covered(quotas: Mapping[int, int], approved: Mapping[int, int]) -> float | None:
    if not quotas:
        return None
    return sum(2 * approved.get(cluster, 0) >= quota for cluster, quota in quotas.items()) / len(quotas)


def _distinct_ratio(spectrum: list[tuple[int, int]], reference: list[tuple[int, int]]) -> float | None:
    ours, theirs = _spread(spectrum), _spread(reference)
    at = min(diversity.RAREFIED_TOKENS, int(ours.sum()), int(theirs.sum()))
    return _ratio(diversity.rarefied_distinct(ours, at), diversity.rarefied_distinct(theirs, at))


def _spread(spectrum: list[tuple[int, int]]) -> NDArray[np.int64]:
    if not spectrum:
        return np.zeros(0, np.int64)
    kinds, times = np.array(spectrum, dtype=np.int64).T
    return np.repeat(kinds, times)
