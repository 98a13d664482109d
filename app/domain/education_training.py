"""Fits an educational classifier to labelled texts: ridge regression and boosted trees, their mean, then calibration.

Ridge knows words, trees how shapes go together; the mean of the two does better on unseen sources than either. Both
shrink towards the mean, so few texts would pass 3; the calibration maps quantiles of held-out scores part of the way
back to quantiles of the labels. Folds keep a group (a source) on one side, so figures are about unseen sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from app.domain.education import (
    GOOD,
    SCALE,
    Classifier,
    Evaluation,
    dump_classifier,
    evaluate,
    load_classifier,
    novelty,
    standardise,
)
from app.domain.education_features import bag, shape
from app.domain.education_hardening import hardened_copies
from app.domain.education_style import restyled_copies, shift_of
from app.domain.education_trees import DEPTH, NODES, SPLITS, Trees
from app.domain.terms import terms
from app.domain.tokens import tokenise
from app.errors import InvalidInputError

LEAST_TEXTS = 50
"""Under this a fit on thousands of features is noise."""
_CHUNK = 256
_FOLDS = 5
_STRENGTHS = (0.2, 0.3, 0.5, 1.0, 2.0)
_SHAPE_SHARE = 0.04
"""Weight of a standardised shape against a bag of length 1; 0.03 to 0.05 gave the same Spearman within 0.003."""
_READER_SHARE = 0.5
"""Weight of a reader's own intercept; as good as unpenalised."""
_TREES, _RATE, _LEAST_LEAF, _SHARE_OF_TEXTS, _SHARE_OF_SHAPES = 400, 0.04, 6, 0.6, 0.15
_KNOTS = 21
_LABEL_WEIGHT = 0.7
"""How far the calibration goes from conditional means (least error) to label quantiles (right share above 3)."""


class UntrainableError(InvalidInputError):
    """Cannot train on these labels: {reason}"""

    code = "untrainable"


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What the fit was and how it does on held-out folds."""

    n: int
    """Texts trained on."""
    groups: int
    """Distinct groups kept on one side of a fold."""
    strength: float
    """Ridge penalty chosen."""
    held_out: Evaluation
    """Calibrated scores of texts whose group the model had not seen; the calibration itself saw their labels."""
    style_shift: float
    """What a rewrite in a teacher's voice gained on the same texts, in points; the classifier carries it."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Features of the training texts."""

    bags: csr_array
    shapes: NDArray[np.float64]
    novelties: NDArray[np.float64]
    guests: NDArray[np.float64]
    """1 where a text was labelled by another reader than most were, else 0."""


@dataclass(frozen=True, slots=True)
class _Linear:
    """A ridge model."""

    seen: NDArray[np.bool_]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float
    guest_shift: float
    """How much higher the guests label than the others do."""

    def predict(self, rows: _Rows, index: NDArray[np.int64]) -> NDArray[np.float64]:
        raw: NDArray[np.float64] = (
            _design(rows, index, self.seen, self.mean, self.scale) @ self.weights + self.intercept
        )
        return raw


def train_classifier(
    texts: Sequence[str],
    labels: Sequence[float],
    *,
    rng_seed: int,
    groups: Sequence[str] | None = None,
    guests: Sequence[bool] | None = None,
) -> tuple[Classifier, TrainingReport]:
    """A classifier and how it does on held-out groups. Raises UntrainableError on too few or constant labels.

    `guests` marks texts that somebody else labelled, who may be stricter or milder: their mean difference is taken off,
    and they count neither for the calibration nor for the report. Every text is learned from a second time with
    something useless added (`education_hardening`), so that keywords and orders to the rater gain nothing.
    """
    given = np.asarray(labels, dtype=np.float64)
    _check(given)
    visiting = np.asarray(guests if guests is not None else [False] * len(texts), dtype=np.float64)
    # Originals and hardened copies are fitted to; restyled ones only scored, by models that saw no text of their group.
    source, fitted = np.tile(np.arange(len(texts)), 3), 2 * len(texts)
    copies = [*hardened_copies(texts, rng_seed=rng_seed), *restyled_copies(texts, rng_seed=rng_seed)]
    wanted, rows = given[source], _features([*texts, *copies], visiting[source])
    folds = _folds(groups, len(texts), rng_seed)[source]
    with threadpool_limits(limits=1):
        strength, held_out = _held_out(rows, wanted, folds, fitted, rng_seed)
        everything = np.arange(fitted)
        linear = _fit_linear(rows, wanted, everything, strength)
        trees, base = _fit_trees(rows, wanted - linear.guest_shift * rows.guests, everything, rng_seed)
    home = np.flatnonzero(visiting == 0)
    home = home[home < len(texts)]
    knots = _calibrate(held_out[home], given[home])
    scores = np.interp(held_out, knots[0], knots[1]) * rows.novelties
    shift = shift_of(scores[home], scores[home + fitted])
    report = TrainingReport(len(texts), len(set(folds.tolist())), strength, evaluate(scores[home], given[home]), shift)
    return _freeze(linear, trees, base, knots, shift), report


def _check(labels: NDArray[np.float64]) -> None:
    if len(labels) < LEAST_TEXTS:
        raise UntrainableError(reason=f"{len(labels)} usable records, at least {LEAST_TEXTS} are needed")
    if not np.isfinite(labels).all() or labels.min() < SCALE[0] or labels.max() > SCALE[1]:
        raise UntrainableError(reason="a label lies outside 0 to 5")
    if np.ptp(labels) == 0:
        raise UntrainableError(reason=f"every label is {labels[0]:g}")


def _features(texts: Sequence[str], guests: NDArray[np.float64]) -> _Rows:
    bags, shapes, kept = [], [], []
    for at in range(0, len(texts), _CHUNK):
        batch = tokenise(texts[at : at + _CHUNK])
        said = terms(batch)
        bags.append(bag(batch, said))
        shapes.append(shape(batch, said))
        kept.append(novelty(batch, said))
    return _Rows(csr_array(vstack(bags, format="csr")), np.concatenate(shapes), np.concatenate(kept), guests)


def _folds(groups: Sequence[str] | None, n: int, rng_seed: int) -> NDArray[np.int64]:
    """The group of each text as a number; without groups, or with too few, every text is its own, shuffled."""
    if groups is not None and len(set(groups)) >= _FOLDS:
        return np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1].astype(np.int64)
    return np.random.default_rng(rng_seed).permutation(n)


def _held_out(
    rows: _Rows, labels: NDArray[np.float64], folds: NDArray[np.int64], fitted: int, rng_seed: int
) -> tuple[float, NDArray[np.float64]]:
    """The best ridge penalty, and raw scores of every text by a model that saw none of its group.

    Only the first `fitted` rows are learned from and decide on the penalty.
    """
    splits = list(GroupKFold(_FOLDS).split(labels, groups=folds))
    linear = {strength: np.zeros(len(labels)) for strength in _STRENGTHS}
    boosted = np.zeros(len(labels))
    for rest, test in splits:
        train = rest[rest < fitted]
        for strength, scores in linear.items():
            fit = _fit_linear(rows, labels, train, strength)
            scores[test] = fit.predict(rows, test)
        trees, base = _fit_trees(rows, labels - fit.guest_shift * rows.guests, train, rng_seed)
        boosted[test] = base + trees.predict(rows.shapes[test])
    home = (rows.guests == 0) & (np.arange(len(labels)) < fitted)
    errors = {strength: float(np.square(scores - labels)[home].mean()) for strength, scores in linear.items()}
    best = min(_STRENGTHS, key=lambda strength: errors[strength])
    return best, (linear[best] + boosted) / 2


def _fit_linear(rows: _Rows, labels: NDArray[np.float64], index: NDArray[np.int64], strength: float) -> _Linear:
    seen = np.zeros(rows.bags.shape[1], dtype=np.bool_)
    seen[rows.bags[index].indices] = True
    mean = rows.shapes[index].mean(axis=0)
    scale = rows.shapes[index].std(axis=0) + 1e-6
    guests = csr_array(rows.guests[index, None] * _READER_SHARE)
    design = csr_array(hstack([_design(rows, index, seen, mean, scale), guests], format="csr"))
    model = Ridge(alpha=strength, solver="sparse_cg", tol=1e-4).fit(design, labels[index])
    weights = np.asarray(model.coef_, dtype=np.float64)
    return _Linear(seen, mean, scale, weights[:-1], float(model.intercept_), float(weights[-1]) * _READER_SHARE)


def _design(
    rows: _Rows,
    index: NDArray[np.int64],
    seen: NDArray[np.bool_],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
) -> csr_array:
    shapes = standardise(rows.shapes[index], mean, scale) * _SHAPE_SHARE
    return csr_array(hstack([_unit_rows(csr_array(rows.bags[index]), seen), csr_array(shapes)], format="csr"))


def _unit_rows(rows: csr_array, seen: NDArray[np.bool_]) -> csr_array:
    """Rows of length 1 over the columns that training saw; a row without any stays 0."""
    values = np.where(seen[rows.indices], rows.data, 0.0)
    doc = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    length = np.sqrt(np.bincount(doc, weights=values * values, minlength=rows.shape[0]))
    return csr_array((values / np.maximum(length, 1e-12)[doc], rows.indices, rows.indptr), shape=rows.shape)


def _fit_trees(
    rows: _Rows, labels: NDArray[np.float64], index: NDArray[np.int64], rng_seed: int
) -> tuple[Trees, float]:
    """Boosted trees on shapes, and the mean that they start from."""
    model = GradientBoostingRegressor(
        n_estimators=_TREES,
        learning_rate=_RATE,
        max_depth=DEPTH,
        min_samples_leaf=_LEAST_LEAF,
        subsample=_SHARE_OF_TEXTS,
        max_features=_SHARE_OF_SHAPES,
        random_state=rng_seed,
    ).fit(rows.shapes[index], labels[index])
    found = [complete_tree(grown.tree_) for grown in model.estimators_.ravel()]
    feature, threshold, value = (np.stack(part) for part in zip(*found, strict=True))
    return Trees(feature, threshold, value * _RATE), float(labels[index].mean())


def complete_tree(tree: object) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """A scikit-learn tree as a complete one: below a leaf all go left, to the leaf's own value."""
    feature = np.zeros(SPLITS, dtype=np.int64)
    threshold = np.full(SPLITS, np.finfo(np.float64).max)
    value = np.zeros(NODES)
    left, right, asked, cut, mean = (
        getattr(tree, name) for name in ("children_left", "children_right", "feature", "threshold", "value")
    )
    source = np.zeros(NODES, dtype=np.int64)
    for node in range(NODES):
        at = source[node]
        value[node] = float(mean[at].ravel()[0])
        if node < SPLITS:
            leaf = left[at] < 0
            source[2 * node + 1], source[2 * node + 2] = (at, at) if leaf else (left[at], right[at])
            if not leaf:
                feature[node], threshold[node] = asked[at], cut[at]
    return feature, threshold, value


def _calibrate(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Knots (2, k) that map raw held-out scores towards the labels, rising in both rows.

    One knot is put where as many scores lie above as labels reach 3: the threshold is what a score is mostly used for.
    """
    shares = np.linspace(0, 1, _KNOTS)
    good = float((labels >= GOOD).mean())
    raw = np.quantile(scores, shares)
    knots = np.stack([raw, _LABEL_WEIGHT * np.quantile(labels, shares) + (1 - _LABEL_WEIGHT) * np.clip(raw, *SCALE)])
    if 0 < good < 1:
        middle = np.quantile(scores, 1 - good)
        low, high = knots[:, raw < middle], knots[:, raw > middle]
        low[1], high[1] = np.minimum(low[1], GOOD), np.maximum(high[1], GOOD)
        knots = np.hstack([low, [[middle], [GOOD]], high])
    rising = np.concatenate([[True], np.diff(knots[0]) > 1e-9])
    if rising.sum() < 2:
        return np.array([[0.0, 1.0], [float(labels.mean())] * 2])
    return np.maximum.accumulate(knots[:, rising], axis=1)


def _freeze(linear: _Linear, trees: Trees, base: float, knots: NDArray[np.float64], shift: float) -> Classifier:
    """The classifier as it will be read back, rounded as its file is."""
    n_bag = len(linear.seen)
    bare = Classifier(
        bag_weights=linear.weights[:n_bag].astype(np.float32),
        shape_weights=linear.weights[n_bag:] * _SHAPE_SHARE,
        shape_mean=linear.mean,
        shape_scale=linear.scale,
        intercept=linear.intercept + base,
        trees=trees,
        knots=knots,
        style_shift=shift,
        sha256="",
    )
    return load_classifier(dump_classifier(bare))
