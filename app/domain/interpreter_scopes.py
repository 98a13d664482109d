"""Where the small interpreter finds names: frames, functions, and what a module's top level binds.

Python fixes a function's local names before it runs; so does this. Of a module only what can be known without
running it is kept: functions, constants written out, `import math`. Any other top-level binding is marked unknown, and
reading it ends the interpretation, so a name can never be mistaken for the built-in it hides.
"""

import ast
from dataclasses import dataclass, field

from app.domain.interpreter_builtins import Builtin, MathModule
from app.domain.interpreter_limits import Opaque, UnsupportedCodeError

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass
class Frame:
    """Names of one call, comprehension or module."""

    names: dict[str, object] = field(default_factory=dict)
    """What is bound now."""
    local: frozenset[str] = frozenset()
    """What this scope binds at some time; unbound until then."""
    parent: "Frame | None" = None
    """The scope around it."""
    depth: int = 0
    """Calls around it; 0 for a module, 1 for the call asked for."""


class Function(Opaque):
    """A function or lambda of the interpreted code."""

    def __init__(self, node: ast.FunctionDef | ast.Lambda, frame: Frame, defaults: list[object]) -> None:
        self.node = node
        self.frame = frame
        self.defaults = defaults
        self.name = getattr(node, "name", "<lambda>")


class Unknown(Opaque):
    """A name that is bound to something the interpreter did not work out."""


def local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """Names that are local to the function: parameters and whatever its own body binds."""
    arguments = node.args
    names = {arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    body: list[ast.AST] = list(node.body) if isinstance(node, ast.FunctionDef) else [node.body]
    return frozenset(names | bound_names(body))


def bound_names(body: list[ast.AST]) -> set[str]:
    """Names that these statements bind in their own scope."""
    names: set[str] = set()
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            raise UnsupportedCodeError(what="global and nonlocal")
        names.update(_bound_here(node))
        if not isinstance(node, _SCOPES):
            waiting.extend(_inner(node))
    return names


def _inner(node: ast.AST) -> list[ast.AST]:
    """Child nodes in the same scope; the targets of a comprehension are its own."""
    if isinstance(node, ast.comprehension):
        return [node.iter, *node.ifs]
    return list(ast.iter_child_nodes(node))


def _bound_here(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        return [node.id]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name:
        return [node.name]
    return []


@dataclass(frozen=True)
class Outline:
    """What a module's top level binds, found once and used by every call."""

    bindings: tuple[tuple[ast.stmt, tuple[str, ...]], ...]
    """Each statement with the names it binds."""
    generators: frozenset[ast.stmt]
    """Functions with a yield in them."""
    plain: bool
    """Nothing at the top level could change a container made by another statement."""
    refused: str
    """Why no call can be run at all; empty when calls may be tried."""


def outline_of(tree: ast.Module) -> Outline:
    """The outline of a parsed module."""
    refused = ""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body):
        refused = "import *"
    bindings: list[tuple[ast.stmt, tuple[str, ...]]] = []
    try:
        bindings = [(node, tuple(bound_names([node]))) for node in tree.body]
    except UnsupportedCodeError:
        refused = "global and nonlocal at the top level"
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return Outline(
        bindings=tuple(bindings),
        generators=frozenset(node for node in functions if is_generator(node)),
        plain=all(_is_quiet(node) or _is_docstring(node) or _is_main(node) for node in tree.body),
        refused=refused,
    )


def is_generator(node: ast.FunctionDef) -> bool:
    """Whether a yield stands in the function, or in one nested in it, which is refused too."""
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))


def module_frame(outline: Outline) -> Frame:
    """The names a module binds; twice-bound ones and whatever is not plain are Unknown."""
    if outline.refused:
        raise UnsupportedCodeError(what=outline.refused)
    frame = Frame()
    for node, names in outline.bindings:
        for name in names:
            twice = name in frame.names or node in outline.generators
            frame.names[name] = Unknown() if twice else _top_level(node, name, frame, plain=outline.plain)
    return frame


def _is_quiet(node: ast.stmt) -> bool:
    """Whether the statement cannot change a container made by another one: a decorator or a call could."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return not node.decorator_list
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return not any(isinstance(part, ast.Call | ast.Subscript | ast.Attribute) for part in ast.walk(node))
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"


def _top_level(node: ast.stmt, name: str, frame: Frame, *, plain: bool) -> object:
    if isinstance(node, ast.FunctionDef):
        return Unknown() if node.decorator_list else Function(node, frame, [])
    if isinstance(node, ast.Import | ast.ImportFrom):
        return imported(node, name)
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return _constant(node.value, plain=plain)
    return Unknown()


def imported(node: ast.Import | ast.ImportFrom, name: str) -> object:
    """The value of an imported name: math and its parts, else Unknown."""
    for alias in node.names:
        if (alias.asname or alias.name) != name:
            continue
        if isinstance(node, ast.Import) and alias.name == "math":
            return MathModule()
        if isinstance(node, ast.ImportFrom) and node.module == "math" and not node.level:
            return MathModule(alias.name)
    return Unknown()


def _constant(node: ast.expr, *, plain: bool) -> object:
    """The value written out; containers only where nothing at the top level could have changed them."""
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return Unknown()
    if not isinstance(value, int | float | str | type(None)) and not plain:
        return Unknown()
    return Unknown() if isinstance(value, bytes | complex | type(Ellipsis)) else value


def check_annotations(node: ast.FunctionDef, frame: Frame) -> None:
    """Refuse annotations with names that nothing binds: Python would stop at the definition already."""
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    for annotation in (*(argument.annotation for argument in arguments), node.returns):
        for part in ast.walk(annotation) if annotation else ():
            if isinstance(part, ast.Name) and part.id not in frame.names and part.id not in KNOWN_TYPES:
                raise UnsupportedCodeError(what=f"the unknown annotation {part.id}")


KNOWN_TYPES = frozenset({"int", "float", "str", "bool", "list", "tuple", "dict", "set", "frozenset", "object", "bytes"})
"""Built-in names an annotation may use."""


def lookup(frame: Frame, name: str, builtins: frozenset[str]) -> object:
    """The value of a name as Python would find it; NameError is refused rather than raised."""
    at: Frame | None = frame
    while at is not None:
        if name in at.names:
            value = at.names[name]
            if isinstance(value, Unknown):
                raise UnsupportedCodeError(what=f"the name {name}, which it cannot work out")
            return value
        if name in at.local:
            raise UnsupportedCodeError(what=f"{name} before it has a value")
        at = at.parent
    if name in builtins:
        return Builtin(name)
    raise UnsupportedCodeError(what=f"the name {name}")
