"""Sentences beside the seed's, by worked example."""

import pytest

from app.domain.facts import facts_of
from app.domain.statements import Findings, compare, statement_of
from app.domain.text import sentences

SEED = (
    "The heart pumps blood around the body. If the valves are weak, blood flows back into the chambers. "
    "In 1628 William Harvey described how blood moves through the body of animals. "
    "In 1953 Francis Crick explained the double structure of hereditary molecules. "
    "A grown heart beats about seventy times each minute, and it never rests during sleep."
)


def found(candidate: str) -> Findings:
    seed = [statement_of(sentence) for sentence in sentences(SEED)]
    return compare(seed, sentences(candidate), (facts_of(SEED), facts_of(candidate)))


def test_a_faithful_rewrite_has_no_findings() -> None:
    text = (
        "Blood is pumped around the body by the heart. William Harvey described in 1628 how it moves through animals."
    )

    assert found(text) == Findings()
    assert found(SEED) == Findings()


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param("The heart does not pump blood around the body.", id="a no more"),
        pytest.param("A grown heart beats about seventy times each minute, and it rests during sleep.", id="a no less"),
    ],
)
def test_a_statement_turned_round_is_found(candidate: str) -> None:
    assert found(candidate).turned == [candidate]


@pytest.mark.parametrize(
    ("candidate", "exchanged"),
    [
        pytest.param(
            "In 1682 William Harvey described how blood moves through the body of animals.", "1682 for 1628", id="year"
        ),
        pytest.param(
            "In 1628 Francis Crick described how blood moves through the body of animals.",
            "Francis Crick for William Harvey",
            id="a name of another sentence",
        ),
    ],
)
def test_a_fact_in_another_facts_place_is_named_with_it(candidate: str, exchanged: str) -> None:
    assert exchanged in found(candidate).exchanged


def test_a_condition_left_out_is_quoted() -> None:
    assert found("Blood flows back into the chambers of the heart.").dropped == ["if the valves are weak"]
    assert found("The valves may be weak. Blood then flows back into the chambers of the heart.").dropped == []


def test_a_sentence_about_something_else_is_invented() -> None:
    foreign = "Merchants from Lisbon traded pepper for copper kettles."

    assert found(f"The heart pumps blood around the body. {foreign}").invented == [foreign]


def test_questions_say_nothing() -> None:
    assert found("Does the heart not pump blood around the body?") == Findings()
