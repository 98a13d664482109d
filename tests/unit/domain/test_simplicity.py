"""Readability formulas by hand, sentences in the byte pass, and what must not disturb a grade."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.common_words import COMMON_WORDS
from app.domain.simplicity import Readability, known_words, measure, readability
from app.domain.tokens import tokenise
from app.domain.word_sets import word_set

EASY = "The cat sat on the mat. It was warm there. Then a dog came in and the cat ran up a tree."
HARD = (
    "Notwithstanding considerable methodological heterogeneity, contemporary epistemological investigations "
    "predominantly characterise institutional legitimacy as fundamentally contingent upon deliberative participation."
)


def read(text: str) -> Readability:
    return readability(tokenise([text]))


def test_formulas_by_hand() -> None:
    one = np.array([1])
    found = measure(one * 100, one * 5, one * 150, one * 90)
    assert found.fre[0] == pytest.approx(59.635)
    assert found.fkgl[0] == pytest.approx(9.91)
    assert found.list_coverage[0] == pytest.approx(0.9)
    assert found.ease[0] == pytest.approx(0.5 * 59.635 + 0.5 * 80)
    assert found.grade[0] == pytest.approx(0.5 * 9.91 + 0.5 * (3 + 3.6))


def test_easy_is_easier_than_hard() -> None:
    easy, hard = read(EASY), read(HARD)
    assert easy.ease[0] > 90
    assert hard.ease[0] < 10
    assert easy.grade[0] < 3
    assert hard.grade[0] == 16


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param(EASY, 3, id="plain"),
        pytest.param("Dr. Ray met J. Smith at 2.5 km, e.g. here. They sat.", 2, id="inner stops"),
        pytest.param("Wait... what is that?! Nobody knows.", 2, id="runs of marks"),
        pytest.param("# A title\n\nThe body goes\non and on\n\n- one item\n- two items", 4, id="markdown"),
        pytest.param("no stop at all", 1, id="none"),
    ],
)
def test_sentences_are_counted(text: str, sentences: int) -> None:
    assert read(text).sentences.tolist() == [sentences]


def test_code_blocks_do_not_wreck_a_grade() -> None:
    code = "\n\n```python\nfor index, element in enumerate(items):\n    accumulator[element.identifier] += index\n```\n"
    long = EASY + " " + EASY
    assert read(long + code * 5).grade[0] == pytest.approx(read(long).grade[0], abs=0.01)


def test_numbers_and_names_count_as_known() -> None:
    batch = tokenise(["In 1805 a man named Xerxes saw quokkas."])
    assert known_words(batch).tolist() == [True, True, True, True, True, True, True, False]


@pytest.mark.parametrize("text", ["", " \n ", "...", "# \n```\n```", "((((" * 1000], ids=range(5))
def test_texts_without_words_are_measured_without_nan(text: str) -> None:
    found = read(text)
    assert (found.ease[0], found.grade[0], found.list_coverage[0]) == (100, 1, 1)


@given(st.lists(st.text(max_size=120), min_size=1, max_size=5))
def test_bounds_and_independence_of_neighbours(texts: list[str]) -> None:
    whole = readability(tokenise(texts))
    for name in Readability.__slots__:
        values = getattr(whole, name)
        assert np.isfinite(values).all()
        assert [getattr(read(text), name)[0] for text in texts] == values.tolist()
    assert ((whole.ease >= 0) & (whole.ease <= 100) & (whole.grade >= 1) & (whole.grade <= 16)).all()


def test_code_alone_is_measured_whole() -> None:
    found = read("x = compute(y)\nresult[x] = {'a': y_total}\n")
    assert found.words[0] > 0
    assert found.sentences[0] == 2


@pytest.mark.parametrize("word", ["stopped", "running", "carries", "nicer", "happily", "children", "don't", "went"])
def test_common_words_hold_their_forms(word: str) -> None:
    assert word in COMMON_WORDS


def test_a_word_set_holds_exactly_its_words() -> None:
    inside = [f"in{number}" for number in range(3_000)]
    outside = [f"out{number}" for number in range(3_000)]
    found = word_set(inside)
    assert found.contains(tokenise([" ".join(inside)]).word_hash).all()
    assert not found.contains(tokenise([" ".join(outside)]).word_hash).any()
    assert not word_set([]).contains(tokenise(["word"]).word_hash).any()
