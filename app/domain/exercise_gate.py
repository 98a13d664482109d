"""Whether an exercise holds what it promises: readable parts, a solution that passes, tests that notice faults."""

from app.domain.behaviour import Runner
from app.domain.exercise_trials import Trial, try_exercise
from app.domain.exercises import Exercise, UnreadableExerciseError, read_exercise
from app.domain.gate_config import Exercises
from app.domain.reasons import Reason

UNVERIFIED = "unverified"
"""The score of an exercise that nobody could run: 1, else 0. Exports leave such texts out unless asked."""
MOST_CHECKS = 60
"""Tests and examples that are tried with every mutant."""
_MOST_NAMED = 3
"""Mutants that a reason names."""


def check_exercise(
    text: str, name: str, asked: Exercises, scores: dict[str, float], run: Runner | None = None
) -> tuple[Reason, str] | None:
    """Why an exercise about function `name` is refused, in words that say what to mend; None when it is not.

    Adds `exercise_tests`, `exercise_examples`, `unverified`, and where it could be run `mutants`, `mutation_score` and
    `exercise_ran` (1 by the runner, 0 by the interpreter).
    """
    try:
        exercise = read_exercise(text, name)
    except UnreadableExerciseError as error:
        return error.reason, error.detail
    tests, examples = len(exercise.tests), len(exercise.examples)
    scores |= {"exercise_tests": float(tests), "exercise_examples": float(examples)}
    if examples < asked.examples:
        return Reason.few_examples, f"{examples} in the docstring (`>>> call` and its value), wants {asked.examples}"
    if tests < asked.tests:
        return Reason.few_tests, f"{tests} in the second block, wants {asked.tests}"
    if tests + examples > MOST_CHECKS:
        return Reason.exercise_format, f"wants {MOST_CHECKS} tests and examples at most, has {tests + examples}"
    return _tried(exercise, asked, scores, run)


def _tried(
    exercise: Exercise, asked: Exercises, scores: dict[str, float], run: Runner | None
) -> tuple[Reason, str] | None:
    trial = try_exercise(exercise, run)
    if trial.failed:
        return Reason.failed_tests, trial.failed
    # Of a solution without mutants that could be run nobody knows what its tests are worth.
    told = trial.verified and trial.tried > 0
    scores[UNVERIFIED] = float(not told)
    if not told:
        return None
    scores |= {"mutants": float(trial.tried), "mutation_score": trial.score, "exercise_ran": float(trial.ran)}
    return (Reason.weak_tests, _survivors(trial)) if trial.score < asked.mutation_score else None


def _survivors(trial: Trial) -> str:
    named = [f"{mutant.what} in line {mutant.line}" for mutant in trial.survived[:_MOST_NAMED]]
    count = len(trial.survived)
    wrong = f"{count} of {trial.tried} wrong versions of the function"
    return f"tests and examples pass {wrong}, such as {'; '.join(named)}"
