"""What a Python function hands back and which errors it raises, as far as its syntax tree is certain."""
# ruff: noqa: E501  # a template reads best on one line

import ast

from app.explainer.code_expressions import value_of
from app.explainer.code_facts import FunctionFacts
from app.explainer.points import Point
from app.explainer.voice import Voice, listed


def result(voice: Voice, facts: FunctionFacts) -> Point:
    """What comes back, and which errors the code raises itself."""
    name = facts.label
    ask = voice.say(
        "what [comes back|do I get back] [from|out of] $f?", "[and the result|what is the result] of $f?", f=name
    )
    parts = [_returned(voice, facts)] if type(facts.node).__name__ == "FunctionDef" else []
    if facts.raises:
        errors = listed([f"`{error}`" for error in facts.raises[:3]], word="and")
        parts.append(
            voice.say(
                "[there is also|the code has] a `raise` for $e.",
                "a `raise` in $f names $e." if len(facts.raises) == 1 else "`raise` lines in $f name $e.",
                f=name,
                e=errors,
            )
        )
    if facts.recursive:
        parts.append(
            voice.say(
                "$f calls itself, [which is|that is called] recursion.",
                "[on the way|while it runs], $f may call itself.",
                f=name,
            )
        )
    return (
        Point("result", ask, " ".join(parts), voice.say("what [comes out of|leaves] $f", f=name))
        if parts
        else Point("", "", "")
    )


def _returned(voice: Voice, facts: FunctionFacts) -> str:
    name = facts.label
    if facts.node.decorator_list:
        return _decorated(voice, facts)
    if facts.yields:
        return voice.say(
            "$f has a `yield`, so a call gives a generator, [and values come one at a time|which hands out values one by one].",
            "since $f uses `yield`, [calling it|a call] makes a generator.",
            f=name,
        )
    values = _return_values(facts)
    slots = {"f": name, "v": values[0] if values else "", "m": str(len(values))}
    if not values:
        return voice.say(*_NO_RETURN, **slots)
    if len(values) == 1 and facts.returns > 1:
        return voice.say(
            "of the `return` lines in $f, one [has|carries] a value: $v.",
            "apart from bare `return` lines, $f has one with a value: $v.",
            **slots,
        )
    if len(values) == 1 and not values[0].startswith("`"):
        return voice.say(
            "$f has a single `return`, with $v.",
            "one `return` ends $f, with $v.",
            "[in|inside] $f there is one `return`: $v.",
            **slots,
        )
    # Code that may run past its only `return` gives None then, so the plain wordings are for code that cannot.
    one = (*_ONE_RETURN, *_SURE_RETURN) if isinstance(facts.node.body[-1], ast.Return) else _ONE_RETURN
    return voice.say(*(one if len(values) == 1 else _MANY_RETURNS), **slots)


def _decorated(voice: Voice, facts: FunctionFacts) -> str:
    """A decorator may change what a call gives, so only the decorators are named."""
    marks = [ast.unparse(node) for node in facts.node.decorator_list]
    shown = listed([f"`@{mark}`" for mark in marks if len(mark) < 40 and "`" not in mark])
    templates = (
        "[above|over] $f stands $d, a decorator." if len(marks) == 1 else "$d stand over $f.",
        "$f is decorated with $d.",
    )
    return voice.say(*templates, f=facts.label, d=shown) if shown else ""


_NO_RETURN = (
    "$f [never hands|does not hand] a value back: [its calls end|a call ends] in `None`.",
    "`None` is all that [a call of|calling] $f [gives|yields in the end].",
    "[look in vain|do not look] for a value from $f: you get `None`.",
    "[once|when] $f is done, it [leaves|gives] `None`.",
    "no `return` [in|of] $f carries a value, [which means|and that means] `None`.",
    "[a finished call of|calling] $f [evaluates to|amounts to] `None`, as no `return` names a value.",
)
_ONE_RETURN = (
    "$v is what the [only|single] `return` [of|in] $f [names|hands back].",
    "[a single|one] `return` [in|of] $f [names a value|hands something back]: $v.",
    "$v [leaves|comes out of] $f [at its `return`|when it reaches `return`].",
    "[at its `return`|with `return`], $f [gives|passes] $v [back|to the caller].",
)
_SURE_RETURN = (
    "$f [answers with|hands back|returns] $v.",
    "[the answer of|what you get from] $f is $v.",
    "[in the end|at the end], $f [gives|returns] $v.",
)
_MANY_RETURNS = (
    "$f can answer in $m [places|ways]; [the first `return` reached|whichever `return` comes first] ends the call.",
    "[count|look for] the `return` lines in $f: $m [carry|name] a value, [and the first one met wins|the first met decides].",
    "$m `return` lines of $f [have|carry] a value.",
    "[which|what] value $f gives depends on the path: it has $m `return` lines with one.",
)


def _return_values(facts: FunctionFacts) -> list[str]:
    returns = [node for node in facts.own if isinstance(node, ast.Return)]
    return [value_of(node.value) for node in returns if node.value]
