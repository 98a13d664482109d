"""The vector of measures of a set, with limits, and what it is beside the seeds' own. Source: `docs/loop.md`.

The seeds, a round's export candidate and a file given to `hornbook measure` are read from the same sums. Limits are
90 % bootstrap limits that resample seed families. What depends on the size of a set is read at one size for both sides.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.domain import dedup, diversity, limits
from app.domain.diversity import GroupedGrams
from app.domain.diversity_sums import DiversitySums, Documents
from app.domain.family_pairs import ClusterCounts, cluster_excess
from app.domain.hashed_words import hash_texts
from app.domain.limits import Draws, grams_of, limits_of
from app.domain.set_sample import SampledText

CROSS_SIZES = (10, 20, 30, 50, 75, 100, 150, 200)
"""Documents at which the cross-document share is read."""


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
    clusters: ClusterCounts
    """How it spreads over the clusters of its ruler."""


def measure_members(
    members: Sequence[Member], vectors: NDArray[np.float32], *, rng_seed: int, wording_limits: bool = False
) -> Measured:
    """All measures of a set in memory; vectors (n, d) unit rows. None marks what such a set cannot have.

    Limits of wording and copies cost a second and no target reads them: they are found on request.
    """
    batch = hash_texts([member.text for member in members])
    shingles = dedup.shingles(batch)
    sums = DiversitySums(
        dims=vectors.shape[1],
        clusters=1 + max((member.cluster for member in members), default=0),
        rng_seed=rng_seed,
    )
    # Families by their order, so that the draws do not depend on where a database began to count.
    _, families = np.unique(np.array([m.family for m in members], dtype=np.int64), return_inverse=True)
    figures = np.array([(m.ease, m.grade, m.list_coverage, m.tokens) for m in members], np.float64).reshape(-1, 4).T
    sums.add(
        Documents(
            ids=np.arange(len(members)),
            families=families.astype(np.int64),
            texts=[member.text for member in members],
            batch=batch,
            signatures=dedup.signatures_of(shingles),
            vectors=vectors,
            clusters=np.array([member.cluster for member in members], dtype=np.int64),
            ease=figures[0],
            grade=figures[1],
            list_coverage=figures[2],
            tokens=figures[3],
        )
    )
    found = measured(sums, shingles.jaccard, wording_limits=wording_limits)
    return replace(found, values=found.values | _code(members) | _fidelity(members))


def measured(
    sums: DiversitySums,
    jaccard: Callable[[int, int], float],
    *,
    wording_limits: bool = True,
    lzma_bytes: int = diversity.SAMPLE_BYTES,
) -> Measured:
    """What a set measures, from its sums; `jaccard(id, id)` confirms near-duplicates exactly.

    The LZMA ratio is read on `lzma_bytes`, which two sets that are compared should both have.
    """
    texts = sums.sample.texts()
    alone = [text for text in texts if text.alone]
    # Packing takes as long as all else here together; it lets go of the interpreter, so it runs beside.
    with ThreadPoolExecutor(1) as beside:
        packed = diversity.lzma_sample((text.text for text in alone), lzma_bytes)
        ratio = beside.submit(diversity.lzma_ratio, packed)
        sizes = beside.submit(limits.lzma_sizes, packed if wording_limits else [])
        grouped = _grouped(alone)
        cross = _cross(grouped)
        repeats = sums.repeats(jaccard)
        rng = np.random.default_rng([sums.rng_seed, 99])
        draws = Draws(texts, sums.families, rng)
        drawn = draws.pairs() | draws.reading()
        if wording_limits:
            commonest = sums.openings.commonest()
            drawn |= draws.shares(set(repeats.tolist()), commonest[0] if commonest else None)
            drawn |= draws.distinct3(min(diversity.RAREFIED_TOKENS, sums.trigrams.total))
            drawn |= draws.cross(grouped[max(cross)]) if cross else {}
        drawn |= limits.lzma_draws(sizes.result(), rng)
        values = _values(sums, len(repeats), cross, ratio.result())
    return Measured(values, limits_of(drawn, values), sums.trigrams.spectrum(), cross, sums.cluster_counts())


def _values(sums: DiversitySums, repeats: int, cross: Mapping[int, float], lzma_ratio: float | None) -> Values:
    return {
        "n": float(sums.n),
        "tokens": sums.tokens,
        "vendi2": sums.vendi2(),
        "cluster_simpson": sums.cluster_simpson(),
        "distinct3": sums.distinct3(),
        "cross_5gram_share": cross[max(cross)] if cross else None,
        "opening_share": sums.opening_share(),
        "near_duplicate_rate": repeats / sums.n if sums.n else None,
        "lzma_ratio": lzma_ratio,
        "ease_mean": sums.ease / sums.n if sums.n else None,
        "grade_p90": sums.grade_p90(),
        "list_coverage": sums.listed / sums.weight if sums.n else None,
    }


def _grouped(alone: Sequence[SampledText]) -> dict[int, GroupedGrams]:
    """5-grams by the size at which their share is read; the sample is in random order."""
    count = len(alone)
    sizes = [size for size in CROSS_SIZES if size <= count] or ([count] if count > 1 else [])
    if not sizes:
        return {}
    read = alone[: max(sizes) * diversity.MOST_GROUPS]
    hashes, docs = diversity.once_each(*grams_of([text.words for text in read], 5))
    return {size: diversity.grouped_grams(hashes, docs, count, size) for size in sizes}


def _cross(grouped: Mapping[int, GroupedGrams]) -> dict[int, float]:
    """Shares by size."""
    found = {size: grams.share() for size, grams in grouped.items()}
    return {size: share for size, share in found.items() if share is not None}


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


def compare_sets(measured: Measured, base: Measured) -> Values:
    """`compare` of two sets without quotas: clusters are held to the other set's, by evenness and by excess."""
    values = compare(measured, reference_of(base), quotas={}, approved={}, tokens=0)
    values["cluster_simpson_ratio"] = _ratio(measured.values["cluster_simpson"], base.values["cluster_simpson"])
    found = cluster_excess(measured.clusters, base.clusters)
    values["cluster_excess"], values["cluster_excess_low"] = (None, None) if found is None else found[1:]
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
    if not spectrum or not reference:
        return None
    (ours, times), (theirs, their_times) = np.array(spectrum, np.int64).T, np.array(reference, np.int64).T
    at = min(diversity.RAREFIED_TOKENS, int(ours @ times), int(theirs @ their_times))
    return _ratio(diversity.rarefied_spectrum(ours, times, at), diversity.rarefied_spectrum(theirs, their_times, at))
