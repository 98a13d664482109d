"""An exercise as a model writes it, read strictly: what to do, a function with its docstring, and its tests.

A few sentences, a block fenced with ```python that holds the solution, and a second one that holds nothing but
`assert`. Examples are those of the docstring, `>>> call` with the value on the line below. Code is parsed, never run.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.code import UnparseableCodeError, parse
from app.domain.fences import split_fences
from app.domain.reasons import Reason

_PYTHON = frozenset({"python", "py", "python3"})
_BETWEEN = frozenset({"", "tests:", "tests", "**tests:**", "**tests**", "### tests", "## tests", "# tests"})
"""What may stand between the two blocks."""
_TOP_LEVEL = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
_SHOWN = 60


@dataclass(frozen=True)
class Check:
    """One thing that a solution must do."""

    shown: str
    """As written, on one line."""
    call: ast.expr
    """What is evaluated."""
    wanted: object
    """The value; for a test True, which any true value is as good as."""
    error: str = ""
    """The name of the exception that must come instead of a value."""
    is_test: bool = True
    """Else an example of the docstring."""
    compared: ast.expr | None = None
    """What a test compares with a value."""


@dataclass(frozen=True)
class Exercise:
    """An exercise as read."""

    name: str
    """Of the function."""
    tree: ast.Module
    """The solution."""
    examples: tuple[Check, ...]
    tests: tuple[Check, ...]


class UnreadableExerciseError(ValueError):
    """An answer that is no exercise: a reason and a sentence. Never leaves the gate, which makes a verdict of it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_exercise(text: str, name: str) -> Exercise:
    """The exercise about function `name`; raises UnreadableExerciseError."""
    solution, tests = _blocks(text)
    tree = _parsed(solution, "first")
    function = _function(tree, name)
    return Exercise(name, tree, tuple(_examples(function)), tuple(_tests(_parsed(tests, "second"), name)))


def _blocks(text: str) -> tuple[str, str]:
    fenced = split_fences(text)
    if len(fenced.blocks) != 2 or any(language not in _PYTHON for language, _ in fenced.blocks):
        found = ", ".join(f"```{language}" for language, _ in fenced.blocks) or "none"
        wanted = "two blocks fenced with ```python, the function and then its tests"
        raise UnreadableExerciseError(Reason.exercise_format, f"wants {wanted}; found {found}")
    before, between, after = _around(text)
    if not before.strip():
        raise UnreadableExerciseError(Reason.exercise_format, "does not say before the code what is to be done")
    said = " ".join((after if between.strip().lower() in _BETWEEN else between).split())
    if said:
        wanted = "wants nothing after the function but its tests"
        raise UnreadableExerciseError(Reason.exercise_format, f"{wanted}: {said[:_SHOWN]}")
    return fenced.blocks[0][1], fenced.blocks[1][1]


def _around(text: str) -> tuple[str, str, str]:
    """The prose before, between and after two fenced blocks."""
    parts: list[list[str]] = [[]]
    inside = False
    for line in text.split("\n"):
        if line.strip().startswith("```"):
            inside = not inside
            if inside:
                continue
            parts.append([])
        elif not inside:
            parts[-1].append(line)
    before, between, after = [*("\n".join(part) for part in parts), "", ""][:3]
    return before, between, after


def _parsed(source: str, which: str) -> ast.Module:
    try:
        return parse(source)
    except UnparseableCodeError as error:
        raise UnreadableExerciseError(Reason.unparseable_code, f"the {which} block: {error}") from None


def _function(tree: ast.Module, name: str) -> ast.FunctionDef:
    """The function asked for; what stands beside it may only define things."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if name not in functions:
        made = ", ".join(functions) or "none"
        wanted = f"wants a function `{name}` in the first block"
        raise UnreadableExerciseError(Reason.wrong_function, f"{wanted}; has {made}")
    for node in tree.body:
        if not isinstance(node, _TOP_LEVEL) and not _is_constant(node):
            shown = _shown(node)[:_SHOWN]
            raise UnreadableExerciseError(
                Reason.exercise_format, f"wants only functions and constants in the first block: `{shown}`"
            )
    return functions[name]


def _shown(node: ast.stmt) -> str:
    """A statement on one line; numbers too long to print and chains too deep to walk are possible in what parses."""
    try:
        return ast.unparse(node).split("\n")[0]
    except (ValueError, RecursionError):
        return "..."


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign)


def _examples(function: ast.FunctionDef) -> Iterator[Check]:
    """The examples of a docstring; those that are no single expression with a plain value are refused."""
    for call, shown in _prompts(ast.get_docstring(function) or ""):
        try:
            expression = ast.parse(call, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise UnreadableExerciseError(
                Reason.exercise_format, f"wants one call an example: `{call[:_SHOWN]}`"
            ) from None
        if shown.startswith("Traceback"):
            error = shown.split("\n")[-1].split(":")[0].strip()
            yield Check(call, expression, None, error=error, is_test=False)
            continue
        try:
            wanted = ast.literal_eval(shown) if shown else None
        except (SyntaxError, ValueError, MemoryError, RecursionError, TypeError):
            raise UnreadableExerciseError(
                Reason.exercise_format, f"the example `{call[:_SHOWN]}` shows no plain value: {shown[:_SHOWN]}"
            ) from None
        yield Check(call, expression, wanted, is_test=False)


def _prompts(docstring: str) -> Iterator[tuple[str, str]]:
    """(what is typed, what is shown) of each `>>>` in a docstring."""
    typed: list[str] = []
    shown: list[str] = []
    for line in [*(line.strip() for line in docstring.split("\n")), ""]:
        if line.startswith("... ") and typed and not shown:
            typed.append(line[4:])
        elif line.startswith(">>> ") or not line:
            if typed:
                yield "\n".join(typed), "\n".join(shown)
            typed, shown = ([line[4:]] if line else []), []
        elif typed:
            shown.append(line)


def _tests(tree: ast.Module, name: str) -> Iterator[Check]:
    """The asserts of the second block; each must call the function."""
    for node in tree.body:
        shown = _shown(node)
        if not isinstance(node, ast.Assert):
            raise UnreadableExerciseError(
                Reason.exercise_format, f"wants only `assert` in the second block: `{shown[:_SHOWN]}`"
            )
        if not _calls(node.test, name):
            what = f"a test that does not call `{name}`: `{shown[:_SHOWN]}`"
            raise UnreadableExerciseError(Reason.exercise_format, what)
        yield Check(shown.removeprefix("assert "), node.test, True, compared=_compared(node.test))


def _compared(test: ast.expr) -> ast.expr | None:
    """The left side of `left == right`."""
    return test.left if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq) else None


def _calls(expression: ast.expr, name: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(expression)
    )


def checks_of(exercise: Exercise) -> Sequence[Check]:
    """The tests, then the examples."""
    return (*exercise.tests, *exercise.examples)
