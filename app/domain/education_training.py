"""Fits an educational classifier to labelled texts: ridge regression, strength by cross-validation, then calibration.

Ridge shrinks towards the mean, so few texts would pass 3; the calibration maps quantiles of held-out scores halfway
back to quantiles of the labels. Folds keep a group (a source) on one side, so figures are about unseen sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

from app.domain.education import (
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
from app.domain.simplicity import readability
from app.domain.terms import terms
from app.domain.tokens import tokenise
from app.errors import InvalidInputError

LEAST_TEXTS = 50
"""Under this a fit on thousands of features is noise."""
_CHUNK = 256
_FOLDS = 5
_STRENGTHS = (0.3, 0.5, 1.0, 2.0, 5.0)
_SHAPE_SHARE = 0.05
"""Weight of a standardised shape against a bag of length 1; 0.02 to 0.2 gave the same Spearman within 0.01 on gold."""
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Features of the training texts."""

    bags: csr_array
    shapes: NDArray[np.float64]
    novelties: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Fit:
    """A ridge model before calibration."""

    seen: NDArray[np.bool_]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    intercept: float

    def predict(self, rows: _Rows, index: NDArray[np.int64]) -> NDArray[np.float64]:
        raw: NDArray[np.float64] = (
            _design(rows, index, self.seen, self.mean, self.scale) @ self.weights + self.intercept
        )
        return raw


def train_classifier(
    texts: Sequence[str], labels: Sequence[float], *, rng_seed: int, groups: Sequence[str] | None = None
) -> tuple[Classifier, TrainingReport]:
    """A classifier and how it does on held-out groups. Raises UntrainableError on too few or constant labels."""
    wanted = np.asarray(labels, dtype=np.float64)
    _check(wanted)
    rows = _features(texts)
    folds = _folds(groups, len(texts), rng_seed)
    held_out = {strength: _held_out(rows, wanted, folds, strength) for strength in _STRENGTHS}
    strength = min(_STRENGTHS, key=lambda value: float(np.square(held_out[value] - wanted).mean()))
    fit = _fit(rows, wanted, np.arange(len(texts)), strength)
    knots = _calibrate(held_out[strength], wanted)
    scores = np.interp(held_out[strength], knots[0], knots[1]) * rows.novelties
    report = TrainingReport(len(texts), len(set(folds.tolist())), strength, evaluate(scores, wanted))
    return _freeze(fit, knots), report


def _check(labels: NDArray[np.float64]) -> None:
    if len(labels) < LEAST_TEXTS:
        raise UntrainableError(reason=f"{len(labels)} usable records, at least {LEAST_TEXTS} are needed")
    if not np.isfinite(labels).all() or labels.min() < SCALE[0] or labels.max() > SCALE[1]:
        raise UntrainableError(reason="a label lies outside 0 to 5")
    if np.ptp(labels) == 0:
        raise UntrainableError(reason=f"every label is {labels[0]:g}")


def _features(texts: Sequence[str]) -> _Rows:
    bags, shapes, kept = [], [], []
    for at in range(0, len(texts), _CHUNK):
        batch = tokenise(texts[at : at + _CHUNK])
        said = terms(batch)
        bags.append(bag(batch, said))
        shapes.append(shape(batch, readability(batch), said))
        kept.append(novelty(batch, said))
    return _Rows(csr_array(vstack(bags, format="csr")), np.concatenate(shapes), np.concatenate(kept))


def _folds(groups: Sequence[str] | None, n: int, rng_seed: int) -> NDArray[np.int64]:
    """The group of each text as a number; without groups, or with too few, every text is its own, shuffled."""
    if groups is not None and len(set(groups)) >= _FOLDS:
        return np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1].astype(np.int64)
    return np.random.default_rng(rng_seed).permutation(n)


def _held_out(
    rows: _Rows, labels: NDArray[np.float64], folds: NDArray[np.int64], strength: float
) -> NDArray[np.float64]:
    """Raw scores of every text by a model that saw none of its group."""
    scores = np.zeros(len(labels))
    for train, test in GroupKFold(_FOLDS).split(labels, groups=folds):
        scores[test] = _fit(rows, labels, train, strength).predict(rows, test)
    return scores


def _fit(rows: _Rows, labels: NDArray[np.float64], index: NDArray[np.int64], strength: float) -> _Fit:
    seen = np.zeros(rows.bags.shape[1], dtype=np.bool_)
    seen[rows.bags[index].indices] = True
    mean = rows.shapes[index].mean(axis=0)
    scale = rows.shapes[index].std(axis=0) + 1e-6
    model = Ridge(alpha=strength, solver="sparse_cg", tol=1e-4)
    model.fit(_design(rows, index, seen, mean, scale), labels[index])
    return _Fit(seen, mean, scale, np.asarray(model.coef_, dtype=np.float64), float(model.intercept_))


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


def _calibrate(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Knots (2, k) that map raw held-out scores towards the labels, rising in both rows."""
    shares = np.linspace(0, 1, _KNOTS)
    raw = np.quantile(scores, shares)
    spread = np.quantile(labels, shares)
    knots = np.stack([raw, _LABEL_WEIGHT * spread + (1 - _LABEL_WEIGHT) * np.clip(raw, *SCALE)])
    rising = np.concatenate([[True], np.diff(raw) > 1e-9])
    if rising.sum() < 2:
        return np.array([[0.0, 1.0], [float(labels.mean())] * 2])
    return np.maximum.accumulate(knots[:, rising], axis=1)


def _freeze(fit: _Fit, knots: NDArray[np.float64]) -> Classifier:
    """The classifier as it will be read back, rounded as its file is."""
    n_bag = len(fit.seen)
    bare = Classifier(
        bag_weights=fit.weights[:n_bag].astype(np.float32),
        shape_weights=fit.weights[n_bag:] * _SHAPE_SHARE,
        shape_mean=fit.mean,
        shape_scale=fit.scale,
        intercept=fit.intercept,
        knots=knots,
        sha256="",
    )
    return load_classifier(dump_classifier(bare))
