"""Grades of words: the shipped file, what counts as a different word, and the map it is read into."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.common_words import COMMON_WORDS
from app.domain.tokens import hash_words, tokenise
from app.domain.word_codes import word_codes
from app.domain.word_grades import BLOCK_WORDS, COMMON, LISTED, cubes, distinct, graded_words


def grade(word: str) -> float:
    codes = graded_words().look_up(hash_words([word]))
    return float(np.cbrt(cubes(codes, np.array([len(word)])))[0])


@pytest.mark.parametrize(
    ("easy", "hard"),
    [("dog", "ancient"), ("ancient", "hypothesis"), ("hypothesis", "hegemony"), ("ran", "fled"), ("big", "immense")],
)
def test_a_word_learnt_later_has_a_higher_grade(easy: str, hard: str) -> None:
    assert grade(easy) < grade(hard)


def test_a_listed_word_has_its_grade_in_all_its_regular_forms() -> None:
    assert grade("conquer") == grade("conquered") == grade("conquering") == 5.5


def test_an_unknown_word_is_graded_by_its_length() -> None:
    assert grade("zqxv") == pytest.approx(3 + 0.65 * 4)
    assert grade("zqxv" * 6) == 10


def test_common_words_are_marked_and_no_harder_than_grade_four() -> None:
    words = sorted(COMMON_WORDS)
    codes = graded_words().look_up(hash_words(words))

    assert ((codes & (COMMON | LISTED)) == COMMON | LISTED).all()
    assert cubes(codes, np.ones(len(words), np.int64)).max() == 4**3


def test_words_count_once_in_a_block_of_a_document() -> None:
    batch = tokenise(["the cat saw the cat", "the cat"])

    found = distinct(batch, np.arange(len(batch.start)))

    assert found.tolist() == [False, False, True, True, True, True, True]


def test_a_word_counts_again_in_the_next_block() -> None:
    batch = tokenise(["same " * (2 * BLOCK_WORDS)])

    assert distinct(batch, np.arange(len(batch.start))).sum() == 2


@given(st.dictionaries(st.from_regex("[a-z]{2,8}", fullmatch=True), st.integers(1, 255), max_size=40))
def test_a_map_gives_each_word_its_code_and_others_none(codes: dict[str, int]) -> None:
    made = word_codes(codes)

    assert made.look_up(hash_words(sorted(codes))).tolist() == [codes[word] for word in sorted(codes)]
    assert not made.look_up(hash_words(["x9", "y_y"])).any()


def test_a_large_map_holds_exactly_its_words() -> None:
    inside = {f"in{number}": 1 + number % 255 for number in range(30_000)}
    made = word_codes(inside)

    assert made.look_up(hash_words(list(inside))).tolist() == list(inside.values())
    assert not made.look_up(hash_words([f"out{number}" for number in range(30_000)])).any()
