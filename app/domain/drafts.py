"""A draft: what a pass made of a seed's code, and whether it may take the seed's place in the prompt of an explanation.

Its gates, cheap to dear: safety, one block of Python, functions and classes still there, behaviour as in the seed (by
`behaviour`, and where nothing can be run by what must not change: numbers, constants, calls), benchmarks; then what the
pass was asked for: better style by `code_style`, or no name and no import left open by `code_names`. Judged against the
seed, whatever version the prompt showed. Knows nothing of prompts.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain import code, code_names, code_shape, code_style, decontamination, formats
from app.domain.behaviour import Behaviour, Runner, compare_code
from app.domain.code import UnparseableCodeError
from app.domain.decontamination import BenchmarkIndex
from app.domain.fences import split_fences
from app.domain.fidelity import LANGUAGE_WORDS
from app.domain.reasons import Reason
from app.domain.recipes.recipe import Pass

KEPT_CALLS = 0.6
"""Least share of the functions and methods called in a seed, built-in ones left out, which a draft calls too."""
_SHOWN = 5
_SMALL = 2
"""Numbers up to this may come and go: a loop written otherwise has other ones."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORK = (_Function, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Call)
Fault = tuple[Reason, str]


@dataclass(frozen=True)
class Draft:
    """The verdict on a pass's answer."""

    text: str
    """The code alone; the answer as it came where none was found."""
    reason: Reason | None
    """None: it is in force."""
    detail: str
    scores: dict[str, float]


def improvable(source: str) -> bool:
    """Whether a pass can be asked about a source: Python that does something, not JSON that happens to parse."""
    try:
        tree = code.parse(source)
    except UnparseableCodeError:
        return False
    return any(isinstance(node, _WORK) for node in ast.walk(tree))


def answer_tokens(words: int) -> int:
    """Tokens to allow a draft of code of so many words: docstrings, hints and imports make it twice as long."""
    return round(words * 9) + 400


def judge_draft(
    stage: Pass,
    answer: str,
    *,
    seed: str,
    version: str,
    mark: str,
    found: int = 0,
    benchmarks: BenchmarkIndex | None = None,
    run: Runner | None = None,
) -> Draft:
    """The verdict on an answer to the pass `stage` over `version`, the code in force, made from `seed`.

    `found` counts secrets and personal data that were found in the answer: a seed with passes had none, so they are
    new. `mark` is the boundary of the prompt.
    """
    scores: dict[str, float] = {}
    if found:
        return Draft(answer, Reason.secret, f"{found} secrets or personal data that the code did not have", scores)
    if mark in answer or formats.holds_marker(answer):
        return Draft(answer, Reason.prompt_echo, "repeats the marker lines", scores)
    text = code_of(answer)
    if text is None:
        why = "declines to write" if formats.is_refusal(answer) else "not one block of Python"
        return Draft(answer, Reason.refusal if formats.is_refusal(answer) else Reason.no_code, why, scores)
    try:
        fault = _judge(stage, text, seed, version, scores, benchmarks, run)
    except UnparseableCodeError as error:
        fault = (Reason.unparseable_code, str(error))
    except (SyntaxError, RecursionError) as error:
        fault = (Reason.unparseable_code, f"does not compile: {type(error).__name__}")
    return Draft(text, fault[0] if fault else None, fault[1] if fault else "", scores)


def code_of(answer: str) -> str | None:
    """The code of an answer: its one fenced block, or all of it where it is Python as it stands; None: neither."""
    blocks = split_fences(answer).blocks
    if blocks:
        return blocks[0][1].strip("\n") + "\n" if len(blocks) == 1 and blocks[0][1].strip() else None
    return answer.strip("\n") + "\n" if improvable(answer) else None


def _judge(
    stage: Pass,
    text: str,
    seed: str,
    version: str,
    scores: dict[str, float],
    benchmarks: BenchmarkIndex | None,
    run: Runner | None,
) -> Fault | None:
    tree, before = code.parse(text), code.parse(seed)
    code_names.check_compiles(text)
    found = code.walk_code(text)
    scores["cyclomatic"] = float(found.cyclomatic)
    if found.cyclomatic > max(code.MAX_CYCLOMATIC, code.walk_code(seed).cyclomatic):
        return Reason.complex_code, f"cyclomatic complexity {found.cyclomatic} is over {code.MAX_CYCLOMATIC}"
    fault = _lost(before, tree) or _changed(seed, text, before, tree, scores, run)
    if fault is not None:
        return fault
    hits = decontamination.find_hits(benchmarks, text) if benchmarks is not None else []
    if hits:
        return Reason.contaminated, decontamination.report(hits) or ""
    match stage:
        case Pass.style:
            return _style(version, text, tree, scores)
        case Pass.self_contained:
            return _self_contained(text, tree, scores)


def _lost(seed: ast.Module, draft: ast.Module) -> Fault | None:
    theirs, mine = dict(_named(seed)), dict(_named(draft))
    lost = [name for name in theirs if name not in mine]
    if lost:
        return Reason.lost_functions, f"without {', '.join(lost[:_SHOWN])}"
    for name, node in theirs.items():
        other = mine[name]
        if isinstance(node, _Function) and isinstance(other, _Function) and not _callable_alike(node, other):
            return Reason.changed_code, f"`{name}` takes other arguments than in the seed"
    return None


def _named(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """(name, node) of the functions, classes and methods that a source defines, methods behind their class."""
    for node in tree.body:
        if isinstance(node, _Function | ast.ClassDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{part.name}", part) for part in node.body if isinstance(part, _Function))


def _callable_alike(seed: _Function, draft: _Function) -> bool:
    """Whether every call of the one is a call of the other; arguments may have been added if they may be left out."""
    theirs, mine = seed.args, draft.args
    count = len(theirs.posonlyargs) + len(theirs.args)
    more = len(mine.posonlyargs) + len(mine.args)
    needed = more - len(mine.defaults)
    wanted = {a.arg for a in theirs.kwonlyargs}
    new = [a.arg for a, default in zip(mine.kwonlyargs, mine.kw_defaults, strict=True) if default is None]
    return (
        (more >= count or mine.vararg is not None)
        and needed <= count - len(theirs.defaults)
        and (mine.kwarg is not None or wanted <= {a.arg for a in (*mine.kwonlyargs, *mine.args)})
        and set(new) <= wanted
        and (theirs.vararg is None or mine.vararg is not None)
        and (theirs.kwarg is None or mine.kwarg is not None)
    )


def _changed(
    seed: str, text: str, before: ast.Module, tree: ast.Module, scores: dict[str, float], run: Runner | None
) -> Fault | None:
    behaviour = compare_code(seed, [text], run, whole=True)
    scores |= {"code_same": float(len(behaviour.same)), "code_untold": float(len(behaviour.untold))}
    scores |= {"code_interpreted": float(len(behaviour.interpreted)), "code_ran": float(len(behaviour.ran))}
    if behaviour.changed:
        return Reason.changed_code, behaviour.changed[0]
    constants, mine = _constants(before), _constants(tree)
    for name, value in constants.items():
        if name in mine and mine[name] != value:
            return Reason.changed_code, f"{name} is {mine[name][:40]}, but {value[:40]} in the seed"
    return _changed_places(before, tree) or (
        None if _all_told(before, behaviour) else _changed_marks(before, tree, scores)
    )


def _changed_places(seed: ast.Module, draft: ast.Module) -> Fault | None:
    """Functions and what the module does itself, place by place where the draft has the same shape.

    Also of functions that were run: the arguments tried may all miss what differs.
    """
    mine = dict(_named(draft))
    pairs = [([node], [mine[name]]) for name, node in _named(seed)]
    for theirs, ours in [*pairs, (_loose(seed), _loose(draft))]:
        told = code_shape.difference(theirs, ours)
        if told:
            return Reason.changed_code, told
    return None


def _loose(tree: ast.Module) -> list[ast.stmt]:
    """What a module does by itself, without what it defines and imports."""
    defined = _Function | ast.ClassDef | ast.Import | ast.ImportFrom
    return [node for node in tree.body if not isinstance(node, defined) and not _is_text(node)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _all_told(seed: ast.Module, behaviour: Behaviour) -> bool:
    """Whether running functions has told all there is of a seed: nothing but functions, each the same."""
    functions = {node.name for node in seed.body if isinstance(node, ast.FunctionDef)}
    rest = [node for node in seed.body if not isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom)]
    return bool(functions) and not rest and functions <= set(behaviour.same)


def _changed_marks(seed: ast.Module, draft: ast.Module, scores: dict[str, float]) -> Fault | None:
    """What must not change in code that cannot be run: numbers, and what it calls."""
    lost = sorted(_numbers(seed) - _numbers(draft))
    if lost:
        return Reason.changed_code, f"without the numbers {', '.join(map(str, lost[:_SHOWN]))}"
    theirs, mine = _arithmetic(seed), _arithmetic(draft)
    if theirs - mine and mine - theirs:
        gone, new = ", ".join(sorted(theirs - mine)), ", ".join(sorted(mine - theirs))
        return Reason.changed_code, f"reckons with {new}, and no more with {gone}"
    calls = _calls(seed)
    share = len(calls & _calls(draft)) / len(calls) if calls else 1.0
    scores["kept_calls"] = share
    if share < KEPT_CALLS:
        gone = ", ".join(sorted(calls - _calls(draft))[:_SHOWN])
        return Reason.changed_code, f"{share:.0%} of the seed's calls are left, without {gone}"
    return None


def _constants(tree: ast.Module) -> dict[str, str]:
    """{name: its value as written} of plain values that the module gives names to, once."""
    found: dict[str, list[str]] = {}
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        value = ast.unparse(node.value) if isinstance(node.value, ast.Constant) else ""
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0]}


def _numbers(tree: ast.Module) -> set[float]:
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return {value for value in numbers if abs(value) > _SMALL}


def _arithmetic(tree: ast.Module) -> Counter[str]:
    nodes = [node.op for node in ast.walk(tree) if isinstance(node, ast.BinOp | ast.AugAssign)]
    return Counter(type(op).__name__ for op in nodes)


def _calls(tree: ast.Module) -> set[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {f.id if isinstance(f, ast.Name) else f.attr for f in functions if isinstance(f, ast.Name | ast.Attribute)}
    return {name for name in names if name.lower() not in LANGUAGE_WORDS}


def _style(version: str, text: str, tree: ast.Module, scores: dict[str, float]) -> Fault | None:
    before, after = code_style.style_of(version, code.parse(version)), code_style.style_of(text, tree)
    gained, lost = code_style.better(before, after)
    scores |= {name: float(getattr(after, name)) for name in (*code_style.MORE_IS_BETTER, "statements", "nesting")}
    if lost:
        shown = [f"{name} {getattr(before, name):g} to {getattr(after, name):g}" for name in lost]
        return Reason.no_better_style, f"worse: {', '.join(shown)}"
    return None if gained else (Reason.no_better_style, "docstrings, hints, names and functions are as they were")


def _self_contained(text: str, tree: ast.Module, scores: dict[str, float]) -> Fault | None:
    open_names, foreign = code_names.unresolved_names(text), code_names.foreign_imports(tree)
    scores |= {"unresolved_names": float(len(open_names)), "foreign_imports": float(len(foreign))}
    if open_names:
        return Reason.unresolved_names, f"nothing gives {', '.join(open_names[:_SHOWN])}"
    if foreign:
        return Reason.foreign_imports, f"imports {', '.join(foreign[:_SHOWN])}"
    return None
