"""Lessons about Python source: what is in it, how it works, an example that was really worked out, an exercise.

Only the syntax tree and the interpreter are believed; the docstring is quoted, never repeated as fact. Source that is
not Python 3 goes to `text_writer.describe`, which claims less.
"""

import ast
from dataclasses import dataclass, replace

from app.domain.interpreter import Module, UnsupportedCodeError, parse_module
from app.explainer.code_examples import Worked, worked
from app.explainer.code_facts import ClassFacts, FunctionFacts, classes_of, functions_of, source_of
from app.explainer.code_modules import class_points, module_points
from app.explainer.code_points import inputs, purpose, steps
from app.explainer.code_practice import examples, extras, questions
from app.explainer.code_results import result
from app.explainer.other_writer import describe
from app.explainer.points import Point, arranged, fitted, laid_out, words_in
from app.explainer.prompt import Prompt
from app.explainer.voice import Level, Voice, listed

MAX_DOCUMENT_CHARS = 60_000
"""Longer sources are described, not explained."""
_PLACES = (
    "in the school library", "on a slow bus", "at the kitchen table", "in a cold garage", "after lunch", "before class",
    "on a rainy day", "late at night", "in the park", "between two lessons", "on a long train ride", "in an empty room",
)  # fmt: skip
_NEEDED = ("purpose", "code", "scene")


@dataclass(frozen=True)
class Wish:
    """What the request asks of the text, in the writer's own terms."""

    form: str
    """The format."""
    most: int
    """Words at most."""
    terms: bool
    """Define every term."""
    exercise: bool
    """End with an exercise."""
    everyday: bool
    """Give an everyday example."""
    fresh_opening: bool
    """The earlier opening fell short."""


def write_code(voice: Voice, prompt: Prompt) -> str:
    """The lesson on the prompt's document."""
    source = prompt.document
    if len(source) > MAX_DOCUMENT_CHARS:
        return describe(voice, source)
    try:
        lesson = _lesson(voice, prompt, parse_module(source))
    except (UnsupportedCodeError, RecursionError):
        # Code nested a few hundred deep parses, but cannot be written out again.
        return describe(voice, source)
    return lesson or describe(voice, source)


def _lesson(voice: Voice, prompt: Prompt, module: Module) -> str:
    wish = wish_of(voice, prompt)
    points = _points(voice, module, prompt.document, wish)
    ordered = arranged(wish.form, points)
    needed = (*_NEEDED, "exercise") if wish.exercise else _NEEDED
    kept = fitted(wish.form, ordered, wish.most, needed=needed)
    if wish.exercise:
        kept = [p for p in kept if p.topic != "exercise"] + [p for p in ordered if p.topic == "exercise"][:1]
    return laid_out(voice, wish.form, kept)


def wish_of(voice: Voice, prompt: Prompt) -> Wish:
    """Length and emphasis for this document: half to twice its own length unless the prompt says otherwise."""
    size = words_in(prompt.document)
    most = prompt.max_words or max(140, min(round(size * 1.8), 900))
    codes = {shortfall.code for shortfall in prompt.shortfalls}
    if codes & {"too_short", "lost_facts"}:
        most = round(most * 1.15)
    if "too_long" in codes:
        most = round(most * 0.75)
    return Wish(
        form=prompt.form,
        most=most,
        terms=prompt.constraint == "define every term" or voice.level is Level.young or "low_education" in codes,
        exercise=prompt.constraint == "end with an exercise" or "low_education" in codes,
        everyday=prompt.constraint == "everyday example",
        fresh_opening=any("opening" in code for code in codes),
    )


def _points(voice: Voice, module: Module, source: str, wish: Wish) -> list[Point]:
    lines = source.split("\n")
    functions, classes = functions_of(module.tree), classes_of(module.tree)
    tried = [(facts, worked(voice, module, facts)) for facts in functions[:6]]
    points: list[Point] = []
    if functions and (not classes or any(made.examples for _, made in tried)):
        main, made = max(tried, key=lambda pair: (bool(pair[1].examples), _weight(pair[0])))
        points = _function_points(voice, main, made, lines, wish)
        others = [(facts, examples_of) for facts, examples_of in tried if facts is not main]
        points += _more(voice, others, lines)
        names = [facts.label for facts in functions if facts is not main][:12] + [f"`{c.name}`" for c in classes[:6]]
        points = _naming(voice, points, names)
    for facts in classes[:2]:
        points += _class_part(voice, facts, lines, first=not points)
    return points or module_points(voice, module.tree, lines)


def _weight(facts: FunctionFacts) -> int:
    """How much there is to explain; private and test functions last."""
    return len(facts.own) // (8 if facts.name.startswith("_") else 1)


def _function_points(voice: Voice, facts: FunctionFacts, made: Worked, lines: list[str], wish: Wish) -> list[Point]:
    practice = examples(voice, facts, made)
    extra = extras(voice, facts)
    by_topic = {point.topic: point for point in (*practice, *extra)}
    wanted = {"mistakes": wish.form == "common mistakes", "terms": wish.terms}
    wanted["analogy"] = wish.form == "analogy first" or wish.everyday
    points = [
        purpose(voice, facts, avoid_name_first=wish.fresh_opening),
        *shown_code(voice, facts.node, facts.label, lines),
    ]
    if wish.form == "story":
        points.insert(0, scene(voice, facts, made))
    points += [by_topic[topic] for topic in ("mistakes", "analogy") if topic in by_topic and wanted.get(topic)]
    middle = [inputs(voice, facts), steps(voice, facts)]
    closing = [result(voice, facts)]
    shown = [point for point in practice if point.topic not in ("exercise", "trace")]
    if voice.chance(0.3):
        middle, shown = shown + middle, []
    points += middle + closing + shown + [by_topic[t] for t in ("trace",) if t in by_topic]
    points += [by_topic[topic] for topic in ("terms",) if wanted["terms"]]
    points.append(by_topic.get("exercise") or questions(voice, facts))
    points += [point for point in extra if not wanted.get(point.topic)]
    return [point for point in points if point.tell]


def _naming(voice: Voice, points: list[Point], names: list[str]) -> list[Point]:
    """The points, with what else the file defines said where it says what the function is."""
    if not names:
        return points
    also = voice.say(
        "[besides it|next to it], the file defines $n.", "$n [stand|are defined] in the same file.",
        "[also|further] defined here: $n.", "the file has more: $n.", n=listed(names),
    )  # fmt: skip
    also = also.replace(" stand in", " stands in").replace(" are defined", " is defined") if len(names) == 1 else also
    return [replace(p, tell=f"{p.tell} {also}") if p.topic == "purpose" else p for p in points]


def _more(voice: Voice, others: list[tuple[FunctionFacts, Worked]], lines: list[str]) -> list[Point]:
    points: list[Point] = []
    for facts, made in others[:3]:
        about = purpose(voice, facts)
        parts = [about, inputs(voice, facts), *examples(voice, facts, made)[:1], result(voice, facts)]
        tell = " ".join(part.tell for part in parts if part.tell)
        code = "".join("\n\n" + point.tell for point in shown_code(voice, facts.node, facts.label, lines))
        points.append(Point("more", about.ask, tell + code, about.head))
    return points


def _plain(point: Point, topic: str = "") -> Point:
    """A point about something secondary: it may be left out and never leads."""
    return Point(topic or f"more_{point.topic}", point.ask, point.tell, point.head)


def _class_part(voice: Voice, facts: ClassFacts, lines: list[str], *, first: bool) -> list[Point]:
    points = class_points(voice, facts)
    whole = source_of(facts.node, lines)
    if whole:
        points[1:1] = [_fenced(voice, f"`{facts.name}`", whole)]
    methods = sorted(facts.methods, key=_weight, reverse=True)
    for method in methods[:2]:
        about, parts = purpose(voice, method), [inputs(voice, method), result(voice, method), steps(voice, method)]
        tell = " ".join(part.tell for part in (about, *parts[:2]) if part.tell)
        code = "" if whole else "".join("\n\n" + p.tell for p in shown_code(voice, method.node, method.label, lines))
        points.append(Point("more", about.ask, tell + code, about.head))
        points.append(_plain(parts[2]))
    return [point if first else _plain(point) for point in points if point.tell]


def shown_code(voice: Voice, node: ast.stmt, label: str, lines: list[str]) -> list[Point]:
    """The statement's own lines in a fence; nothing when they are too many to show."""
    source = source_of(node, lines)
    return [_fenced(voice, label, source)] if source else []


def _fenced(voice: Voice, label: str, source: str) -> Point:
    ask = voice.say("[how is $f written|what does the code of $f look like|can I see $f]?", f=label)
    return Point("code", ask, f"```python\n{source}\n```")


def scene(voice: Voice, facts: FunctionFacts, made: Worked) -> Point:
    """A small frame for the story format, around a call that was worked out."""
    who = voice.pick(("Amara", "Bruno", "Carla", "Dev", "Ella", "Farid", "Greta", "Hana", "Ivo", "Jun", "Kofi", "Lina"))
    place = voice.pick(_PLACES)
    call = f"`{made.examples[0].call}`" if made.examples else facts.label
    text = voice.say(
        "$p, $w [typed|wrote|read] $c and [wondered|asked] what [it would do|the machine would make of it].",
        "$w [met|found] $f $p and [wanted|decided] to know how it [works|ticks].",
        "“[show me|tell me] what $f does,” [said|asked] $w $p.",
        w=who, p=place, c=call, f=facts.label,
    )  # fmt: skip
    return Point("scene", voice.say("[what happened|how did it start] with $f?", f=facts.label), text)
