"""Where the lines of a text begin and end: what hashed line features and line shapes both look at, found once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.tokens import TokenBatch


@dataclass(frozen=True, slots=True)
class LineEdges:
    """One row a line with ink, in reading order."""

    at: NDArray[np.int64]
    """Its row in the line table."""
    doc: NDArray[np.int32]
    """The document it belongs to."""
    first: NDArray[np.uint8]
    """Its first byte that is not blank."""
    second: NDArray[np.uint8]
    """The byte after it."""
    last: NDArray[np.uint8]
    """Its last byte."""
    opens: NDArray[np.bool_]
    """A word begins with its first byte."""
    word: NDArray[np.int64]
    """(sum of opens,): the rows of these words."""


def line_edges(batch: TokenBatch) -> LineEdges:
    """The edges of every line with ink."""
    lines, buffer = batch.lines, batch.buffer
    at = np.flatnonzero(lines.ink > 0)
    begin = lines.start[at] + lines.indent[at]
    word, start = batch.line_first[at], np.append(batch.start, -1)
    opens = start[word] == begin
    return LineEdges(
        at=at,
        doc=lines.doc[at],
        first=buffer[begin],
        second=buffer[begin + 1],
        last=buffer[lines.end[at] - 1],
        opens=opens,
        word=word[opens],
    )
