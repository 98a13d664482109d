"""The one form of each judge answer that counts."""

import json

import pytest

from app.domain.judge_answers import (
    Claim,
    Claims,
    Scored,
    Support,
    UnreadableAnswerError,
    Verdicts,
    checked,
    claims_in,
    parse,
    schema,
    stands_in,
)
from app.domain.judge_prompts import Task

GOOD = '{"score": 3, "reason": "Explains one idea."}'
SEED = "The Moon goes round the Earth.\nOne turn takes 27 days."
TEXT = "The Moon circles us. One turn of it takes 30 days."


@pytest.mark.parametrize("answer", [GOOD, f"  {GOOD}\n", f"```json\n{GOOD}\n```", f"```\n{GOOD}\n```"])
def test_one_object_counts_also_in_a_fence(answer: str) -> None:
    assert parse(answer, Scored) == Scored(3, "Explains one idea.")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "3",
        f"Here it is: {GOOD}",
        f"{GOOD} That is all.",
        f'{GOOD} {{"score": 5, "reason": "the last object"}}',
        f"[[5]] {GOOD}",
        '{"score": 1, "reason": "first", "score": 5}',
        '{"score": 6, "reason": "too much"}',
        '{"score": -1, "reason": "too little"}',
        '{"score": 2.5, "reason": "half"}',
        '{"score": "5", "reason": "text"}',
        '{"score": true, "reason": "bool"}',
        '{"score": NaN, "reason": "nan"}',
        '{"score": 4}',
        '{"score": 4, "reason": null}',
        '{"score": 4, "reason": "x", "verdict": "keep"}',
        '{"verdict": {"score": 4, "reason": "x"}}',
        f"```json\n{GOOD}\n```\n```json\n{GOOD}\n```",
        "[" * 100_000,
        '{"score": 1' + "0" * 5_000 + ', "reason": ""}',
    ],
    ids=lambda answer: answer[:24] or "empty",
)
def test_anything_else_is_no_answer_and_its_fault_is_short(answer: str) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        parse(answer, Scored)
    assert 0 < len(str(caught.value)) <= 160


def test_a_claim_counts_only_with_words_of_the_text() -> None:
    answer = parse(
        json.dumps(
            {
                "claims": [
                    {"claim": "A turn takes 30 days.", "quote": "One turn of it takes 30 days"},
                    {"claim": "The Moon is a cheese.", "quote": "made of the finest cheese"},
                    {"claim": "", "quote": "The Moon circles us"},
                ]
            }
        ),
        Claims,
    )

    assert claims_in(answer, TEXT) == ([Claim("A turn takes 30 days.", "One turn of it takes 30 days")], 2)


@pytest.mark.parametrize(
    ("verdict", "quote", "stands"),
    [
        ("supported", "one turn takes 27 days", Support.supported),
        ("contradicted", "| One turn  takes\n| 27 days", Support.contradicted),
        ("contradicted", "One turn takes 29 days", Support.not_found),
        ("supported", "", Support.not_found),
        ("contradicted", "turn", Support.not_found),
        ("not_found", "", Support.not_found),
    ],
    ids=["quoted", "over a line", "forged", "no quote", "too short", "not found"],
)
def test_a_verdict_stands_only_with_words_of_the_seed(verdict: str, quote: str, stands: Support) -> None:
    said = parse(json.dumps({"verdicts": [{"claim": 1, "verdict": verdict, "quote": quote}]}), Verdicts)

    (found,) = checked(said, [Claim("A turn takes 30 days.", "takes 30 days")], SEED)

    assert found.verdict is stands


@pytest.mark.parametrize("numbers", [[], [1], [2, 1], [1, 1], [1, 2, 3], [0, 1]], ids=str)
def test_every_claim_needs_its_own_verdict_in_order(numbers: list[int]) -> None:
    said = [{"claim": number, "verdict": "supported", "quote": "The Moon goes round"} for number in numbers]
    answer = parse(json.dumps({"verdicts": said}), Verdicts)

    with pytest.raises(UnreadableAnswerError):
        checked(answer, [Claim("a", "a"), Claim("b", "b")], SEED)


def test_a_verdict_of_another_word_is_no_answer() -> None:
    with pytest.raises(UnreadableAnswerError):
        parse('{"verdicts": [{"claim": 1, "verdict": "accept", "quote": ""}]}', Verdicts)


def test_quotes_are_compared_without_case_spaces_and_bars() -> None:
    assert stands_in('"THE moon goes\n| round the earth."', SEED)
    assert not stands_in("the sun goes round", SEED)


@pytest.mark.parametrize("task", list(Task))
def test_schemas_are_closed_and_without_references(task: Task) -> None:
    text = json.dumps(schema(task))
    assert "$ref" not in text
    assert text.count('"type": "object"') == text.count('"additionalProperties": false') > 0
