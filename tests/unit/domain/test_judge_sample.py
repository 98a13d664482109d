"""Which texts the judge is asked about, and what its answers come to."""

from dataclasses import replace

import pytest

from app.domain.gate_config import Gates
from app.domain.judge_answers import Checked, Support
from app.domain.judge_config import JudgeConfig
from app.domain.judge_estimate import judge_calls
from app.domain.judge_figures import Finding, Judged, disagrees, drift_of, drops, figures
from app.domain.judge_prompts import MOST_TEXT_CHARS, Order, Task
from app.domain.judge_sample import DRESSED, PLAIN, Planned, Text, chosen, dress, plan

GATES = Gates(edu_min=2.0, fidelity_precision=0.8, fidelity_recall=0.3)
CONFIG = JudgeConfig(on=True, band=0.5, fidelity_band=0.1, share=0.0, canaries=0, bias=0)
FAR = Text(1, 1, b"k", True, 4.0, 1.0, 0.9, 100, 100)
NO_DRIFT = {"n": 0, "error": None, "since_first": None, "n_since_first": 0}


def made(texts: list[Text], config: JudgeConfig = CONFIG) -> list[Planned]:
    return plan(texts, "abcdef", config, GATES, rng_seed=0, number=1)


def finding(**over: object) -> Finding:
    values = {
        "task": Task.score,
        "order": Order.rubric_first,
        "style": PLAIN,
        "generation_id": 1,
        "canary": None,
        "score": 3,
    }
    return Finding(**(values | over))  # type: ignore[arg-type]


def against(**over: object) -> Finding:
    claim = Checked("30 days", "it takes 30 days", Support.contradicted, "it takes 27 days", True)
    return finding(task=Task.verify, score=None, claims=(replace_claim(claim, **over),))


def replace_claim(claim: Checked, **over: object) -> Checked:
    return Checked(**({name: getattr(claim, name) for name in Checked.__struct_fields__} | over))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        (FAR, []),
        (replace(FAR, edu_score=2.4), [Task.score]),
        (replace(FAR, edu_score=1.6, passed=False), [Task.score]),
        (replace(FAR, edu_score=1.4, passed=False), []),
        (replace(FAR, precision=0.85), [Task.claims]),
        (replace(FAR, recall=0.25, edu_score=None, passed=False), [Task.claims]),
        (replace(FAR, edu_score=2.0, recall=0.3), [Task.score, Task.claims]),
        (replace(FAR, edu_score=2.0, chars=MOST_TEXT_CHARS + 1), []),
        (replace(FAR, edu_score=2.0, seed_chars=MOST_TEXT_CHARS + 1), []),
    ],
    ids=["sure", "kept", "dropped", "dropped far", "precision", "fidelity dropped it", "both", "long", "long seed"],
)
def test_only_texts_near_a_limit_are_judged(text: Text, tasks: list[Task]) -> None:
    assert sorted(one.task for one in made([text])) == sorted(tasks)


def test_without_claims_none_are_asked_for_and_a_gate_of_zero_has_no_band() -> None:
    text = replace(FAR, precision=0.8)
    assert made([text], replace(CONFIG, claims=False)) == []
    assert plan([replace(text, recall=0.0)], "", CONFIG, Gates(fidelity_precision=0, fidelity_recall=0), rng_seed=0,
                number=1) == []  # fmt: skip


def test_a_share_of_the_sure_ones_is_drawn_the_same_in_every_repetition() -> None:
    texts = [replace(FAR, id=at, key=str(at).encode()) for at in range(1_000)]
    config = replace(CONFIG, share=0.2, claims=False, most_calls=10_000)

    drawn = made(texts, config)

    assert drawn == made(list(reversed(texts)), config)
    assert 150 < len(drawn) < 250
    assert made([replace(one, passed=False) for one in texts], config) == []


def test_the_cap_keeps_canaries_and_what_lies_nearest() -> None:
    texts = [replace(FAR, id=at, key=bytes([at]), edu_score=2.0 + at / 100) for at in range(20)]

    calls = made(texts, replace(CONFIG, canaries=2, bias=1, most_calls=7))

    assert [one.canary for one in calls[:2]] == ["a", "b"]
    assert [(one.text.id, one.order, one.style) for one in calls[2:] if one.text] == [
        (0, Order.rubric_first, PLAIN),
        (0, Order.text_first, PLAIN),
        (0, Order.rubric_first, DRESSED),
        (1, Order.rubric_first, PLAIN),
        (2, Order.rubric_first, PLAIN),
    ]


def test_claims_count_twice_against_the_cap() -> None:
    texts = [replace(FAR, id=at, key=bytes([at]), precision=0.8) for at in range(9)]
    assert len(made(texts, replace(CONFIG, most_calls=7))) == 3


def test_half_of_the_canaries_are_the_same_every_round_and_the_rest_take_turns() -> None:
    rounds = [chosen("abcdef", 4, number=number) for number in (1, 2, 3)]
    assert rounds == [list("abcd"), list("abef"), list("abcd")]
    assert chosen("abc", 9, number=5) == list("abc")
    assert chosen("abc", 0, number=1) == []


def test_dressing_adds_airs_and_keeps_the_text() -> None:
    assert "One idea.\n\nAnother." in dress("One idea.\n\nAnother.")
    assert len(dress("x")) > 200


@pytest.mark.parametrize(
    ("one", "text", "expected"),
    [
        (finding(score=0), Judged(2.4, 1.0, 1.0, True), True),
        (finding(score=5), Judged(1.5, 1.0, 1.0, False), True),
        (finding(score=2), Judged(1.5, 1.0, 1.0, False), False),
        (finding(score=5), Judged(2.4, 1.0, 1.0, True), False),
        (finding(score=0, style=DRESSED), Judged(4.0, 1.0, 1.0, True), False),
        (finding(score=0, order=Order.text_first), Judged(4.0, 1.0, 1.0, True), False),
        (against(), Judged(4.0, 1.0, 1.0, True), True),
        (against(), Judged(4.0, 1.0, 1.0, False), False),
        (against(verdict=Support.not_found), Judged(4.0, 1.0, 1.0, True), False),
    ],
)
def test_disagreement_is_the_other_side_of_the_limit_by_a_point(one: Finding, text: Judged, expected: bool) -> None:
    assert disagrees(one, text, GATES) is expected


@pytest.mark.parametrize(
    ("text", "drop", "expected"),
    [
        (Judged(4.0, 0.85, 0.9, True), True, True),
        (Judged(4.0, 0.95, 0.35, True), True, True),
        (Judged(4.0, 0.95, 0.9, True), True, False),
        (Judged(4.0, 0.85, 0.9, False), True, False),
        (Judged(4.0, None, None, True), True, False),
        (Judged(4.0, 0.85, 0.9, True), False, False),
    ],
    ids=["unsure precision", "unsure recall", "sure", "dropped before", "not measured", "advice only"],
)
def test_judge_and_gate_must_agree_before_a_text_is_dropped(text: Judged, drop: bool, expected: bool) -> None:
    assert drops(against(), text, replace(CONFIG, drop=drop), GATES) is expected
    assert not drops(finding(score=0), text, CONFIG, GATES)


def test_figures_of_nothing_are_nothing_and_say_so() -> None:
    found = figures([], {}, GATES, expected={}, first={})
    assert (found["scores"], found["agreement"], found["canaries"]) == (0, None, {**NO_DRIFT, "scores": {}})
    assert drift_of(found, CONFIG) is None


def test_figures_by_hand() -> None:
    texts = {1: Judged(2.5, 1.0, 1.0, True), 2: Judged(1.0, 1.0, 1.0, False)}
    found = figures(
        [
            finding(score=3),
            finding(generation_id=2, score=4),
            finding(score=5, order=Order.text_first),
            finding(score=4, style=DRESSED),
            finding(task=Task.canary, generation_id=None, canary="a", score=3),
            finding(task=Task.canary, generation_id=None, canary="b", score=2),
            against(),
        ],
        texts,
        GATES,
        expected={"a": 2.0, "b": 0.0},
        first={"a": 1},
    )

    assert (found["scores"], found["agreement"], found["above_classifier"], found["disagrees"]) == (2, 0.5, 1.75, 2)
    assert found["order"] == {"n": 1, "difference": 2, "changed": 1.0}
    assert found["style"] == {"n": 1, "difference": 1, "changed": 0.0}
    assert found["canaries"] == {"n": 2, "error": 1.5, "since_first": 2, "n_since_first": 1, "scores": {"a": 3, "b": 2}}
    assert drift_of(found, CONFIG) == 1.5
    assert drift_of(found, replace(CONFIG, drift=1.6)) is None, "one canary alone says nothing of drift"


def test_estimates_are_none_without_a_judge_and_stay_under_its_cap() -> None:
    assert judge_calls("high", 1_000, 2, JudgeConfig()) == 0
    assert judge_calls("expected", 100, 1, replace(CONFIG, claims=False)) == pytest.approx(35.7)
    assert judge_calls("expected", 10_000, 2, replace(CONFIG, most_calls=50)) == pytest.approx(2 * 50 * 1.02)
