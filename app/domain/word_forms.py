"""The forms a simple English word takes, and whether a text holds one of them. Knows nothing of other languages."""

import re

_WORD = re.compile(r"[A-Za-z']+")


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
