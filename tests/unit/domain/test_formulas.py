"""Readability formulas by hand, and on textstat's own counts."""

import numpy as np
import pytest

from app.domain import formulas

textstat = pytest.importorskip("textstat")

TEXT = (
    "The committee considered an alternative proposal. It was rejected immediately. Nobody understood why the "
    "chairman had changed his opinion so suddenly, but everybody agreed that the decision was regrettable. "
) * 10


def counted(number: float) -> np.ndarray:
    return np.array([number])


WORDS, SENTENCES, SYLLABLES, CHARACTERS = counted(100), counted(5), counted(150), counted(450)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(formulas.flesch_reading_ease(WORDS, SENTENCES, SYLLABLES), 59.635, id="fre"),
        pytest.param(formulas.flesch_kincaid_grade(WORDS, SENTENCES, SYLLABLES), 9.91, id="fkgl"),
        pytest.param(formulas.smog_grade(SENTENCES, counted(12)), 11.979, id="smog"),
        pytest.param(formulas.automated_readability_index(WORDS, SENTENCES, CHARACTERS), 9.765, id="ari"),
        pytest.param(formulas.coleman_liau_index(WORDS, SENTENCES, CHARACTERS), 9.18, id="coleman-liau"),
    ],
)
def test_formulas_by_hand(found: np.ndarray, expected: float) -> None:
    assert found[0] == pytest.approx(expected, abs=0.001)


def test_formulas_agree_with_textstat_on_its_own_counts() -> None:
    words = counted(textstat.lexicon_count(TEXT))
    sentences = counted(textstat.sentence_count(TEXT))
    syllables = counted(textstat.syllable_count(TEXT))
    characters = counted(textstat.char_count(TEXT))
    letters = counted(textstat.letter_count(TEXT))
    long_words = counted(textstat.polysyllabcount(TEXT))

    found = [
        formulas.flesch_reading_ease(words, sentences, syllables)[0],
        formulas.flesch_kincaid_grade(words, sentences, syllables)[0],
        formulas.smog_grade(sentences, long_words)[0],
        formulas.automated_readability_index(words, sentences, characters)[0],
        formulas.coleman_liau_index(words, sentences, letters)[0],
    ]

    # It rounds ratios before it uses them, to two places.
    assert found == pytest.approx(
        [
            textstat.flesch_reading_ease(TEXT),
            textstat.flesch_kincaid_grade(TEXT),
            textstat.smog_index(TEXT),
            textstat.automated_readability_index(TEXT),
            textstat.coleman_liau_index(TEXT),
        ],
        abs=0.5,
    )
