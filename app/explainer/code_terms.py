"""What is true of Python in general and worth saying about a piece of code: terms, traps, comparisons with daily life.

Each remark is chosen by something the syntax tree shows and names the code's own things.
"""
# ruff: noqa: E501  # a template reads best on one line

import ast

from app.explainer.code_expressions import quote
from app.explainer.code_facts import FunctionFacts
from app.explainer.voice import Voice

_MAX_MISTAKES = 4


def mistakes(voice: Voice, facts: FunctionFacts) -> list[str]:
    """Traps that this function's own code holds, as sentences."""
    found: list[str] = []
    name = facts.label
    shared = [p for p in facts.parameters if p.default in ("[]", "{}", "set()", "list()", "dict()")]
    found += [voice.say(*_SHARED, p=parameter.name, d=parameter.default, f=name) for parameter in shared]
    for node in facts.own:
        remark = _trap(voice, node)
        if remark and len(found) < _MAX_MISTAKES:
            found.append(remark)
    required = [parameter.name for parameter in facts.required]
    if required and not facts.owner and not facts.node.decorator_list:
        found.append(voice.say(*_MISSING, p=voice.pick(required), f=name))
    plain = type(facts.node) is ast.FunctionDef and not facts.yields
    if facts.returns and plain and not _always_returns(facts.node.body):
        found.append(
            voice.say(
                "if no `return` in $f is reached, the [answer|result] is `None`",
                "a call of $f that [runs off the end|gets past every `return`] [gives|ends up with] `None`",
                f=name,
            )
        )
    return [f"{remark}." for remark in dict.fromkeys(found)]


_SHARED = (
    "[the default|the starting value] `$p=$d` is made only once, so [all calls|calls of $f] that leave `$p` out share the same object",
    "watch `$p=$d`: [every call|each call] without `$p` [gets|uses] one shared object",
)
_MISSING = (
    "[leaving out|forgetting] `$p` in a call of $f [is|counts as] a `TypeError`, [because it has no default|as nothing stands in for it]",
    "$f [cannot|will not] run without `$p`; Python [answers|stops] with a `TypeError`",
    "`$p` has no default: [drop|forget] it and Python raises a `TypeError`",
    "[no|without] `$p`, no $f: a `TypeError` [comes|follows]",
)


def _trap(voice: Voice, node: ast.AST) -> str:
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "range" and len(node.args) in (1, 2):
        stop, whole = quote(node.args[-1]), quote(node)
        if stop and whole:
            return voice.say(
                "$w [stops before|leaves out] $s [itself|]",
                "[the end value|the stop value] $s is not part of $w",
                "do not expect $s [inside|among the numbers of] $w: [the end is left out|a range leaves out its end]",
                w=whole,
                s=stop,
            ).rstrip()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
        return _division(voice, node)
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
        whole = quote(node)
        return (
            voice.say("$w [compares|asks a question]; a single `=` [would|there would] not", w=whole) if whole else ""
        )
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0:
        whole, owner = quote(node), quote(node.value)
        if whole and owner and isinstance(node.ctx, ast.Load):
            return voice.say(
                "$w [uses the key or position 0|asks for what sits at 0]; on an empty list it would fail", w=whole
            )
    if isinstance(node, ast.While) and not isinstance(node.test, ast.Constant):
        test = quote(node.test)
        return (
            voice.say(
                "the `while` loop only [ends|stops] [if|when] $t stops being true, or the code leaves it another way",
                t=test,
            )
            if test
            else ""
        )
    return ""


def _division(voice: Voice, node: ast.BinOp) -> str:
    whole, right = quote(node), quote(node.right)
    if not whole or not right or isinstance(node.right, ast.Constant):
        return ""
    if isinstance(node.op, ast.Div) and isinstance(node.left, ast.Constant | ast.Name | ast.Call):
        return voice.say("with plain numbers, $w [fails|is an error] when $r is 0", w=whole, r=right)
    return voice.say("with plain numbers, $w [fails|stops with an error] if $r is 0", w=whole, r=right)


def _always_returns(body: list[ast.stmt]) -> bool:
    """Whether the body surely ends in a return or a raise, as far as its last statement shows."""
    last = body[-1]
    if isinstance(last, ast.If) and last.orelse:
        return _always_returns(last.body) and _always_returns(last.orelse)
    return isinstance(last, ast.Return | ast.Raise | ast.While | ast.With | ast.Try)


def terms(voice: Voice, facts: FunctionFacts) -> list[str]:
    """Definitions of the terms the lesson uses, each tied to the code at hand."""
    shown = {
        "parameter": bool(facts.parameters),
        "loop": bool(facts.loops),
        "return": bool(facts.returns),
        "variable": bool(facts.assigned),
        "exception": bool(facts.raises),
        "recursion": facts.recursive,
    }
    slots = {
        "f": facts.label,
        "p": f"`{facts.parameters[0].name}`" if facts.parameters else "",
        "n": facts.loops,
        "v": f"`{facts.assigned[0]}`" if facts.assigned else "",
        "e": f"`{facts.raises[0]}`" if facts.raises else "",
    }
    return [voice.say(*_TERMS[term], **slots) for term in _TERMS if shown.get(term, True)]


_TERMS = {
    "function": (
        "a function is a [named piece|block] of code; here [its|the] name is $f.",
        "$f is a function: code with a name, [run|started] by calling it.",
        "[we call $f|$f is called] a function, [since|because] it is code that a call can start.",
        "to call $f [is|means] to run its [code|lines].",
    ),
    "parameter": (
        "$p is a parameter, [a name that|which] gets its value [from the call|when $f is called].",
        "a parameter, such as $p, [is|acts as] a [label|name] for a value [that comes with the call|the caller passes in].",
    ),
    "loop": (
        "a loop [runs the same lines|repeats its lines] [several times|over and over]; $f has $n.",
        "$f has $n of what is called a loop: lines that [run|are done] again and again.",
    ),
    "return": (
        "to return [means|is] to [end the call and hand a value back|leave $f with a value].",
        "`return` [ends|finishes] the call and [hands over|passes on] a value.",
    ),
    "variable": (
        "$v is a variable, a name [for a value|tied to a value] [inside|within] $f.",
        "a variable [keeps|holds] a value under a name, as $v does [here|in $f].",
    ),
    "exception": ("an exception [is|means] an error that [stops|interrupts] the code; $e is one.",),
    "recursion": ("recursion [means|is when] a function calls itself, as $f does.",),
}


def analogy(voice: Voice, facts: FunctionFacts) -> str:
    """A comparison with daily life that fits the code's structure."""
    kind = "recursion" if facts.recursive else "loop" if facts.loops else "choice" if facts.ifs else "plain"
    return voice.say(*_ANALOGIES[kind], f=facts.label, t=voice.pick(_OBJECTS), l=voice.pick(_PLACES))


_PLACES = (
    "kitchen", "workshop", "library", "post office", "bakery", "garage", "school office", "market stall",
    "train station", "repair shop", "shoe shop", "ticket hall", "printing house", "flower shop",
)  # fmt: skip
_OBJECTS = (
    "letters", "plates", "books", "tickets", "apples", "coins", "cards", "parcels", "bottles", "keys", "stamps", "tools",
)  # fmt: skip
_ANALOGIES = {
    "recursion": (
        "$f [brings to mind|is like] [nested boxes|dolls inside dolls|two mirrors face to face]: to [open|see] one you [meet|find] a smaller one. It calls itself.",
        "$f is like a [person in a queue|pupil in a row] who asks the next one the same [question|thing]: it calls itself.",
    ),
    "loop": (
        "$f [reminds|makes one think] of a [worker|helper|clerk] in a $l who [handles|checks] $t one by one. It [works in rounds too|goes round in a loop in the same way].",
        "$f is like [sorting|counting|going through] a [pile|box|stack] of $t in a $l: the same [moves|steps], again and again.",
        "in a $l, someone [picks up|takes] $t one after another and does the same [job|work] each time. That is the [pattern|shape] of $f.",
    ),
    "choice": (
        "$f is like a [fork in a road|switch on a railway|guard at a gate|sign at a crossing]: a [question|test] decides which way to go.",
        "$f: [picture|think of] a $l with a [sign|notice] at the door: “if this, go left; if not, go right”. The code [decides|chooses] like that.",
    ),
    "plain": (
        "$f is like a [short recipe|note with instructions|counter] in a $l: [you bring what it needs, and it does its job|it is there when somebody asks].",
        "$f is [the sign|a label] on a [machine|desk] in a $l. [Press the button|Call it], and it [runs|does] its few steps.",
    ),
}
