"""The educational classifier: bounds, independence, stuffing, files, training."""

import json
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.models import shipped_classifier
from app.domain.education import (
    InvalidClassifierError,
    dump_classifier,
    evaluate,
    load_classifier,
)
from app.domain.education_style import DEFAULT_SHIFT
from app.domain.education_training import UntrainableError, train_classifier
from app.domain.tokens import tokenise
from benchmarks.education_attacks import ATTACKS

SEEDS = Path("examples/seeds.jsonl")
STUFFING = "textbook exercise step-by-step "
LESSON = """# Counting with a loop

A loop repeats a step. Here we add the numbers from 1 to 3, one after the other:

```python
total = 0
for number in [1, 2, 3]:
    total = total + number
print(total)  # prints 6
```

The loop runs three times. Each time it takes the next number and adds it to the total, so total is 1, then 3, then 6.

Exercise: change the list so that the program adds 4, 5 and 6. What will it print?
"""
CONFIG = "\n".join(f'  "service_{number}": {{"port": {8000 + number}, "retries": 3}},' for number in range(30))
TRAINING = [f"{LESSON}\nNumber {number} of many, see chapter {number}." for number in range(40)] + [
    CONFIG.replace("service", f"unit{number}") for number in range(40)
]
LABELS = [4.0 + number % 2 for number in range(40)] + [0.5 * (number % 2) for number in range(40)]


def score(*texts: str) -> list[float]:
    return shipped_classifier().predict(tokenise(texts)).tolist()


def test_a_lesson_scores_above_configuration() -> None:
    lesson, config = score(LESSON, CONFIG)
    assert lesson > 2.5
    assert config < 1


@settings(max_examples=40)
@given(st.lists(st.text(max_size=100) | st.sampled_from([LESSON, CONFIG]), min_size=1, max_size=5))
def test_scores_are_bounded_and_independent_of_the_batch_bit_for_bit(texts: list[str]) -> None:
    scores = score(*texts)
    assert all(0 <= value <= 5 for value in scores)
    assert scores == [score(text)[0] for text in texts]


@pytest.mark.parametrize("text", ["", " \n", "!!!", "\u200b"], ids=["empty", "blank", "marks", "invisible"])
def test_a_text_without_words_scores_zero(text: str) -> None:
    assert score(text) == [0.0]


def test_no_texts_give_no_scores() -> None:
    assert score() == []


@pytest.mark.parametrize("base", [LESSON, CONFIG, "The moon pulls the sea."], ids=["lesson", "config", "sentence"])
@pytest.mark.parametrize("times", [100, 1000])
def test_case_57_stuffing_raises_no_score(base: str, times: int) -> None:
    plain, stuffed = score(base, base + "\n" + STUFFING * times)
    assert stuffed <= plain


def test_attacks_lift_one_text_in_fifty_over_3_at_most() -> None:
    texts = [json.loads(line)["text"] for line in SEEDS.read_text().splitlines()]
    under = [text for text, value in zip(texts, score(*texts), strict=True) if value < 3]
    pairs = [attack(text) for attack in ATTACKS.values() for text in under]
    assert len(pairs) > 500
    assert sum(value >= 3 for value in score(*pairs)) <= 0.02 * len(pairs)


def test_case_57_stuffing_alone_scores_nothing() -> None:
    assert score(STUFFING * 1000)[0] < 0.1


def test_a_whole_text_repeated_scores_no_more() -> None:
    once, often = score(LESSON, LESSON * 20)
    assert often <= once


def test_case_10_invisible_characters_change_no_score() -> None:
    plain, hidden = score(LESSON, LESSON.replace("loop", "lo\u200bop").replace("exercise", "\u202eexercise"))
    assert hidden == plain


def test_case_22_a_text_without_spaces_is_scored_in_time() -> None:
    started = time.process_time()
    score("x" * 100_000)
    assert time.process_time() - started < 1


def test_figures_by_hand() -> None:
    found = evaluate(np.array([1.0, 2.0, 4.0]), np.array([0.0, 3.0, 4.0]))
    assert (found.n, found.spearman, found.f1_at_3, found.mae) == (3, 1.0, pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_constant_scores_have_no_rank_correlation() -> None:
    assert evaluate(np.ones(4), np.arange(4.0)).spearman == 0


def test_training_tells_lessons_from_configuration_and_repeats_itself() -> None:
    classifier, report = train_classifier(TRAINING, LABELS, rng_seed=1)
    again, _ = train_classifier(TRAINING, LABELS, rng_seed=1)
    lesson, config = classifier.predict(tokenise([LESSON, CONFIG]))
    assert lesson > 3 > 1 > config
    assert report.held_out.spearman > 0.7
    assert classifier.style_shift == report.style_shift and 0 <= report.style_shift <= 1
    assert again.sha256 == classifier.sha256


def test_storage_keeps_every_score() -> None:
    classifier = shipped_classifier()
    loaded = load_classifier(dump_classifier(classifier))
    batch = tokenise([LESSON, CONFIG])
    assert (loaded.predict(batch) == classifier.predict(batch)).all()
    assert loaded.style_shift == classifier.style_shift


def test_a_file_without_a_style_shift_has_the_default() -> None:
    with np.load(BytesIO(dump_classifier(shipped_classifier()))) as arrays:
        older = {name: arrays[name] for name in arrays.files if name != "style_shift"}
    sink = BytesIO()
    np.savez_compressed(sink, **older)
    assert load_classifier(sink.getvalue()).style_shift == DEFAULT_SHIFT


@pytest.mark.parametrize(
    ("texts", "labels", "said"),
    [
        pytest.param(TRAINING[:10], LABELS[:10], "10 usable records", id="too few"),
        pytest.param(TRAINING, [2.0] * 80, "every label is 2", id="constant"),
        pytest.param(TRAINING, [9.0, *LABELS[1:]], "outside 0 to 5", id="out of range"),
        pytest.param(TRAINING, [float("nan"), *LABELS[1:]], "outside 0 to 5", id="nan"),
    ],
)
def test_useless_labels_are_refused(texts: list[str], labels: list[float], said: str) -> None:
    with pytest.raises(UntrainableError, match=said):
        train_classifier(texts, labels, rng_seed=0)


def test_a_damaged_file_is_refused() -> None:
    good = shipped_classifier()
    nan, falling = good.shape_weights.copy(), good.knots[:, ::-1]
    nan[0] = np.nan
    for blob in (
        b"",
        b"pickle",
        dump_classifier(good)[:1000],
        dump_classifier(replace(good, shape_weights=nan)),
        dump_classifier(replace(good, shape_mean=good.shape_mean[:3])),
        dump_classifier(replace(good, knots=falling)),
        dump_classifier(replace(good, style_shift=-0.1)),
        dump_classifier(replace(good, shape_scale=0 * good.shape_scale)),
        dump_classifier(replace(good, knots=good.knots * [[1], [-1]])),
    ):
        with pytest.raises(InvalidClassifierError):
            load_classifier(blob)
