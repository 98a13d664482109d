"""Worked examples: arguments that fit a function, and what the interpreter says it returns for them.

Arguments come from the docstring's own `>>>` lines first, then from annotations, from how the body uses a parameter,
and last from its name. They are only tried; what is shown is what the interpreter worked out, errors included.
"""

import ast
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from app.domain.interpreter import (
    CodeRaisedError,
    Limits,
    Module,
    TraceStep,
    UnsupportedCodeError,
    call_function,
    trace,
)
from app.domain.sample_arguments import kind_of
from app.explainer.code_facts import FunctionFacts
from app.explainer.voice import Voice

LIMITS = Limits(steps=1_500, depth=16, size=400, bits=600)
"""Examples are small; a few thousand steps a document keep the server fast."""
_MAX_TRIES = 9
_MAX_VALUE = 60
_DOCTEST = re.compile(r"^\s*>>> (\w+\(.*\))\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One call that was worked out."""

    call: str
    """As one would type it."""
    value: str
    """repr of the result; for an error, the exception's name."""
    raised: bool
    """The code raised an error."""
    arguments: tuple[object, ...]
    """The arguments."""


@dataclass(frozen=True)
class Worked:
    """All examples of a function."""

    examples: tuple[Example, ...] = ()
    """Calls that returned a value; different values where possible."""
    errors: tuple[Example, ...] = ()
    """Calls that raised."""
    steps: tuple[TraceStep, ...] = ()
    """What the first example's call did."""


def worked(voice: Voice, module: Module, facts: FunctionFacts) -> Worked:
    """Examples of the function; none when it is outside what the interpreter runs."""
    if facts.yields or facts.owner or isinstance(facts.node, ast.AsyncFunctionDef) or len(facts.required) > 4:
        return Worked()
    good: dict[str, Example] = {}
    bad: dict[str, Example] = {}
    for arguments in islice(_candidates(voice, facts), _MAX_TRIES):
        try:
            made = _example(module, facts.name, arguments)
        except UnsupportedCodeError:
            if not good and not bad:
                return Worked()
            continue
        if made is not None:
            (bad if made.raised else good).setdefault(made.call, made)
        if len(good) >= 4:
            break
    examples = _varied(list(good.values()))
    return Worked(tuple(examples), tuple(bad.values()) if examples else (), _steps(module, facts, examples))


def _example(module: Module, name: str, arguments: tuple[object, ...]) -> Example | None:
    call = f"{name}({', '.join(repr(argument) for argument in arguments)})"
    try:
        value = call_function(module, name, arguments, limits=LIMITS)
    except CodeRaisedError as raised:
        return Example(call, raised.kind, raised=True, arguments=arguments)
    shown = _repr(value)
    if not shown or len(shown) > _MAX_VALUE or len(call) > 90 or "`" in shown + call:
        return None
    return Example(call, shown, raised=False, arguments=arguments)


def _repr(value: object) -> str:
    """repr, when it is the same in every process."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, set | frozenset) and len(part) > 1:
            return ""
        if isinstance(part, dict):
            waiting.extend([*part, *part.values()])
        elif isinstance(part, list | tuple):
            waiting.extend(part)
    return repr(value) if value is not None else ""


def _varied(examples: list[Example]) -> list[Example]:
    """Those with new results first."""
    seen: set[str] = set()
    fresh: list[Example] = []
    stale: list[Example] = []
    for example in examples:
        (stale if example.value in seen else fresh).append(example)
        seen.add(example.value)
    return fresh + stale


def _steps(module: Module, facts: FunctionFacts, examples: list[Example]) -> tuple[TraceStep, ...]:
    if not examples:
        return ()
    try:
        return trace(module, facts.name, examples[0].arguments, limits=Limits(3_000, 16, 400, 600)).steps
    except (UnsupportedCodeError, CodeRaisedError):
        return ()


def _candidates(voice: Voice, facts: FunctionFacts) -> Iterator[tuple[object, ...]]:
    yield from islice(_from_docstring(facts), 3)
    kinds = [kind_of(facts.own, parameter.name, parameter.annotation) for parameter in facts.required]
    if not kinds:
        yield ()
        return
    for _ in range(4):
        yield tuple(_sample(voice, kind) for kind in kinds)
    if kinds != ["int"] * len(kinds):
        yield tuple(_EMPTY[kind] for kind in kinds)
    else:
        yield tuple(0 for _ in kinds)
    if len(kinds) == 1:
        for other in ("ints", "str", "int"):
            if other != kinds[0]:
                yield (_sample(voice, other),)


def _from_docstring(facts: FunctionFacts) -> Iterator[tuple[object, ...]]:
    for found in _DOCTEST.finditer(ast.get_docstring(facts.node) or ""):
        try:
            call = ast.parse(found[1], mode="eval").body
            if isinstance(call, ast.Call) and not call.keywords and ast.unparse(call.func) == facts.name:
                yield tuple(ast.literal_eval(argument) for argument in call.args)
        except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
            continue


_EMPTY: dict[str, object] = {
    "int": 0, "float": 0.0, "str": "", "bool": False, "ints": [], "floats": [], "strs": [], "dict": {}, "grid": [],
}  # fmt: skip
_WORDS = (
    "level", "banana", "river", "hello", "kayak", "apple", "garden", "tomato", "pepper", "noon", "winter", "letter",
    "cat", "moon", "sunny day", "red kite", "a big dog", "green tea", "abc", "Mississippi", "Top hat", "bookshelf",
)  # fmt: skip


def _sample(voice: Voice, kind: str) -> object:
    return _SAMPLES[kind](voice.rng)


_SAMPLES: dict[str, Callable[[random.Random], object]] = {
    "int": lambda rng: rng.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15)),
    "float": lambda rng: rng.choice((0.5, 1.5, 2.0, 2.5, 3.0, 4.5, 7.25)),
    "str": lambda rng: rng.choice(_WORDS),
    "bool": lambda rng: rng.random() < 0.5,
    "ints": lambda rng: [rng.randint(1, 9) for _ in range(rng.randint(3, 5))],
    "floats": lambda rng: [rng.randint(2, 20) / 2 for _ in range(rng.randint(3, 4))],
    "strs": lambda rng: rng.sample(_WORDS, 3),
    "dict": lambda rng: {word: rng.randint(1, 9) for word in rng.sample(_WORDS[:14], 3)},
    "grid": lambda rng: [[rng.randint(1, 9) for _ in range(3)] for _ in range(3)],
}
