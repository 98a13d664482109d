"""Code bettered without a model: what the syntax tree alone makes certain, and nothing else.

The style pass gets docstrings that say what a function takes, whether it gives a value back and what it raises, and
`-> None` where it gives none. The self-contained pass gets imports of the standard library's modules that the code
names and does not import. Where nothing is certain the code comes back as it came, and the gate says what it lacks.
"""

import ast
import sys

from app.domain.code import UnparseableCodeError, parse
from app.domain.code_names import unresolved_names
from app.explainer.code_facts import FunctionFacts, FunctionNode, function_facts
from app.explainer.code_points import spoken
from app.explainer.voice import listed

HOMES = {
    **dict.fromkeys(("sqrt", "floor", "ceil", "pi", "gcd", "factorial", "log"), "math"),
    **dict.fromkeys(("Counter", "defaultdict", "deque", "OrderedDict", "namedtuple"), "collections"),
    **dict.fromkeys(("partial", "reduce", "lru_cache", "wraps"), "functools"),
    **dict.fromkeys(("dataclass",), "dataclasses"),
    **dict.fromkeys(("Path",), "pathlib"),
    **dict.fromkeys(("Decimal",), "decimal"),
    **dict.fromkeys(("Fraction",), "fractions"),
    **dict.fromkeys(("Any", "Optional", "Callable", "Iterable", "Iterator", "Sequence"), "typing"),
    **dict.fromkeys(("chain", "islice", "product", "permutations", "combinations"), "itertools"),
}
"""Names that mean the same thing wherever they are used, and the module that has them."""


def write_pass(stage: str, source: str) -> str:
    """The answer to a pass: one block of Python."""
    try:
        tree = parse(source)
        text = _styled(source, tree) if stage == "style" else _self_contained(source, tree)
    except (UnparseableCodeError, SyntaxError, RecursionError):
        text = source
    return f"```python\n{text.strip(chr(10))}\n```"


def _styled(source: str, tree: ast.Module) -> str:
    lines = source.split("\n")
    nodes = [node for node in ast.walk(tree) if isinstance(node, FunctionNode | ast.ClassDef)]
    owners = {id(part): node.name for node in nodes if isinstance(node, ast.ClassDef) for part in node.body}
    for node in sorted(nodes, key=lambda node: node.lineno, reverse=True):
        first, header_ends = node.body[0], _header_end(node, lines)
        if ast.get_docstring(node, clean=False) is None and _begins(first) > header_ends:
            lines.insert(header_ends, f'{" " * first.col_offset}"""{_told(node, owners.get(id(node), ""))}"""')
        if isinstance(node, FunctionNode) and _gives_nothing(node) and lines[header_ends - 1].rstrip().endswith("):"):
            lines[header_ends - 1] = lines[header_ends - 1].rstrip()[:-1] + " -> None:"
    return "\n".join(lines)


def _header_end(node: FunctionNode | ast.ClassDef, lines: list[str]) -> int:
    """The last line of `def ...:`, counted from 1: the one above the body, but for comments and blank lines."""
    at = _begins(node.body[0]) - 1
    while at > node.lineno and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    return max(at, node.lineno)


def _begins(statement: ast.stmt) -> int:
    """The line where a statement begins, counted from 1, with its decorators."""
    decorators = statement.decorator_list if isinstance(statement, FunctionNode | ast.ClassDef) else []
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _gives_nothing(node: FunctionNode) -> bool:
    facts = function_facts(node)
    returned = any(isinstance(part, ast.Return) and part.value is not None for part in facts.own)
    return node.returns is None and not facts.yields and not returned


def _told(node: FunctionNode | ast.ClassDef, owner: str) -> str:
    said = spoken(node.name).capitalize() or node.name
    if isinstance(node, ast.ClassDef):
        return f"{said}."
    facts = function_facts(node, owner)
    return f"{said}. {_takes(facts)}{_gives(facts)}."


def _takes(facts: FunctionFacts) -> str:
    names = [f"{parameter.star}{parameter.name}" for parameter in facts.parameters]
    return f"Takes {listed(names)}" if names else "Takes nothing"


def _gives(facts: FunctionFacts) -> str:
    returned = any(isinstance(part, ast.Return) and part.value is not None for part in facts.own)
    given = " and yields values" if facts.yields else " and returns a value" if returned else ""
    raised = [name for name in facts.raises if name.isidentifier()]
    return given + (f"; may raise {listed(raised)}" if raised else "")


def _self_contained(source: str, tree: ast.Module) -> str:
    wanted = []
    for name in unresolved_names(source):
        if name in HOMES:
            wanted.append(f"from {HOMES[name]} import {name}")
        elif name in sys.stdlib_module_names and _only_as_module(tree, name):
            wanted.append(f"import {name}")
    if not wanted:
        return source
    lines = source.split("\n")
    at = _above(tree)
    return "\n".join([*lines[:at], *sorted(wanted), *([] if at else [""]), *lines[at:]])


def _only_as_module(tree: ast.Module, name: str) -> bool:
    """Whether a name is used as a module is, `name.something`, of what that module has."""
    spoken_of = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    dotted = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == name]
    # `datetime.now()` means the class of that name, not the module.
    return len(spoken_of) == len(dotted) and not (name == "datetime" and set(dotted) & {"now", "today", "strptime"})


def _above(tree: ast.Module) -> int:
    """The line below which imports go: under the module's docstring and imports from the future."""
    at = 0
    for place, node in enumerate(tree.body):
        told = place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if told or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            at = node.end_lineno or at
    return at
