"""The shingles of a stream of documents on disk: 8 bytes a word instead of as much memory, read again only to confirm.

A file without a name in the folder for temporary files; it is gone when the process is, however that ends.
"""

from array import array
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import Shingles

_WIDTH = 8


class ShingleFile:
    """Shingles by the order in which their documents came, from 0."""

    def __init__(self) -> None:
        self._file = TemporaryFile(prefix="hornbook-")  # noqa: SIM115  # closed by `__exit__`
        self._first = array("q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, shingles: Shingles) -> None:
        """Write the shingles of the next documents."""
        self._file.write(shingles.value.tobytes())
        start = self._first[-1]
        self._first.extend((shingles.first[1:] + start).tolist())

    def jaccard(self, one: int, other: int) -> float:
        """Shared over all distinct shingles of two documents, [0, 1]."""
        a, b = self._read(one), self._read(other)
        both = Shingles(np.concatenate([a, b]), np.array([0, len(a), len(a) + len(b)]))
        return both.jaccard(0, 1)

    def _read(self, place: int) -> NDArray[np.uint64]:
        low, high = self._first[place], self._first[place + 1]
        self._file.seek(_WIDTH * low)
        return np.frombuffer(self._file.read(_WIDTH * (high - low)), dtype=np.uint64)
