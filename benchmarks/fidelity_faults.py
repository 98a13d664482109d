"""Faults put into faithful rewrites: one a text, of a named class, as a careless model would make them.

Every injector gets a text and a source of chance and gives the spoilt text, or None where there is nothing to spoil.
Code inside prose is left alone by all but `operator`, which changes one operator of one function in a fenced block.
"""

import ast
import random
import re
from collections.abc import Callable

from app.domain.code import python_blocks
from app.domain.text import sentences

Injector = Callable[[str, random.Random], str | None]

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|(?m:^ {4}.*$)", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,/-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/]|[.,]\d|\.\s|\))")
_WORDED = "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty".split()
_UNITS = (
    ("km", "miles", "m"), ("kilometres", "miles", "metres"), ("metres", "feet", "kilometres"), ("m", "km", "feet"),
    ("minutes", "hours", "seconds"), ("hours", "minutes", "days"), ("days", "weeks", "hours"), ("week", "month"),
    ("years", "months", "days"), ("year", "month"), ("seconds", "minutes"), ("months", "years", "weeks"),
    ("grams", "kilograms", "ounces"), ("g", "kg"), ("kg", "g", "tonnes"), ("kilograms", "grams", "tonnes"),
    ("tonnes", "kilograms"), ("litres", "millilitres", "gallons"), ("ml", "litres"), ("millilitres", "litres"),
    ("millimetres", "centimetres", "metres"), ("mm", "cm", "m"), ("degrees", "metres"), ("euros", "dollars"),
    ("percent", "euros"), ("kB", "MB"), ("s", "ms", "minutes"),
)  # fmt: skip
_UNIT = {names[0]: names[1:] for names in _UNITS}
_MEASURED = re.compile(rf"(\d|\b(?:{'|'.join(_WORDED)}|hundred|thousand|half))([ -])({'|'.join(_UNIT)})\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}(?: [A-Z][a-z]{3,})*\b")
_OTHER_NAMES = (
    "Marta Oliveira", "Brisbane", "Okonkwo", "Lithuania", "Henrik Larsen", "Patagonia", "Ibn Rashid", "Montreal",
    "Sofia Petrova", "Kowalski", "Zanzibar", "Bohemia",
)  # fmt: skip
_VERB = re.compile(r"\b(is|are|was|were|can|will|may|has|had|must|should)\b(?! not|n['’]t|not)")
_NOT = re.compile(r"\b(?:(is|are|was|were|do|does|did|can|could|will|has|have) not|(can)not) ")
_CONDITIONS = (
    re.compile(r"(?:^|(?<=[.!?] ))(?:If|When|Unless|As long as|Once|While) [^,.;:?!\n]{5,90}, (?=[a-z])", re.MULTILINE),
    re.compile(r",? (?:if|unless|only when|as long as|until|when|provided that) [^,.;:?!\n]{5,90}(?=[.;])"),
    re.compile(r"\b(?:at least|at most|only|usually|normally|often|mostly|nearly|almost) (?=[a-z])"),
)
_INVENTED = (
    "It was first described by a farmer in Norway.", "Most experts call this the golden rule of the trade.",
    "In many schools the pupils have to learn this by heart.", "A museum in the capital shows a copy made of glass.",
    "The government pays a prize to whoever can improve on it.", "For that reason sailors used to be afraid of it.",
    "Doctors say that it also cures a headache.", "The colour blue was chosen since it is cheap to produce.",
    "A company bought the rights and sold them to a rival.", "Twins are better at it than other children.",
)  # fmt: skip
_FLIPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def number_swap(text: str, rng: random.Random) -> str | None:
    """Another number where one stands in digits or in words."""
    worded = re.compile(rf"\b(?:{'|'.join(_WORDED)})\b(?! and a half)")
    return _spoil(text, rng, re.compile(f"{_NUMBER.pattern}|{worded.pattern}"), lambda found: _other(found[0], rng))


def _other(shown: str, rng: random.Random) -> str:
    if shown in _WORDED:
        return rng.choice([word for word in _WORDED if word != shown])
    value = float(shown.replace(",", ""))
    if 1000 <= value < 2100 and "," not in shown and "." not in shown:
        return str(int(value) + rng.choice((-1, 1)) * rng.randint(3, 60))
    changed = value * rng.choice((0.4, 0.6, 1.5, 2.0, 3.0)) + rng.randint(1, 3)
    decimals = len(shown.partition(".")[2])
    return f"{changed:,.{decimals}f}" if "," in shown else f"{changed:.{decimals}f}"


def unit_change(text: str, rng: random.Random) -> str | None:
    """Another unit after the same number."""
    return _spoil(text, rng, _MEASURED, lambda found: found[1] + found[2] + rng.choice(_UNIT[found[3]]))


def name_swap(text: str, rng: random.Random) -> str | None:
    """A name that is nowhere in the text, in place of one that is."""
    return _spoil(text, rng, _NAME, lambda _: rng.choice(_OTHER_NAMES))


def name_exchange(text: str, rng: random.Random) -> str | None:
    """Two names of the text, each in the other's place, everywhere."""
    names = sorted({found[0] for found in _NAME.finditer(_CODE.sub(" ", text))})
    apart = [(a, b) for a in names for b in names if a < b and not set(a.split()) & set(b.split())]
    if not apart:
        return None
    first, second = rng.choice(apart)
    swapped = {first: second, second: first}
    return re.sub(rf"\b(?:{first}|{second})\b", lambda found: swapped[found[0]], text)


def negation(text: str, rng: random.Random) -> str | None:
    """A statement turned round: a `not` more, or one less."""
    without = lambda: _spoil(text, rng, _NOT, lambda found: f"{found[1] or found[2]} ")  # noqa: E731
    if rng.random() < 0.5 and (spoilt := without()):
        return spoilt
    return _spoil(text, rng, _VERB, lambda found: f"{found[1]} not", statements=True)


def dropped_condition(text: str, rng: random.Random) -> str | None:
    """A statement without its if, when, only or at least."""
    for pattern in rng.sample(_CONDITIONS, len(_CONDITIONS)):
        spoilt = _spoil(text, rng, pattern, lambda _: "\0")
        if spoilt:
            before, after = spoilt.split("\0")
            starts = before.rstrip(" ")[-1:] in ("", "\n", ".", "!", "?")
            return before + (after[:1].upper() + after[1:] if starts else after)
    return None


def invented_sentence(text: str, rng: random.Random) -> str | None:
    """A sentence on something else between two of the text's own."""
    return _spoil(text, rng, re.compile(r"(?<=[a-z]\.) (?=[A-Z])"), lambda _: f" {rng.choice(_INVENTED)} ")


def operator(text: str, rng: random.Random) -> str | None:
    """One operator of one function in a Python block exchanged for its nearest relative."""
    blocks = [block for block in python_blocks(text) if "def " in block]
    rng.shuffle(blocks)
    for block in blocks:
        spoilt = _flipped(block, rng)
        if spoilt and block in text:
            return text.replace(block, spoilt, 1)
    return None


def _flipped(block: str, rng: random.Random) -> str | None:
    """The block with one operator changed in place; the rest keeps its layout."""
    try:
        tree = ast.parse(block)
    except SyntaxError:
        return None
    spots = [(node, at) for function in tree.body if isinstance(function, ast.FunctionDef | ast.ClassDef)
             for node in ast.walk(function) for at in _operators(node)]  # fmt: skip
    rng.shuffle(spots)
    for node, at in spots:
        whole = ast.get_source_segment(block, node)
        if whole is None or block.count(whole) != 1 or "\n" in whole:
            continue
        _flip(node, at)
        return block.replace(whole, ast.unparse(node), 1)
    return None


def _operators(node: ast.AST) -> range:
    ops = node.ops if isinstance(node, ast.Compare) else [getattr(node, "op", None)]
    return range(len(ops)) if all(type(op) in _FLIPS for op in ops) else range(0)


def _flip(node: ast.AST, at: int) -> None:
    if isinstance(node, ast.Compare):
        node.ops[at] = _FLIPS[type(node.ops[at])]()  # type: ignore[call-overload]  # a comparison's flip is one
    elif isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        node.op = _FLIPS[type(node.op)]()  # type: ignore[assignment]  # each flip is of its own kind


def _spoil(
    text: str,
    rng: random.Random,
    pattern: re.Pattern[str],
    change: Callable[[re.Match[str]], str],
    *,
    statements: bool = False,
) -> str | None:
    """The text with one match outside code changed; with `statements`, none in a question."""
    code = [match.span() for match in _CODE.finditer(text)]
    asked = [sentence for sentence in sentences(text) if sentence.endswith("?")] if statements else []
    found = [
        match
        for match in pattern.finditer(text)
        if not any(start <= match.start() < end for start, end in code)
        and not any(match[0] in question and text[match.start() : match.end() + 12] in question for question in asked)
    ]
    if not found:
        return None
    match = rng.choice(found)
    return text[: match.start()] + change(match) + text[match.end() :]


PROSE: dict[str, Injector] = {
    "number swap": number_swap,
    "unit change": unit_change,
    "name swap": name_swap,
    "name exchange": name_exchange,
    "negation": negation,
    "dropped condition": dropped_condition,
    "invented sentence": invented_sentence,
}
"""Classes of faults in prose."""
CODE: dict[str, Injector] = {"operator": operator}
"""Classes of faults in a lesson's code."""
