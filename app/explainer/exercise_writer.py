"""An exercise about a function by its name: what to do, a true solution with examples, and tests.

Names are read as verb and noun (`exercise_verbs`) or known whole (`exercise_known`); of any other it says that it does
not know it. What examples and tests state is what the interpreter gives for the very solution that is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from textwrap import indent

from app.domain.interpreter import call_function
from app.explainer.exercise_known import KNOWN
from app.explainer.exercise_verbs import MEANINGLESS, NOUNS, VERBS, Noun, Verb
from app.explainer.prompt import Prompt
from app.explainer.voice import Level, Voice

_ITEM = {"numbers": "number", "words": "word", "text": "sign"}
_ALL = {"numbers": "a list of numbers", "words": "a list of words", "text": "a text"}
_TYPE = {"numbers": "list[int]", "words": "list[str]", "text": "str"}
Case = tuple[object, ...]


@dataclass(frozen=True)
class Plan:
    """A function and what it is to be tried with."""

    signature: str
    told: str
    """What it gets and gives, in sentences."""
    summary: str
    """The docstring's first line."""
    body: str
    hint: str
    examples: Sequence[Case]
    tests: Sequence[Case]

    @property
    def name(self) -> str:
        """Of the function."""
        return self.signature.partition("(")[0]


@lru_cache(maxsize=1)
def pairs() -> dict[str, tuple[Verb, Noun]]:
    """{name: its verb and noun} of every name that is made of both."""
    return {
        verb.name.format(many=noun.many, one=noun.one): (verb, noun)
        for noun in NOUNS
        for verb in VERBS
        if noun.of in verb.of and (verb.name, noun.many) not in MEANINGLESS
    }


def known_names() -> list[str]:
    """Every name that an exercise can be written about, sorted."""
    return sorted({*pairs(), *(known.name for known in KNOWN)})


def write_exercise(voice: Voice, prompt: Prompt) -> str:
    """The exercise for the prompt's function; a refusal when nothing is known about a function of that name."""
    name = prompt.words[0] if prompt.words else ""
    plan = _plan(voice, name, prompt.constraint)
    if plan is None:
        return f"I cannot write this exercise: the offline explainer knows no function called {name or 'nothing'!r}."
    source = f"def {plan.signature}:\n{indent(plan.body, '    ')}\n"
    shown = [f">>> {_call(plan.name, case)}\n{_value(source, plan.name, case)!r}" for case in plan.examples]
    docstring = "\n\n".join([plan.summary, "\n".join(shown)])
    tests = [f"assert {_call(plan.name, case)} {_equals(_value(source, plan.name, case))}" for case in plan.tests]
    solution = f"def {plan.signature}:\n{indent(_quoted(docstring), '    ')}\n{indent(plan.body, '    ')}"
    told = " ".join(filter(None, (_task(voice, plan.name), plan.told, plan.hint)))
    return f"{told}\n\n```python\n{solution}\n```\n\nTests:\n\n```python\n" + "\n".join(tests) + "\n```"


def _quoted(docstring: str) -> str:
    return f'"""{docstring}\n"""'


def _call(name: str, case: Case) -> str:
    return f"{name}({', '.join(map(repr, case))})"


def _value(source: str, name: str, case: Case) -> object:
    return call_function(source, name, case)


def _equals(value: object) -> str:
    """The end of a test: `is` for what there is only one of."""
    return f"is {value!r}" if value is None or isinstance(value, bool) else f"== {value!r}"


def _task(voice: Voice, name: str) -> str:
    if voice.level is Level.young:
        return voice.say(
            "[let us|we will|try to|now you can] write `$n`.",
            "your function is called `$n`.",
            "[today|this time] the function `$n` is yours to write.",
            n=name,
        )
    return voice.say(
        "[write|define|make] a function `$n`[.| in Python.| of your own.]",
        "`$n` is the function to write.",
        "[this exercise|the exercise] is about `$n`, a function [to write|that you write].",
        n=name,
    )


def _plan(voice: Voice, name: str, constraint: str) -> Plan | None:
    if name in pairs():
        return _made(voice, name, *pairs()[name], constraint)
    for known in KNOWN:
        if known.name == name:
            rest = list(known.cases)
            voice.rng.shuffle(rest)
            summary = known.told.split(". ")[0].rstrip(".")
            told = summary[0].upper() + summary[1:] + "."
            return Plan(known.signature, known.told, told, known.body, _hint(voice, "case"), known.cases[:2], rest)
    return None


def _made(voice: Voice, name: str, verb: Verb, noun: Noun, constraint: str) -> Plan:
    looped = "loop" in constraint or ("few lines" not in constraint and voice.chance(0.5))
    item = _ITEM[noun.of]
    slots = {"item": item, "items": noun.of, "test": noun.test.format(x=item)}
    things = noun.many.replace("_", " ")
    whole = "the text" if noun.of == "text" else "the list"
    result = verb.result.format(things=things, all=whole)
    told = voice.say(
        "it [gets|takes] $a and gives back $r.",
        "[give it|it is given] $a, and it gives back $r.",
        a=_ALL[noun.of],
        r=result,
    )
    cases = _cases(voice, verb, noun)
    return Plan(
        f"{name}({noun.of}: {_TYPE[noun.of]}) -> {verb.gives[noun.of]}",
        f"{told} {noun.meaning} {verb.odd}",
        result[0].upper() + result[1:] + ".",
        (verb.loop if looped else verb.short).format(**slots),
        _hint(voice, item) if looped else "",
        (cases[0], cases[1]),
        cases[1:],
    )


def _hint(voice: Voice, item: str) -> str:
    return voice.say(
        "[look at|take] one $i after the other.",
        "[try|think of] the odd cases [first|too].",
        "[begin|start] with one $i [alone|by itself].",
        i=item,
    )


def _cases(voice: Voice, verb: Verb, noun: Noun) -> list[Case]:
    """Arguments to try: a small mix, nothing, only fitting things, only others, and mixes of all of them."""
    fits, others = list(noun.fits), list(noun.others)
    rng = voice.rng
    rng.shuffle(fits)
    rng.shuffle(others)
    every = [*fits, *others]
    small = [fits[0], others[0], fits[-1]]
    mixes = [rng.sample(every, len(every)) for _ in range(2)]
    # Ends of another sort than what is looked for, so that the first and the last place prove nothing.
    framed = [others[-1], *fits[:3], others[0]]
    lists = [small, [], fits[:3], others[:3], *mixes, framed]
    if verb.name.startswith(("has", "first", "last", "largest", "smallest")):
        # Where one thing decides, each edge of the condition has to decide alone.
        lists += [[edge] for edge in (*noun.fits[:2], *noun.others[:2])]
    return [("".join(map(str, one)),) if noun.of == "text" else (one,) for one in lists]
