"""What is certain about a piece of Python, read from its syntax tree: names, parameters, loops, returns, errors.

Counts cover a function's own statements; those of functions and classes nested inside it are left out.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SHOWN_LINES = 32
"""A longer function is shown without its docstring, or not at all."""
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_SENTENCE = re.compile(r"(.{12,}?[.!?])(?:\s|$)", re.DOTALL)


@dataclass(frozen=True)
class Parameter:
    """One name a function takes."""

    name: str
    """As written, without stars."""
    default: str
    """Source of the default; empty when there is none."""
    star: str
    """Empty, `*` or `**`."""
    annotation: str
    """Source of the annotation, or empty."""


@dataclass(frozen=True)
class FunctionFacts:
    """One function or method."""

    node: FunctionNode
    """Its tree."""
    own: tuple[ast.AST, ...]
    """The nodes of its body, without those of nested functions and classes."""
    name: str
    """As written."""
    owner: str
    """The class it belongs to, or empty."""
    parameters: tuple[Parameter, ...]
    """Without self or cls."""
    summary: str
    """First sentence of the docstring, or empty."""
    loops: int
    """`for` and `while` statements."""
    ifs: int
    """`if` and `elif` branches."""
    returns: int
    """`return` statements."""
    raises: tuple[str, ...]
    """Names of exceptions in `raise` statements, in order, each once."""
    calls: tuple[str, ...]
    """What it calls, as written, in order, each once."""
    assigned: tuple[str, ...]
    """Plain names that get a value, in order, each once, without the parameters."""
    recursive: bool
    """It calls its own name."""
    yields: bool
    """It is a generator."""

    @property
    def label(self) -> str:
        """Its name in backticks."""
        return f"`{self.name}`"

    @property
    def required(self) -> tuple[Parameter, ...]:
        """Parameters without a default that are not starred."""
        return tuple(p for p in self.parameters if not p.default and not p.star)


@dataclass(frozen=True)
class ClassFacts:
    """One class."""

    node: ast.ClassDef
    """Its tree."""
    name: str
    """As written."""
    bases: tuple[str, ...]
    """Source of the bases."""
    summary: str
    """First sentence of the docstring, or empty."""
    methods: tuple[FunctionFacts, ...]
    """Its methods, in order."""
    fields: tuple[str, ...]
    """Names the class body gives a value or an annotation."""
    attributes: tuple[str, ...]
    """Names that `__init__` surely sets on self."""

    @property
    def method_names(self) -> tuple[str, ...]:
        """Each name once: a property's getter and setter share theirs."""
        return _once(method.name for method in self.methods)


def functions_of(tree: ast.Module) -> list[FunctionFacts]:
    """The functions at the top level."""
    return [function_facts(node) for node in tree.body if isinstance(node, FunctionNode)]


def classes_of(tree: ast.Module) -> list[ClassFacts]:
    """The classes at the top level."""
    return [class_facts(node) for node in tree.body if isinstance(node, ast.ClassDef)]


def function_facts(node: FunctionNode, owner: str = "") -> FunctionFacts:
    """The facts of one function."""
    own = tuple(_own_nodes(node))
    parameters = _parameters(node, method=bool(owner))
    outer = {name for part in own if isinstance(part, ast.Global | ast.Nonlocal) for name in part.names}
    taken = {parameter.name for parameter in parameters} | {"self", "cls"} | outer
    assigned = (n.id for n in own if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    calls = [_short(n.func) for n in own if isinstance(n, ast.Call)]
    return FunctionFacts(
        node=node,
        own=own,
        name=node.name,
        owner=owner,
        parameters=parameters,
        summary=first_sentence(ast.get_docstring(node) or ""),
        loops=sum(isinstance(n, ast.For | ast.While | ast.AsyncFor) for n in own),
        ifs=sum(isinstance(n, ast.If) for n in own),
        returns=sum(isinstance(n, ast.Return) for n in own),
        raises=_once(_thrown(n) for n in own if isinstance(n, ast.Raise)),
        calls=_once(call for call in calls),
        assigned=_once(name for name in assigned if name not in taken),
        recursive=not owner and node.name in calls,
        yields=any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own),
    )


def class_facts(node: ast.ClassDef) -> ClassFacts:
    """The facts of one class."""
    methods = tuple(function_facts(part, node.name) for part in node.body if isinstance(part, FunctionNode))
    fields = [
        target.id
        for part in node.body
        if isinstance(part, ast.Assign | ast.AnnAssign)
        for target in (part.targets if isinstance(part, ast.Assign) else [part.target])
        if isinstance(target, ast.Name)
    ]
    return ClassFacts(
        node=node,
        name=node.name,
        bases=tuple(_short(base) for base in node.bases),
        summary=first_sentence(ast.get_docstring(node) or ""),
        methods=methods,
        fields=_once(iter(fields)),
        attributes=_once(name for method in methods if method.name == "__init__" for name in _set_on_self(method.node)),
    )


def _own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body in source order, not entering nested functions, lambdas and classes."""
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, _NESTED):
            waiting.extend(reversed(list(_children(part))))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """As ast.iter_child_nodes, at half its cost: this walk is most of the time a lesson takes."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
            yield value


def first_sentence(docstring: str) -> str:
    """The first sentence of a docstring on one line, without markup; empty unless it is plain and short."""
    paragraph = docstring.strip().partition("\n\n")[0]
    text = " ".join(paragraph.split())
    found = _SENTENCE.match(text + " ")
    text = found[1] if found else text
    text = text.replace("``", "`")
    plain = text.count("`") % 2 == 0 and not re.search(r">>>|:\w+:|\\|@|\*|\||==|--|__|<", text)
    return text.rstrip(".:") if plain and 2 <= len(text.split()) <= 26 and text.isprintable() else ""


def source_of(node: ast.stmt, lines: list[str]) -> str:
    """The statement's own lines, outdented; without the docstring when long; empty when still too long."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    shown = lines[first - 1 : node.end_lineno]
    if len(shown) > MAX_SHOWN_LINES:
        shown = _without_docstring(node, lines, first)
    if not shown or len(shown) > MAX_SHOWN_LINES or any("```" in line or len(line) > 140 for line in shown):
        return ""
    indent = len(shown[0]) - len(shown[0].lstrip())
    if any(line[:indent].strip() for line in shown):
        return ""
    return "\n".join(line[indent:].rstrip() for line in shown)


def _without_docstring(node: ast.stmt, lines: list[str], first: int) -> list[str]:
    body = getattr(node, "body", [])
    if len(body) < 2 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Constant):
        return []
    doc = body[0]
    if body[1].lineno <= (doc.end_lineno or 0) or doc.lineno <= node.lineno:
        return []
    return lines[first - 1 : doc.lineno - 1] + lines[(doc.end_lineno or 0) : node.end_lineno]


def _parameters(node: FunctionNode, *, method: bool) -> tuple[Parameter, ...]:
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [(argument, default, "") for argument, default in zip(plain, defaults, strict=True)]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    if method and not static and pairs:
        pairs = pairs[1:]
    if arguments.vararg:
        pairs.append((arguments.vararg, None, "*"))
    pairs += [(a, d, "") for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        pairs.append((arguments.kwarg, None, "**"))
    return tuple(
        Parameter(a.arg, ast.unparse(d) if d else "", star, ast.unparse(a.annotation) if a.annotation else "")
        for a, d, star in pairs
    )


def _thrown(node: ast.Raise) -> str:
    thrown = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return thrown.id if isinstance(thrown, ast.Name) and thrown.id[:1].isupper() else ""


def _set_on_self(node: FunctionNode) -> Iterator[str]:
    """Attributes that every run through the method sets: plain assignments before anything that may leave it."""
    for statement in node.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                    yield target.attr
        if any(isinstance(part, ast.Return | ast.Raise) for part in ast.walk(statement)):
            return


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 and "\n" not in text and "`" not in text else ""


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))
