"""Everything a worker computes about a range of documents, in one call and one pass over their bytes.

About 2,000 documents a call make a Celery message's cost negligible; inside, 256 documents or 1 MB at a time stay in
the processor's cache and bound the memory. A document's row does not depend on its neighbours, bit for bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.dedup import PERMUTATIONS, signatures
from app.domain.education import Classifier
from app.domain.education_audit import Audit
from app.domain.embedding import Embedder, embed
from app.domain.records import Kind
from app.domain.simplicity import readability
from app.domain.terms import terms
from app.domain.text import text_flags
from app.domain.tokens import tokenise

_CHUNK_DOCS = 256
_CHUNK_CHARS = 1_000_000


@dataclass(frozen=True, slots=True)
class Features:
    """One row a document, in the order given."""

    edu_score: NDArray[np.float32]
    """Educational value, [0, 5], higher is better; 0 for a bare word."""
    ease: NDArray[np.float32]
    """[0, 100], higher is easier."""
    grade: NDArray[np.float32]
    """US school grade, [1, 16], lower is easier."""
    list_coverage: NDArray[np.float32]
    """Share of running words on the common list, [0, 1]."""
    words: NDArray[np.int32]
    """Words, code included."""
    sentences: NDArray[np.int32]
    """Sentences of what readability was measured on."""
    embedding: NDArray[np.float16]
    """(n, dims): unit rows, rounded for storage."""
    signature: NDArray[np.uint32]
    """(n, 64): MinHash of 5-word shingles."""
    flags: tuple[tuple[str, ...], ...]
    """What hides in the text: see `text_flags`."""
    edu_audit: NDArray[np.float32] | None = None
    """The audit model's score, [0, 5]; None where it was not asked."""

    def __len__(self) -> int:
        return len(self.words)


def features(
    texts: Sequence[str],
    kinds: Sequence[Kind],
    classifier: Classifier,
    embedder: Embedder | None,
    audit: Audit | None = None,
) -> Features:
    """The features of normalised texts. No texts give arrays of length 0; no embedder gives vectors of length 0."""
    parts = [_chunk(texts[low:high], classifier, embedder, audit) for low, high in _chunks(texts)]
    parts = parts or [_chunk([], classifier, embedder, audit)]
    audited = [part.edu_audit for part in parts if part.edu_audit is not None]
    worded = np.array([kind is Kind.words for kind in kinds], dtype=np.bool_)
    return Features(
        edu_score=np.where(worded, np.float32(0), np.concatenate([part.edu_score for part in parts])),
        ease=np.concatenate([part.ease for part in parts]),
        grade=np.concatenate([part.grade for part in parts]),
        list_coverage=np.concatenate([part.list_coverage for part in parts]),
        words=np.concatenate([part.words for part in parts]),
        sentences=np.concatenate([part.sentences for part in parts]),
        embedding=np.concatenate([part.embedding for part in parts]),
        signature=np.concatenate([part.signature for part in parts]).reshape(-1, PERMUTATIONS),
        flags=tuple(flags for part in parts for flags in part.flags),
        edu_audit=np.concatenate(audited) if audited else None,
    )


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    low, size = 0, 0
    for index, text in enumerate(texts):
        if index > low and (index - low >= _CHUNK_DOCS or size + len(text) > _CHUNK_CHARS):
            yield low, index
            low, size = index, 0
        size += len(text)
    if low < len(texts):
        yield low, len(texts)


def _chunk(texts: Sequence[str], classifier: Classifier, embedder: Embedder | None, audit: Audit | None) -> Features:
    batch = tokenise(texts)
    reading, said = readability(batch), terms(batch)
    rows = np.zeros((len(texts), 0)) if embedder is None else embed(embedder, batch, said)
    return Features(
        edu_score=classifier.predict(batch, said).astype(np.float32),
        ease=reading.ease.astype(np.float32),
        grade=reading.grade.astype(np.float32),
        list_coverage=reading.list_coverage.astype(np.float32),
        words=batch.counts().astype(np.int32),
        sentences=reading.sentences.astype(np.int32),
        embedding=rows.astype(np.float16),
        signature=signatures(batch),
        flags=tuple(tuple(text_flags(text)) for text in texts),
        edu_audit=None if audit is None else audit.predict(batch, said).astype(np.float32),
    )
