"""Points about classes and about modules that hold neither functions nor classes."""
# ruff: noqa: E501  # a template reads best on one line

import ast

from app.explainer.code_expressions import quote
from app.explainer.code_facts import ClassFacts
from app.explainer.code_phrases import steps_of
from app.explainer.points import Point
from app.explainer.voice import Voice, counted, listed

_MAX_STEPS = 16


def class_points(voice: Voice, facts: ClassFacts) -> list[Point]:
    """What a class is, holds and can do."""
    name = f"`{facts.name}`"
    bases = listed([f"`{base}`" for base in facts.bases])
    methods = counted(len(facts.method_names), "method")
    text = voice.say(
        "$n is a class with $m", "the class $n [has|defines|comes with] $m", "[meet|here is] $n, a class [of|with] $m",
        "$m [belong to|make up] the class $n" if len(facts.method_names) > 1 else "the class $n [has|holds] $m",
        "[this|the] code [defines|sets up] $n, a class with $m", n=name, m=methods,
    ) + "."  # fmt: skip
    if bases:
        text += " " + voice.say(
            "it [builds on|extends|inherits from] $b.",
            "it is [based|built] on $b.",
            b=bases,
        )
    if facts.summary:
        text += " " + voice.say(
            "its docstring [says|reads]: “$s.”", "[according to its author|in its own words]: “$s.”", s=facts.summary
        )
    ask = voice.say(
        "what is $n?", "[could you|can you] tell me about $n?", "what [kind of thing|sort of class] is $n?", n=name
    )
    points = [Point("purpose", ask, text, voice.say("[about|what is] $n", n=name))]
    held = _held(voice, facts, name)
    if held:
        ask = voice.say("what does $n [hold|keep|store]?", n=name)
        points.append(Point("inputs", ask, held, voice.say("what $n [holds|keeps]", n=name)))
    if facts.methods:
        ask = voice.say("what can $n do?", "which methods does $n have?", n=name)
        points.append(Point("methods", ask, _methods(voice, facts, name), voice.say("what $n can do", n=name)))
    question = voice.say(*_COUNTED, n=name, m=len(facts.method_names), d=len(facts.methods))
    points.append(Point("exercise", voice.say("[can you test me on|is there a question about] $n?", n=name), question))
    return points


_COUNTED = (
    "[question|exercise]: how many methods [are in $n|does $n define]? Answer: $m.",
    "[count|tally] the methods of $n. [There are|You should find|Result:] $m.",
    "$n and its methods: how many are there? [Answer|It is]: $m.",
    "[can you say|do you see] how many `def` lines sit directly in $n? [The code shows|It is] $d.",
)


def _held(voice: Voice, facts: ClassFacts, name: str) -> str:
    parts = []
    if facts.fields:
        shown = listed([f"`{field}`" for field in facts.fields[:6]])
        parts.append(
            voice.say("[in its body|at class level], $n [names|lists] $s[| and more].", n=name, s=shown).replace(
                " and more.", "."
            )
        )
    if facts.attributes:
        shown = listed([f"`{attribute}`" for attribute in facts.attributes[:6]])
        parts.append(
            voice.say(
                "[when an object is made|on creation], `__init__` [sets|fills] $s on it.",
                "`__init__` [gives|hands] every new object $s.",
                "[each|every] new $n object [gets|starts with] $s.",
                n=name,
                s=shown,
            )
        )
    return " ".join(parts)


def _methods(voice: Voice, facts: ClassFacts, name: str) -> str:
    lines = []
    for method in facts.methods[:8]:
        if any(isinstance(mark, ast.Name) and mark.id == "property" for mark in method.node.decorator_list):
            about = f": “{method.summary}.”" if method.summary else ""
            lines.append(f"- {method.label} is a property{about}")
            continue
        takes = listed([f"`{p.star}{p.name}`" for p in method.parameters[:4]])
        text = (
            voice.say("$m [takes|needs|works with] $t", "$m, given $t", m=method.label, t=takes)
            if takes
            else voice.say("$m [takes nothing more|needs nothing else]", m=method.label)
        )
        if method.summary:
            text += f": “{method.summary}.”"
        lines.append(f"- {text}")
    left = len(facts.methods) - 8
    if left > 0:
        lines.append(voice.say("- [and|plus] $k", k=counted(left, "more method")))
    lead = voice.say(
        "[these are|here are] the methods of $n:",
        "$n [offers|defines]:",
        n=name,
    )
    return "\n".join([lead, "", *lines])


def module_points(voice: Voice, tree: ast.Module, lines: list[str]) -> list[Point]:
    """A script, a table or a configuration: what its statements do, in order."""
    body = [node for node in tree.body if not _is_text(node)]
    if not body:
        return []
    imports = [
        alias.name
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.name != "*"
    ]
    names = [t.id for node in body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)]
    points = [_overview(voice, body, imports, names)]
    rest = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    code = _shown(rest, lines)
    if code:
        points.append(Point("code", "[]", f"```python\n{code}\n```"))
    steps = steps_of(voice, rest)[:_MAX_STEPS]
    if steps:
        shown = [f"{'   ' * depth}{'-' if depth else '1.'} {text}" for depth, text in steps]
        lead = voice.say(
            "[from top to bottom|in order|statement by statement], the code does this:",
            "[read|follow] it from the top:",
            "Python [meets|runs] these lines [in turn|one after another]:",
        )
        points.append(Point("steps", "What do the statements do?", "\n".join([lead, "", *_numbered(shown)])))
    points += [
        _table(voice, node)
        for node in rest
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict | ast.List | ast.Tuple)
    ][:2]
    question = voice.say(
        "[question|exercise]: how many names does the file import? Answer: $n.",
        "[count|find] the imported names. The answer is $n.",
        n=len(imports),
    )
    points.append(Point("exercise", "Is there a question about it?", question))
    return [Point(p.topic, p.ask if p.ask != "[]" else "What does it look like?", p.tell, p.head) for p in points]


def _numbered(lines: list[str]) -> list[str]:
    made, number = [], 0
    for line in lines:
        if line.startswith("1."):
            number += 1
            made.append(f"{number}.{line[2:]}")
        else:
            made.append(line)
    return made


def _overview(voice: Voice, body: list[ast.stmt], imports: list[str], names: list[str]) -> Point:
    parts = []
    if names:
        shown = listed([f"`{name}`" for name in names[:4]])
        parts.append(
            voice.say(
                "$s [get|receive] a value in this code" if len(names) > 1 else "$s [gets|receives] a value in this code",
                "[this|the] code [gives values to|sets] $s",
                "[look for|find] $s in the [code|lines below]",
                s=shown,
            ) + "."
        )  # fmt: skip
    if imports:
        shown = listed([f"`{name}`" for name in dict.fromkeys(imports)][:5])
        parts.append(
            voice.say(
                "$s [is|are] imported." if len(imports) == 1 else "$s are imported.",
                "the code [imports|brings in] $s.",
                "it [uses|leans on] imports: $s.",
                s=shown,
            ).replace("[is|are]", "is")
        )
    parts.append(
        voice.say(
            "[all in all|in total], it has $n at the top level.",
            "$n [stand|are found] at the top level.",
            n=counted(len(body), "statement"),
        )
    )
    ask = voice.say("what is in this [file|code]?", "can you say what this [file|code] holds?")
    return Point("purpose", ask, " ".join(parts))


def _table(voice: Voice, node: ast.Assign) -> Point:
    target = quote(node.targets[0]) or "a name"
    value = node.value
    if isinstance(value, ast.Dict):
        keys = [text for key in value.keys[:4] if key is not None and (text := quote(key))]
        text = voice.say(
            "$t is a dict [written|given] with $n.",
            "[under|in] $t sits a dict with $n.",
            t=target,
            n=counted(len(value.keys), "entry", "entries"),
        )
        if keys:
            text += " " + voice.say(
                "[its first keys|the keys at its start] are $k." if len(keys) > 1 else "its first key is $k.",
                k=listed(keys),
            )
        return Point("table", voice.say("what is $t?", t=target), text)
    elements = value.elts if isinstance(value, ast.List | ast.Tuple) else []
    kind = "list" if isinstance(value, ast.List) else "tuple"
    items = [text for element in elements[:4] if (text := quote(element))]
    text = voice.say(
        "$t is a $k [written|given] with $n.",
        "[under|in] $t sits a $k with $n.",
        t=target,
        k=kind,
        n=counted(len(elements), "entry", "entries"),
    )
    if len(items) > 1:
        text += " " + voice.say("[it starts|the start is]: $i.", i=listed(items))
    return Point("table", voice.say("what is $t?", t=target), text)


def _shown(body: list[ast.stmt], lines: list[str]) -> str:
    """The first statements that fit in a page, verbatim."""
    if not body:
        return ""
    first, last = body[0].lineno, 0
    for node in body:
        if (node.end_lineno or 0) - first > 20:
            break
        last = node.end_lineno or 0
    text = "\n".join(line.rstrip() for line in lines[first - 1 : last])
    return "" if "```" in text or any(len(line) > 140 for line in text.split("\n")) else text


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
