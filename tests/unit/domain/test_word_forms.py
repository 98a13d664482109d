"""A word is held by a text in any of its forms, and not by another word that it is a part of."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.word_forms import forms, holds_word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("He ran home.", "run"),
        ("Two cities met.", "city"),
        ("She was hopping.", "hop"),
        ("They baked bread.", "bake"),
        ("The knives were sharp.", "knife"),
        ("Leaves fell.", "leaf"),
        ("The happiest dog.", "happy"),
        ("THE DOG'S bone.", "dog"),
        ("An ice cream for all.", "ice cream"),
        ("Children play.", "child"),
        ("He was tying a knot.", "tie"),
        ("It sprang up.", "spring"),
        ("She truly knew.", "true"),
        ("They panicked.", "panic"),
        ("Three quizzes.", "quiz"),
        ("The least of them.", "little"),
    ],
)
def test_a_word_is_held_in_any_form(text: str, word: str) -> None:
    assert holds_word(text, word)


@pytest.mark.parametrize(("text", "word"), [("The cathedral stood.", "cat"), ("", "cat"), ("A dog.", "cat")])
def test_a_word_inside_another_is_not_held(text: str, word: str) -> None:
    assert not holds_word(text, word)


@given(st.text(max_size=300))
def test_a_word_is_a_form_of_itself(word: str) -> None:
    assert word in forms(word)


def test_no_bait_takes_long() -> None:
    begun = time.process_time()
    for bait in ("a" * 100_000 + "!", "sure" * 25_000, "here is a " * 10_000, "I can't" * 9_000):
        holds_word(bait, "run")

    assert time.process_time() - begun < 1.0
