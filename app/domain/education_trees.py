"""A boosted ensemble of shallow regression trees as plain arrays, evaluated by numpy.

Every tree is written out as a complete tree of depth 3: node i has the children 2i + 1 and 2i + 2, nodes 7 to 14 are
leaves. A row goes right where its shape is above the threshold. Friedman 2001; fitted by scikit-learn elsewhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 3
SPLITS, NODES = 2**DEPTH - 1, 2 ** (DEPTH + 1) - 1
_LEAVES = NODES - SPLITS


@dataclass(frozen=True, slots=True)
class Trees:
    """The ensemble; the learning rate is inside the values."""

    feature: NDArray[np.int64]
    """(n_trees, 7): the shape a node asks for."""
    threshold: NDArray[np.float64]
    """(n_trees, 7): a row goes right above it; the largest number where a tree ends earlier."""
    value: NDArray[np.float64]
    """(n_trees, 15): mean of the training texts that reach a node, relative to the ensemble so far."""

    def predict(self, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_docs,): sum of the leaves that each row ends in. A row depends on itself alone."""
        # A row of its own for each document, so that the order of the sum does not depend on how many there are.
        ends = self.value[:, SPLITS:].ravel().take(self._leaves(shapes) + np.arange(len(self.value)) * _LEAVES)
        total: NDArray[np.float64] = ends.sum(axis=1)
        return total

    def _leaves(self, shapes: NDArray[np.float64]) -> NDArray[np.int64]:
        """(n_docs, n_trees): the leaf of every row in every tree, 0 to 7 from left to right.

        Shapes lie transposed and node by node, so that what a node asks of all documents is copied at once.
        """
        columns = np.ascontiguousarray(shapes.T, dtype=np.float32)
        below = _rounded_down(self.threshold)[..., None]
        right = [columns[self.feature[:, node]] > below[:, node] for node in range(SPLITS)]
        first = right[0]
        second = np.where(first, right[2], right[1])
        low, high = np.where(second, right[4], right[3]), np.where(second, right[6], right[5])
        leaves = np.where(first, high, low).view(np.uint8) + 2 * second.view(np.uint8) + 4 * first.view(np.uint8)
        return np.ascontiguousarray(leaves.T).astype(np.int64)

    def moves(self, shapes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_docs, n_shapes): how far each shape moved the sum from the mean of all texts (Saabas 2014).

        A step from a node to its child belongs to the shape that the node asks for; a row's moves add up to
        `predict` minus the sum of the roots.
        """
        found = np.zeros(shapes.shape)
        leaf = self._leaves(shapes) + SPLITS
        tree = np.arange(len(self.value))
        for row in range(len(shapes)):
            child = leaf[row]
            for _ in range(DEPTH):
                parent = (child - 1) // 2
                np.add.at(found[row], self.feature[tree, parent], self.value[tree, child] - self.value[tree, parent])
                child = parent
        return found


def _rounded_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The next number of 32 bits at or below each: a number of 32 bits lies above both or neither."""
    nearest = np.minimum(thresholds, np.finfo(np.float32).max).astype(np.float32)
    return np.where(nearest > thresholds, np.nextafter(nearest, np.float32(-np.inf)), nearest)
