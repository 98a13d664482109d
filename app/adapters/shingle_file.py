"""The shingles of many documents in an unnamed temporary file, so that candidates can be compared exactly.

In memory they would be the larger part of a search for duplicates: 8 bytes a word, over 2 kB a document. On disk they
take about as much room as the texts. Knows nothing of signatures or groups.
"""

import os
import tempfile
from array import array
from functools import lru_cache
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import Shingles, set_jaccard

_HASH_BYTES = 8


class ShingleFile:
    """Append-only while documents stream by; then read one document at a time."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by __exit__
        self._first = array("q", [0])
        # A document's candidates come one after the other.
        self._of = lru_cache(maxsize=256)(self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, found: Shingles) -> None:
        """Keep the shingles of the next documents."""
        self._file.write(found.value.tobytes())
        base = self._first[-1]
        self._first.extend((found.first[1:] + base).tolist())

    def _read(self, doc: int) -> NDArray[np.uint64]:
        """The distinct shingles of one document, sorted."""
        self._file.flush()
        low, high = self._first[doc], self._first[doc + 1]
        raw = os.pread(self._file.fileno(), (high - low) * _HASH_BYTES, low * _HASH_BYTES)
        return np.unique(np.frombuffer(raw, dtype=np.uint64))

    def jaccard(self, a: int, b: int) -> float:
        """Shared over all distinct shingles of two documents, [0, 1]; 0 when either has no word."""
        return set_jaccard(self._of(a), self._of(b))
