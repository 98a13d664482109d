"""The functions of benchmark items, searchable by their shapes.

A function that is a short common one, `return a + b`, says nothing: what counts is its size and how many numbers,
texts, builtins and attributes it has, which a copyist cannot rename. Knows nothing of words.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.benchmarks import Item
from app.domain.syntax import Shape, shapes_of

LEAST_WEIGHT = 6
"""Labels plus three for each distinct mark, of a function that is looked for at all."""
LEAST_GRAMS = 25
"""Grams from which on a function that is not wholly alike may count."""
LEAST_LIKENESS = 0.8
"""Jaccard index of the grams of two such functions."""
LEAST_SHARE = 0.5
"""An item is found when more than this share of its code, by weight, is found."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Over half of an item's code stands in a text but for its names."""

    item: int
    likeness: float
    """(0, 1], 1 when the trees are the same."""
    name: str
    """The text's function that is most of it."""
    weight: int
    """Of the functions found."""


@dataclass(frozen=True, slots=True)
class SyntaxIndex:
    """The functions of all items, heavy enough or not; arrays have a row a function unless said otherwise."""

    owner: NDArray[np.int64]
    """The item of a function."""
    weight: NDArray[np.int64]
    grams: NDArray[np.int64]
    """How many distinct grams it has."""
    total: NDArray[np.int64]
    """(n_items,): weight of an item's functions together."""
    hashes: NDArray[np.uint64]
    """All grams, sorted."""
    function: NDArray[np.int64]
    """The function each of them is of."""


def build(items: Sequence[Item]) -> SyntaxIndex:
    """The index of the items' code."""
    shapes = [(place, shape) for place, item in enumerate(items) for source in item.code for shape in shapes_of(source)]
    owner = np.array([place for place, _ in shapes], dtype=np.int64)
    weight = np.array([shape.weight for _, shape in shapes], dtype=np.int64)
    grams = np.array([len(shape.grams) for _, shape in shapes], dtype=np.int64)
    hashes = np.concatenate([np.zeros(0, np.uint64), *(shape.grams for _, shape in shapes)])
    function = np.repeat(np.arange(len(shapes)), grams).astype(np.int64)
    order = np.argsort(hashes, kind="stable")
    total = np.bincount(owner, weights=weight, minlength=len(items)).astype(np.int64)
    return SyntaxIndex(owner, weight, grams, total, hashes[order], function[order])


def find(index: SyntaxIndex, shapes: Sequence[Shape]) -> list[Alike]:
    """The items of whose code over half is there, by weight, in index order."""
    best: dict[int, tuple[float, str]] = {}
    for shape in shapes if len(index.owner) else ():
        if shape.weight < LEAST_WEIGHT:
            continue
        for function, likeness in _alike(index, shape):
            if likeness > best.get(function, (0.0, ""))[0]:
                best[function] = likeness, shape.name
    by_item: defaultdict[int, list[tuple[int, float, str]]] = defaultdict(list)
    for function, (likeness, name) in best.items():
        by_item[int(index.owner[function])].append((int(index.weight[function]), likeness, name))
    found = []
    for item, functions in sorted(by_item.items()):
        weight = sum(part[0] for part in functions)
        if weight > LEAST_SHARE * int(index.total[item]):
            likeness = sum(w * like for w, like, _ in functions) / weight
            found.append(Alike(item, likeness, max(functions)[2], weight))
    return found


def _alike(index: SyntaxIndex, shape: Shape) -> list[tuple[int, float]]:
    """(function, Jaccard index of the grams) of the functions that are like this one."""
    low = np.searchsorted(index.hashes, shape.grams, side="left")
    high = np.searchsorted(index.hashes, shape.grams, side="right")
    times = high - low
    row = np.repeat(low - np.cumsum(times) + times, times) + np.arange(times.sum())
    shared = np.bincount(index.function[row], minlength=len(index.owner))
    jaccard = shared / (len(shape.grams) + index.grams - shared)
    large = (index.grams >= LEAST_GRAMS) & (jaccard >= LEAST_LIKENESS)
    alike = np.flatnonzero(((jaccard >= 1) | large) & (index.weight >= LEAST_WEIGHT))
    return [(int(function), float(jaccard[function])) for function in alike]
