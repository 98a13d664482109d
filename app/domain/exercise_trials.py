"""Whether a solution does what its tests and examples say, and whether they notice that its mutants do not.

The allow-listed interpreter runs what it can; a caller may bring a runner for the rest, which runs in walls of its own.
Nothing is ever run as Python here, and results do not depend on time: limits are counted.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.behaviour import Runner
from app.domain.exercises import Check, Exercise, checks_of
from app.domain.interpreter import CodeRaisedError, Limits, Module, StepLimitError, UnsupportedCodeError, run_function
from app.domain.interpreter_scopes import outline_of
from app.domain.mutants import Mutant, mutants_of

LIMITS = Limits(steps=50_000, depth=60, size=5_000, bits=4_000)
"""Of one check, for a solution."""
FEW_STEPS = 2_000
"""Of one check of a mutant where the solution needs a quarter of them at most, as most do."""
MOST_MUTANTS = 24
"""Wrong versions that are tried."""
MOST_STEPS = 5_000_000
"""Of all mutants of a slow solution together, so that none takes more than some seconds."""
MOST_RUN_MUTANTS = 12
"""Likewise by a runner, which takes processes."""
MOST_LOST = 2
"""Versions that a runner had to end: each may take half a minute."""
NOT_TRUE = "fails"
_SHOWN = 50


class End(StrEnum):
    """How one check went."""

    holds = "holds"
    fails = "fails"
    endless = "endless"
    """It took more steps than the interpreter allows: a fault of a mutant, while a solution may only be slow."""
    untold = "untold"
    """It could not be run."""


@dataclass(frozen=True)
class Outcome:
    """How one check went, in words where it failed."""

    end: End
    said: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of an exercise."""

    failed: str = ""
    """The first check that the solution fails, and how; empty when none."""
    verified: bool = False
    """Whether every check was run."""
    ran: bool = False
    """Whether a runner ran them; else the interpreter."""
    tried: int = 0
    """Mutants that could be run."""
    survived: tuple[Mutant, ...] = field(default_factory=tuple)
    """Those that every check lets pass."""

    @property
    def score(self) -> float:
        """Share of the mutants that some check notices, [0, 1]; 0 where none could be run."""
        return 1 - len(self.survived) / self.tried if self.tried else 0.0


def try_exercise(exercise: Exercise, run: Runner | None = None) -> Trial:
    """The solution against its tests and examples, then its mutants; mutants only where the solution passes.

    A source that is nested too deeply to be walked counts as one that could not be run.
    """
    try:
        return _tried(exercise, run)
    except RecursionError:
        return Trial()


def _tried(exercise: Exercise, run: Runner | None) -> Trial:
    checks = checks_of(exercise)
    engine: _Interpreted | _Run = _Interpreted(checks, FEW_STEPS)
    most, ran = MOST_MUTANTS, False
    # Most need few steps, and their mutants then end soon too.
    found = _Interpreted(checks, FEW_STEPS // 4).outcomes(exercise.tree, first_failure=False)
    if any(one.end is End.endless for one in found):
        engine = _Interpreted(checks, LIMITS.steps)
        most = max(1, min(most, MOST_STEPS // (LIMITS.steps * len(checks))))
        found = engine.outcomes(exercise.tree, first_failure=False)
    if not _failed(checks, found) and not _told(found) and run is not None:
        engine, most, ran = _Run(checks, run), MOST_RUN_MUTANTS, True
        found = engine.outcomes(exercise.tree, first_failure=False)
    failed = _failed(checks, found)
    if failed or not _told(found):
        return Trial(failed, ran=ran and bool(failed))
    told = [
        (mutant, _noticed(engine.outcomes(mutant.tree, first_failure=True)))
        for mutant in mutants_of(exercise.tree, most=most)
    ]
    return Trial(
        verified=True,
        ran=ran,
        tried=sum(noticed is not None for _, noticed in told),
        survived=tuple(mutant for mutant, noticed in told if noticed is False),
    )


def _told(found: Sequence[Outcome]) -> bool:
    """Whether every check went one way or the other."""
    return all(one.end in (End.holds, End.fails) for one in found)


def _noticed(found: Sequence[Outcome]) -> bool | None:
    """Whether a check does not hold; None when that cannot be told."""
    if any(one.end in (End.fails, End.endless) for one in found):
        return True
    return None if any(one.end is End.untold for one in found) else False


def _failed(checks: Sequence[Check], found: Sequence[Outcome]) -> str:
    for check, one in zip(checks, found, strict=False):
        if one.end is End.fails:
            return f"the {'test' if check.is_test else 'example'} `{_cut(check.shown)}` {one.said}"
    return ""


def _with_checks(tree: ast.Module, checks: Sequence[Check]) -> ast.Module:
    """The module with a function for each check, which returns what the check's expression gives."""
    made = [_function(_name(at), [ast.Return(check.call)]) for at, check in enumerate(checks)]
    return ast.fix_missing_locations(ast.Module([*tree.body, *made], []))


def _function(name: str, body: list[ast.stmt]) -> ast.FunctionDef:
    made = ast.parse(f"def {name}():\n    pass").body[0]
    assert isinstance(made, ast.FunctionDef)
    made.body = body
    return made


def _name(at: int) -> str:
    return f"_hornbook_check_{at}"


class _Interpreted:
    """By the allow-listed interpreter."""

    def __init__(self, checks: Sequence[Check], steps: int) -> None:
        self.checks = checks
        self.limits = Limits(steps, LIMITS.depth, LIMITS.size, LIMITS.bits)

    def outcomes(self, tree: ast.Module, *, first_failure: bool) -> list[Outcome]:
        """One outcome a check; with `first_failure` no further than the first that does not hold."""
        whole = _with_checks(tree, self.checks)
        found: list[Outcome] = []
        try:
            module = Module(whole, outline_of(whole))
        except UnsupportedCodeError:
            return [Outcome(End.untold)] * len(self.checks)
        for at, check in enumerate(self.checks):
            found.append(self._outcome(module, at, check))
            if first_failure and found[-1].end in (End.fails, End.endless):
                return found
        return [self._explained(tree, *pair) for pair in zip(self.checks, found, strict=True)]

    def _explained(self, tree: ast.Module, check: Check, outcome: Outcome) -> Outcome:
        """What a test that does not hold compares, for whoever mends it."""
        if outcome.said != NOT_TRUE or check.compared is None:
            return outcome
        whole = _with_checks(tree, [Check("", check.compared, None)])
        try:
            value = run_function(Module(whole, outline_of(whole)), _name(0), (), limits=self.limits).value
        except (CodeRaisedError, UnsupportedCodeError):
            return outcome
        return Outcome(End.fails, f"fails, for the call gives {_cut(repr(value))}")

    def _outcome(self, module: Module, at: int, check: Check) -> Outcome:
        try:
            value = run_function(module, _name(at), (), limits=self.limits).value
        except CodeRaisedError as raised:
            return _error_outcome(check, raised.kind)
        except StepLimitError:
            return Outcome(End.endless)
        except UnsupportedCodeError:
            return Outcome(End.untold)
        return _value_outcome(check, value)


class _Run:
    """By a runner, all checks of a version in one process."""

    def __init__(self, checks: Sequence[Check], run: Runner) -> None:
        self.checks, self.run, self.lost = checks, run, 0

    def outcomes(self, tree: ast.Module, *, first_failure: bool) -> list[Outcome]:
        """A version that does not end, or cannot be loaded, tells nothing; after some of them no more are run."""
        source = ast.unparse(_with_checks(tree, self.checks))
        calls = [(_name(at), ()) for at in range(len(self.checks))]
        ended = self.run(source, calls) if self.lost < MOST_LOST else None
        if ended is None:
            self.lost += 1
            return [Outcome(End.untold)] * len(self.checks)
        return [
            _error_outcome(check, one.shown) if one.kind == "error" else _value_outcome(check, _read(one.shown))
            for check, one in zip(self.checks, ended, strict=True)
        ]


def _read(shown: str) -> object:
    try:
        value: object = ast.literal_eval(shown)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return shown
    return value


def _error_outcome(check: Check, kind: str) -> Outcome:
    return Outcome(End.holds) if check.error == kind else Outcome(End.fails, f"raises {kind}")


def _value_outcome(check: Check, value: object) -> Outcome:
    if check.error:
        return Outcome(End.fails, f"gives {_cut(repr(value))}, not {check.error}")
    if check.is_test:
        return Outcome(End.holds) if value else Outcome(End.fails, NOT_TRUE)
    if _same(value, check.wanted):
        return Outcome(End.holds)
    return Outcome(End.fails, f"gives {_cut(repr(value))}, not {_cut(repr(check.wanted))}")


def _same(value: object, wanted: object) -> bool:
    """Shown alike, as doctest has it; sets, whose order is no promise, by their elements."""
    if isinstance(value, set | frozenset):
        return type(value) is type(wanted) and value == wanted
    return repr(value) == repr(wanted)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
