"""Arguments to try a Python function with: from its docstring's `>>>` lines, its annotations, its body and its names.

Everything is read from the syntax tree and nothing is run. The same function always gets the same arguments. What
fits is a guess: a caller must take a refusal or an error for an answer too.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest

_DOCTEST = re.compile(r"^\s*>>> (.{1,300})$", re.MULTILINE)
_HINTS = (
    (r"^(s|st|str\d?|text|word|string|sentence|line|name|phrase|char|ch|prefix|suffix|message|key|sub\w*)\d?$", "str"),
    (r"(str|text|word|name|string)s?$", "str"),
    (r"^(l|ls|lst|li|arr|array|nums|numbers|list\w*|items|values|seq|data|xs|elements|tup|\w*list\d?)\d?$", "ints"),
    (r"^(words|strings|names|lines|strs)$", "strs"),
    (r"^(d|dic|dict\d?|mapping|counts|table)$", "dict"),
    (r"^(matrix|grid|board|mat)$", "grid"),
    (r"^(n|m|k|i|j|a|b|c|x|y|z|num\w*|number|count|size|limit|start|stop|end|step|value|age|year|total)\d?$", "int"),
    (r"^(flag|is_\w+|has_\w+|reverse|strict)$", "bool"),
)
_ANNOTATED = {
    "int": "int", "float": "float", "str": "str", "bool": "bool", "list": "ints", "dict": "dict", "List": "ints",
    "tuple": "ints", "list[int]": "ints", "List[int]": "ints", "List[float]": "floats", "list[float]": "floats",
    "list[str]": "strs", "List[str]": "strs",
}  # fmt: skip
_BY_METHOD = {
    **dict.fromkeys(("split", "strip", "upper", "lower", "replace", "isalpha", "isdigit", "startswith", "find"), "str"),
    **dict.fromkeys(("items", "keys", "values", "get"), "dict"),
    **dict.fromkeys(("append", "sort", "pop", "extend"), "ints"),
}
_SAMPLES: dict[str, tuple[object, ...]] = {
    "int": (3, 1, 2, 5, 0, 10, 4, 7, 12, 100, 15, -3),
    "float": (1.5, 0.0, 2.0, 0.25, 4.5, -2.5, 7.25, 10.0),
    "str": (
        "level",
        "banana",
        "",
        "a",
        "Hello, World 12",
        "1.2.3",
        "10.2.0-rc1",
        "aabbbc",
        "The cat saw the dog.",
        "IX",
        "x-y",
        "(a[b])",
    ),
    "bool": (True, False),
    "ints": ([3, 1, 2], [5, 2, 9, 1, 5], [], [7], [1, 2, 3, 4], [4, 4], [-1, 0, 6, 2]),
    "floats": ([1.5, 2.0, 0.5], [], [2.25], [3.0, 3.0, 1.0, 6.5]),
    "strs": (["tea", "eat", "dog"], [], ["noon"], ["b", "a", "c", "a"]),
    "dict": ({"cat": 2, "dog": 1}, {}, {"a": 1, "b": 2, "c": 2}),
    "grid": ([[1, 2], [3, 4]], [[1, 2, 3], [4, 5, 6]], [[0, 1, 0], [1, 1, 0], [0, 0, 1]], [[7]]),
}
_STRIDES = (1, 3, 5, 7)
"""One for each parameter, so that they do not all step alike."""
MOST = 18
"""Argument lists for one function."""


def sample_arguments(node: ast.FunctionDef) -> Iterator[tuple[object, ...]]:
    """Up to 18 argument lists, best first: the docstring's, those slightly changed, then samples of a fitting kind."""
    given = list(islice(_doctest_calls(node), 6))
    mixed = chain.from_iterable(zip_longest(_by_kind(node, given), _nearby(given)))
    yield from islice(_distinct([*given, *(arguments for arguments in mixed if arguments is not None)]), MOST)


def _distinct(lists: Sequence[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    seen: set[str] = set()
    for arguments in lists:
        shown = repr(arguments)
        if shown not in seen:
            seen.add(shown)
            yield arguments


def _doctest_calls(node: ast.FunctionDef) -> Iterator[tuple[object, ...]]:
    """Arguments, written out, of calls of the function wherever they stand in a `>>>` line."""
    for found in _DOCTEST.finditer(ast.get_docstring(node) or ""):
        try:
            line = ast.parse(found[1])
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        calls = sorted(
            (node for node in ast.walk(line) if isinstance(node, ast.Call)), key=lambda call: call.col_offset
        )
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id == node.name:
                try:
                    yield tuple(ast.literal_eval(argument) for argument in call.args)
                except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                    continue


def _nearby(given: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Each list with one argument changed a little: what keeps its shape is most likely to be taken."""
    return [
        (*arguments[:place], other, *arguments[place + 1 :])
        for arguments in given[:3]
        for place, value in enumerate(arguments)
        for other in _changed(value)
    ]


def _changed(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, 0, 1]
    if isinstance(value, float):
        return [value + 0.5, -value]
    if isinstance(value, str):
        return [value[:-1], value[::-1], value + value[-1:]]
    if isinstance(value, list) and len(value) < 50:
        return [value[:-1], value[::-1], value + value[-1:]]
    if isinstance(value, dict):
        return [dict(list(value.items())[:-1])]
    return []


def _by_kind(node: ast.FunctionDef, given: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Samples of the kinds the parameters seem to be; whole numbers also about those that the body compares with."""
    required = node.args.args[: len(node.args.args) - len(node.args.defaults)]
    count = min((len(arguments) for arguments in given), default=len(required))
    if count == 0 or count > len(_STRIDES):
        return [()] if count == 0 and not required else []
    body = tuple(part for statement in node.body for part in ast.walk(statement))
    pools = [
        _pool(body, argument, [arguments[place] for arguments in given])
        for place, argument in enumerate(node.args.args[:count])
    ]
    longest = max(len(pool) for pool in pools)
    stepped = [
        tuple(pool[round_ * stride % len(pool)] for pool, stride in zip(pools, _STRIDES, strict=False))
        for round_ in range(min(MOST, longest * (1 if count == 1 else 3)))
    ]
    empty = tuple(next((value for value in pool if not value), pool[0]) for pool in pools)
    return [*stepped[:3], empty, *stepped[3:]]


def _pool(body: Sequence[ast.AST], argument: ast.arg, given: Sequence[object]) -> list[object]:
    """Samples for one parameter, with what the body itself compares with among the first."""
    kind = _kind_given(given) if given else ""
    if given and not kind:
        return list(given)
    kind = kind or kind_of(body, argument.arg, ast.unparse(argument.annotation) if argument.annotation else "")
    if kind == "int" and not given and any(_walks(node, argument.arg) for node in body):
        kind = "str" if any(isinstance(node, ast.Constant) and isinstance(node.value, str) for node in body) else "ints"
    samples = list(_SAMPLES[kind])
    if kind == "int":
        samples[2:2] = [value + step for value in _whole_numbers(body) for step in (0, 1, -1)]
    if kind == "str":
        samples[1:1] = _strings(body)
    return samples


def _kind_given(given: Sequence[object]) -> str:
    """The kind of the values that a docstring gives for a parameter; empty when the samples have none like them."""
    return next(
        (
            kind
            for kind, samples in _SAMPLES.items()
            if all(any(_like(value, sample) for sample in samples[:2]) for value in given)
        ),
        "",
    )


def _like(value: object, sample: object) -> bool:
    if type(value) is not type(sample):
        return False
    if isinstance(value, list) and isinstance(sample, list):
        return not value or (bool(sample) and _like(value[0], sample[0]))
    return not isinstance(value, dict)


def _walks(node: ast.AST, name: str) -> bool:
    """Whether a node goes through the parameter's elements."""
    if isinstance(node, ast.For | ast.comprehension):
        return _is_name(node.iter, name)
    if isinstance(node, ast.Subscript):
        return _is_name(node.value, name)
    walkers = ("len", "list", "sorted", "sum", "enumerate", "reversed", "set", "min", "max")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in walkers:
        return any(_is_name(part, name) for part in node.args)
    return False


def _strings(body: Sequence[ast.AST]) -> list[object]:
    """The body's own short strings, in one and by themselves."""
    found = [part.value for part in body if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    short = list(dict.fromkeys(value for value in found if 0 < len(value) <= 12))[:5]
    return ["".join(short[:3]), "".join(reversed(short)), *short[:2]] if len(short) > 1 else list(short)


def _whole_numbers(body: Sequence[ast.AST]) -> list[int]:
    found = {
        part.value for part in body if isinstance(part, ast.Constant) and type(part.value) is int and part.value > 1
    }
    return sorted(value for value in found if value < 5_000)[:4]


def kind_of(body: Sequence[ast.AST], name: str, annotation: str) -> str:
    """What a parameter takes, by annotation, by use in the body's nodes, or by name: `int`, `str`, `ints` and so on."""
    if annotation in _ANNOTATED:
        return _ANNOTATED[annotation]
    used = next((kind for node in body if (kind := _needs(node, name))), "")
    return used or next((kind for pattern, kind in _HINTS if re.search(pattern, name.lower())), "int")


def _needs(node: ast.AST, name: str) -> str:
    """The kind of value a node needs the parameter to be, as far as it shows; empty when it does not."""
    if isinstance(node, ast.Attribute) and _is_name(node.value, name):
        return _BY_METHOD.get(node.attr, "")
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("range", "sqrt", "math.sqrt"):
        return "int" if any(_is_name(part, name) for part in node.args) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod | ast.FloorDiv | ast.Pow | ast.Sub):
        return "int" if _is_name(node.left, name) or _is_name(node.right, name) else ""
    return ""


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
