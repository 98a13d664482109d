"""Fidelity by worked example: what is swapped is found, what is merely said otherwise is not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fidelity import FidelityReport, check_fidelity
from app.domain.records import Kind

SEED = (
    "The Danube flows 2,850 km from the Black Forest to the Black Sea. It passes through ten countries, more than any "
    "other river. Vienna and Budapest stand on its banks. Large ships cannot travel on its upper part."
)
FAITHFUL = (
    "The Danube is a long river. It runs 2850 kilometres, from the Black Forest to the Black Sea, and ten countries "
    "lie along it. Two capitals, Vienna and Budapest, stand on its banks. Large ships cannot travel on the upper part."
)
CODE = 'def area(width, height):\n    """Area of a rectangle."""\n    return width * height\n'


def prose(candidate: str) -> FidelityReport:
    return check_fidelity(SEED, candidate, Kind.prose)


def test_a_faithful_rewrite_has_every_fact_and_no_new_one() -> None:
    report = prose(FAITHFUL)

    assert (report.precision, report.recall, report.unsupported, report.negations) == (1.0, 1.0, [], [])


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param("2850 kilometres", "2580 kilometres", "2580 km", id="number"),
        pytest.param("2850 kilometres", "2850 miles", "2850 mile", id="unit"),
        pytest.param("Vienna and", "Vienna, Bratislava and", "Bratislava", id="new name"),
    ],
)
def test_a_swapped_fact_is_named(old: str, new: str, found: str) -> None:
    report = prose(FAITHFUL.replace(old, new))

    assert report.unsupported == [found]
    assert report.precision < 1.0


def test_a_small_count_swapped_in_the_same_sentence_is_found() -> None:
    report = prose("It passes through nine countries, more than any other river.")

    assert report.unsupported == ["9"]


def test_a_statement_turned_round_is_quoted() -> None:
    report = prose("Large ships can travel on its upper part.")

    assert report.negations == ["Large ships can travel on its upper part."]


def test_another_negative_word_turns_nothing_round() -> None:
    assert prose("Large ships are unable to travel on its upper part.").negations == []


def test_a_question_turns_nothing_round() -> None:
    assert prose("Can large ships travel on its upper part?").negations == []


def test_left_out_facts_lower_recall_and_are_named() -> None:
    report = prose("The Danube flows from the Black Forest to the Black Sea.")

    assert "2850 km" in report.lost and "Vienna" not in report.unsupported
    assert report.recall < 1.0


def test_numbers_in_code_and_list_marks_of_a_lesson_are_its_own() -> None:
    lesson = FAITHFUL + "\n\n1. Read.\n2. Think.\n\nStep 12: compute `f(77)`.\n```\nprint(99)\n```\n"

    assert prose(lesson).precision == 1.0


@pytest.mark.parametrize(
    ("lesson", "unsupported"),
    [
        pytest.param("`area(3, 4)` gives `12`.\n```python\nprint(area(3, 4))\n```", [], id="worked example"),
        pytest.param("```python\n# multiply both sides\narea(width, height)\n```", [], id="comment"),
        pytest.param("`area` calls `perimeter`.", ["perimeter"], id="new identifier"),
        pytest.param("The area is 3 times 4, so 12.", [], id="prose only"),
    ],
)
def test_identifiers_in_a_lessons_code_are_the_seeds(lesson: str, unsupported: list[str]) -> None:
    assert check_fidelity(CODE, lesson, Kind.code).unsupported == unsupported


def test_a_swapped_unit_contradicts_the_seed() -> None:
    report = prose(FAITHFUL.replace("2850 kilometres", "2850 miles"))

    assert report.contradicted == ["2850 mile for 2850 km"]
    assert report.scores["contradicted"] == 1.0


@pytest.mark.parametrize(
    ("seed", "candidate"),
    [
        pytest.param("The ship needs an hour for the trip.", "The trip takes the ship 1 hour.", id="an hour"),
        pytest.param("Two and a half hours passed.", "So 2.5 hours went by.", id="and a half"),
        pytest.param("It takes between nine and twelve days.", "It takes nine days, or twelve.", id="two numbers"),
        pytest.param("It flies at 300 metres per second.", "In a second it flies 300 metres.", id="per second"),
        pytest.param("A town in Germany has walls.", "There are walls around a German town.", id="German"),
        pytest.param("About 1,980 people came.", "Around 2,000 people came.", id="rounded"),
        pytest.param("They paid $3bn for it.", "It cost them 3 billion dollars.", id="billions"),
    ],
)
def test_the_same_said_otherwise_is_supported(seed: str, candidate: str) -> None:
    report = check_fidelity(seed, candidate, Kind.prose)

    assert (report.unsupported, report.contradicted) == ([], [])


def test_a_changed_operator_is_told_with_evidence() -> None:
    lesson = "`area` multiplies.\n```python\ndef area(width, height):\n    return width + height\n```"
    report = check_fidelity(CODE, lesson, Kind.code)

    assert report.changed_code == ["`area(3, 3)` gives 6, but gives 9 in the seed"]
    assert report.scores["code_changed"] == 1.0


def test_names_inside_code_that_does_the_same_are_its_own() -> None:
    lesson = "`area`:\n```python\ndef area(width, height):\n    product = width * height\n    return product\n```"
    report = check_fidelity(CODE, lesson, Kind.code)

    assert (report.unsupported, report.scores["code_same"]) == ([], 1.0)


def test_code_shown_in_prose_is_compared_as_well() -> None:
    seed = "Look:\n```python\ndef twice(n):\n    return n * 2\n```\nIt doubles."
    report = check_fidelity(seed, seed.replace("n * 2", "n ** 2"), Kind.prose)

    assert len(report.changed_code) == 1


def test_a_lesson_must_name_the_function_it_explains() -> None:
    report = check_fidelity(CODE, "This multiplies two numbers.", Kind.code)

    assert (report.recall, report.lost) == (0.0, ["area"])


@pytest.mark.parametrize("kind", [Kind.prose, Kind.code])
@pytest.mark.parametrize(("seed", "candidate"), [("", ""), ("", "Hello there."), ("Hello there.", "Hello there.")])
def test_texts_without_facts_are_faithful(kind: Kind, seed: str, candidate: str) -> None:
    assert check_fidelity(seed, candidate, kind).precision == 1.0


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from([Kind.prose, Kind.code]))
def test_scores_stay_in_bounds(seed: str, candidate: str, kind: Kind) -> None:
    report = check_fidelity(seed, candidate, kind)

    assert 0.0 <= report.precision <= 1.0
    assert 0.0 <= report.recall <= 1.0


@given(st.text(max_size=400))
def test_a_text_supports_itself(text: str) -> None:
    report = check_fidelity(text, text, Kind.prose)

    assert (report.lost, report.negations) == ([], [])


@pytest.mark.parametrize(
    ("seed", "candidate", "kind"),
    [
        pytest.param(
            "`" * 15_000 + "\n" + "a\n" * 15_000, "`" * 15_000 + "\n" + "a\n" * 15_000, Kind.prose, id="fences"
        ),
        pytest.param(
            "River country large not. " * 4_000, "River country large is not. " * 4_000, Kind.prose, id="alike"
        ),
        pytest.param(
            " ".join(f"about {n} km" for n in range(6_000)),
            " ".join(f"about {3 * n} km" for n in range(6_000)),
            Kind.prose,
            id="rounded numbers",
        ),
        pytest.param(
            " ".join(f"in Name{n}x".translate({48 + d: 97 + d for d in range(10)}) for n in range(6_000)),
            "none",
            Kind.prose,
            id="names",
        ),
        pytest.param(
            "".join(f"def f{n}(a):\n    while a > 0:\n        a -= 1\n" for n in range(300)),
            "```python\n" + "".join(f"def f{n}(a):\n    while a == a:\n        a -= 1\n" for n in range(300)) + "```",
            Kind.code,
            id="endless loops",
        ),
        pytest.param(
            "def f(a):\n    return a + 1\n",
            "```python\ndef f(a):\n    return 1 + a\n```\n" * 3_000,
            Kind.code,
            id="blocks",
        ),
    ],
)
def test_bait_takes_linear_time(seed: str, candidate: str, kind: Kind) -> None:
    started = time.process_time()

    check_fidelity(seed, candidate, kind)

    assert time.process_time() - started < 3.0
