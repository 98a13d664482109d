"""What the pool accepts of a round: one deterministic pass, in plan order, over the survivors of the gates.

Exact and near-duplicates against the pool, novelty by redundancy x^T S x / n (the marginal effect on unbiased
Vendi-2), a cap on shared openings, a quota a cluster; the rest goes to a reserve. Source: `docs/loop.md`, "Settle".
Knows nothing of who wrote the texts or when they came.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Verdict

Vector = NDArray[np.float64]
FOLD = 64
"""Texts judged and folded into the Gram matrix together: a product of 64 rows costs little more than that of one."""


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
    near: frozenset[int] = frozenset()
    """The ids of the texts it is a near-duplicate of, in the pool or among the survivors."""
    stock_opening: bool = False
    """Whether it begins with a phrase that models fall back on."""


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
    """(FOLD, d): the first `unfolded` rows are the texts not yet in `gram`."""
    unfolded: int = 0
    size: int = 0
    digests: set[bytes] = field(default_factory=set)
    ids: set[int] = field(default_factory=set)
    openings: Counter[str] = field(default_factory=Counter)
    stock_openings: int = 0
    clusters: Counter[int] = field(default_factory=Counter)
    families: dict[int, list[Vector]] = field(default_factory=dict)

    def add(self, text: Survivor) -> None:
        """Take in one approved text."""
        if self.unfolded == FOLD:
            self.fold()
        self.latest[self.unfolded] = text.vector
        self.unfolded += 1
        self.size += 1
        self.digests.add(text.sha256)
        self.ids.add(text.id)
        self.openings[text.opening] += 1
        self.stock_openings += text.stock_opening
        self.clusters[text.cluster] += 1
        self.families.setdefault(text.family, []).append(text.vector)

    def remove(self, text: Survivor) -> None:
        """Take out a text that was added, for a better version of it."""
        self.fold()
        self.gram -= np.outer(text.vector, text.vector)
        self.size -= 1
        self.digests.discard(text.sha256)
        self.ids.discard(text.id)
        self.openings[text.opening] -= 1
        self.stock_openings -= text.stock_opening
        self.clusters[text.cluster] -= 1
        self.families[text.family] = [own for own in self.families[text.family] if own is not text.vector]

    def fold(self) -> None:
        """Bring `gram` up to date."""
        new = self.latest[: self.unfolded]
        self.gram += new.T @ new
        self.unfolded = 0

    def folded(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) x^T S x of each row: the sum of its squared similarities to the texts in `gram`."""
        found: NDArray[np.float64] = ((vectors @ self.gram) * vectors).sum(axis=1)
        return found


def empty_pool(dims: int) -> Pool:
    """A pool of no texts."""
    return Pool(gram=np.zeros((dims, dims)), latest=np.zeros((FOLD, dims)))


def redundancy(pool: Pool, vector: Vector, family: int) -> float:
    """Mean squared similarity of `vector` to the pool's texts of other families, in [0, 1]; 0.0 when there are none.

    Variants of one seed are alike by design, and a pool of few seeds would take none of them otherwise.
    Example: a pool of the one unit vector (1, 0) makes (1, 0) of another family wholly redundant: 1.0.
    """
    return _share(pool, float(pool.folded(vector[None])[0]), vector, family)


def _share(pool: Pool, folded: float, vector: Vector, family: int) -> float:
    own = pool.families.get(family, [])
    others = pool.size - len(own)
    if not others:
        return 0.0
    latest = pool.latest[: pool.unfolded] @ vector
    total = folded + float(latest @ latest) - sum([float(vector @ other) ** 2 for other in own])
    return max(0.0, total) / others


def settle(
    survivors: Sequence[Survivor],
    pool: Pool,
    *,
    redundancy_cap: float,
    redundancy_weight: float,
    opening_cap: float,
    quotas: Mapping[int, int],
    stock_cap: float = 1.0,
    floor: int = 20,
) -> list[Outcome]:
    """One outcome a survivor, in the order given; `pool` holds the accepted ones afterwards.

    Copies fall first, then the survivors compete by rank = edu_score - weight x redundancy, ties in plan order; of two
    near-duplicates the first that is taken stays. `floor` texts are let in before caps that are shares of the pool
    start to bind.
    """
    outcomes: dict[int, Outcome] = {}
    ranked = _ranked(_drop_copies(survivors, pool, outcomes), pool, redundancy_weight)
    for low in range(0, len(ranked), FOLD):
        block = ranked[low : low + FOLD]
        pool.fold()
        for survivor, folded in zip(block, pool.folded(_stacked(block)).tolist(), strict=True):
            share = _share(pool, folded, survivor.vector, survivor.family)
            outcomes[survivor.id] = _admit(
                survivor,
                share,
                pool,
                cap=redundancy_cap,
                opening_caps=(opening_cap, stock_cap),
                quotas=quotas,
                floor=floor,
            )
    return [outcomes[survivor.id] for survivor in survivors]


def _stacked(survivors: Sequence[Survivor]) -> NDArray[np.float64]:
    return np.stack([survivor.vector for survivor in survivors])


def _ranked(survivors: list[Survivor], pool: Pool, weight: float) -> list[Survivor]:
    if not survivors:
        return []
    pool.fold()
    folded = pool.folded(_stacked(survivors)).tolist()
    ranks = {
        survivor.id: survivor.edu_score - weight * _share(pool, total, survivor.vector, survivor.family)
        for survivor, total in zip(survivors, folded, strict=True)
    }
    return sorted(survivors, key=lambda survivor: (-ranks[survivor.id], survivor.id))


def _drop_copies(survivors: Sequence[Survivor], pool: Pool, outcomes: dict[int, Outcome]) -> list[Survivor]:
    seen, fresh = set(pool.digests), []
    for survivor in survivors:
        if survivor.sha256 in seen:
            outcomes[survivor.id] = Outcome(survivor.id, Verdict.dropped, "duplicates", "exact_duplicate", 1.0)
        else:
            seen.add(survivor.sha256)
            fresh.append(survivor)
    return fresh


def _admit(
    survivor: Survivor,
    share: float,
    pool: Pool,
    *,
    cap: float,
    opening_caps: tuple[float, float],
    quotas: Mapping[int, int],
    floor: int,
) -> Outcome:
    """What becomes of a survivor of this redundancy, which the pool takes in if nothing speaks against it."""
    if not survivor.near.isdisjoint(pool.ids):
        return Outcome(survivor.id, Verdict.dropped, "duplicates", "near_duplicate", share)
    if pool.size >= floor and share > cap:
        return Outcome(survivor.id, Verdict.dropped, "novelty", "redundant", share)
    if pool.openings[survivor.opening] >= _room(opening_caps[0], pool):
        return Outcome(survivor.id, Verdict.dropped, "openings", "common_opening", share)
    if survivor.stock_opening and pool.stock_openings >= _room(opening_caps[1], pool):
        return Outcome(survivor.id, Verdict.dropped, "openings", "stock_opening", share)
    if pool.clusters[survivor.cluster] >= quotas.get(survivor.cluster, 0):
        return Outcome(survivor.id, Verdict.reserve, "quota", "cluster_full", share)
    pool.add(survivor)
    return Outcome(survivor.id, Verdict.kept, None, None, share)


def _room(cap: float, pool: Pool) -> int:
    """Texts that a cap on a share of the pool lets in; of a small pool as many as of a hundred."""
    return max(1, int(cap * max(pool.size, 100)))


def quotas(seed_counts: Mapping[int, int], *, total: int, exponent: float, floor: int = 1) -> dict[int, int]:
    """How many approved texts each cluster should reach: proportional to n^exponent, at least `floor`, sum >= total.

    Example: clusters of 16 and 1 seeds at exponent 0.5 and a total of 10 get 8 and 2.
    """
    weights = {cluster: count**exponent for cluster, count in sorted(seed_counts.items()) if count > 0}
    whole = sum(weights.values())
    if not whole:
        return {}
    return {cluster: max(floor, int(np.ceil(total * weight / whole - 1e-9))) for cluster, weight in weights.items()}
