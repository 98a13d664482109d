"""Groups of a set's duplicates as people read them: who is together, and how alike the least alike are.

Exact duplicates, near-duplicates by `dedup`, and on request texts that mean the same, told by the cosine of their
embeddings (Abbas et al. 2023, SemDeDup, without its clusters: all pairs are compared, block by block). Knows nothing
of files.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Similarity = Callable[[int, int], float]

MOST_COMPARED = 200
"""Members of a group whose pairs are all compared for its least similarity; of larger groups so many, evenly spread."""
BLOCK = 2_048
"""Rows of one block of the matrix of all cosines: 16 MB a block."""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that are one another's duplicates, directly or through others of the group."""

    members: tuple[int, ...]
    """Two or more document numbers, ascending."""
    least: float
    """The least similarity of any two members."""


def groups_of(first: NDArray[np.int32], similarity: Similarity) -> Iterator[Group]:
    """The groups of two or more in order of their first member; `first` names each document's stand-in."""
    members: defaultdict[int, list[int]] = defaultdict(list)
    sizes = np.bincount(first, minlength=len(first))
    for doc in np.flatnonzero(sizes[first] > 1).tolist():
        members[int(first[doc])].append(doc)
    for docs in members.values():
        yield Group(tuple(docs), least_similarity(docs, similarity))


def least_similarity(docs: Sequence[int], similarity: Similarity) -> float:
    """The least similarity of any two of the documents; of more than 200, of 200 of them evenly spread.

    Example: documents whose similarities are 0.9, 0.85 and 0.8 give 0.8.
    """
    step = max(1.0, len(docs) / MOST_COMPARED)
    spread = [docs[int(place * step)] for place in range(min(len(docs), MOST_COMPARED))]
    return min(similarity(a, b) for a, b in combinations(spread, 2))


def join(first: NDArray[np.int32], pairs: Iterator[tuple[int, int]]) -> NDArray[np.int32]:
    """The groups after these pairs of documents are put together too."""
    group = first.copy()

    def root(doc: int) -> int:
        while group[doc] != doc:
            group[doc] = group[group[doc]]
            doc = int(group[doc])
        return doc

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        group[high] = low
    return np.array([root(doc) for doc in range(len(group))], dtype=np.int32)


def similar_pairs(vectors: NDArray[np.float16], threshold: float) -> Iterator[tuple[int, int]]:
    """Pairs (a < b) of unit rows whose cosine is at least `threshold`; n^2 work, 32 MB of memory beside the rows.

    A row of zeros (a text without a known word) is like nothing.
    """
    for low in range(0, len(vectors), BLOCK):
        rows = vectors[low : low + BLOCK].astype(np.float32)
        for start in range(low, len(vectors), BLOCK):
            alike = rows @ vectors[start : start + BLOCK].astype(np.float32).T >= threshold
            for a, b in zip(*np.nonzero(alike), strict=True):
                if low + a < start + b:
                    yield int(low + a), int(start + b)
