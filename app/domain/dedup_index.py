"""A pool's signatures, searchable: which accepted documents may a newcomer duplicate?

Frozen: adding makes a new index. Serialises as npz without pickle. Knows nothing of texts; a hit is a candidate until
the exact Jaccard index confirms it.
"""

from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import BANDS, PERMUTATIONS, band_keys
from app.errors import InvalidInputError

_NONE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Hits:
    """Candidate pairs, sorted by newcomer row and then by id."""

    row: NDArray[np.int64]
    """Row of the newcomer in the query."""
    id: NDArray[np.int64]
    """Id of the indexed document."""
    estimate: NDArray[np.float64]
    """Share of equal permutations, [0, 1], an estimate of the Jaccard index."""


@dataclass(frozen=True, slots=True)
class SignatureIndex:
    """The signatures of identified documents with one sorted key column a band."""

    ids: NDArray[np.int64]
    signatures: NDArray[np.uint32]
    """(n, 64) uint32."""
    keys: NDArray[np.uint64]
    """(16, n): band keys, each row sorted."""
    order: NDArray[np.int64]
    """(16, n): the document behind each sorted key."""

    @classmethod
    def empty(cls) -> "SignatureIndex":
        """An index of no documents."""
        return cls.build(np.zeros(0, dtype=np.int64), np.zeros((0, PERMUTATIONS), dtype=np.uint32))

    @classmethod
    def build(cls, ids: NDArray[np.int64], signatures: NDArray[np.uint32]) -> "SignatureIndex":
        """An index of documents with distinct ids."""
        keys = band_keys(signatures).T
        order = np.argsort(keys, axis=1, kind="stable")
        return cls(ids, signatures, np.take_along_axis(keys, order, axis=1), order)

    def add(self, ids: NDArray[np.int64], signatures: NDArray[np.uint32]) -> "SignatureIndex":
        """A new index that also holds these documents."""
        return SignatureIndex.build(
            np.concatenate([self.ids, ids.astype(np.int64)]), np.concatenate([self.signatures, signatures])
        )

    def query(self, signatures: NDArray[np.uint32], *, least: float = 0.6) -> Hits:
        """Documents that share a band with a newcomer and whose estimated Jaccard index is at least `least`."""
        keys = band_keys(signatures)
        keys_filled = (signatures != _NONE).any(axis=1)
        pairs = [self._band(band, keys[:, band], keys_filled) for band in range(BANDS)]
        unique = np.unique(np.concatenate(pairs), axis=0)
        row, at = unique[:, 0], unique[:, 1]
        estimate = (signatures[row] == self.signatures[at]).mean(axis=1)
        close = np.flatnonzero(estimate >= least)
        close = close[np.lexsort((self.ids[at[close]], row[close]))]
        return Hits(row[close], self.ids[at[close]], estimate[close])

    def _band(self, band: int, keys: NDArray[np.uint64], filled: NDArray[np.bool_]) -> NDArray[np.int64]:
        low = np.searchsorted(self.keys[band], keys, side="left")
        high = np.searchsorted(self.keys[band], keys, side="right")
        counts = np.where(filled, high - low, 0)
        row = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.stack([row, self.order[band][np.repeat(low, counts) + within]], axis=1)

    def to_bytes(self) -> bytes:
        """The index as npz; about 264 bytes a document."""
        sink = BytesIO()
        np.savez(sink, ids=self.ids, signatures=self.signatures)
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, blob: bytes) -> "SignatureIndex":
        """The index that `to_bytes` wrote. Raises InvalidInputError on anything else."""
        try:
            with np.load(BytesIO(blob), allow_pickle=False) as arrays:
                ids, signatures = arrays["ids"], arrays["signatures"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidInputError(reason=f"not a signature index: {error}") from error
        if ids.dtype != np.int64 or signatures.dtype != np.uint32 or signatures.shape != (len(ids), PERMUTATIONS):
            raise InvalidInputError(reason="not a signature index: wrong shapes")
        return cls.build(ids, signatures)
