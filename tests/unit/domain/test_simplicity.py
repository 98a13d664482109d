"""Readability formulas by hand, sentences in the byte pass, and what must not disturb a grade."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.common_words import COMMON_WORDS
from app.domain.simplicity import EASE_MODEL, Counts, Readability, known_words, measure, readability
from app.domain.tokens import tokenise
from app.domain.word_grades import graded_words

# Read once, before an example of a property test is timed.
graded_words()

EASY = "The cat sat on the mat. It was warm there. Then a dog came in and the cat ran up a tree."
HARD = (
    "Notwithstanding considerable methodological heterogeneity, contemporary epistemological investigations "
    "predominantly characterise institutional legitimacy as fundamentally contingent upon deliberative participation."
)


def read(text: str) -> Readability:
    return readability(tokenise([text]))


def test_the_ease_model_by_hand() -> None:
    one = np.array([1])
    found = measure(
        Counts(
            words=one * 100,
            sentences=one * 5,
            syllables=one * 150,
            listed=one * 90,
            characters=one * 450,
            polysyllables=one * 12,
            graded=one * 60,
            recognised=one * 60,
            grade_cubes=one * 60 * 6.0**3,
        )
    )

    grade = EASE_MODEL[0] + EASE_MODEL[1] * np.log(20) + EASE_MODEL[2] * 1.5 + EASE_MODEL[3] * 6
    assert found.grade[0] == pytest.approx(grade)
    assert found.ease[0] == pytest.approx(120 - 6 * grade)
    assert found.list_coverage[0] == pytest.approx(0.9)
    assert (found.fre[0], found.fkgl[0]) == (pytest.approx(59.635), pytest.approx(9.91))
    assert (found.smog[0], found.ari[0]) == (pytest.approx(11.979, abs=1e-3), pytest.approx(9.765))
    assert found.coleman_liau[0] == pytest.approx(9.18)


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
        pytest.param("“Stop!” he said. “It is late.” Then he left.", 4, id="typographic quotation marks"),
        pytest.param("It was Oct. 5 when Lt. Gray left for St. Ives.", 1, id="more abbreviations"),
        pytest.param("今日は晴れです。とても暑い！行きますか？はい", 4, id="Japanese"),
        pytest.param("1. Mix the eggs\n2. Add milk\n3. Bake", 3, id="numbered list"),
    ],
)
def test_sentences_are_counted(text: str, sentences: int) -> None:
    assert read(text).sentences.tolist() == [sentences]


def test_code_blocks_do_not_wreck_a_grade() -> None:
    code = "\n\n```python\nfor index, element in enumerate(items):\n    accumulator[element.identifier] += index\n```\n"
    long = EASY + " " + EASY
    assert read(long + code * 5).grade[0] == pytest.approx(read(long).grade[0], abs=0.01)


def test_inline_code_and_identifiers_do_not_count_as_hard_words() -> None:
    plain = "The dog ran to the park with its ball. " * 3
    coded = plain + "It used `interpolator` and load_configuration_registry there."
    worded = plain + "It used interpolator and loadconfigurationregistry there."
    assert read(coded).grade_cubes[0] < read(worded).grade_cubes[0] - 1_000


def test_a_long_text_is_as_hard_as_its_paragraphs() -> None:
    paragraph = "The committee considered an alternative proposal for the old harbor. Nobody had read it. " * 15
    assert read(paragraph * 20).grade[0] == pytest.approx(read(paragraph).grade[0], abs=0.3)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Le chat est assis sur le tapis. Il fait chaud ici. Le chien arrive.", id="French"),
        pytest.param("Die Katze sitzt auf der Matte. Es ist warm dort. Der Hund kommt.", id="German"),
        pytest.param("猫はマットの上に座った。そこは暖かい。犬が来た。", id="Japanese"),
        pytest.param("القط جلس على السجادة. كان الجو دافئا هناك. ثم جاء الكلب.", id="Arabic"),
    ],
)
def test_easy_text_of_another_language_is_not_graded_as_hard(text: str) -> None:
    assert read(text).grade[0] < 7


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a", id="one letter"),
        pytest.param("Dog", id="one word"),
        pytest.param("\U0001f600" * 5_000, id="all emoji"),
        pytest.param("x" * 100_000, id="100 KB without a space"),
        pytest.param("word " * 20_000, id="one line"),
        pytest.param("مرحبا بالعالم! " * 500, id="right to left"),
        pytest.param("abc где 漢字 नमस्ते ok. " * 500, id="mixed scripts"),
        pytest.param(" " * 100_000 + "x", id="deep indentation"),
        pytest.param("a.b.c!?" * 10_000, id="stops"),
    ],
)
def test_odd_texts_get_a_grade(text: str) -> None:
    found = read(text)
    assert 1 <= found.grade[0] <= 16
    assert 0 <= found.ease[0] <= 100


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
    alone = [read(text) for text in texts]
    for name in [field.name for field in fields(Readability)]:
        values = getattr(whole, name)
        assert np.isfinite(values).all()
        assert [getattr(one, name)[0] for one in alone] == values.tolist()
    assert ((whole.ease >= 0) & (whole.ease <= 100) & (whole.grade >= 1) & (whole.grade <= 16)).all()


def test_code_alone_is_measured_whole() -> None:
    found = read("x = compute(y)\nresult[x] = {'a': y_total}\n")
    assert found.words[0] > 0
    assert found.sentences[0] == 2


@pytest.mark.parametrize("word", ["stopped", "running", "carries", "nicer", "happily", "children", "don't", "went"])
def test_common_words_hold_their_forms(word: str) -> None:
    assert word in COMMON_WORDS
