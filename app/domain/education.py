"""How much a learner gets from a text, on the 0 to 5 scale of FineWeb-Edu: the mean of two models, as plain numbers.

score = calibrate((w_bag . x / |x| + w_shape . z + b + trees(s)) / 2), x the bag of hashed features that the model has
seen, s the shape and z the standardised shape; `calibrate` is piecewise linear and rising. A text that repeats itself
loses by it. Weights are npz without pickle. Knows nothing of files; training is `education_training`.
"""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from app.domain.education_features import BAG_COLUMNS, SHAPE_NAMES, bag_parts, bag_values, shape
from app.domain.education_style import DEFAULT_SHIFT, LARGEST_SHIFT
from app.domain.education_trees import NODES, SPLITS, Trees
from app.domain.line_edges import LineEdges, line_edges
from app.domain.prefix_sums import stretch_counts
from app.domain.terms import BUCKETS, Terms, terms
from app.domain.tokens import TokenBatch
from app.errors import InvalidInputError

SCALE = (0.0, 5.0)
GOOD = 3.0
"""From here on a text is worth teaching from; FineWeb-Edu's threshold."""
FORMAT = 2
"""Of the features and of the file; another number is refused."""
_CLIP = 4.0
"""Standard deviations beyond which a shape says no more."""
_ALL_OLD, _NEW_ENOUGH = 0.1, 0.85
"""Share of new words at which nothing is left of a score and from which all is; 95 % of the gold texts pass 0.85."""


class InvalidClassifierError(InvalidInputError):
    """This is no educational classifier: {reason}"""

    code = "invalid_classifier"


@dataclass(frozen=True, slots=True)
class Classifier:
    """Frozen weights; use `load_classifier` or `train_classifier` to get one."""

    bag_weights: NDArray[np.float32]
    """(2 x 2^18,): words and line features; 0 where training saw nothing."""
    shape_weights: NDArray[np.float64]
    """(n_shapes,), on standardised shapes."""
    shape_mean: NDArray[np.float64]
    """(n_shapes,), of the training texts."""
    shape_scale: NDArray[np.float64]
    """(n_shapes,), their standard deviation, above 0."""
    intercept: float
    """Linear score of an average shape without words, plus the mean score that the trees start from."""
    trees: Trees
    """On shapes as they are."""
    knots: NDArray[np.float64]
    """(2, k): raw scores, rising, and the scores they stand for."""
    style_shift: float
    """Points that style alone gains, [0, 1]; the gate takes them off generated text."""
    sha256: str
    """Of the file, in hex; part of every lineage."""

    def predict(self, batch: TokenBatch, said: Terms | None = None) -> NDArray[np.float64]:
        """(n_docs,) float64 in [0, 5], never NaN; 0 for a text without words. A row depends on its own text alone.

        Pass the batch's `terms` when they are at hand.
        """
        said = said or terms(batch)
        edges = line_edges(batch)
        seen = shape(batch, said, edges)
        shapes = standardise(seen, self.shape_mean, self.shape_scale)
        linear = self.bag_score(batch, said, edges) + (shapes * self.shape_weights).sum(axis=1)
        return self.calibrate((linear + self.trees.predict(seen) + self.intercept) / 2) * novelty(batch, said)

    def calibrate(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raw scores on the scale of the labels, [0, 5]."""
        scores: NDArray[np.float64] = np.clip(np.interp(raw, self.knots[0], self.knots[1]), *SCALE)
        return scores

    def bag_score(self, batch: TokenBatch, said: Terms, edges: LineEdges) -> NDArray[np.float64]:
        """w . x / |x| of every document, over the columns that training saw."""
        dot, square = np.zeros(batch.n_docs), np.zeros(batch.n_docs)
        for index, part in enumerate(bag_parts(batch, said, edges)):
            values = bag_values(part)
            weights = self.bag_weights[index * BUCKETS : (index + 1) * BUCKETS].take(part.bucket)
            dot += np.bincount(part.doc, weights=values * weights, minlength=batch.n_docs)
            square += np.bincount(part.doc, weights=values * values * (weights != 0), minlength=batch.n_docs)
        return dot / np.sqrt(np.maximum(square, 1e-12))


def standardise(
    shapes: NDArray[np.float64], mean: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shapes in standard deviations from the training mean, cut at 4."""
    return np.clip((shapes - mean) / scale, -_CLIP, _CLIP)


def novelty(batch: TokenBatch, said: Terms) -> NDArray[np.float64]:
    """(n_docs,) in [0, 1]: what a score is multiplied by, 1 unless a text repeats itself, 0 for one without words."""
    counts = batch.counts()
    share = stretch_counts(said.fresh, batch.first) / np.maximum(counts, 1)
    kept = np.clip((share - _ALL_OLD) / (_NEW_ENOUGH - _ALL_OLD), 0, 1)
    return np.where(counts > 0, kept, 0.0)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores against labels."""

    n: int
    """Texts compared."""
    spearman: float
    """Rank correlation, [-1, 1]; 0 when either side is constant."""
    f1_at_3: float
    """F1 of `score >= 3` against `label >= 3`, [0, 1]."""
    mae: float
    """Mean absolute error on the 0 to 5 scale."""


def evaluate(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> Evaluation:
    """How well scores match labels. Raises ValueError on empty input.

    Scores 1, 2, 4 against labels 0, 3, 4: Spearman 1, F1 at 3 = 2/3 (one of two good ones found), MAE 2/3.
    """
    if not len(labels):
        raise ValueError("nothing to evaluate")
    varied = len(labels) > 1 and np.ptp(scores) > 0 and np.ptp(labels) > 0
    called, good = scores >= GOOD, labels >= GOOD
    both = int((called & good).sum())
    return Evaluation(
        n=len(labels),
        spearman=float(spearmanr(scores, labels).statistic) if varied else 0.0,
        f1_at_3=2 * both / max(1, int(called.sum() + good.sum())),
        mae=float(np.abs(scores - labels).mean()),
    )


def dump_classifier(classifier: Classifier) -> bytes:
    """The classifier as npz without pickle, about 0.3 MB; the same weights give the same bytes."""
    sink = BytesIO()
    np.savez_compressed(
        sink,
        format=np.array([FORMAT]),
        bag_weights=classifier.bag_weights.astype(np.float16),
        shape_weights=classifier.shape_weights,
        shape_mean=classifier.shape_mean,
        shape_scale=classifier.shape_scale,
        intercept=np.array([classifier.intercept]),
        tree_feature=classifier.trees.feature.astype(np.int16),
        tree_threshold=classifier.trees.threshold,
        tree_value=classifier.trees.value,
        knots=classifier.knots,
        style_shift=np.array([classifier.style_shift]),
    )
    return sink.getvalue()


def load_classifier(blob: bytes) -> Classifier:
    """The classifier in an npz file. Raises InvalidClassifierError unless shapes, order and numbers are right."""
    try:
        with np.load(BytesIO(blob), allow_pickle=False) as arrays:
            parts = {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, TypeError) as error:
        raise InvalidClassifierError(reason="not an npz file without pickled objects") from error
    n_shapes, n_trees = len(SHAPE_NAMES), parts["tree_value"].size // NODES if "tree_value" in parts else 0
    wanted: dict[str, tuple[int, ...]] = {
        "format": (1,), "bag_weights": (BAG_COLUMNS,), "shape_weights": (n_shapes,), "shape_mean": (n_shapes,),
        "shape_scale": (n_shapes,), "intercept": (1,), "tree_feature": (n_trees, SPLITS),
        "tree_threshold": (n_trees, SPLITS), "tree_value": (n_trees, NODES), "style_shift": (1,),
    }  # fmt: skip
    # A file from before the figure was measured has none.
    parts.setdefault("style_shift", np.array([DEFAULT_SHIFT]))
    _check_format(parts)
    _check(parts, wanted)
    return Classifier(
        bag_weights=parts["bag_weights"].astype(np.float32),
        shape_weights=parts["shape_weights"],
        shape_mean=parts["shape_mean"],
        shape_scale=parts["shape_scale"],
        intercept=float(parts["intercept"][0]),
        trees=Trees(parts["tree_feature"].astype(np.int64), parts["tree_threshold"], parts["tree_value"]),
        knots=parts["knots"],
        style_shift=float(parts["style_shift"][0]),
        sha256=sha256(blob).hexdigest(),
    )


def _check_format(parts: dict[str, NDArray[np.float64]]) -> None:
    version = parts.get("format", np.array([FORMAT]))
    if version.shape == (1,) and version[0] != FORMAT:
        raise InvalidClassifierError(reason=f"format {version[0]:.0f}, this version reads {FORMAT}")


def _check(parts: dict[str, NDArray[np.float64]], wanted: dict[str, tuple[int, ...]]) -> None:
    """Raise InvalidClassifierError at the first array that is missing, misshapen, not finite or out of order."""
    if set(parts) != {*wanted, "knots"}:
        raise InvalidClassifierError(reason=f"arrays {sorted(parts)}")
    for name, dims in wanted.items():
        if parts[name].shape != dims:
            raise InvalidClassifierError(reason=f"{name} has shape {parts[name].shape}, not {dims}")
    if not all(np.isfinite(part).all() for part in parts.values()):
        raise InvalidClassifierError(reason="a number is not finite")
    if not np.isin(parts["tree_feature"], np.arange(len(SHAPE_NAMES))).all():
        raise InvalidClassifierError(reason="a tree asks for a shape that is none")
    if not 0 <= parts["style_shift"][0] <= LARGEST_SHIFT:
        raise InvalidClassifierError(reason=f"a style shift of {parts['style_shift'][0]:g}")
    _check_knots(parts["knots"])
    if (parts["shape_scale"] <= 0).any():
        raise InvalidClassifierError(reason="a scale is not positive")


def _check_knots(knots: NDArray[np.float64]) -> None:
    if knots.ndim != 2 or knots.shape[0] != 2 or knots.shape[1] < 2 or (np.diff(knots[0]) <= 0).any():
        raise InvalidClassifierError(reason="calibration knots do not rise")
    if (np.diff(knots[1]) < 0).any():
        raise InvalidClassifierError(reason="calibration falls")
