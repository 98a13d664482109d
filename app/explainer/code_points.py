"""The points of a lesson about one Python function that its syntax tree alone supports."""
# a template reads best on one line

import re

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
        return Point("inputs", ask, _nothing(voice, facts), "")
    parts = [_required(voice, facts)] if facts.required else []
    parts += [_optional(voice, parameter) for parameter in facts.parameters if parameter.default or parameter.star]
    noted = [p for p in facts.parameters if p.annotation and len(p.annotation) < 30 and "`" not in p.annotation]
    if voice.level is not Level.young:
        templates = ("the [annotation|hint] of `$p` says `$a`.", "`$p` is [marked|annotated] as `$a`.")
        parts += [voice.say(*templates, p=parameter.name, a=parameter.annotation) for parameter in noted[:3]]
    head = voice.say("[what goes into|feeding|inputs of] $f", f=name)
    return Point("inputs", ask, " ".join(parts), head)


def _nothing(voice: Voice, facts: FunctionFacts) -> str:
    if facts.owner:
        return voice.say("[apart from|besides] the object itself, $f takes nothing.", f=facts.label)
    return voice.say(
        "$f [takes no input|needs no arguments]: [empty brackets are enough|nothing goes between its brackets].",
        "[empty brackets|brackets with nothing in them] are enough to call $f.",
        f=facts.label,
    )


def _required(voice: Voice, facts: FunctionFacts) -> str:
    names = [f"`{parameter.name}`" for parameter in facts.required]
    come = "$r [must come|has to come|comes] with" if len(names) == 1 else "$r [belong to|go into|are part of]"
    return voice.say(
        "[a call|every call] of $f [has to|must] [give|supply] $r.",
        come + " [each|every] call of $f.",
        "$f [expects|wants|reads] $r.",
        "[you give|one gives|the caller gives] $f $n: $r.",
        "$f [asks for|needs|cannot do without] $r.",
        f=facts.label,
        r=listed(names),
        n=counted(len(names), "value"),
    )


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
