"""How a classifier does on labelled documents it was not trained on, beside another one on the very same documents.

Spearman, F1 at 3 and mean absolute error with 95 % percentile bootstrap limits over documents (Efron and Tibshirani
1993, chapter 13), by kind, the paired difference, the confusion of whole scores, and as ceiling what two labels of one
document say of each other. Knows nothing of where labels come from.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from app.domain.education import GOOD, SCALE, evaluate
from app.errors import InvalidInputError

HELD_OUT_SHARE = 0.2
"""Of the documents, set aside before anything is fitted."""
LEAST_DOCUMENTS = 65
"""So that 50 are left to fit, which is what training asks for, and the held-out ones say anything at all."""
LEVEL = 0.95
DRAWS = 1_000
"""Bootstrap samples."""
FIGURES = ("spearman", "f1_at_3", "mae")
_CELLS = 2_000_000
"""Documents times draws looked at together; 16 MB a matrix."""
_MOST_SHARE = 0.4
"""A group that would take the held-out side beyond this share stays in training."""

Report = dict[str, Any]
Scores = NDArray[np.float64]


class TooFewDocumentsError(InvalidInputError):
    """{n} usable labelled documents; at least {least} are needed, a fifth of them to judge by."""

    code = "too_few_documents"


@dataclass(frozen=True, slots=True)
class Judged:
    """Labelled documents with the scores of two classifiers."""

    labels: Scores
    """(n,), 0 to 5."""
    kinds: Sequence[str]
    """(n,), such as code or prose."""
    own: Scores
    """(n,), of the classifier that is judged."""
    other: Scores
    """(n,), of the one it is compared with."""


def held_out(n: int, groups: Sequence[str] | None, *, rng_seed: int) -> NDArray[np.bool_]:
    """(n,) True for about a fifth of the documents, whole groups at a time; raises TooFewDocumentsError.

    Without groups, or with fewer than five, each document counts as its own.
    """
    if n < LEAST_DOCUMENTS:
        raise TooFewDocumentsError(n=n, least=LEAST_DOCUMENTS)
    rng = np.random.default_rng([rng_seed, 11])
    wanted = round(HELD_OUT_SHARE * n)
    mask = np.zeros(n, dtype=np.bool_)
    if groups is not None and len(set(groups)) >= 5:
        member = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)[1]
        for group in rng.permutation(member.max() + 1):
            inside = member == group
            if mask.sum() < wanted and mask.sum() + inside.sum() <= _MOST_SHARE * n:
                mask |= inside
    if not mask.any():
        mask[rng.permutation(n)[:wanted]] = True
    return mask


def judge(judged: Judged, pairs: Sequence[tuple[float, float]], *, rng_seed: int) -> Report:
    """The report as JSON: `own`, `other` and `difference` by kind, `confusion`, `ceiling`. Raises ValueError on none.

    A figure is [value, low, high]; `confusion[i][j]` counts label i (rounded half up) against own score j.
    """
    kinds = np.asarray(judged.kinds, dtype=np.str_)
    parts = {"all": np.ones(len(judged.labels), dtype=np.bool_)}
    parts |= {str(kind): kinds == kind for kind in np.unique(kinds)} if len(np.unique(kinds)) > 1 else {}
    report: Report = {"n": len(judged.labels), "level": LEVEL, "good": int((judged.labels >= GOOD).sum())}
    for name, rows in parts.items():
        found = _compare(judged.labels[rows], judged.own[rows], judged.other[rows], rng_seed=rng_seed)
        for side, figures in found.items():
            report.setdefault(side, {})[name] = {"n": int(rows.sum()), **figures}
    report["confusion"] = confusion(judged.labels, judged.own)
    report["ceiling"] = _ceiling(pairs, rng_seed=rng_seed)
    return report


def confusion(labels: Scores, scores: Scores) -> list[list[int]]:
    """(6, 6) counts by whole label and whole score. Example: label 2.5, score 1.2 counts in row 3, column 1."""
    sides = [np.floor(np.clip(values, *SCALE) + 0.5).astype(np.int64) for values in (labels, scores)]
    return [[int(c) for c in row] for row in np.bincount(sides[0] * 6 + sides[1], minlength=36).reshape(6, 6)]


def _compare(labels: Scores, own: Scores, other: Scores, *, rng_seed: int) -> dict[str, dict[str, list[float]]]:
    rng, n = np.random.default_rng([rng_seed, 13]), len(labels)
    chunk = max(1, _CELLS // n)
    mine, theirs = [_point(own, labels)], [_point(other, labels)]
    for draw in range(0, DRAWS, chunk):
        rows = rng.integers(n, size=(min(chunk, DRAWS - draw), n))
        # The same samples for both sides: the difference is paired.
        mine.append(_figures(own[rows], labels[rows]))
        theirs.append(_figures(other[rows], labels[rows]))
    a, b = np.concatenate(mine), np.concatenate(theirs)
    return {"own": _limits(a), "other": _limits(b), "difference": _limits(a - b)}


def _point(scores: Scores, labels: Scores) -> Scores:
    """(1, 3) figures of the documents as they are."""
    found = asdict(evaluate(scores, labels))
    return np.array([[found[name] for name in FIGURES]])


def _figures(scores: Scores, labels: Scores) -> Scores:
    """(draws, 3) figures of (draws, n) samples, as `evaluate` gives them one by one."""
    called, good = scores >= GOOD, labels >= GOOD
    f1 = 2 * (called & good).sum(axis=1) / np.maximum(1, called.sum(axis=1) + good.sum(axis=1))
    ranks = [rankdata(values, axis=1) for values in (scores, labels)]
    centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
    spread = np.sqrt(np.square(centred[0]).sum(axis=1) * np.square(centred[1]).sum(axis=1))
    spearman = np.where(spread > 0, (centred[0] * centred[1]).sum(axis=1) / np.where(spread > 0, spread, 1), 0.0)
    return np.stack([spearman, f1, np.abs(scores - labels).mean(axis=1)], axis=1)


def _limits(values: Scores) -> dict[str, list[float]]:
    """Of (1 + draws, 3) values, the first row being the documents as they are."""
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail], axis=0)
    return {name: [round(float(v), 4) for v in (values[0, at], low[at], high[at])] for at, name in enumerate(FIGURES)}


def _ceiling(pairs: Sequence[tuple[float, float]], *, rng_seed: int) -> Report | None:
    """What the second label of a document says of the first; None without documents labelled twice."""
    if not pairs:
        return None
    first, second = np.array(pairs, dtype=np.float64).T
    return {"n": len(pairs), **_compare(first, second, first, rng_seed=rng_seed)["own"]}
