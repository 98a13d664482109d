"""`explain`: the moves add up to the score and name what a reader can find in the text."""

import numpy as np
import pytest

from app.adapters.models import shipped_classifier
from app.domain.education_explain import explain
from app.domain.tokens import tokenise

LESSON = """# Counting

A loop repeats a step, because the computer does not get tired. For example:

    for number in range(3):
        print(number)

Why does it print 0 first? Because range starts at zero.
"""


@pytest.mark.parametrize(
    "text", [LESSON, "", "word", "}{ ][", LESSON * 5], ids=["lesson", "empty", "one", "marks", "5x"]
)
def test_moves_and_start_add_up_to_the_raw_score_and_the_score(text: str) -> None:
    classifier = shipped_classifier()
    found = explain(classifier, text)
    assert found.start + sum(move.points for move in found.moves) == pytest.approx(found.raw)
    calibrated = float(classifier.calibrate(np.array([found.raw]))[0])
    assert calibrated * found.novelty == pytest.approx(found.score, abs=1e-4)
    assert found.score == classifier.predict(tokenise([text]))[0]


def test_names_words_lines_and_shapes() -> None:
    features = {move.feature for move in explain(shipped_classifier(), LESSON).moves}
    assert {'word "because"', 'line opening with the word "for"', "words_explain"} <= features


def test_the_furthest_move_comes_first() -> None:
    points = [abs(move.points) for move in explain(shipped_classifier(), LESSON).moves]
    assert points == sorted(points, reverse=True)
