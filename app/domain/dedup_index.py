"""A pool's signatures, searchable: which accepted documents may a newcomer duplicate?

Frozen: adding makes a new index, and merges the newcomers' keys into the sorted ones; nothing of what is there is
hashed or sorted again. Serialises as npz without pickle, keys included, so that a restart computes nothing either.
Knows nothing of texts; a hit is a candidate until the exact Jaccard index confirms it.
"""

from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import BANDS, PERMUTATIONS, band_keys
from app.errors import InvalidInputError

MOST_HITS = 32
"""Documents of one bucket that a newcomer meets, the ones added first; thousands of equal texts stay linear."""
_NONE = np.uint32(0xFFFFFFFF)
_PAIRS_AT_ONCE = 1 << 15


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
    order: NDArray[np.int32]
    """(16, n): the row of the document behind each sorted key."""

    @classmethod
    def empty(cls) -> "SignatureIndex":
        """An index of no documents."""
        return cls.build(np.zeros(0, dtype=np.int64), np.zeros((0, PERMUTATIONS), dtype=np.uint32))

    @classmethod
    def build(cls, ids: NDArray[np.int64], signatures: NDArray[np.uint32]) -> "SignatureIndex":
        """An index of documents with distinct ids."""
        keys = band_keys(signatures).T
        order = np.argsort(keys, axis=1, kind="stable").astype(np.int32)
        return cls(ids, signatures, np.take_along_axis(keys, order, axis=1), order)

    def add(self, ids: NDArray[np.int64], signatures: NDArray[np.uint32]) -> "SignatureIndex":
        """A new index that also holds these documents; costs a sort of the newcomers and one copy of the whole."""
        new = SignatureIndex.build(ids.astype(np.int64), signatures)
        keys = np.empty((BANDS, len(self.ids) + len(ids)), np.uint64)
        order = np.empty(keys.shape, np.int32)
        for band in range(BANDS):
            places = np.searchsorted(self.keys[band], new.keys[band], side="right") + np.arange(len(ids))
            old = np.ones(keys.shape[1], np.bool_)
            old[places] = False
            keys[band, places], order[band, places] = new.keys[band], new.order[band] + len(self.ids)
            keys[band, old], order[band, old] = self.keys[band], self.order[band]
        return SignatureIndex(
            np.concatenate([self.ids, new.ids]), np.concatenate([self.signatures, signatures]), keys, order
        )

    def query(self, signatures: NDArray[np.uint32], *, least: float = 0.6) -> Hits:
        """Documents that share a band with a newcomer and whose estimated Jaccard index is at least `least`."""
        filled = (signatures != _NONE).any(axis=1)
        keys = band_keys(signatures)
        pairs = np.unique(np.concatenate([self._band(band, keys[:, band], filled) for band in range(BANDS)]))
        row, at = np.divmod(pairs, max(1, len(self.ids)))
        estimate = np.empty(len(pairs))
        for low in range(0, len(pairs), _PAIRS_AT_ONCE):
            part = slice(low, low + _PAIRS_AT_ONCE)
            estimate[part] = (signatures[row[part]] == self.signatures[at[part]]).mean(axis=1)
        close = np.flatnonzero(estimate >= least)
        close = close[np.lexsort((self.ids[at[close]], row[close]))]
        return Hits(row[close], self.ids[at[close]], estimate[close])

    def _band(self, band: int, keys: NDArray[np.uint64], filled: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Newcomer x size + row of the indexed document, for the first of each newcomer's bucket."""
        low = np.searchsorted(self.keys[band], keys, side="left")
        high = np.searchsorted(self.keys[band], keys, side="right")
        counts = np.where(filled, np.minimum(high - low, MOST_HITS), 0)
        row = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        pairs: NDArray[np.int64] = row * len(self.ids) + self.order[band][np.repeat(low, counts) + within]
        return pairs

    def to_bytes(self) -> bytes:
        """The index as npz; 456 bytes a document."""
        sink = BytesIO()
        np.savez(sink, ids=self.ids, signatures=self.signatures, keys=self.keys, order=self.order)
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, blob: bytes) -> "SignatureIndex":
        """The index that `to_bytes` wrote. Raises InvalidInputError on anything else."""
        try:
            with np.load(BytesIO(blob), allow_pickle=False) as arrays:
                index = cls(arrays["ids"], arrays["signatures"], arrays["keys"], arrays["order"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidInputError(reason=f"not a signature index: {error}") from error
        if not index._is_sound():
            raise InvalidInputError(reason="not a signature index: wrong shapes")
        return index

    def _is_sound(self) -> bool:
        """Whether types, shapes and row numbers are those of an index."""
        size, columns = len(self.ids), (BANDS, len(self.ids))
        typed = [array.dtype.name for array in (self.ids, self.signatures, self.keys, self.order)]
        return (
            typed == ["int64", "uint32", "uint64", "int32"]
            and self.signatures.shape == (size, PERMUTATIONS)
            and self.keys.shape == self.order.shape == columns
            and bool(((self.order >= 0) & (self.order < size)).all())
        )
