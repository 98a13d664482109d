"""Exercises of the offline explainer: true by the gate that judges them, varied, and honest about what it knows."""

import random

import pytest

from app.adapters.models import word_list_path
from app.domain.exercise_gate import check_exercise
from app.domain.formats import is_refusal
from app.domain.gate_config import Exercises
from app.domain.recipes.exercises import EXERCISES
from app.domain.records import Kind
from app.domain.word_parts import fits
from app.explainer.exercise_writer import known_names
from app.explainer.prompt import parse_prompt
from app.explainer.writer import write
from tests.unit.explainer.requests import message


def exercise(name: str, number: int = 0, *lines: str) -> str:
    asked = message(EXERCISES.tasks[Kind.words], number=number, lines=(f"Function: {name}", *lines))
    return write(parse_prompt(asked), number)


SOME = random.Random(3).sample(known_names(), 60)


def test_exercises_are_verified_and_their_tests_notice_nearly_every_fault() -> None:
    scores = []
    for number, name in enumerate(SOME):
        found: dict[str, float] = {}
        assert check_exercise(exercise(name, number), name, Exercises(mutation_score=0.5), found) is None, name
        assert found["unverified"] == 0
        scores.append(found["mutation_score"])
    assert sum(scores) / len(scores) > 0.95


@pytest.mark.parametrize("name", SOME[:10])
def test_lengths_are_those_asked_for(name: str) -> None:
    low, high = EXERCISES.length_for(0)

    assert low * 0.75 <= len(exercise(name).split()) <= high * 1.25


def test_the_same_name_gives_other_words_tests_and_solutions() -> None:
    texts = [exercise("count_even_numbers", number) for number in range(20)]

    assert len({text.split("```")[0] for text in texts}) > 10
    assert len({text.split('"""')[2].split("```")[0] for text in texts}) == 2
    assert len({text.split("```python")[2] for text in texts}) == 20


def test_a_constraint_decides_the_style() -> None:
    looped = exercise("count_vowels", 1, "Constraint: solve it with a loop")
    short = exercise("count_vowels", 1, "Constraint: solve it in few lines")

    assert "    count += 1" in looped and "sum(1 for" in short


def test_an_unknown_function_is_refused_as_such() -> None:
    text = exercise("bowling_score")

    assert is_refusal(text) and "'bowling_score'" in text


def test_the_shipped_list_holds_hundreds_of_names_most_of_them_known() -> None:
    lines = word_list_path(EXERCISES.word_list or "").read_text().splitlines()
    names = [line.removesuffix(",function") for line in lines[1:]]

    assert lines[0] == "word,part" and len(set(names)) == len(names) > 400
    assert all(fits(name, "function") for name in names)
    assert set(known_names()) <= set(names) and len(known_names()) > 0.7 * len(names)
