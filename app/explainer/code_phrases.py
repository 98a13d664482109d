"""Python in English: what statements do, said from their syntax alone."""
# a template reads best on one line

import ast

from app.explainer.code_expressions import MAX_QUOTED, condition, quote, value_of
from app.explainer.voice import Voice, listed


def steps_of(voice: Voice, body: list[ast.stmt], *, depth: int = 0) -> list[tuple[int, str]]:
    """What the statements do, in order, as (depth, sentence) pairs; docstrings are passed over."""
    steps: list[tuple[int, str]] = []
    for at, node in enumerate(body):
        if at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        steps.extend(_statement(voice, node, depth))
    return steps


def _statement(voice: Voice, node: ast.stmt, depth: int) -> list[tuple[int, str]]:
    if isinstance(node, ast.If):
        return _branch(voice, node, depth, "if")
    if isinstance(node, ast.For | ast.AsyncFor | ast.While):
        return _loop(voice, node, depth)
    if isinstance(node, ast.Try):
        return _attempt(voice, node, depth)
    if isinstance(node, ast.With | ast.AsyncWith):
        managers = [value_of(item.context_expr) for item in node.items]
        head = voice.say(
            "[open a `with` block on $x|inside a `with` block on $x:|work within $x, using `with`]", x=listed(managers)
        )
        return [(depth, head.rstrip(":") + ":"), *steps_of(voice, node.body, depth=depth + 1)]
    return [(depth, sentence(voice, node))]


def _branch(voice: Voice, node: ast.If, depth: int, word: str) -> list[tuple[int, str]]:
    test = condition(voice, node.test)
    lead = voice.part("[if $t|when $t|in case $t]", t=test) if word == "if" else f"otherwise, if {test}"
    inner = steps_of(voice, node.body, depth=depth + 1)
    if len(inner) == 1:
        text = inner[0][1]
        steps = [(depth, f"{_capital(lead)}, {_lower(text)}")]
    else:
        steps = [(depth, f"{_capital(lead)}:"), *inner]
    if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return steps + _branch(voice, node.orelse[0], depth, "elif")
    rest = steps_of(voice, node.orelse, depth=depth + 1)
    if len(rest) == 1:
        steps.append((depth, f"Otherwise, {_lower(rest[0][1])}"))
    elif rest:
        steps += [(depth, "Otherwise:"), *rest]
    return steps


def _loop(voice: Voice, node: ast.For | ast.AsyncFor | ast.While, depth: int) -> list[tuple[int, str]]:
    if isinstance(node, ast.While):
        always = isinstance(node.test, ast.Constant) and node.test.value
        test = condition(voice, node.test)
        head = (
            voice.say("[repeat without a fixed end|keep going round until something stops the loop]")
            if always
            else voice.say("[as long as|while] $t, [repeat|go round again]", t=test)
        )
    else:
        head = _over(voice, node)
    steps = [(depth, f"{head}:"), *steps_of(voice, node.body, depth=depth + 1)]
    if node.orelse:
        rest = steps_of(voice, node.orelse, depth=depth + 1)
        steps += [(depth, "When the loop ends without a `break`:"), *rest]
    return steps


def _over(voice: Voice, node: ast.For | ast.AsyncFor) -> str:
    name, values = value_of(node.target), value_of(node.iter)
    if isinstance(node.iter, ast.Call) and ast.unparse(node.iter.func) == "range" and len(node.iter.args) == 1:
        stop = quote(node.iter.args[0])
        if stop:
            return voice.say(
                "[let|have] $n count from 0 up to, but not including, $s",
                "count with $n from 0 and stop before $s",
                "for every whole number $n from 0 to just below $s",
                n=name,
                s=stop,
            )
    return voice.say(
        "[for each|for every] $n in $v",
        "go through $v, calling [each one|the current one] $n",
        "take [the entries|the items] of $v one [by one|at a time], as $n",
        "walk along $v with $n",
        n=name,
        v=values,
    )


def _attempt(voice: Voice, node: ast.Try, depth: int) -> list[tuple[int, str]]:
    steps = [(depth, voice.say("[try this|attempt the following]:")), *steps_of(voice, node.body, depth=depth + 1)]
    for handler in node.handlers:
        kind = value_of(handler.type) if handler.type else "any error"
        head = voice.say("[if $k comes up|should $k be raised]:", k=kind)
        steps += [(depth, head), *steps_of(voice, handler.body, depth=depth + 1)]
    if node.orelse:
        steps += [(depth, "If no error came up:"), *steps_of(voice, node.orelse, depth=depth + 1)]
    if node.finalbody:
        steps += [(depth, "In the end, either way:"), *steps_of(voice, node.finalbody, depth=depth + 1)]
    return steps


def sentence(voice: Voice, node: ast.stmt) -> str:
    """One simple statement as one sentence."""
    text = _simple(voice, node)
    return text if text.endswith((".", ":")) else text + "."


def _simple(voice: Voice, node: ast.stmt) -> str:
    if isinstance(node, ast.Assign):
        return _assign(voice, listed([value_of(target) for target in node.targets]), node.value)
    if isinstance(node, ast.AnnAssign):
        name = value_of(node.target)
        return _assign(voice, name, node.value) if node.value else f"Declare {name}, without a value yet"
    if isinstance(node, ast.AugAssign):
        return _augmented(voice, node)
    if isinstance(node, ast.Return):
        if node.value is None:
            return voice.say("[return|stop here] with no value")
        return voice.say("[return|give back|hand back] $v", v=value_of(node.value))
    if isinstance(node, ast.Expr):
        return _effect(voice, node.value)
    if isinstance(node, ast.Raise):
        what = _error_of(node.exc) if node.exc else "the current error again"
        return voice.say("[raise|stop with the error] $v", v=what)
    return _rare(voice, node)


def _error_of(node: ast.expr) -> str:
    """The raised error: quoted when short, else its class."""
    quoted = quote(node)
    if quoted or not isinstance(node, ast.Call):
        return quoted or "an error"
    return quote(node.func) or "an error"


def _rare(voice: Voice, node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return voice.say("[define|set up] [a helper function|an inner function] called $n", n=f"`{node.name}`")
    if isinstance(node, ast.ClassDef):
        return voice.say("define a class called $n", n=f"`{node.name}`")
    if isinstance(node, ast.Import | ast.ImportFrom):
        return voice.say("[import|bring in] $n", n=listed([f"`{alias.name}`" for alias in node.names]))
    if isinstance(node, ast.Assert):
        return voice.say("[check that|make sure that] $t, or stop with an error", t=condition(voice, node.test))
    if isinstance(node, ast.Delete):
        return voice.say("delete $n", n=listed([value_of(target) for target in node.targets]))
    if isinstance(node, ast.Global | ast.Nonlocal):
        return voice.say("use $n from outside the function", n=listed([f"`{name}`" for name in node.names]))
    words = {
        ast.Pass: "do nothing",
        ast.Break: "[leave|end] the loop",
        ast.Continue: "[go on to|skip to] the next round",
    }
    return voice.say(words.get(type(node), "run a longer statement"))


def _assign(voice: Voice, name: str, node: ast.expr) -> str:
    value = value_of(node)
    templates = [
        "set $n to $v",
        "[let|make] $n [stand for|be] $v",
        "[store|keep|save|put] $v [in|under the name] $n",
        "give $n the value $v",
    ]
    if isinstance(node, ast.Constant):
        templates += ["start $n at $v", "$n starts [as|out as] $v"]
    if isinstance(node, ast.Call) and quote(node):
        templates += ["call $v and [keep|store] the result in $n", "work out $v and [name it|call it] $n"]
    if not value.startswith("`"):
        templates = ["set $n to $v", "[store|keep|save] $v in $n"]
    return voice.say(*templates, n=name, v=value)


def _augmented(voice: Voice, node: ast.AugAssign) -> str:
    name, value = value_of(node.target), value_of(node.value)
    if isinstance(node.op, ast.Add):
        return voice.say(
            "add $v to $n",
            "[increase|raise] $n by $v" if _is_number(node.value) else "add $v to $n",
            n=name,
            v=value,
        )
    if isinstance(node.op, ast.Sub):
        return voice.say("[subtract|take] $v from $n", n=name, v=value)
    if isinstance(node.op, ast.Mult):
        return voice.say("multiply $n by $v", n=name, v=value)
    text = ast.unparse(node)
    return (
        voice.say("[run|apply] $t", t=f"`{text}`") if len(text) <= MAX_QUOTED and "`" not in text else f"Update {name}"
    )


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value > 0


def _effect(voice: Voice, node: ast.expr) -> str:
    if isinstance(node, ast.Yield):
        return voice.say(
            "yield $v [to the caller|and pause until asked again]", v=value_of(node.value) if node.value else "`None`"
        )
    if isinstance(node, ast.Constant):
        return "Pass over a bare value"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and len(node.args) == 1
        and not node.keywords
    ):
        owner, value = quote(node.func.value), quote(node.args[0])
        if node.func.attr == "append" and owner and value:
            return voice.say("append $v to $o", "call `append` on $o with $v", o=owner, v=value)
    if isinstance(node, ast.Call):
        quoted = quote(node)
        return (
            voice.say("[call|run] $q", q=quoted) if quoted else voice.say("call $f", f=quote(node.func) or "a function")
        )
    return voice.say("[evaluate|work out] $v", v=value_of(node))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
