"""The byte pass against the str-level words, and what each word carries."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import visible, words
from app.domain.tokens import TokenBatch, hash_words, tokenise


def spelled(batch: TokenBatch, doc: int) -> list[str]:
    rows = range(int(batch.first[doc]), int(batch.first[doc + 1]))
    return [bytes(batch.buffer[batch.start[row] : batch.end[row]]).decode() for row in rows]


@given(st.lists(st.text(alphabet=st.characters(max_codepoint=127), max_size=80), max_size=5))
def test_finds_the_words_of_the_regular_expression(texts: list[str]) -> None:
    batch = tokenise(texts)
    assert [spelled(batch, doc) for doc in range(len(texts))] == [
        words(visible(text.replace("\x00", ""))) for text in texts
    ]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_a_document_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    whole = tokenise(texts)
    for doc, text in enumerate(texts):
        alone = tokenise([text])
        rows = slice(whole.first[doc], whole.first[doc + 1])
        assert (whole.word_hash[rows] == alone.word_hash).all()
        assert (whole.count_syllables()[rows] == alone.count_syllables()).all()
        assert (whole.prose[rows] == alone.prose).all()


def test_no_documents_and_empty_documents() -> None:
    assert tokenise([]).n_docs == 0
    assert tokenise(["", "  "]).counts().tolist() == [0, 0]


def test_case_is_folded_and_distinct_words_differ() -> None:
    batch = tokenise(["Loop loop LOOP pool"])
    assert len(set(batch.word_hash[:3].tolist())) == 1
    assert batch.word_hash[3] != batch.word_hash[0]


def test_many_words_do_not_collide() -> None:
    assert len(np.unique(hash_words([f"w{number}" for number in range(50_000)]))) == 50_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("“quoted” text", ["quoted", "text"], id="typographic quotes"),
        pytest.param("it’s", ["it's"], id="apostrophe"),
        pytest.param("中文 ab", ["中", "文", "ab"], id="ideographs one each"),
        pytest.param("te\u200bst", ["test"], id="zero width"),
        pytest.param("naïve – café", ["naïve", "café"], id="accents"),
        pytest.param("hi 🎉 there", ["hi", "there"], id="emoji"),
    ],
)
def test_text_outside_ascii(text: str, found: list[str]) -> None:
    assert spelled(tokenise([text]), 0) == found


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("cat", 1), ("table", 2), ("make", 1), ("jumped", 1), ("wanted", 2), ("boxes", 2), ("names", 1), ("rhythm", 1),
     ("a", 1), ("education", 4), ("the", 1), ("12", 1)],
)  # fmt: skip
def test_syllables(word: str, syllables: int) -> None:
    assert tokenise([word]).count_syllables().tolist() == [syllables]


def test_code_in_markdown_is_no_prose() -> None:
    batch = tokenise(["A loop repeats.\n\n```py\nfor x in y:\n    go(x)\n```\n\nThen it ends."])
    assert [word for word, prose in zip(spelled(batch, 0), batch.prose, strict=True) if prose] == [
        "A", "loop", "repeats", "Then", "it", "ends",
    ]  # fmt: skip


def test_case_8_a_lone_surrogate_is_no_failure() -> None:
    assert spelled(tokenise(["good \ud800 text"]), 0) == ["good", "text"]


def test_control_characters_hide_nothing() -> None:
    assert spelled(tokenise(["te\x01st\x1b"]), 0) == ["test"]


def test_case_22_a_text_without_spaces_is_fast() -> None:
    started = time.process_time()
    batch = tokenise(["x" * 100_000, "ab" * 50_000])
    assert batch.counts().tolist() == [1, 1]
    assert time.process_time() - started < 1
