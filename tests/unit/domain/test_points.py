"""Denials, conditions and names across reworded sentences, by worked example."""

import msgspec
import pytest

from app.domain.facts import Facts
from app.domain.fidelity import check_fidelity, seed_facts
from app.domain.records import Kind

SEED = (
    "Radium glows in the dark. Henri Becquerel found the rays of uranium in Paris, and Ernest Rutherford explained "
    "radioactive decay in Montreal. If the glass is wet, the lamp must not be lit. Most acids cannot dissolve gold. "
    "Only trained workers may open the box. Nearly all divers struggle to hold their breath for a minute."
)


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param("In the dark, radium does not glow.", id="a no more"),
        pytest.param("Gold can be dissolved by most acids.", id="a no less"),
    ],
)
def test_a_statement_is_turned_in_another_order_of_words(candidate: str) -> None:
    assert check_fidelity(SEED, candidate, Kind.prose).negations == [candidate]


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param("Gold is not dissolved by most acids.", id="no for cannot"),
        pytest.param("All divers, nearly, cannot hold their breath for a minute.", id="a no for a struggle"),
        pytest.param("Does radium not glow in the dark?", id="question"),
    ],
)
def test_another_way_to_say_no_turns_nothing(candidate: str) -> None:
    assert check_fidelity(SEED, candidate, Kind.prose).negations == []


@pytest.mark.parametrize(
    ("seed", "candidate"),
    [
        pytest.param(
            "The plays would not have survived if his friends had not gathered them.",
            "The plays survived because his friends gathered them.",
            id="counterfactual",
        ),
        pytest.param("Sleep deprivation was a badge of honour.", "Not sleeping was a badge of honour.", id="noun"),
    ],
)
def test_what_is_denied_in_other_words_turns_nothing(seed: str, candidate: str) -> None:
    assert check_fidelity(seed, candidate, Kind.prose).negations == []


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param("if they want to keep it clean", id="purpose"),
        pytest.param("when the miners heard the news", id="past"),
    ],
)
def test_a_purpose_or_a_past_circumstance_is_no_condition_that_must_be_kept(condition: str) -> None:
    seed = f"The workers washed the copper basin with vinegar {condition}."

    assert check_fidelity(seed, "The workers washed the copper basin with vinegar.", Kind.prose).unconditional == []


def test_names_in_each_others_place_are_told() -> None:
    right = "It was Henri Becquerel who found the rays of uranium. Ernest Rutherford explained how decay works."
    wrong = "It was Ernest Rutherford who found the rays of uranium. Henri Becquerel explained how decay works."

    assert check_fidelity(SEED, right, Kind.prose).contradicted == []
    assert any("each other's place" in said for said in check_fidelity(SEED, wrong, Kind.prose).contradicted)


def test_a_condition_left_out_of_the_same_statement_is_told_apart_from_a_circumstance() -> None:
    report = check_fidelity(SEED, "Then the lamp must not be lit.", Kind.prose)
    once = check_fidelity(
        "When oil took its place, the lamp was no longer lit in town.", "The lamp was lit.", Kind.prose
    )

    assert report.unconditional == ["if the glass is wet"]
    assert once.unconditional == []


def test_facts_of_a_seed_survive_storage_and_change_no_report() -> None:
    facts = seed_facts(SEED, Kind.prose)
    stored = msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=Facts)
    wrong = "Ernest Rutherford did not find the rays of uranium."

    assert stored == facts
    assert check_fidelity(SEED, wrong, Kind.prose, stored) == check_fidelity(SEED, wrong, Kind.prose)


@pytest.mark.parametrize(
    ("said", "supported"),
    [pytest.param("2,470 metres", True, id="rounded"), pytest.param("2,480 metres", False, id="another number")],
)
def test_a_number_rounded_without_a_word_for_it_is_supported(said: str, *, supported: bool) -> None:
    report = check_fidelity("The bridge is 2,467 metres long.", f"The bridge has {said}.", Kind.prose)

    assert (report.unsupported == []) is supported
