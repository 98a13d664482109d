"""A second opinion on educational value by a model of another family, trained once and never again.

The classifier that picks the texts is gamed by the very rewriting it steers; this one sees what it does not share with
it: a naive Bayes model (Lewis 1998) of which words and line features occur in texts above 1, 2 and 3 points. The gap
between the two widens when texts please the first alone. Knows nothing of files.
"""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.domain.education import InvalidClassifierError
from app.domain.education_features import BAG_COLUMNS, bag_parts
from app.domain.terms import BUCKETS, Terms, terms
from app.domain.tokens import TokenBatch

THRESHOLDS = (1.0, 2.0, 3.0)
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Audit:
    """Frozen log-odds; use `load_audit` to get one."""

    log_odds: NDArray[np.float32]
    """(2 x 2^18,): summed over the thresholds, how much likelier texts above it hold a feature; 0 where too rare."""
    knots: NDArray[np.float64]
    """(2, k): mean log-odds a feature, rising, and the scores they stand for."""
    sha256: str
    """Of the file, in hex."""

    def predict(self, batch: TokenBatch, said: Terms | None = None) -> NDArray[np.float64]:
        """(n_docs,) float64 in [0, 5]; 0 for a text without words. A row depends on its own text alone."""
        raw = evidence(self.log_odds, batch, said or terms(batch))
        scores: NDArray[np.float64] = np.interp(raw, self.knots[0], self.knots[1])
        return np.where(batch.counts() > 0, scores, 0.0)


def evidence(log_odds: NDArray[np.float32], batch: TokenBatch, said: Terms) -> NDArray[np.float64]:
    """Log-odds of the features a text holds, over the square root of their number.

    Naive Bayes adds the log-odds up as if features were independent; they are not, and the root keeps long texts from
    being judged too surely.
    """
    total, held = np.zeros(batch.n_docs), np.zeros(batch.n_docs)
    for index, part in enumerate(bag_parts(batch, said)):
        odds = log_odds[index * BUCKETS : (index + 1) * BUCKETS].take(part.bucket)
        total += np.bincount(part.doc, weights=odds, minlength=batch.n_docs)
        held += np.bincount(part.doc, weights=odds != 0, minlength=batch.n_docs)
    spread: NDArray[np.float64] = total / np.sqrt(np.maximum(held, 1))
    return spread


def dump_audit(audit: Audit) -> bytes:
    """The model as npz without pickle; the same numbers give the same bytes."""
    sink = BytesIO()
    np.savez_compressed(sink, format=np.array([FORMAT]), log_odds=audit.log_odds.astype(np.float16), knots=audit.knots)
    return sink.getvalue()


def load_audit(blob: bytes) -> Audit:
    """The model in an npz file. Raises InvalidClassifierError unless shapes, order and numbers are right."""
    try:
        with np.load(BytesIO(blob), allow_pickle=False) as arrays:
            version, odds, knots = (np.asarray(arrays[name], np.float64) for name in ("format", "log_odds", "knots"))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, TypeError) as error:
        raise InvalidClassifierError(reason="not an npz file of an audit model") from error
    if version.tolist() != [FORMAT] or odds.shape != (BAG_COLUMNS,) or knots.ndim != 2 or len(knots) != 2:
        raise InvalidClassifierError(reason="arrays of another format or shape")
    if not (np.isfinite(odds).all() and np.isfinite(knots).all()) or (np.diff(knots[0]) <= 0).any():
        raise InvalidClassifierError(reason="a number is not finite, or knots do not rise")
    return Audit(odds.astype(np.float32), knots, sha256(blob).hexdigest())
