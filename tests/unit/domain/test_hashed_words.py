"""Chunked hashing gives the words of one pass."""

import numpy as np
import pytest

from app.domain import dedup, diversity
from app.domain.hashed_words import CHUNK_CHARS, CHUNK_DOCS, hash_texts
from app.domain.tokens import tokenise


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param([], id="none"),
        pytest.param([""], id="empty"),
        pytest.param([f"text {n} is one of many, so many" for n in range(2 * CHUNK_DOCS + 3)], id="chunks"),
        pytest.param(["a b", "word " * (CHUNK_CHARS // 4), "c d"], id="one larger than a chunk"),
    ],
)
def test_words_are_those_of_one_pass(texts: list[str]) -> None:
    chunked, whole = hash_texts(texts), tokenise(texts)

    assert chunked.n_docs == whole.n_docs
    for name in ("first", "doc", "word_hash"):
        np.testing.assert_array_equal(getattr(chunked, name), getattr(whole, name))
    np.testing.assert_array_equal(diversity.ngrams(chunked, 3)[0], diversity.ngrams(whole, 3)[0])
    np.testing.assert_array_equal(diversity.opening_hashes(chunked), diversity.opening_hashes(whole))
    np.testing.assert_array_equal(dedup.shingles(chunked).value, dedup.shingles(whole).value)
