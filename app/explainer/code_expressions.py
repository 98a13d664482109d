"""Python expressions in English: a value as a noun phrase, a condition as a clause.

Nothing is guessed: an expression that has no safe wording is quoted as code, or, when long, described by its kind.
"""

import ast

from app.explainer.voice import Voice, counted

MAX_QUOTED = 48
"""Longer expressions are described instead of quoted."""
_COMPARE = {
    ast.Eq: "[is equal to|equals]",
    ast.NotEq: "[is not equal to|differs from]",
    ast.Lt: "[is less than|is below|is smaller than]",
    ast.LtE: "is at most",
    ast.Gt: "[is greater than|is above|is more than]",
    ast.GtE: "is at least",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "is in",
    ast.NotIn: "is not in",
}
_KINDS: dict[type[ast.expr], str] = {
    ast.ListComp: "a list built by a comprehension",
    ast.SetComp: "a set built by a comprehension",
    ast.DictComp: "a dict built by a comprehension",
    ast.GeneratorExp: "a generator expression",
    ast.Lambda: "a small unnamed function",
    ast.JoinedStr: "a formatted text",
    ast.IfExp: "one of two values, picked by a condition",
    ast.BoolOp: "a combined condition",
    ast.Compare: "the outcome of a comparison",
    ast.BinOp: "the result of a calculation",
    ast.Await: "an awaited result",
}


def value_of(node: ast.expr) -> str:
    """The expression as a noun phrase: quoted when short, else described."""
    quoted = quote(node)
    if quoted:
        return quoted
    if isinstance(node, ast.Call):
        return f"what {quote(node.func) or 'a call'} gives back"
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        kind = type(node).__name__.lower()
        return f"a {kind} written with {counted(len(node.elts), 'entry', 'entries')}"
    if isinstance(node, ast.Dict):
        return f"a dict written with {counted(len(node.keys), 'entry', 'entries')}"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "a longer piece of text"
    return _KINDS.get(type(node), "a longer expression")


def quote(node: ast.expr) -> str:
    """The expression in backticks, or empty when too long to read in a sentence."""
    text = ast.unparse(node)
    if len(text) > MAX_QUOTED or "`" in text or "\n" in text or not text.isprintable():
        return ""
    return f"`{text}`"


def condition(voice: Voice, node: ast.expr) -> str:
    """The condition as a clause, as in `x` is above `3`."""
    if isinstance(node, ast.Compare | ast.BoolOp):
        clause = _compared(voice, node) if isinstance(node, ast.Compare) else _joined(voice, node)
        if clause:
            return clause
    if isinstance(node, ast.Call) and len(node.args) == 2:
        left, right = quote(node.args[0]), quote(node.args[1])
        if left and right and quote(node.func) == "`isinstance`":
            return f"`isinstance` finds that {left} matches {right}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = quote(node.operand)
        if inner:
            return voice.part("$x [counts as false|is falsy|does not hold]", x=inner)
    text = quote(node)
    return voice.part("$x [counts as true|is truthy|holds]", x=text) if text else "a longer condition holds"


def _compared(voice: Voice, node: ast.Compare) -> str:
    left, right = quote(node.left), quote(node.comparators[0])
    if len(node.ops) > 1 or not left or not right:
        return ""
    return f"{left} {voice.part(_COMPARE[type(node.ops[0])])} {right}"


def _joined(voice: Voice, node: ast.BoolOp) -> str:
    if len(node.values) > 3 or any(isinstance(value, ast.BoolOp) for value in node.values):
        return ""
    parts = [condition(voice, value) for value in node.values]
    if not all("`" in part for part in parts):
        return ""
    return (" and " if isinstance(node.op, ast.And) else " or ").join(parts)
