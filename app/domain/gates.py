"""Keep, or drop with a reason: the ordered cascade a candidate text passes, cheap checks before dear ones.

Every gate writes its figures, also where it passes. A candidate's place in a round plays no part: gates that look at
the pool live in `settling`. Source: `docs/loop.md`, "Gate". Knows nothing of models, storage or time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain import code, decontamination, exercise_gate, fidelity, formats, parts, safety, unsafe_words, word_forms
from app.domain.behaviour import Runner
from app.domain.decontamination import BenchmarkIndex
from app.domain.education_style import DEFAULT_SHIFT
from app.domain.facts import Facts
from app.domain.gate_config import Gates
from app.domain.reasons import REPAIRABLE, Reason
from app.domain.recipes.recipe import Answer, Part, Recipe
from app.domain.records import Kind
from app.domain.reviews import UNCERTAIN
from app.domain.safety import Sensitive


@dataclass(frozen=True)
class Candidate:
    """A text the LLM wrote, and what it is judged by."""

    text: str
    """Screened: with placeholders where it held what the job redacts or rejects."""
    seed_text: str | None
    """None for a story drawn from words; screened too."""
    kind: Kind
    mark: str
    """The boundary its prompt used."""
    length: tuple[int, int]
    """The words that were asked for."""
    words: tuple[str, ...]
    """Words a story must hold."""
    edu_score: float
    """[0, 5], not yet calibrated for generated text."""
    ease: float
    grade: float
    list_coverage: float
    seed_ease: float | None
    seed_facts: Facts | None = None
    """What the seed states, where that is known."""
    sensitive: Mapping[Sensitive, int] = field(default_factory=dict)
    """What was found before it was screened, by class."""
    version: str | None = None
    """The seed's code as the prompt showed it, bettered by passes; None: it showed the seed."""


@dataclass(frozen=True)
class Rules:
    """What every candidate of a job is judged by."""

    gates: Gates
    recipe: Recipe
    benchmarks: BenchmarkIndex | None = None
    style_shift: float = DEFAULT_SHIFT
    """Points that style alone gains from the job's classifier; taken off its scores, [0, 1]."""
    run: Runner | None = None
    """Runs functions for real that the interpreter cannot; None: nothing is run."""
    parts: tuple[Part, ...] = ()
    """What every text must hold besides the explanation."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on one candidate; `gate` is None when it passed them all."""

    gate: str | None
    reason: Reason | None
    detail: str
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether it may compete for a place in the pool."""
        return self.gate is None

    @property
    def repairable(self) -> bool:
        """Whether asking once more, with the reason, may help."""
        return self.reason in REPAIRABLE


Fault = tuple[Reason, str]
Gate = Callable[[Candidate, Rules, dict[str, float]], Fault | None]


def judge(candidate: Candidate, rules: Rules) -> Judgement:
    """The first gate that refuses the candidate, with its reason; or that none does. Scores of all gates passed."""
    scores: dict[str, float] = {}
    for name, gate in CASCADE:
        fault = gate(candidate, rules, scores)
        if fault:
            return Judgement(name, fault[0], fault[1], scores)
    return Judgement(None, None, "", scores)


def reason_of(kind: Sensitive) -> Reason:
    """Why a text that holds this class is dropped, for a job that rejects it."""
    if kind is Sensitive.injections:
        return Reason.injection
    return Reason.secret if kind in safety.SECRET_CLASSES else Reason.personal_data


def _safety(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    """Figures say how much was redacted of which class; neither they nor the detail say what."""
    asked = rules.gates.safety
    scores |= {f"redacted_{kind.value}": float(count) for kind, count in candidate.sensitive.items()}
    kind = safety.rejects(candidate.sensitive, asked)
    if kind is not None:
        return reason_of(kind), f"{candidate.sensitive[kind]} {kind.value.replace('_', ' ')} in it"
    if not rules.recipe.for_children or not asked.unsafe_words:
        return None
    found = unsafe_words.unsafe_words(candidate.text, asked.word_classes)
    scores["unsafe_words"] = float(sum(map(len, found.values())))
    said = [f"{name}: {', '.join(words)}" for name, words in found.items()]
    return (Reason.unsafe_words, "; ".join(said)) if said else None


def _format(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    text = candidate.text
    said = formats.runs(text)
    echo = formats.echo_share(said, rules.recipe.system)
    repeated = formats.repeated_share(text, said)
    scores["repeated_share"] = repeated
    if formats.is_refusal(text):
        return Reason.refusal, "declines to write"
    if candidate.mark in text or formats.holds_marker(text) or echo > formats.MAX_ECHO:
        return Reason.prompt_echo, f"repeats its instructions ({echo:.0%})"
    phrase = formats.preamble(text)
    if phrase:
        return Reason.preamble, f"starts or ends with {phrase!r}"
    if candidate.seed_text is not None and formats.other_writing(text, candidate.seed_text):
        return Reason.language, "another writing than the seed's"
    if repeated > formats.MAX_REPEATED:
        return Reason.repetition, f"{repeated:.0%} of its lines and phrases repeat"
    return _length(candidate, scores) or (None if rules.recipe.answer is Answer.exercise else _story_words(candidate))


def _length(candidate: Candidate, scores: dict[str, float]) -> Fault | None:
    count = len(candidate.text.split())
    low, high = candidate.length
    scores["words"] = float(count)
    # Models count words badly; a quarter beyond what was asked is still what was asked.
    if count < low * 0.75:
        return Reason.too_short, f"{count} words, asked for {low} to {high}"
    if count > high * 1.25:
        return Reason.too_long, f"{count} words, asked for {low} to {high}"
    return None


def _story_words(candidate: Candidate) -> Fault | None:
    missing = [word for word in candidate.words if not word_forms.holds_word(candidate.text, word)]
    return (Reason.words_missing, f"without {', '.join(missing)}") if missing else None


def _parts(candidate: Candidate, rules: Rules, _scores: dict[str, float]) -> Fault | None:
    return parts.missing(candidate.text, rules.parts)


def _code(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    blocks = code.python_blocks(candidate.text)
    if rules.recipe.answer is Answer.exercise:
        # Tests are a row of checks, each a branch to whoever counts them; nobody finds that hard to read.
        blocks = blocks[:1]
    if not blocks:
        return None
    worst = 0
    for block in blocks:
        try:
            found = code.walk_code(block)
        except code.UnparseableCodeError as error:
            return Reason.unparseable_code, str(error)
        worst = max(worst, found.cyclomatic)
        scores["nesting"] = max(scores.get("nesting", 0.0), float(found.nesting))
        scores["function_lines"] = max(scores.get("function_lines", 0.0), float(found.lines))
    scores["cyclomatic"] = float(worst)
    if worst > code.MAX_CYCLOMATIC:
        return Reason.complex_code, f"cyclomatic complexity {worst} is over {code.MAX_CYCLOMATIC}"
    return None


def _exercise(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    if rules.recipe.answer is not Answer.exercise:
        return None
    name = candidate.words[0] if candidate.words else ""
    return exercise_gate.check_exercise(candidate.text, name, rules.gates.exercises, scores, rules.run)


def _decontamination(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    if rules.benchmarks is None:
        return None
    hits = decontamination.find_hits(rules.benchmarks, candidate.text)
    scores["benchmark_hits"] = float(len(hits))
    found = decontamination.report(hits)
    return (Reason.contaminated, found) if found else None


def _fidelity(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    if candidate.seed_text is None:
        return None
    seed, text = candidate.seed_text, candidate.text
    report = fidelity.check_fidelity(
        seed, text, candidate.kind, candidate.seed_facts, version=candidate.version, run=rules.run
    )
    scores |= {"fidelity_precision": report.precision, "fidelity_recall": report.recall, **report.scores}
    if report.changed_code:
        return Reason.changed_code, report.changed_code[0]
    if report.contradicted:
        return Reason.contradicted, f"other than the seed: {'; '.join(report.contradicted[:3])}"
    if report.precision < rules.gates.fidelity_precision:
        return Reason.unsupported, f"not in the seed: {', '.join(report.unsupported[:5])}"
    if report.negations:
        return Reason.negation, f"turned round: {report.negations[0]}"
    if len(report.unconditional) > rules.gates.fidelity_conditions:
        return Reason.lost_facts, f"left out the condition: {report.unconditional[0]}"
    if report.recall < rules.gates.fidelity_recall:
        return Reason.lost_facts, f"left out: {', '.join(report.lost[:5])}"
    return None


def _simplicity(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    scores |= {"ease": candidate.ease, "grade": candidate.grade, "list_coverage": candidate.list_coverage}
    easier = candidate.seed_ease is not None and candidate.ease >= candidate.seed_ease + rules.gates.ease_gain
    if candidate.ease < rules.gates.ease_min and not easier:
        return (
            Reason.too_hard,
            f"ease {candidate.ease:.0f} is under {rules.gates.ease_min:.0f}, grade {candidate.grade:.1f}",
        )
    if candidate.grade > rules.recipe.max_grade:
        return Reason.too_hard, f"grade {candidate.grade:.1f} is over {rules.recipe.max_grade:.0f}"
    return None


def _education(candidate: Candidate, rules: Rules, scores: dict[str, float]) -> Fault | None:
    calibrated = max(0.0, candidate.edu_score - rules.style_shift)
    scores |= {"edu_score": calibrated, "edu_raw": candidate.edu_score}
    scores["uncertain"] = float(abs(calibrated - rules.gates.edu_min) < UNCERTAIN)
    # A story teaches words by being read; the classifier knows only explanations.
    if candidate.kind is not Kind.words and calibrated < rules.gates.edu_min:
        return Reason.low_education, f"educational score {calibrated:.2f} is under {rules.gates.edu_min:.2f}"
    return None


CASCADE: Sequence[tuple[str, Gate]] = (
    ("safety", _safety),
    ("format", _format),
    ("parts", _parts),
    ("code", _code),
    ("decontamination", _decontamination),
    ("fidelity", _fidelity),
    ("exercise", _exercise),
    ("simplicity", _simplicity),
    ("education", _education),
)
"""The gates in order."""
