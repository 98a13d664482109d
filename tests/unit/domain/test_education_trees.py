"""Boosted trees as arrays: the same numbers as scikit-learn's, and moves that add up."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor

from app.domain.education_training import complete_tree
from app.domain.education_trees import NODES, SPLITS, Trees

SHAPES = np.random.default_rng(3).normal(size=(300, 6))
WANTED = np.where(SHAPES[:, 0] > 0.2, 2.0, 0.5) + np.where(SHAPES[:, 1] * SHAPES[:, 2] > 0, 1.0, 0.0)


def grown(trees: int, least: int = 6) -> tuple[GradientBoostingRegressor, Trees]:
    model = GradientBoostingRegressor(n_estimators=trees, max_depth=3, min_samples_leaf=least, random_state=0)
    model.fit(SHAPES.astype(np.float32), WANTED)
    parts = [complete_tree(tree.tree_) for tree in model.estimators_.ravel()]
    feature, threshold, value = (np.stack(part) for part in zip(*parts, strict=True))
    return model, Trees(feature, threshold, value * model.learning_rate)


@pytest.mark.parametrize("least", [6, 140], ids=["full trees", "trees that end early"])
def test_predicts_what_the_fitted_model_predicts(least: int) -> None:
    model, trees = grown(20, least)
    expected = model.predict(SHAPES.astype(np.float32))
    assert trees.predict(SHAPES) + WANTED.mean() == pytest.approx(expected, abs=1e-9)


def test_a_tree_by_hand() -> None:
    feature, threshold = np.zeros((1, SPLITS), np.int64), np.full((1, SPLITS), np.finfo(np.float64).max)
    threshold[0, 0] = 0.5
    value = np.zeros((1, NODES))
    value[0, [0, 1, 2]] = 1.0, 0.0, 3.0
    value[0, [3, 7]] = 0.0
    value[0, [5, 11]] = 3.0
    trees = Trees(feature, threshold, value)
    assert trees.predict(np.array([[0.0], [1.0]])).tolist() == [0.0, 3.0]
    assert trees.moves(np.array([[0.0], [1.0]])).tolist() == [[-1.0], [2.0]]


def test_moves_add_up_to_the_prediction() -> None:
    _, trees = grown(20)
    moved = trees.moves(SHAPES[:10]).sum(axis=1) + trees.value[:, 0].sum()
    assert moved == pytest.approx(trees.predict(SHAPES[:10]))


def test_no_trees_add_nothing() -> None:
    none = Trees(np.zeros((0, SPLITS), np.int64), np.zeros((0, SPLITS)), np.zeros((0, NODES)))

    assert none.predict(SHAPES).tolist() == [0.0] * 300


def test_a_shape_as_large_as_a_threshold_between_two_floats_goes_left() -> None:
    feature, threshold = np.zeros((1, SPLITS), np.int64), np.full((1, SPLITS), np.finfo(np.float64).max)
    value = np.zeros((1, NODES))
    value[0, 11:] = 1.0
    shapes = np.nextafter(np.float32(0.1), np.float32([0, 1])).astype(np.float64)[:, None]
    for cut, expected in ((shapes[0, 0], [0.0, 1.0]), (shapes[0, 0] + 1e-12, [0.0, 1.0]), (shapes[1, 0], [0.0, 0.0])):
        threshold[0, 0] = cut
        assert Trees(feature, threshold, value).predict(shapes).tolist() == expected
