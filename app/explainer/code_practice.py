"""The practice part of a lesson about a Python function: worked calls, traces, exercises, traps and terms."""
# ruff: noqa: E501  # a template reads best on one line

from collections.abc import Sequence

from app.domain.interpreter import TraceStep
from app.explainer.code_examples import Example, Worked
from app.explainer.code_facts import MAX_SHOWN_LINES, FunctionFacts
from app.explainer.code_terms import analogy, mistakes, terms
from app.explainer.points import Point
from app.explainer.voice import Voice, counted

_MAX_TRACE = 10


def examples(voice: Voice, facts: FunctionFacts, worked: Worked) -> list[Point]:
    """Worked calls: results, what goes wrong, a trace, an exercise."""
    if not worked.examples:
        return []
    name, first, rest = facts.label, worked.examples[0], worked.examples[1:-1]
    text = gives(voice, first)
    if rest:
        text += " " + " ".join(gives(voice, example) for example in rest[:2])
    ask = voice.say(
        "can you [show me|give me] [a call|an example] of $f?",
        "[what happens|what comes out] if I try $f?",
        "how about an example with $f?",
        f=name,
    )
    points = [Point("example", ask, text, voice.say("[trying|an example of|a call of] $f", f=name))]
    if worked.errors:
        ask = voice.say(
            "[when|how] can $f go wrong?", "[is there|are there] [an input|inputs] $f cannot [take|handle]?", f=name
        )
        points.append(Point("edges", ask, " ".join(fails(voice, example) for example in worked.errors[:2]), ""))
    traced = _trace(voice, facts, first, worked.steps)
    if traced.tell:
        points.append(traced)
    if len(worked.examples) > 1:
        points.append(_exercise(voice, worked.examples[-1], name))
    return points


def gives(voice: Voice, example: Example) -> str:
    """The call and its result as one sentence."""
    return voice.say(
        "`$c` gives `$v`.", "`$c` returns `$v`.", "[call|try] `$c` and the answer is `$v`.", "[for instance|for example], `$c` gives `$v`.",
        "`$c` [comes out as|makes|produces] `$v`.", "the [answer|result] of `$c` is `$v`.", c=example.call, v=example.value,
    )  # fmt: skip


def fails(voice: Voice, example: Example) -> str:
    """The call and its error as one sentence."""
    return voice.say(
        "`$c` raises `$v`.",
        "`$c` stops with `$v`.",
        "[be careful|take care]: `$c` raises `$v`.",
        c=example.call,
        v=example.value,
    )


def _trace(voice: Voice, facts: FunctionFacts, example: Example, steps: Sequence[TraceStep]) -> Point:
    if len(steps) < 2:
        return Point("trace", "", "")
    start = min([facts.node.lineno, *(d.lineno for d in facts.node.decorator_list)])
    whole = (facts.node.end_lineno or 0) - start < MAX_SHOWN_LINES
    lines = []
    for step in steps[:_MAX_TRACE]:
        if "`" not in step.name + step.value and step.value != "...":
            lines.append("- " + _traced(voice, step, step.line - start + 1 if whole else 0))
    if len(steps) > _MAX_TRACE:
        left = counted(len(steps) - _MAX_TRACE, "more step")
        lines += [
            "",
            voice.say(
                "after $n, the call ends with `$v`.",
                "$n later, the [result|answer] is `$v`.",
                "then come $n, and at last `$v`.",
                n=left,
                v=example.value,
            ),
        ]
    if len(lines) < 2:
        return Point("trace", "", "")
    lead = voice.say(
        "[trace|follow|watch] `$c` [line by line|from line to line|as it runs]:", "[what happens|this happens] during `$c`:",
        "[let us run|run|walk through] `$c` by hand:", c=example.call,
    )  # fmt: skip
    ask = voice.say("what [happens|goes on] during `$c`?", "can we follow `$c` line by line?", c=example.call)
    return Point("trace", ask, "\n".join([lead, "", *lines]), voice.say("[a trace of|following] `$c`", c=example.call))


def _traced(voice: Voice, step: TraceStep, line: int) -> str:
    """One step as a sentence; without its line where the code is not shown whole."""
    at = f"line {line}: " if line > 0 else ""
    slots = {"n": step.name, "v": step.value}
    if step.what == "return":
        return voice.say(f"{at}the call [ends with|returns] `$v`", f"{at}[return|hand back] `$v`", **slots)
    if step.what == "test":
        word = "[holds|is true]" if step.value == "True" else "[does not hold|is false]"
        if len(step.name) < 50:
            return voice.say(
                f"{at}`$n` {word}",
                f"{at}`$n`" + ("? [Yes|It is true]" if step.value == "True" else "? [No|It is false]"),
                **slots,
            )
        return voice.say(f"{at}the condition {word}")
    if step.what == "each":
        return voice.say(
            f"{at}the loop [sets|moves] `$n` [to|on to] `$v`", f"{at}[next|this round], `$n` is `$v`", **slots
        )
    return voice.say(f"{at}`$n` [is now|becomes] `$v`", f"{at}now `$n` [is|holds] `$v`", **slots)


def _exercise(voice: Voice, example: Example, name: str) -> Point:
    ask = voice.say("[can I try one|do you have one for me|is there something to try]?")
    text = voice.say(
        "[your turn|exercise|try it yourself]: what does `$c` [give|return]? [work it out on paper|think first], then [check|compare]: the answer is `$v`.",
        "[before you look|without running it], what does `$c` [give|return]? Answer: `$v`.",
        "[now you|exercise]: find the result of `$c` [by hand|on your own]. [Solution|Answer]: `$v`.",
        c=example.call, v=example.value, f=name,
    )  # fmt: skip
    return Point("exercise", ask, text, voice.say("[an exercise|a question] [on|about] $f", f=name))


def questions(voice: Voice, facts: FunctionFacts) -> Point:
    """An exercise whose answer is counted in the code."""
    name = facts.label
    options = [
        ("[count|add up] the `for` and `while` statements of $f.", str(facts.loops)),
        ("[loops first|think of loops]: how many `for` and `while` lines are in $f?", str(facts.loops)),
        ("how many [inputs|parameters] does $f [name|list]?", str(len(facts.parameters))),
    ]
    if facts.assigned:
        options.append(("which [variable|name] gets a value first in $f?", f"`{facts.assigned[0]}`"))
    if len(facts.calls) > 1:
        options.append(("[find|name] two things that $f calls.", f"`{facts.calls[0]}` and `{facts.calls[1]}`"))
    if facts.ifs:
        options.append(("how many `if` and `elif` tests are there in $f?", str(facts.ifs)))
    question, answer = options[int(voice.rng.random() * len(options))]
    lead = voice.say("[exercise|question|your turn]: ", "[check yourself|look again]: ")
    text = (
        lead
        + voice.say(question, f=name)
        + voice.say(" Answer: $a.", " [The code says|You should find]: $a.", " Solution: $a.", a=answer)
    )
    return Point("exercise", voice.say("[can you test me on|is there a question about] $f?", f=name), text, "")


def extras(voice: Voice, facts: FunctionFacts) -> list[Point]:
    """Mistakes, terms and an analogy."""
    points = []
    traps = mistakes(voice, facts)
    if traps:
        ask = voice.say(
            "what [mistakes|slips] [are easy to make|should I watch for] with $f?",
            "where do [people|beginners] trip over $f?",
            f=facts.label,
        )
        lead = voice.say(
            "[watch out in|take care with] $f:",
            "$f is easy to get wrong [here|in these ways]:",
            "$f: [what to watch|mind these points|where it can trip you]:",
            "[traps|slips|errors] [around|near|with] $f:",
            "$f has its [traps|sharp corners]:",
            "[before you use|when calling] $f, [know this|keep in mind]:",
            f=facts.label,
        )
        points.append(
            Point(
                "mistakes",
                ask,
                "\n".join([lead, "", *(f"- {trap}" for trap in traps)]),
                voice.say("[traps in|slips with] $f", f=facts.label),
            )
        )
    ask = voice.say("what do the [words|terms] mean?", "which [words|terms] should I know?")
    points.append(
        Point("terms", ask, " ".join(terms(voice, facts)), voice.say("words [around|behind] $f", f=facts.label))
    )
    ask = voice.say("can you compare $f with something [I know|from daily life]?", "what is $f like?", f=facts.label)
    points.append(Point("analogy", ask, analogy(voice, facts), ""))
    return points
