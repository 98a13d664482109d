"""Words that are not for children: forms by rule, classes by name, and a list that a user can replace."""

import pytest

from app.domain.unsafe_words import CLASSES, unsafe_words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("He killed it with a Gun.", {"violence": ["killed"], "weapons": ["gun"]}, id="forms and case"),
        pytest.param("A wolf ate grandmother. The hunter saved her.", {}, id="a fairy tale"),
        pytest.param("The skillet of Mr Gunther's beginners", {}, id="inside of other words"),
        pytest.param("", {}, id="empty"),
        pytest.param("the gun's case, --gun--", {"weapons": ["gun"]}, id="between signs"),
        pytest.param("he spoke of self-harm", {"self_harm": ["self-harm"]}, id="with a hyphen"),
        pytest.param("KILL kill Killing", {"violence": ["kill", "killing"]}, id="each form once"),
    ],
)
def test_unsafe_words_are_named_by_class(text: str, wanted: dict[str, list[str]]) -> None:
    assert unsafe_words(text) == wanted


def test_a_list_of_ones_own_replaces_the_whole() -> None:
    own = {"sweets": ["candy", "sugar"]}

    assert unsafe_words("Guns and candies", own) == {"sweets": ["candies"]}
    assert unsafe_words("kill", {}) == {}
    assert unsafe_words("Er wollte töten, à la russe roulette.", {"x": ["töten", "la russe", " "]}) == {
        "x": ["la russe", "töten"]
    }


def test_no_class_is_empty_and_no_word_is_in_two() -> None:
    words = [word for listed in CLASSES.values() for word in listed]

    assert all(CLASSES.values()) and len(words) == len(set(words))
