"""What the pool accepts of a round: one deterministic pass, in plan order, over the survivors of the gates.

Exact and near-duplicates against the pool, novelty by redundancy x^T S x / n (the marginal effect on unbiased
Vendi-2), a cap on shared openings, a quota a cluster; the rest goes to a reserve. Source: `docs/loop.md`, "Settle".
Knows nothing of who wrote the texts or when they came.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Verdict

Vector = NDArray[np.float64]
FOLD = 64
"""Texts folded into the Gram matrix at once: a product of 64 rows costs little more than that of one."""


@dataclass(frozen=True)
class Survivor:
    """A candidate that passed the document gates, or a text of the reserve."""

    id: int
    sha256: bytes
    opening: str
    cluster: int
    family: int
    """The seed it comes from."""
    edu_score: float
    vector: Vector
    """(d,) unit length."""
    near: int | None
    """The id of an earlier text it is a near-duplicate of, in the pool or among the survivors."""


@dataclass(frozen=True)
class Outcome:
    """What became of a survivor."""

    id: int
    verdict: Verdict
    gate: str | None
    reason: str | None
    redundancy: float


@dataclass
class Pool:
    """The approved texts, as far as the next one is judged by them. Grows while a round settles."""

    gram: NDArray[np.float64]
    """(d, d) sum of x x^T over all texts but the latest."""
    latest: NDArray[np.float64]
    """(FOLD, d): the texts not yet in `gram`, the rest zero."""
    size: int = 0
    digests: set[bytes] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    openings: Counter[str] = field(default_factory=Counter)
    clusters: Counter[int] = field(default_factory=Counter)
    families: dict[int, list[Vector]] = field(default_factory=dict)

    def add(self, text: Survivor) -> None:
        """Take in one approved text."""
        self.latest[self.size % FOLD] = text.vector
        self.size += 1
        if self.size % FOLD == 0:
            self.gram += self.latest.T @ self.latest
            self.latest[:] = 0.0
        self.digests.add(text.sha256)
        self.ids.add(text.id)
        self.openings[text.opening] += 1
        self.clusters[text.cluster] += 1
        self.families.setdefault(text.family, []).append(text.vector)

    def similarity(self, vector: Vector) -> float:
        """x^T S x, the sum of squared similarities of `vector` to all texts."""
        near = self.latest @ vector
        return float(vector @ self.gram @ vector + near @ near)


def empty_pool(dims: int) -> Pool:
    """A pool of no texts."""
    return Pool(gram=np.zeros((dims, dims)), latest=np.zeros((FOLD, dims)))


def redundancy(pool: Pool, vector: Vector, family: int) -> float:
    """Mean squared similarity of `vector` to the pool's texts of other families, in [0, 1]; 0.0 when there are none.

    Variants of one seed are alike by design, and a pool of few seeds would take none of them otherwise.
    Example: a pool of the one unit vector (1, 0) makes (1, 0) of another family wholly redundant: 1.0.
    """
    own = pool.families.get(family, [])
    others = pool.size - len(own)
    if not others:
        return 0.0
    return max(0.0, pool.similarity(vector) - sum(float(vector @ other) ** 2 for other in own)) / others


def settle(
    survivors: Sequence[Survivor],
    pool: Pool,
    *,
    redundancy_cap: float,
    redundancy_weight: float,
    opening_cap: float,
    quotas: Mapping[int, int],
    floor: int = 20,
) -> list[Outcome]:
    """One outcome a survivor, in the order given; `pool` holds the accepted ones afterwards.

    Duplicates fall first, then the survivors compete by rank = edu_score - weight x redundancy, ties in plan order.
    `floor` texts are let in before caps that are shares of the pool start to bind.
    """
    outcomes: dict[int, Outcome] = {}
    fresh = _drop_duplicates(survivors, pool, outcomes)
    ranked = sorted(
        fresh, key=lambda s: (-(s.edu_score - redundancy_weight * redundancy(pool, s.vector, s.family)), s.id)
    )
    for survivor in ranked:
        outcomes[survivor.id] = _admit(
            survivor, pool, redundancy_cap=redundancy_cap, opening_cap=opening_cap, quotas=quotas, floor=floor
        )
    return [outcomes[survivor.id] for survivor in survivors]


def _drop_duplicates(survivors: Sequence[Survivor], pool: Pool, outcomes: dict[int, Outcome]) -> list[Survivor]:
    seen, fresh = set(pool.digests), []
    for survivor in survivors:
        reason = None
        if survivor.sha256 in seen:
            reason = "exact_duplicate"
        elif survivor.near is not None:
            reason = "near_duplicate"
        if reason:
            outcomes[survivor.id] = Outcome(survivor.id, Verdict.dropped, "duplicates", reason, 1.0)
        else:
            seen.add(survivor.sha256)
            fresh.append(survivor)
    return fresh


def _admit(
    survivor: Survivor, pool: Pool, *, redundancy_cap: float, opening_cap: float, quotas: Mapping[int, int], floor: int
) -> Outcome:
    share = redundancy(pool, survivor.vector, survivor.family)
    rules: tuple[tuple[Callable[[], bool], Verdict, str, str], ...] = (
        (lambda: pool.size >= floor and share > redundancy_cap, Verdict.dropped, "novelty", "redundant"),
        (
            lambda: pool.openings[survivor.opening] >= max(1, int(opening_cap * max(pool.size, 100))),
            Verdict.dropped,
            "openings",
            "common_opening",
        ),
        (
            lambda: pool.clusters[survivor.cluster] >= quotas.get(survivor.cluster, 0),
            Verdict.reserve,
            "quota",
            "cluster_full",
        ),
    )
    for refuses, verdict, gate, reason in rules:
        if refuses():
            return Outcome(survivor.id, verdict, gate, reason, share)
    pool.add(survivor)
    return Outcome(survivor.id, Verdict.kept, None, None, share)


def quotas(seed_counts: Mapping[int, int], *, total: int, exponent: float, floor: int = 1) -> dict[int, int]:
    """How many approved texts each cluster should reach: proportional to n^exponent, at least `floor`, sum >= total.

    Example: clusters of 16 and 1 seeds at exponent 0.5 and a total of 10 get 8 and 2.
    """
    weights = {cluster: count**exponent for cluster, count in sorted(seed_counts.items()) if count > 0}
    whole = sum(weights.values())
    if not whole:
        return {}
    return {cluster: max(floor, int(np.ceil(total * weight / whole - 1e-9))) for cluster, weight in weights.items()}
