"""Shingles kept on disk compare as shingles in memory."""

import pytest

from app.adapters.shingle_file import ShingleFile
from app.domain.dedup import exact_jaccard, shingles
from app.domain.tokens import find_words

TEXTS = ["one two three four five six", "", "one two three four five seven", "one two", "six " * 40]


def test_every_pair_is_as_alike_as_in_memory() -> None:
    with ShingleFile() as kept:
        kept.append(shingles(find_words(TEXTS[:2])))
        kept.append(shingles(find_words([])))
        kept.append(shingles(find_words(TEXTS[2:])))
        for a in range(len(TEXTS)):
            for b in range(len(TEXTS)):
                assert kept.jaccard(a, b) == pytest.approx(exact_jaccard(TEXTS[a], TEXTS[b]))
