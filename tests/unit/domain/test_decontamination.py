"""Contamination by worked example: copies, near copies, renamed code, and what only looks like one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.decontamination import build_index, find_hits

QUESTION = (
    "A baker sells forty rolls before noon and half as many after noon. "
    "How many rolls does the baker sell on that day in all?"
)
CODE = '''def running_total(values):
    """Sums so far."""
    total = 0
    found = []
    for value in values:
        if value > 7:
            total += value
        found.append(total)
    return found
'''
RENAMED = CODE.replace("running_total", "f").replace("values", "xs").replace("value", "x").replace("found", "out")
SHORT = "Write a function that reverses one string"
INDEX = build_index([("q/1", QUESTION), ("q/2", QUESTION + " Say why."), ("c/1", CODE), ("s/1", SHORT), ("e/1", "")])


def test_a_copy_inside_other_text_is_found_whole_with_every_item_it_holds() -> None:
    hits = find_hits(INDEX, "Before that. " + QUESTION.upper() + " After that.")

    assert [(hit.item, hit.kind) for hit in hits] == [("q/1", "whole"), ("q/2", "runs")]
    assert hits[0].evidence.startswith("a baker sells forty rolls")
    assert all(0.5 < hit.share <= 1.0 and len(hit.evidence) <= 120 for hit in hits)


def test_more_than_half_of_an_items_runs_is_a_hit_and_less_is_none() -> None:
    words = QUESTION.split()

    assert [hit.item for hit in find_hits(INDEX, " ".join(words[:20]))] == ["q/1", "q/2"]
    assert find_hits(INDEX, " ".join(words[:13])) == []


@pytest.mark.parametrize("text", [RENAMED, f"Look:\n```python\n{RENAMED}```\n"], ids=["source", "lesson"])
def test_renamed_code_is_found_by_its_shape(text: str) -> None:
    hits = find_hits(INDEX, text)

    assert [(hit.item, hit.kind) for hit in hits] == [("c/1", "shape")]
    assert "def f(xs)" in hits[0].evidence


def test_the_same_shape_with_another_number_is_other_code() -> None:
    assert find_hits(INDEX, RENAMED.replace("7", "8")) == []


def test_an_item_under_ten_words_must_stand_there_whole() -> None:
    assert [hit.item for hit in find_hits(INDEX, f"Now: {SHORT.lower()}, please.")] == ["s/1"]
    assert find_hits(INDEX, "Write a function that reverses") == []


@pytest.mark.parametrize("text", ["", "word", "def f(:", "\ud800 " * 20], ids=["empty", "word", "broken", "surrogates"])
def test_odd_texts_are_clean(text: str) -> None:
    assert find_hits(INDEX, text) == []


def test_an_empty_index_finds_nothing() -> None:
    assert find_hits(build_index([]), QUESTION) == []


@given(st.lists(st.sampled_from("abcdefghij"), min_size=10, max_size=60))
def test_every_item_of_ten_words_finds_itself(words: list[str]) -> None:
    text = " ".join(words)

    assert [hit.share for hit in find_hits(build_index([("x", text)]), text)] == [1.0]


def test_a_hundred_kilobytes_take_under_a_second() -> None:
    started = time.perf_counter()

    find_hits(INDEX, "a b " * 25_000)

    assert time.perf_counter() - started < 1.0
