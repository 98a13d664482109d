"""Fits the audit model: log-odds of hashed words and line features at three thresholds, then calibration.

Run once, on the gold labels; `app/models/audit.npz` is what came out and its sha256 is pinned by a test. An audit that
learns again with the classifier it audits is none.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from app.domain.education_audit import THRESHOLDS, Audit, dump_audit, evidence, load_audit
from app.domain.education_features import bag
from app.domain.terms import terms
from app.domain.tokens import tokenise

_CHUNK, _FOLDS, _KNOTS = 256, 5, 21
_SMOOTHING, _LEAST_TEXTS = 1.0, 4
"""Texts added to both sides of a ratio, and texts under which a feature is too rare to count."""


def train_audit(texts: Sequence[str], labels: Sequence[float], *, rng_seed: int) -> Audit:
    """The audit model of some labelled texts, a few hundred at least; held-out evidence sets its calibration."""
    wanted = np.asarray(labels, dtype=np.float64)
    held = csr_array(vstack([bag(batch := tokenise(part), terms(batch)) for part in _chunks(texts)], format="csr"))
    held.data[:] = 1
    fold = np.random.default_rng(rng_seed).permutation(len(texts)) % _FOLDS
    raw = np.zeros(len(texts))
    for number in range(_FOLDS):
        odds = _log_odds(held, wanted, np.flatnonzero(fold != number))
        out = np.flatnonzero(fold == number)
        raw[out] = np.concatenate(
            [
                evidence(odds, batch := tokenise(part), terms(batch))
                for part in _chunks([texts[at] for at in out.tolist()])
            ]
        )
    odds = _log_odds(held, wanted, np.arange(len(texts)))
    return load_audit(dump_audit(Audit(odds, _calibrate(raw, wanted), "")))


def _chunks(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[at : at + _CHUNK] for at in range(0, len(texts), _CHUNK)]


def _log_odds(held: csr_array, labels: NDArray[np.float64], index: NDArray[np.int64]) -> NDArray[np.float32]:
    """(2 x 2^18,): sum over the thresholds of log P(feature | above) - log P(feature | below), add-one smoothed."""
    rows, total = csr_array(held[index]), np.zeros(held.shape[1])
    for threshold in THRESHOLDS:
        above = labels[index] >= threshold
        high, low = (np.asarray(csr_array(rows[side]).sum(axis=0)).ravel() for side in (above, ~above))
        odds = np.log((high + _SMOOTHING) / (above.sum() + 2 * _SMOOTHING))
        odds -= np.log((low + _SMOOTHING) / ((~above).sum() + 2 * _SMOOTHING))
        total += np.where(high + low >= _LEAST_TEXTS, odds, 0)
    return total.astype(np.float16).astype(np.float32)


def _calibrate(raw: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Knots (2, k) from quantiles of evidence to quantiles of the labels, rising."""
    shares = np.linspace(0, 1, _KNOTS)
    knots = np.stack([np.quantile(raw, shares), np.quantile(labels, shares)])
    rising = np.concatenate([[True], np.diff(knots[0]) > 1e-9])
    return np.maximum.accumulate(knots[:, rising], axis=1)
