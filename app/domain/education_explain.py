"""Why a text got its educational score: which words, lines and shapes moved it, and how far.

Exact for the linear half of the classifier (weight times value); for its trees a step belongs to the shape that a node
asks for (Saabas 2014). All moves, the start and nothing else add up to the raw score before calibration.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.domain.education import Classifier, novelty, standardise
from app.domain.education_features import SHAPE_NAMES, bag_parts, bag_values, line_hashes, shape
from app.domain.terms import BUCKET_BITS, BUCKETS, terms
from app.domain.tokens import TokenBatch, tokenise


@dataclass(frozen=True, slots=True)
class Move:
    """What one feature did."""

    feature: str
    """`word "because"`, `line opening "def"` or the name of a shape."""
    points: float
    """Added to the raw score, which runs from about 0 to 5; negative when it was lowered."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score taken apart."""

    score: float
    """[0, 5], as `Classifier.predict` gives it."""
    start: float
    """Raw score of a text without any feature of its own."""
    moves: tuple[Move, ...]
    """Every feature that moved the raw score, furthest first; with `start` they add up to it."""
    raw: float
    """Before calibration."""
    novelty: float
    """What the calibrated score was multiplied by, [0, 1]; under 1 when the text repeats itself."""


def explain(classifier: Classifier, text: str) -> Explanation:
    """Why a text scores as it does. A text without words has no moves of words and novelty 0."""
    batch = tokenise([text])
    said = terms(batch)
    seen = shape(batch, said)
    standard = standardise(seen, classifier.shape_mean, classifier.shape_scale)
    shapes = (classifier.trees.moves(seen) + standard * classifier.shape_weights)[0] / 2
    moves = [Move(name, float(points)) for name, points in zip(SHAPE_NAMES, shapes, strict=True) if points]
    moves += _bag_moves(classifier, batch)
    start = float(classifier.trees.value[:, 0].sum() + classifier.intercept) / 2
    raw = start + sum(move.points for move in moves)
    return Explanation(
        score=float(classifier.predict(batch, said)[0]),
        start=start,
        moves=tuple(sorted(moves, key=lambda move: (-abs(move.points), move.feature))),
        raw=raw,
        novelty=float(novelty(batch, said)[0]),
    )


def _bag_moves(classifier: Classifier, batch: TokenBatch) -> list[Move]:
    """What each word and each feature of lines added; what shares a bucket shares a move."""
    parts = bag_parts(batch, terms(batch))
    names = _names(batch)
    pieces: list[tuple[str, float]] = []
    square = 0.0
    for index, part in enumerate(parts):
        weights = classifier.bag_weights[index * BUCKETS : (index + 1) * BUCKETS][part.bucket].astype(np.float64)
        values = bag_values(part)
        square += float((values * values * (weights != 0)).sum())
        found = zip(part.bucket.tolist(), (values * weights).tolist(), strict=True)
        pieces += [(names.get((index, bucket), "line"), points) for bucket, points in found if points]
    length = max(square, 1e-12) ** 0.5
    return [Move(name, points / length / 2) for name, points in pieces]


def _names(batch: TokenBatch) -> dict[tuple[int, int], str]:
    """How a reader would call what lies in a bucket: of the words (0) and of the lines (1)."""
    whole = batch.buffer.tobytes()
    words = [
        whole[low:high].decode("utf-8", "replace").lower() for low, high in zip(batch.start, batch.end, strict=True)
    ]
    names: dict[tuple[int, int], str] = {}
    buckets = (batch.word_hash >> np.uint64(64 - BUCKET_BITS)).tolist()
    for bucket, word in zip(buckets, words, strict=True):
        names.setdefault((0, bucket), f'word "{word}"')
    line_buckets = (line_hashes(batch)[0] >> np.uint64(64 - BUCKET_BITS)).tolist()
    for bucket, name in zip(line_buckets, _line_names(batch), strict=True):
        names.setdefault((1, bucket), name)
    return names


def _line_names(batch: TokenBatch) -> Iterator[str]:
    """Names in the order of `line_hashes`: of each line its first bytes, its frame, its opening word if it has one."""
    whole = batch.buffer.tobytes()
    lines = batch.lines
    inked = np.flatnonzero(lines.ink > 0)
    starts = dict(zip(batch.start.tolist(), batch.end.tolist(), strict=True))
    for begin, end in zip((lines.start + lines.indent)[inked].tolist(), lines.end[inked].tolist(), strict=True):
        text = whole[begin:end].decode("utf-8", "replace")
        yield "line opening with a letter" if _is_letter(text[0]) else f"line opening {text[:2]!r}"
        first = "a letter" if _is_letter(text[0]) else repr(text[0])
        yield f"line from {first} to {'a letter or digit' if text[-1].isalnum() else repr(text[-1])}"
        if begin in starts:
            yield f'line opening with the word "{whole[begin : starts[begin]].decode("utf-8", "replace").lower()}"'


def _is_letter(char: str) -> bool:
    return char.isascii() and char.isalpha()
