"""Whether an answer is a text at all: no preamble, refusal or echo, one writing, no loops. All linear in its length."""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_ECHO = 0.10
"""Share of the instructions' 6-word runs that may stand in an answer."""
MAX_REPEATED = 0.35
"""Share of an answer's lines and 6-word runs that may be repeats."""

_OPENINGS = re.compile(
    r"(?i)\A\W{0,5}((?:sure|certainly|of course|absolutely|great question|okay|ok)\b[^.\n]{0,80}[!,.:]"
    r"|here(?:'s| is| are) (?:a|an|the|my|your|some|one)\b[^.\n]{0,80}:"
    r"|as an ai\b|i(?:'d| would) be (?:happy|glad)\b|(?:lesson|rewritten (?:text|passage)|answer|output):)"
)
_CLOSINGS = re.compile(
    r"(?i)(let me know if[^\n]{0,120}|i hope this helps[^\n]{0,80}|feel free to ask[^\n]{0,80}"
    r"|would you like me to[^\n]{0,120})\W{0,5}\Z"
)
_CLOSING_WORDS = ("let me know if", "i hope this helps", "feel free to ask", "would you like me to")
"""What `_CLOSINGS` begin with: looked for first, a fifteenth of the pattern's time."""
_REFUSALS = re.compile(
    r"(?i)\A\W{0,5}(?:i(?:'m| am) (?:sorry|unable|afraid)|i can(?:'t|not)\b|i won't|sorry, (?:but )?i"
    r"|unfortunately, i can)"
)
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[A-Za-z']+")
_MARKERS = ("<<<DOCUMENT", "<<<EARLIER", "<<<END", "stand between the marker lines", "stands between the marker lines")
"""What only a prompt says; a model that says it has copied its instructions."""
RUN = 6
"""Words in a run compared for echo and repetition."""


def preamble(text: str) -> str | None:
    """The phrase with which a text addresses whoever asked for it, at its start or end; None when it does not."""
    found = _OPENINGS.search(text[:200])
    if not found:
        end = text[-200:].lower()
        found = _CLOSINGS.search(text[-200:]) if any(words in end for words in _CLOSING_WORDS) else None
    return found.group(1)[:60] if found else None


def holds_marker(text: str) -> bool:
    """Whether a text says what only a prompt says."""
    return any(marker in text for marker in _MARKERS)


def is_refusal(text: str) -> bool:
    """Whether a short answer declines."""
    return len(text) < 600 and bool(_REFUSALS.search(text))


class Runs(NamedTuple):
    """The runs of six words of a text, in lower case."""

    total: int
    different: frozenset[tuple[str, ...]]


def runs(text: str) -> Runs:
    """All runs of a text."""
    words = text.lower().split()
    said = list(zip(*[words[i:] for i in range(RUN)], strict=False))
    return Runs(len(said), frozenset(said))


@lru_cache(maxsize=16)
def _instructed(instructions: str) -> frozenset[tuple[str, ...]]:
    return runs(instructions).different


def echo_share(said: Runs, instructions: str) -> float:
    """Share of the instructions' runs that are among those `said`, [0, 1]."""
    asked = _instructed(instructions)
    return len(asked & said.different) / len(asked) if asked else 0.0


def repeated_share(text: str, said: Runs) -> float:
    """How much of a text repeats itself: the larger of repeated lines and repeated runs (`said`), [0, 1].

    Short lines (braces, list marks) do not count.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if len(line) > 20]
    return max(_repeats(len(lines), len(set(lines))), _repeats(said.total, len(said.different)))


def _repeats(total: int, different: int) -> float:
    return 1.0 - different / total if total >= 4 else 0.0


def other_writing(text: str, seed: str) -> bool:
    """Whether the answer is mostly not in Latin letters though the seed is."""
    return _latin_share(seed) > 0.7 and _latin_share(text) < 0.5


def _latin_share(text: str) -> float:
    head = text[:5000]
    if head.isascii():
        return 1.0
    letters = sum(map(len, _LETTERS.findall(head)))
    return sum(map(len, _LATIN.findall(head))) / letters if letters else 1.0


def holds_word(text: str, word: str) -> bool:
    """Whether a word stands in a text in any regular or common irregular form.

    Example: `run` is held by "He ran", `city` by "cities".
    """
    wanted = forms(word.lower())
    return any(found.lower().strip("'") in wanted for found in _WORD.findall(text)) or _spaced(text, word)


def _spaced(text: str, word: str) -> bool:
    return (" " in word or "-" in word) and word.lower() in text.lower()


def forms(word: str) -> set[str]:
    """The forms a simple English word takes, too many rather than too few."""
    found = {
        word,
        word + "s",
        word + "es",
        word + "ed",
        word + "d",
        word + "ing",
        word + "er",
        word + "est",
        word + "ly",
    }
    found |= {word + "'s", word + "r", word + "st", word + "n", word + "en"}
    if word.endswith("y"):
        found |= {word[:-1] + end for end in ("ies", "ied", "ier", "iest", "ily")}
    for ending, changed in _ENDINGS:
        if word.endswith(ending):
            found |= {word[: -len(ending)] + form for form in changed}
    if len(word) > 2 and word[-1] not in "aeiouwxy":
        found |= {word + word[-1] + end for end in ("ed", "ing", "er", "est", "es")}
    return found | IRREGULAR.get(word, frozenset())


_ENDINGS = (
    ("e", ("ing", "y", "es", "ly")),
    ("ie", ("ying",)),
    ("c", ("cked", "cking", "cker", "cky")),
    ("ll", ("lly",)),
    ("f", ("ves",)),
    ("fe", ("ves",)),
)
"""(ending of a base form, endings that take its place)."""


IRREGULAR: dict[str, frozenset[str]] = {
    base: frozenset(rest.split())
    for base, rest in (
        line.split(" ", 1)
        for line in """be is am are was were been being
become became
begin began begun
bend bent
bite bit bitten
bind bound
bleed bled
breed bred
cling clung
deal dealt
fling flung
grind ground
lay laid
overcome overcame
sling slung
slink slunk
smell smelt
speed sped
spell spelt
spill spilt
spit spat
spoil spoilt
spring sprang sprung
stink stank stunk
stride strode stridden
string strung
strive strove striven
swear swore sworn
swell swollen
tread trod trodden
wring wrung
blow blew blown
break broke broken
bring brought
build built
buy bought
catch caught
choose chose chosen
come came
creep crept
dig dug
do did done
draw drew drawn
dream dreamt
drink drank drunk
drive drove driven
eat ate eaten
fall fell fallen
feed fed
feel felt
fight fought
find found
flee fled
fly flew flown
forget forgot forgotten
forgive forgave forgiven
freeze froze frozen
get got gotten
give gave given
go went gone
grow grew grown
hang hung
have has had
hear heard
hide hid hidden
hold held
keep kept
kneel knelt
know knew known
lead led
leap leapt
learn learnt
leave left
lend lent
lie lay lain lying
light lit
lose lost
make made
mean meant
meet met
pay paid
ride rode ridden
ring rang rung
rise rose risen
run ran
say said
see saw seen
seek sought
sell sold
send sent
sew sewn
shake shook shaken
shine shone
shoot shot
show shown
shrink shrank shrunk
sing sang sung
sink sank sunk
sit sat
sleep slept
slide slid
speak spoke spoken
spend spent
spin spun
stand stood
steal stole stolen
stick stuck
sting stung
strike struck
sweep swept
swim swam swum
swing swung
take took taken
teach taught
tear tore torn
tell told
think thought
throw threw thrown
understand understood
wake woke woken
wear wore worn
weave wove woven
weep wept
win won
wind wound
write wrote written
child children
foot feet
goose geese
man men
mouse mice
person people
tooth teeth
woman women
ox oxen
louse lice
die dice dying
little less least
old elder eldest
good better best well
bad worse worst
far farther further""".splitlines()
    )
}
"""Irregular forms of simple words, by their base form."""
