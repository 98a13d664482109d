"""Whether an answer is a text at all, by tables of what models really say."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.formats import echo_share, is_refusal, other_writing, preamble, repeated_share, runs

TEXT = "A dam is a wall across a stream. Behind it the water cannot flow on, so a pond forms where none was before."


def repeated(text: str) -> float:
    return repeated_share(text, runs(text))


@pytest.mark.parametrize(
    "text",
    [
        "Sure, here is the lesson you asked for:\n" + TEXT,
        "Of course! " + TEXT,
        "**Certainly!** " + TEXT,
        "Here's a lesson for a ten-year-old:\n" + TEXT,
        "As an AI language model I explain: " + TEXT,
        "I'd be happy to explain. " + TEXT,
        "Answer: " + TEXT,
        TEXT + "\n\nLet me know if you want more examples!",
        TEXT + " I hope this helps you.",
        TEXT + "\nFeel free to ask questions.",
        TEXT + " Would you like me to go on?",
    ],
)
def test_a_text_that_talks_to_the_asker_is_found(text: str) -> None:
    assert preamble(text)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "",
        "Here the water is deep. A dam holds it.",
        "Surely a dam is strong.",
        "Answers come from the pond.",
        "Mia said: I hope this helps you. Then she went on and built the dam " + "of mud and wood " * 20,
        "Okra grows near the dam.",
    ],
    ids=["plain", "empty", "here", "surely", "answers", "said in the middle", "okra"],
)
def test_an_ordinary_text_is_not(text: str) -> None:
    assert preamble(text) is None


@pytest.mark.parametrize(
    ("text", "declines"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot write this.", True),
        ("Unfortunately, I can not do so.", True),
        ("Sorry, I must stop here.", True),
        (TEXT, False),
        ("", False),
        ("I can swim, said the duck.", False),
        ("I cannot fly, thought the duck. " + TEXT * 6, False),
    ],
    ids=["sorry", "cannot", "unfortunately", "sorry 2", "plain", "empty", "can", "a long story"],
)
def test_refusals(text: str, declines: bool) -> None:
    assert is_refusal(text) is declines


def test_echo_is_the_share_of_the_instructions_that_stands_in_the_text() -> None:
    asked = "one two three four five six seven"

    assert echo_share(runs(f"so it said: {asked.upper()}"), asked) == 1.0
    assert echo_share(runs("one two three four five six, seven"), asked) == 0.0
    assert echo_share(runs("one two three four five six eight"), asked) == 0.5
    assert echo_share(runs(TEXT), "too short") == 0.0
    assert echo_share(runs(""), asked) == 0.0


def test_repetition_is_of_lines_or_of_phrases() -> None:
    line = "this is a line of more than twenty characters"

    assert repeated(TEXT) == 0.0
    assert repeated("") == 0.0
    assert repeated("\n".join([line] * 10)) == pytest.approx(0.9, abs=0.05)
    assert repeated("go on and on " * 50) > 0.9
    assert repeated("{\n}\n" * 50 + TEXT) < 0.9


@pytest.mark.parametrize(
    ("text", "seed", "other"),
    [
        ("Это совсем другой текст о воде.", TEXT, True),
        (TEXT, TEXT, False),
        ("Это текст.", "Это другой текст.", False),
        ("Une école a été bâtie près de l'étang.", TEXT, False),
        ("", TEXT, False),
        ("12 + 30 = 42", TEXT, False),
    ],
    ids=["cyrillic of latin", "same", "cyrillic of cyrillic", "accents", "empty", "no letters"],
)
def test_another_writing(text: str, seed: str, other: bool) -> None:
    assert other_writing(text, seed) is other


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_shares_are_shares_of_any_text(one: str, two: str) -> None:
    assert 0.0 <= repeated(one) <= 1.0
    assert 0.0 <= echo_share(runs(one), two) <= 1.0


@pytest.mark.parametrize(
    "bait", ["a" * 100_000 + "!", "sure" * 25_000, "here is a " * 10_000, "\n" * 100_000, "I can't" * 9_000]
)
def test_no_bait_takes_long(bait: str) -> None:
    begun = time.process_time()
    preamble(bait), is_refusal(bait), repeated(bait), other_writing(bait, TEXT)

    assert time.process_time() - begun < 1.0
