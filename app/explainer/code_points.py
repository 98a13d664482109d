"""The points of a lesson about one Python function that its syntax tree alone supports."""
# ruff: noqa: E501  # a template reads best on one line

import ast
import re

from app.explainer.code_expressions import value_of
from app.explainer.code_facts import FunctionFacts, Parameter
from app.explainer.code_phrases import steps_of
from app.explainer.points import Point
from app.explainer.voice import Level, Voice, article, counted, listed

_MAX_STEPS = 14


def spoken(name: str) -> str:
    """An identifier as words. `isPrime_number` is `is prime number`."""
    return " ".join(re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).replace("_", " ").lower().split())


def kind_of(facts: FunctionFacts) -> str:
    """What to call it: function, method, async function or generator function."""
    kind = "method" if facts.owner else "function"
    if type(facts.node).__name__ == "AsyncFunctionDef":
        return f"async {kind}"
    return f"generator {kind}" if facts.yields else kind


def purpose(voice: Voice, facts: FunctionFacts, *, avoid_name_first: bool = False) -> Point:
    """What it is, in one or two sentences; the opening of most texts."""
    name, kind = facts.label, kind_of(facts)
    takes = _takes(facts)
    lines = (facts.node.end_lineno or facts.node.lineno) - facts.node.lineno + 1
    slots = {
        "f": name, "k": kind, "a": article(kind), "t": takes, "n": counted(lines, "line"),
        "o": f" of the class `{facts.owner}`" if facts.owner else "",
    }  # fmt: skip
    templates = [
        "$f [takes|is given|receives|accepts] $t",
        "$f is $a $k$o that [takes|accepts|works with] $t",
        "[with|given] $t, $f [goes to work|can run|has what it needs]"
        if facts.parameters
        else "$f [runs|works] on its own, with $t",
        "$n of Python [make up|form] $f, which [takes|accepts] $t",
        "[meet|here is|this is|look at] $f, $a $k$o [with|of] $n",
        "the $k $f [fills|spans|covers] $n and [takes|needs|accepts] $t",
        "[to call|to use|calling] $f you [bring|pass|hand over] $t"
        if facts.parameters
        else "nothing [goes into|is handed to] $f",
        "$f is [the subject|what we look at] here: $a $k that [takes|works with] $t"
        if facts.parameters
        else "$f is defined [here|below], $a $k that takes nothing",
    ]
    if avoid_name_first:
        templates = templates[2:]
    text = voice.say(*templates, **slots) + "."
    extra = _meaning(voice, facts)
    ask = voice.say(
        "what is $f [for|about]?", "[so what|what] does $f do?", "[look at|take] $f: what is it?",
        "$f: [why|when] would I [look at|read] it?" , "I [see|found] $f [in the code|here]. What is it?", f=name,
    )  # fmt: skip
    head = voice.say("[the idea of|meet|about|first of all:] $f", f=name)
    return Point("purpose", ask, f"{text} {extra}".strip(), head)


def _takes(facts: FunctionFacts) -> str:
    names = [f"`{parameter.star}{parameter.name}`" for parameter in facts.parameters]
    if not names:
        return "no arguments" if not facts.owner else "nothing but the object itself"
    return listed(names[:5]) if len(names) <= 5 else f"{listed(names[:4])} and {len(names) - 4} more"


def _meaning(voice: Voice, facts: FunctionFacts) -> str:
    if facts.summary:
        return voice.say(
            "its docstring [says|reads]: “$s.”",
            "[the author|whoever wrote it] [sums it up|describes it] as: “$s.”",
            "[in the words of|according to] its own docstring: “$s.”",
            "“$s,” [says|promises] the docstring.",
            "the text at its top [reads|states] “$s.”",
            s=facts.summary,
        )
    words = spoken(facts.name)
    if not words or words == facts.name.strip("_") or facts.name.startswith("__"):
        return ""
    return voice.say(
        "“$w” is [what|how] the name [says|reads|spells].",
        "the name [spells out|reads] “$w.”",
        "[take $f apart|split $f up] and you read “$w.”",
        "$f [stands for|spells] “$w.”",
        "as words: “$w.”",
        "in $f one can read “$w.”",
        "[its|the] name, “$w,” [is a hint|may help].",
        w=words,
        f=facts.label,
    )


def inputs(voice: Voice, facts: FunctionFacts) -> Point:
    """What must be given and what may be left out."""
    name = facts.label
    ask = voice.say(
        "what [goes into|must I give|does one pass to] $f?",
        "[which|what] [inputs|values] does $f [need|take|expect]?",
        f=name,
    )
    if not facts.parameters:
        text = (
            voice.say(
                "$f [takes no input|needs no arguments]: [empty brackets are enough|nothing goes between its brackets]",
                f=name,
            )
            + "."
        )
        if facts.owner:
            text = voice.say("[apart from|besides] the object itself, $f takes nothing", f=name) + "."
        return Point("inputs", ask, text, "")
    parts = []
    required = [f"`{p.name}`" for p in facts.required]
    if required:
        parts.append(
            voice.say(
                "[a call|every call] of $f [has to|must] [give|supply] $r",
                "$r [must come|has to come|comes] with [each|every] call of $f" if len(required) == 1 else "$r [belong to|go into|are part of] [each|every] call of $f",
                "$f [expects|wants|reads] $r",
                "[you give|one gives|the caller gives] $f $n: $r",
                "$f [asks for|needs|cannot do without] $r",
                f=name, r=listed(required), n=counted(len(required), "value"),
            ) + "."
        )  # fmt: skip
    parts += [_optional(voice, parameter) for parameter in facts.parameters if parameter.default or parameter.star]
    noted = [p for p in facts.parameters if p.annotation and len(p.annotation) < 30 and "`" not in p.annotation]
    if noted and voice.level is not Level.young:
        parts += [
            voice.say(
                "the [annotation|hint] of `$p` says `$a`.",
                "`$p` is [marked|annotated] as `$a`.",
                p=p.name,
                a=p.annotation,
            )
            for p in noted[:3]
        ]
    head = voice.say("[what goes into|feeding|inputs of] $f", f=name)
    return Point("inputs", ask, " ".join(parts), head)


def _optional(voice: Voice, parameter: Parameter) -> str:
    if parameter.star == "*":
        return voice.say("`*$p` [gathers|collects] any further values [in a tuple|into one tuple].", p=parameter.name)
    if parameter.star:
        return voice.say(
            "`**$p` [gathers|collects] any [further|other] named values [in|into] a dict.", p=parameter.name
        )
    if len(parameter.default) > 40 or "`" in parameter.default:
        return voice.say("`$p` [has a default, so it may be left out|may be left out].", p=parameter.name)
    return voice.say(
        "without `$p` in the call, `$d` [is used|stands in].",
        "`$p` [may be|can be] left out; [it is `$d` then|then it is `$d`].",
        "for `$p` the default is `$d`.",
        p=parameter.name,
        d=parameter.default,
    )


def steps(voice: Voice, facts: FunctionFacts) -> Point:
    """The body, statement by statement."""
    all_steps = steps_of(voice, facts.node.body)
    shown = all_steps[:_MAX_STEPS]
    bullet = voice.chance(0.3)
    lines, number = [], 0
    for depth, text in shown:
        number += depth == 0
        mark = "-" if bullet or depth else f"{number}."
        lines.append(f"{'   ' * depth}{mark} {text}")
    if len(all_steps) > len(shown):
        left = len(all_steps) - len(shown)
        lines.append("")
        lines.append(voice.say("[the rest|what is left] ($n) can be read in the code.", n=counted(left, "step")))
    name = facts.label
    lead = voice.say(
        "[inside|within] $f, [this happens|these things happen|the lines do this]:",
        "[line by line|step by step|in order], $f does this:",
        "[the body of|the inside of] $f [says|tells Python to do this]:",
        "[when it runs|once called], $f [goes through|takes] [these steps|this path]:",
        "[follow|read] $f from the top:",
        f=name,
    )
    ask = voice.say(
        "[how does $f do it|what happens inside $f|what are the steps of $f]?",
        "[step by step|in order], what does $f do?",
        f=name,
    )
    head = voice.say("[inside|the steps of|a walk through] $f", f=name)
    return Point("steps", ask, "\n".join([lead, "", *lines]), head)


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
                "one `raise` in $f names $e." if len(facts.raises) == 1 else "`raise` lines in $f name $e.",
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
        names = listed(
            [
                f"`@{mark}`"
                for node in facts.node.decorator_list
                if len(mark := ast.unparse(node)) < 40 and "`" not in mark
            ]
        )
        return (
            voice.say("[above|over] $f stands $d, a decorator.", "$f is decorated with $d.", f=name, d=names)
            if names
            else ""
        )
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
            "$f can stop early; [its value|the value it hands back] is $v.",
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
