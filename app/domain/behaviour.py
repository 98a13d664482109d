"""Whether the functions a lesson shows still do what the seed's functions of the same name do.

A function is pure enough to compare when the allow-listed interpreter runs it: both versions get the same arguments,
and results, errors and changed arguments must agree. What it does not run is compared line by line, where a line that
differs from one of the seed's in operators alone is a changed line. Everything else cannot be told, and is counted so.

A caller may bring a runner, which runs for real what the interpreter does not know how to run. A call counts there only
if the seed's version ends alike twice: what depends on time, chance or the process tells nothing.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isclose

from app.domain.code import UnparseableCodeError, parse
from app.domain.code_lines import changed_lines
from app.domain.interpreter import CodeRaisedError, Limits, Module, StepLimitError, UnsupportedCodeError, run_function
from app.domain.interpreter_scopes import outline_of
from app.domain.sample_arguments import sample_arguments

LIMITS = Limits(steps=1_500, depth=24, size=400, bits=600)
"""Of one call: arguments are small."""
MOST_CALLS = 160
"""Of both versions of all functions together, so that no lesson takes over a quarter of a second."""
ENDLESS = Limits(steps=20_000, depth=60, size=400, bits=600)
"""Of a call that passed LIMITS where the seed's did not, before it counts as one that never ends."""
LEAST_ENDLESS = 2
"""Arguments on which a function must not end where the seed's does: one may be a slower way to the same."""
MOST_BLOCKS = 30
"""Blocks written otherwise than in the seed that are looked at."""
LEAST_AGREED = 3
"""Calls that must end alike, with a value at least once, before two functions count as the same."""
_NAME = re.compile(r"[^\W\d]\w*")
_SHOWN = 60
_WRONG_KIND = ("TypeError", "AttributeError")
"""What the seed raises for arguments that it was not made for; they tell nothing."""


@dataclass(frozen=True)
class RealRun:
    """How one call ended when it was run for real."""

    kind: str
    """`value` or `error`."""
    shown: str
    """repr of the result, or the exception's name."""
    after: str
    """repr of the arguments as the call left them."""


Calls = Sequence[tuple[str, tuple[object, ...]]]
Runner = Callable[[str, Calls], list[RealRun] | None]
"""How calls of a source's functions end; None when it could not be run, or did not end."""
MOST_RUNS = 4
"""Functions of one lesson that a runner is asked about; each takes three processes, a quarter of a second."""


@dataclass
class Behaviour:
    """What became of the seed's functions in a lesson."""

    same: list[str] = field(default_factory=list)
    """Functions that agree on every input tried, or are the same but for comments, docstrings and annotations."""
    changed: list[str] = field(default_factory=list)
    """One sentence for each function or line that no longer does the same, with the evidence."""
    untold: list[str] = field(default_factory=list)
    """Functions that were written otherwise and could not be run."""
    local_names: set[str] = field(default_factory=set)
    """Names inside the functions found to be the same; in lower case."""
    interpreted: set[str] = field(default_factory=set)
    """Functions that the interpreter compared."""
    ran: set[str] = field(default_factory=set)
    """Functions that the runner compared."""


@dataclass(frozen=True)
class _Source:
    tree: ast.Module
    functions: dict[str, ast.FunctionDef]


def compare_code(seed: str, blocks: Sequence[str], run: Runner | None = None, *, whole: bool = False) -> Behaviour:
    """How the lesson's code blocks treat the functions of the seed's source; blocks copied from it cost nothing.
    `whole`: each block is a module of its own, no part of the seed's is put beside it.

    Example: a block with `return a - b` for the seed's `def f(a, b): return a + b` has changed `f`. Of several versions
    of one function, one that does the same is enough: lessons show mistakes beside what mends them.
    """
    found = Behaviour()
    new = list(dict.fromkeys(block for block in blocks if block.strip() and block.strip() not in seed))[:MOST_BLOCKS]
    if not new:
        return found
    source = _source(seed) if any("def " in block for block in new) else None
    verdicts: dict[str, list[str | None]] = defaultdict(list)
    trial = _Trial(source, found, run, whole) if source else None
    loose: list[str] = []
    for block in new:
        shown = _source(block) if trial and "def " in block else None
        told = trial.block(shown, verdicts) if trial and shown else False
        if not told:
            loose.append(block)
    if loose:
        found.changed.extend(changed_lines(seed, loose, blocks))
    for name, said in verdicts.items():
        _conclude(found, name, said)
    return found


def _conclude(found: Behaviour, name: str, said: Sequence[str | None]) -> None:
    if "" in said:
        found.same.append(name)
    elif changed := [evidence for evidence in said if evidence]:
        found.changed.append(changed[0])
    else:
        found.untold.append(name)


def _source(text: str) -> _Source | None:
    try:
        tree = parse(text)
    except UnparseableCodeError:
        return None
    return _Source(tree, {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)})


_Outcome = tuple[str, object, object]
"""`value`, `error` or `limit`; the result or the error's name; the arguments as the call left them."""


class _Trial:
    """One seed's functions against a lesson's, within one allowance of calls."""

    def __init__(self, seed: _Source, found: Behaviour, run: Runner | None, whole: bool) -> None:
        self.seed, self.found, self.run, self.whole = seed, found, run, whole
        self.module = Module(seed.tree, outline_of(seed.tree))
        self.calls = MOST_CALLS
        self.runs = MOST_RUNS if run else 0
        self.unsupported = False
        """Whether the interpreter refused a call of the function at hand."""

    def block(self, shown: _Source, verdicts: dict[str, list[str | None]]) -> bool:
        """Whether all functions of a block could be judged; adds "", evidence of a change, or None to the verdicts."""
        names = [name for name in shown.functions if name in self.seed.functions]
        module: Module | None = None
        told = bool(names)
        for name in names:
            alike = _bare(shown.functions[name]) == _bare(self.seed.functions[name])
            verdict: str | None = ""
            # A function of the same words in another module may call others.
            if self.whole or not alike:
                module = module or _merged(self.seed, shown, whole=self.whole)
                verdict = self._judge(name, module)
                verdict = "" if verdict is None and alike else verdict
            verdicts[name].append(verdict)
            told &= verdict is not None
            if verdict == "":
                self.found.local_names |= {part.lower() for part in _NAME.findall(ast.unparse(shown.functions[name]))}
        return told

    def _judge(self, name: str, other: Module) -> str | None:
        """By the interpreter; by the runner, if there is one, what the interpreter does not know how to run."""
        self.unsupported = False
        verdict = self._compare(name, other) if self.calls > 0 else None
        if verdict is not None:
            self.found.interpreted.add(name)
        elif self.unsupported and self.runs > 0 and self.run is not None:
            self.runs -= 1
            verdict = self._compare_for_real(name, other, self.run)
            self.found.ran |= {name} if verdict is not None else set()
        return verdict

    def _compare_for_real(self, name: str, other: Module, run: Runner) -> str | None:
        function = self.seed.functions[name]
        tried = list(sample_arguments(function))
        calls = [(name, arguments) for arguments in tried]
        source = ast.unparse(self.module.tree)
        runs: list[list[RealRun]] = []
        for version in (source, source, ast.unparse(other.tree)):
            ended = run(version, calls)
            if ended is None:
                # It may have taken half a minute; one such function a lesson is enough.
                self.runs = 0
                return None
            runs.append(ended)
        theirs, again, mine = runs
        agreed, values = 0, set()
        for arguments, seeds, repeated, shown in zip(tried, theirs, again, mine, strict=True):
            if seeds != repeated or not _tells((seeds.kind, seeds.shown, ())):
                continue
            if not _alike(_outcome_of(shown), _outcome_of(seeds)):
                call = f"{name}({', '.join(map(repr, arguments))})"[:_SHOWN]
                return f"`{call}` {_told(_outcome_of(shown))}, but {_told(_outcome_of(seeds))} in the seed"
            agreed += 1
            values |= {seeds.shown} if seeds.kind == "value" else set()
        return "" if agreed >= LEAST_AGREED and len(values) > bool(function.args.args) else None

    def _compare(self, name: str, other: Module) -> str | None:
        agreed, endless = 0, 0
        values: set[str] = set()
        for arguments in sample_arguments(self.seed.functions[name]):
            theirs = self._outcome(self.module, name, arguments, LIMITS)
            if theirs is None and not agreed:
                return None
            mine = self._other_outcome(other, name, arguments) if _tells(theirs) else None
            if theirs is None or mine is None:
                continue
            endless += mine[0] == "limit"
            if (mine[0] != "limit" and not _alike(mine, theirs)) or endless == LEAST_ENDLESS:
                call = f"{name}({', '.join(map(repr, arguments))})"[:_SHOWN]
                return f"`{call}` {_told(mine)}, but {_told(theirs)} in the seed"
            agreed += mine[0] != "limit"
            values |= {repr(theirs[1])} if theirs[0] == "value" else set()
        # The same result every time says little of a function that has arguments.
        enough = len(values) > bool(self.seed.functions[name].args.args) and agreed >= LEAST_AGREED
        return "" if enough and not endless else None

    def _other_outcome(self, module: Module, name: str, arguments: tuple[object, ...]) -> _Outcome | None:
        """The lesson's outcome, with more steps than the seed's needed before it counts as one without end."""
        mine = self._outcome(module, name, arguments, LIMITS)
        return self._outcome(module, name, arguments, ENDLESS) if mine and mine[0] == "limit" else mine

    def _outcome(self, module: Module, name: str, arguments: tuple[object, ...], limits: Limits) -> _Outcome | None:
        """How a call ends: `value`, `error` or `limit`; None when it cannot be run."""
        self.calls -= limits.steps // LIMITS.steps
        if self.calls <= 0:
            return None
        try:
            run = run_function(module, name, arguments, limits=limits)
        except CodeRaisedError as raised:
            return "error", raised.kind, ()
        except StepLimitError:
            return "limit", None, ()
        except UnsupportedCodeError:
            self.unsupported = True
            return None
        return "value", run.value, run.arguments_after


def _outcome_of(run: RealRun) -> _Outcome:
    """A real run as the interpreter tells its own; what is no plain data is compared by how it is shown."""
    return ("value", _read(run.shown), _read(run.after)) if run.kind == "value" else ("error", run.shown, ())


def _read(shown: str) -> object:
    try:
        return ast.literal_eval(shown)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return shown


def _tells(outcome: _Outcome | None) -> bool:
    return outcome is not None and outcome[0] != "limit" and not (outcome[0] == "error" and outcome[1] in _WRONG_KIND)


def _bare(node: ast.FunctionDef) -> str:
    """The function without docstring and annotations, to be compared."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    defaults = [ast.dump(default) for default in (*node.args.defaults, *filter(None, node.args.kw_defaults))]
    return repr((names, defaults, [ast.dump(part) for part in body]))


def _merged(seed: _Source, shown: _Source, *, whole: bool) -> Module:
    """The seed's module with the lesson's functions in place of its own, and with what the lesson imports."""
    if whole:
        return Module(shown.tree, outline_of(shown.tree))
    imports = [node for node in shown.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    mine = [node for node in shown.tree.body if isinstance(node, ast.FunctionDef)]
    names = {node.name for node in mine}
    theirs = [node for node in seed.tree.body if not (isinstance(node, ast.FunctionDef) and node.name in names)]
    tree = ast.Module([*imports, *theirs, *mine], [])
    return Module(tree, outline_of(tree))


def _alike(mine: _Outcome, theirs: _Outcome) -> bool:
    return mine[0] == theirs[0] and _equal(mine[1], theirs[1]) and _equal(mine[2], theirs[2])


def _equal(one: object, other: object) -> bool:
    """Equal as Python has it, lists apart from tuples, fractions to nine digits."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (one != one and other != other)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        alike = type(one) is type(other) and len(one) == len(other)
        return alike and all(_equal(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _told(outcome: _Outcome) -> str:
    kind, value, after = outcome
    if kind != "value":
        return f"raises {value}" if kind == "error" else f"does not end within {ENDLESS.steps:,} steps"
    return f"gives {repr(value)[:_SHOWN]}" if value is not None else f"leaves {repr(after)[:_SHOWN]}"
