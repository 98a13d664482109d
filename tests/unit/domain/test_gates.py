"""The cascade by worked example: each gate's reason, its order, and that passing gates leave their figures."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.benchmarks import Item
from app.domain.decontamination import build_index
from app.domain.education_style import DEFAULT_SHIFT
from app.domain.gate_config import Gates, Handling, Safety
from app.domain.gates import CASCADE, Candidate, Reason, Rules, judge
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.recipes.exercises import EXERCISES
from app.domain.recipes.tinystories import TINYSTORIES
from app.domain.records import Kind
from app.domain.safety import Sensitive
from tests.unit.domain.exercise_texts import TEXT as EXERCISE

SEED = (
    "A beaver builds dams of wood and mud. The dam holds back a stream, and a pond forms behind it. The pond keeps the "
    "beaver's home safe, for its door lies under water. In Canada a dam of 850 metres was found."
)
TEXT = (
    "Why does a beaver build a dam? A dam is a wall of wood and mud across a stream. Behind the wall the water cannot "
    "flow on, so a pond forms. The beaver lives in the pond. The door of its home lies under water, and that keeps the "
    "home safe. One dam in Canada was 850 metres long."
)
CANDIDATE = Candidate(
    text=TEXT,
    seed_text=SEED,
    kind=Kind.prose,
    mark="0a1b2c3d",
    length=(30, 100),
    words=(),
    edu_score=3.2,
    ease=80.0,
    grade=4.0,
    list_coverage=0.97,
    seed_ease=60.0,
)
RULES = Rules(Gates(), CODETEXTBOOK)
CODE_SEED = "def twice(value):\n    return value + value\n"


def lesson(code: str) -> str:
    return f"The function `twice` adds a value to itself, so it gives back two times the value.\n```python\n{code}```\n"


def coded(text: str) -> Candidate:
    return replace(CANDIDATE, text=text, seed_text=CODE_SEED, kind=Kind.code, length=(10, 200))


def test_a_good_text_passes_and_every_gate_left_its_figures() -> None:
    verdict = judge(CANDIDATE, RULES)

    assert verdict.passed and verdict.reason is None
    assert {"words", "repeated_share", "fidelity_precision", "fidelity_recall", "ease", "grade", "edu_score"} <= set(
        verdict.scores
    )


@pytest.mark.parametrize(
    ("change", "gate", "reason", "repairable"),
    [
        pytest.param({"text": "Sure, here is the lesson:\n" + TEXT}, "format", Reason.preamble, True, id="preamble"),
        pytest.param({"text": TEXT + "\nLet me know if you want more!"}, "format", Reason.preamble, True, id="closing"),
        pytest.param({"text": "I'm sorry, but I can't help with that."}, "format", Reason.refusal, False, id="refusal"),
        pytest.param({"text": TEXT + " 0a1b2c3d"}, "format", Reason.prompt_echo, False, id="boundary"),
        pytest.param({"text": TEXT + "\n<<<END 11112222>>>"}, "format", Reason.prompt_echo, False, id="marker"),
        pytest.param({"text": CODETEXTBOOK.system}, "format", Reason.prompt_echo, False, id="instructions"),
        pytest.param({"text": "Бобр строит плотину. " * 12}, "format", Reason.language, False, id="language"),
        pytest.param({"text": "The beaver builds a dam. " * 12}, "format", Reason.repetition, False, id="repetition"),
        pytest.param({"length": (200, 300)}, "format", Reason.too_short, True, id="too short"),
        pytest.param({"length": (5, 20)}, "format", Reason.too_long, True, id="too long"),
        pytest.param({"text": TEXT.replace("850", "580")}, "fidelity", Reason.unsupported, True, id="number"),
        pytest.param(
            {"text": TEXT + " The dam never holds back a stream, and a pond forms behind it."},
            "fidelity",
            Reason.negation,
            True,
            id="negation",
        ),
        pytest.param(
            {
                "text": "Planes fly since air moves faster above their wings than below, which lifts them up, as any "
                "child who holds a sheet of paper to its lips and blows over it can see at once."
            },
            "fidelity",
            Reason.lost_facts,
            True,
            id="another topic",
        ),
        pytest.param(
            {"text": TEXT.replace("850 metres", "850 feet")}, "fidelity", Reason.contradicted, True, id="unit"
        ),
        pytest.param({"ease": 30.0}, "simplicity", Reason.too_hard, True, id="hard"),
        pytest.param({"grade": 15.5}, "simplicity", Reason.too_hard, True, id="grade"),
        pytest.param({"edu_score": 1.4}, "education", Reason.low_education, True, id="teaches little"),
    ],
)
def test_a_text_that_falls_short_is_dropped_with_gate_and_reason(
    change: dict[str, object], gate: str, reason: Reason, repairable: bool
) -> None:
    verdict = judge(replace(CANDIDATE, **change), RULES)  # type: ignore[arg-type]

    assert (verdict.gate, verdict.reason, verdict.repairable) == (gate, reason, repairable)
    assert verdict.detail


def test_code_that_no_longer_does_the_same_is_dropped_with_the_evidence() -> None:
    verdict = judge(coded(lesson(CODE_SEED.replace("+", "-"))), RULES)

    assert (verdict.gate, verdict.reason, verdict.repairable) == ("fidelity", Reason.changed_code, True)
    assert "gives 0, but gives 6 in the seed" in verdict.detail


def test_a_hard_text_passes_when_it_is_clearly_easier_than_its_seed() -> None:
    assert judge(replace(CANDIDATE, ease=40.0, seed_ease=30.0), RULES).passed


def test_the_score_is_calibrated_for_generated_text() -> None:
    assert judge(CANDIDATE, RULES).scores["edu_score"] == pytest.approx(3.2 - DEFAULT_SHIFT)
    assert judge(CANDIDATE, replace(RULES, style_shift=0.1)).scores["edu_score"] == pytest.approx(3.1)


def test_a_score_near_the_bound_is_flagged_as_uncertain() -> None:
    near = replace(CANDIDATE, edu_score=RULES.gates.edu_min + RULES.style_shift + 0.1)

    assert judge(near, RULES).scores["uncertain"] == 1.0
    assert judge(CANDIDATE, RULES).scores["uncertain"] == 0.0


def test_a_lesson_with_the_seeds_own_code_passes_and_is_measured() -> None:
    verdict = judge(coded(lesson(CODE_SEED)), RULES)

    assert verdict.passed
    assert verdict.scores["cyclomatic"] == 1.0


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        pytest.param("def twice(value:\n", Reason.unparseable_code, id="broken"),
        pytest.param("-" * 6500 + "4\n", Reason.unparseable_code, id="parser bomb"),
        pytest.param(
            "def twice(value):\n" + "".join(f"    if value>{n}: value+={n}\n" for n in range(16)),
            Reason.complex_code,
            id="complex",
        ),
    ],
)
def test_code_that_no_learner_can_use_is_dropped(code: str, reason: Reason) -> None:
    verdict = judge(coded(lesson(code)), RULES)

    assert (verdict.gate, verdict.reason) == ("code", reason)


def test_a_benchmark_item_in_the_text_is_contamination_before_fidelity() -> None:
    rules = replace(RULES, benchmarks=build_index([Item("B", "b/1", (TEXT,))]))

    verdict = judge(replace(CANDIDATE, text=TEXT.replace("850", "851")), rules)

    assert (verdict.gate, verdict.reason, verdict.repairable) == ("decontamination", Reason.contaminated, False)
    assert verdict.detail.startswith("B b/1 (ngrams, ")


@pytest.mark.parametrize(
    ("words", "passes"),
    [
        pytest.param(("beaver", "build", "safe"), True, id="as they stand"),
        pytest.param(("pond", "live", "long"), True, id="inflected"),
        pytest.param(("be", "find", "keep"), False, id="one is missing"),
    ],
)
def test_a_story_holds_its_words_in_any_form(words: tuple[str, ...], passes: bool) -> None:
    story = replace(CANDIDATE, seed_text=None, kind=Kind.words, words=words, seed_ease=None, edu_score=0.5)

    verdict = judge(story, Rules(Gates(), TINYSTORIES))

    assert verdict.passed is passes
    assert passes or "find" in verdict.detail


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        pytest.param(Sensitive.secrets, Reason.secret, id="a secret"),
        pytest.param(Sensitive.private_keys, Reason.secret, id="a private key"),
        pytest.param(Sensitive.emails, Reason.personal_data, id="an address"),
        pytest.param(Sensitive.phones, Reason.personal_data, id="a number"),
        pytest.param(Sensitive.ip_addresses, Reason.personal_data, id="an IP address"),
        pytest.param(Sensitive.injections, Reason.injection, id="an order to a model"),
    ],
)
def test_what_was_found_drops_a_text_only_where_the_job_rejects_it(kind: Sensitive, reason: Reason) -> None:
    candidate = replace(CANDIDATE, sensitive={kind: 2})
    rejecting = replace(RULES, gates=Gates(safety=replace(Safety(), **{kind.value: Handling.reject})))

    dropped, redacted = judge(candidate, rejecting), judge(candidate, RULES)

    assert (dropped.gate, dropped.reason, dropped.repairable) == ("safety", reason, True)
    assert redacted.passed and redacted.scores[f"redacted_{kind.value}"] == 2


def test_words_that_are_not_for_children_drop_a_story_and_nothing_else() -> None:
    text = CANDIDATE.text + " The hunter had a gun."
    lesson = replace(CANDIDATE, text=text)
    story = replace(lesson, seed_text=None, kind=Kind.words, seed_ease=None)
    own = Gates(safety=Safety(word_classes={"water": ("pond",)}))

    dropped = judge(story, Rules(Gates(), TINYSTORIES))

    assert (dropped.gate, dropped.reason, dropped.detail) == ("safety", "unsafe_words", "weapons: gun")
    assert judge(story, Rules(own, TINYSTORIES)).detail == "water: pond"
    assert judge(story, Rules(Gates(safety=Safety(unsafe_words=False)), TINYSTORIES)).gate != "safety"
    assert judge(lesson, RULES).gate != "safety"


def test_an_exercise_is_judged_by_what_it_does_and_its_tests_make_it_no_harder() -> None:
    rules = Rules(Gates(), EXERCISES)
    made = replace(
        CANDIDATE,
        text=EXERCISE,
        seed_text=None,
        seed_ease=None,
        kind=Kind.words,
        words=("count_even",),
        length=(40, 200),
    )
    verdict = judge(made, rules)
    wrong = judge(replace(made, text=EXERCISE.replace("% 2", "% 3")), rules)

    assert verdict.passed and verdict.scores["cyclomatic"] == 3 and verdict.scores["mutation_score"] == 1
    assert (wrong.gate, wrong.reason, wrong.repairable) == ("exercise", Reason.failed_tests, True)
    assert "exercise_tests" not in judge(CANDIDATE, RULES).scores


def test_gates_run_from_cheap_to_dear() -> None:
    assert [name for name, _ in CASCADE] == [
        "safety",
        "format",
        "parts",
        "code",
        "decontamination",
        "fidelity",
        "exercise",
        "simplicity",
        "education",
    ]


@settings(max_examples=50)
@given(st.text(max_size=500), st.sampled_from([Kind.prose, Kind.code]))
def test_any_answer_gets_a_verdict_with_finite_scores(text: str, kind: Kind) -> None:
    verdict = judge(replace(CANDIDATE, text=text, kind=kind), RULES)

    assert verdict.passed or (verdict.reason is not None and verdict.detail)
    assert all(abs(score) < 1e9 for score in verdict.scores.values())


def test_judging_is_cheap() -> None:
    judge(CANDIDATE, RULES)
    started = time.process_time()

    for _ in range(100):
        judge(CANDIDATE, RULES)

    assert (time.process_time() - started) / 100 < 0.005
