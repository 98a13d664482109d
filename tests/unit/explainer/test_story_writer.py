"""Stories: the three words, the features, the length, many openings."""

import random
import re
from collections import Counter

import pytest

from app.domain.recipes.tinystories import TINYSTORIES
from app.explainer.inflection import gerund, past, plural
from app.explainer.prompt import parse_prompt
from app.explainer.writer import write
from tests.unit.explainer.requests import STORY_TASK, message

NOUNS = "ball dog river apple king bread lamp stone boat tree spoon cloud mountain hat drum key".split()
VERBS = "carry jump share sing hide run find help dream swim clap whisper build laugh lie stop".split()
ADJECTIVES = "red happy hungry big brave soft round shiny lonely old quick cold angry".split()


def _story(words: tuple[str, str, str], number: int, *features: str) -> str:
    lines = [f"Words: {', '.join(words)}", "Length: 80-200 words"]
    if features:
        lines.append(f"Features: {', '.join(features)}")
    return write(parse_prompt(message(STORY_TASK, lines=tuple(lines))), number)


@pytest.fixture(scope="module")
def stories() -> list[tuple[tuple[str, str, str], str]]:
    rng = random.Random(7)
    words = [(rng.choice(NOUNS), rng.choice(VERBS), rng.choice(ADJECTIVES)) for _ in range(1500)]
    return [(triple, _story(triple, number)) for number, triple in enumerate(words)]


def test_all_three_words_appear_in_some_form(stories: list[tuple[tuple[str, str, str], str]]) -> None:
    for (noun, verb, adjective), story in stories:
        text = story.lower()
        assert re.search(rf"\b(?:{noun}|{plural(noun)})\b", text)
        assert re.search(rf"\b(?:{verb}|{past(verb)}|{gerund(verb)})\b", text)
        assert re.search(rf"\b{adjective}\b", text)


def test_length_is_within_the_asked_range(stories: list[tuple[tuple[str, str, str], str]]) -> None:
    assert all(80 <= len(story.split()) <= 200 for _, story in stories)


def test_no_opening_is_shared_by_more_than_one_percent(stories: list[tuple[tuple[str, str, str], str]]) -> None:
    openings = Counter(tuple(re.findall(r"\w+", story.lower())[:5]) for _, story in stories)
    assert openings.most_common(1)[0][1] <= len(stories) * 0.01


@pytest.mark.parametrize("opening", TINYSTORIES.openings)
def test_a_story_begins_as_asked_and_seldom_like_another(opening: str) -> None:
    asked = message(STORY_TASK, lines=("Words: ball, sing, red", f"Opening: begin with {opening}"))
    heads = [" ".join(re.findall(r"\w+", write(parse_prompt(asked), number))[:5]) for number in range(60)]
    free = message(STORY_TASK, lines=("Words: ball, sing, red", "Opening: begin as you like"))

    assert len(set(heads)) >= 20
    assert heads != [" ".join(re.findall(r"\w+", write(parse_prompt(free), number))[:5]) for number in range(60)]


def test_wording_has_no_leftovers_and_right_articles(stories: list[tuple[tuple[str, str, str], str]]) -> None:
    for _, story in stories:
        assert not re.search(r"[\[\]$|]", story)
        assert not re.search(r"\b[Aa] [aeio]\w", story)
        assert story.count("“") == story.count("”")
        assert not re.search(r"[.!?] [a-z]", re.sub(r"“[^”]*”", "“X”", story).replace("” ", "”"))


def test_features_show() -> None:
    words = ("ball", "sing", "red")
    assert "“" in _story(words, 1, "dialogue")
    assert _story(words, 2, "moral") != _story(words, 2)
    sad = _story(words, 3, "bad ending").split("\n\n")[-1]
    assert re.search(r"cried|never|not|broke|wet eyes|rain", sad)


def test_same_request_and_seed_give_the_same_story() -> None:
    assert _story(("ball", "sing", "red"), 4) == _story(("ball", "sing", "red"), 4)
    assert _story(("ball", "sing", "red"), 4) != _story(("ball", "sing", "red"), 5)


def test_missing_or_strange_words_still_give_a_story() -> None:
    assert len(write(parse_prompt(f"Task: {STORY_TASK}\nWords: \n"), 1).split()) > 60
    assert len(write(parse_prompt(f"Task: {STORY_TASK}\nWords: (?:, $x, [a|b]\n"), 1).split()) > 60


@pytest.mark.parametrize(
    ("verb", "was", "doing"),
    [
        ("carry", "carried", "carrying"),
        ("stop", "stopped", "stopping"),
        ("swim", "swam", "swimming"),
        ("make", "made", "making"),
        ("lie", "lay", "lying"),
        ("play", "played", "playing"),
        ("open", "opened", "opening"),
        ("mix", "mixed", "mixing"),
        ("see", "saw", "seeing"),
        ("clap", "clapped", "clapping"),
        ("quit", "quit", "quitting"),
        ("rain", "rained", "raining"),
    ],
)
def test_verb_forms(verb: str, was: str, doing: str) -> None:
    assert (past(verb), gerund(verb)) == (was, doing)


@pytest.mark.parametrize(
    ("noun", "many"), [("berry", "berries"), ("box", "boxes"), ("mouse", "mice"), ("key", "keys"), ("leaf", "leaves")]
)
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many
