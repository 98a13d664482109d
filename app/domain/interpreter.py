"""What a pure Python function returns, worked out without running it as Python: no exec, no eval, no import.

A small tree-walking interpreter of an allow-listed subset: numbers, strings, lists, tuples, dicts and sets; arithmetic,
comparisons, if, while, for, comprehensions, slices, f-strings, functions and recursion, common built-ins and pure
methods, most of math. Whatever it is not sure to run exactly as Python does it refuses, so a result can be shown as a
fact. Steps, depth and sizes are limited (`interpreter_limits.py`); results never depend on time or on the process.
"""

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.interpreter_limits import (
    CodeRaisedError,
    Limits,
    Meter,
    StepLimitError,
    UnsupportedCodeError,
)
from app.domain.interpreter_scopes import Frame, Function, Outline, Unknown, check_annotations, module_frame, outline_of
from app.domain.interpreter_statements import Machine, TraceStep

__all__ = [
    "CodeRaisedError",
    "Limits",
    "Module",
    "Run",
    "StepLimitError",
    "TraceStep",
    "UnsupportedCodeError",
    "call_function",
    "parse_module",
    "run_function",
    "trace",
]

MAX_SOURCE_CHARS = 100_000
"""Longer sources are refused before parsing."""


@dataclass(frozen=True)
class Module:
    """A parsed source, ready for calls."""

    tree: ast.Module
    """Its syntax tree."""
    outline: Outline
    """What its top level binds."""
    local_names: dict[ast.AST, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)
    """Local names of its functions, kept from one call to the next."""


@dataclass(frozen=True)
class Run:
    """One call and what happened in it."""

    value: object
    """What it returned."""
    steps: tuple[TraceStep, ...]
    """What the outermost call did, in order."""
    arguments_after: tuple[object, ...]
    """The arguments after the call, which may have changed them."""


def parse_module(source: str) -> Module:
    """The parsed source; raises UnsupportedCodeError when Python's parser refuses it or it is too long."""
    if len(source) > MAX_SOURCE_CHARS or "\0" in source:
        raise UnsupportedCodeError(what="a source this long or with NUL characters")
    try:
        with warnings.catch_warnings():
            # A strange escape in somebody's string is no concern of ours, and must not fail a test run.
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            return Module(tree, outline_of(tree))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise UnsupportedCodeError(what="a source that is not Python 3") from error


def call_function(
    source: str | Module, name: str, arguments: Sequence[object], *, limits: Limits | None = None
) -> object:
    """The value of `name(*arguments)`, where `source` defines `name` at its top level.

    Raises CodeRaisedError when the code itself raises, StepLimitError over a limit, UnsupportedCodeError for
    whatever is outside the subset. `call_function("def f(a):\\n    return a + 1", "f", [2])` is 3.
    """
    return _run(source, name, arguments, limits, tracing=False).value


def run_function(source: str | Module, name: str, arguments: Sequence[object], *, limits: Limits | None = None) -> Run:
    """The call with the arguments as it left them; no steps. Raises as `call_function` does."""
    return _run(source, name, arguments, limits, tracing=False)


def trace(source: str | Module, name: str, arguments: Sequence[object], *, limits: Limits | None = None) -> Run:
    """The call together with the names it set, the conditions it checked and what it returned."""
    return _run(source, name, arguments, limits, tracing=True)


def _run(source: str | Module, name: str, arguments: Sequence[object], limits: Limits | None, *, tracing: bool) -> Run:
    module = source if isinstance(source, Module) else parse_module(source)
    machine = Machine(Meter(limits or Limits()), tracing=tracing, known_locals=module.local_names)
    try:
        frame = module_frame(module.outline)
        _define(machine, module.tree, frame)
        function = frame.names.get(name)
        if not isinstance(function, Function):
            raise UnsupportedCodeError(what=f"{name}, which is not a plain function here")
        given = [_copied(value) for value in arguments]
        for value in given:
            machine.meter.checked(value)
        result = machine.call(function, list(given), {}, depth=0)
        if not _is_data(result):
            raise UnsupportedCodeError(what="a result that is not plain data")
    except (RecursionError, MemoryError) as error:
        raise StepLimitError(limit="the stack's", unit="frames") from error
    return Run(result, tuple(machine.steps), tuple(given))


def _define(machine: Machine, tree: ast.Module, frame: Frame) -> None:
    """Evaluate defaults and check annotations, as Python does when it meets the definitions."""
    for node in tree.body:
        function = frame.names.get(node.name) if isinstance(node, ast.FunctionDef) else None
        if not isinstance(function, Function) or not isinstance(node, ast.FunctionDef):
            continue
        check_annotations(node, frame)
        try:
            function.defaults = [machine.eval(default, frame) for default in node.args.defaults]
        except UnsupportedCodeError:
            frame.names[node.name] = Unknown()


def _copied(value: object) -> object:
    """A copy, so that a call cannot change the caller's value."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_copied(item) for item in value)
    return set(value) if isinstance(value, set) else value


def _is_data(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_data(item) for item in value.values())
    if isinstance(value, list | tuple):
        return all(_is_data(item) for item in value)
    return isinstance(value, int | float | str | set | frozenset | type(None))
