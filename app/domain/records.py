"""The nouns of the loop as values: ids, enums and frozen records. Knows nothing of storage or the web."""

from enum import StrEnum
from hashlib import sha256
from typing import NewType

CorpusId = NewType("CorpusId", int)
SeedId = NewType("SeedId", int)
JobId = NewType("JobId", int)
RoundId = NewType("RoundId", int)
UnitId = NewType("UnitId", int)
GenerationId = NewType("GenerationId", int)
ExportId = NewType("ExportId", int)


class Kind(StrEnum):
    """What a seed is made of; it decides which gates and measures apply."""

    code = "code"
    """Source code in any language; Python gets the full code measures."""
    prose = "prose"
    """Running text, Markdown included."""
    words = "words"
    """One word of a word list, with its part of speech."""


class Split(StrEnum):
    """A seed family's side, fixed by a hash of the seed before round 1."""

    work = "work"
    """Seeds whose generations steer the plan; exported as `train`."""
    audit = "audit"
    """Seeds on which targets are judged; exported as `validation`."""
    eval = "eval"
    """Seeds no decision ever looks at; exported as `test`."""


class Verdict(StrEnum):
    """What became of a candidate text."""

    pending = "pending"
    """Passed the document gates, waits for the round to settle."""
    kept = "kept"
    """In the pool."""
    reserve = "reserve"
    """Good, but surplus to its cluster's quota; a later round may take it."""
    dropped = "dropped"
    """Rejected, with a gate and a reason."""
    draft = "draft"
    """What a pass made of a seed's code: never in the pool; in force unless it has a reason."""


AUDIT_SHARE, EVAL_SHARE = 0.2, 0.1
"""Shares of seed families set aside for judging and for nobody."""


def split_of(digest: bytes) -> Split:
    """The side of a seed with that digest: a fixed hash, the same in every job and corpus."""
    place = int.from_bytes(sha256(b"split" + digest).digest()[:4], "big") / 2**32
    if place < EVAL_SHARE:
        return Split.eval
    return Split.audit if place < EVAL_SHARE + AUDIT_SHARE else Split.work
