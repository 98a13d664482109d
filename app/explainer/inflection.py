"""English word forms for stories: past tense, -ing form, plural. Rules, with the common exceptions listed."""
# ruff: noqa: E501  # the lists of pairs read best filled

_PAST = dict(
    pair.split("/")
    for pair in (
        "be/was become/became begin/began bend/bent bite/bit blow/blew break/broke bring/brought build/built buy/bought "
        "catch/caught choose/chose come/came creep/crept cut/cut deal/dealt dig/dug do/did draw/drew dream/dreamed "
        "drink/drank drive/drove eat/ate fall/fell feed/fed feel/felt fight/fought find/found fly/flew forget/forgot "
        "forgive/forgave freeze/froze get/got give/gave go/went grind/ground grow/grew hang/hung have/had hear/heard "
        "hide/hid hit/hit hold/held hurt/hurt keep/kept kneel/knelt know/knew lay/laid lead/led leap/leaped learn/learned "
        "leave/left lend/lent let/let lie/lay light/lit lose/lost make/made mean/meant meet/met pay/paid put/put read/read "
        "ride/rode ring/rang rise/rose run/ran say/said see/saw seek/sought sell/sold send/sent set/set sew/sewed "
        "shake/shook shine/shone shoot/shot show/showed shrink/shrank shut/shut sing/sang sink/sank sit/sat sleep/slept "
        "slide/slid sow/sowed speak/spoke spend/spent spin/spun spread/spread spring/sprang stand/stood steal/stole "
        "stick/stuck sting/stung stride/strode strike/struck sweep/swept swell/swelled swim/swam swing/swung take/took "
        "teach/taught tear/tore tell/told think/thought throw/threw understand/understood wake/woke wear/wore weave/wove "
        "weep/wept win/won wind/wound write/wrote bleed/bled breed/bred burst/burst cast/cast cling/clung cost/cost "
        "flee/fled fling/flung mow/mowed overcome/overcame quit/quit rid/rid saw/sawed split/split swear/swore"
    ).split()
)
_PLURALS = dict(
    pair.split("/")
    for pair in (
        "child/children foot/feet goose/geese man/men mouse/mice person/people tooth/teeth woman/women sheep/sheep "
        "fish/fish deer/deer leaf/leaves knife/knives wolf/wolves shelf/shelves loaf/loaves half/halves thief/thieves "
        "wife/wives life/lives calf/calves scarf/scarves ox/oxen hero/heroes potato/potatoes tomato/tomatoes"
    ).split()
)
_VOWELS = "aeiou"
_DOUBLED = frozenset({
    "admit", "begin", "forget", "permit", "refer", "prefer", "regret", "commit", "occur", "submit", "upset", "unwrap",
})  # fmt: skip


def past(verb: str) -> str:
    """Simple past. `carry` is `carried`, `stop` is `stopped`, `swim` is `swam`."""
    if verb in _PAST:
        return _PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2:-1] not in _VOWELS:
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def gerund(verb: str) -> str:
    """The -ing form. `run` is `running`, `make` is `making`, `lie` is `lying`."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and len(verb) > 2:
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def plural(noun: str) -> str:
    """The plural. `berry` is `berries`, `box` is `boxes`, `mouse` is `mice`."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def _doubled(verb: str) -> str:
    """The stem, with its last consonant doubled where one short stressed syllable ends the word."""
    short = (
        len(verb) > 2
        and verb[-1] not in "aeiouwxyh"
        and verb[-2] in _VOWELS
        and verb[-3] not in _VOWELS
        and sum(letter in "aeiouy" for letter in verb) == 1
    )
    qu = len(verb) > 3 and verb[-3] == "u" and verb[-4] == "q" and verb[-2] in _VOWELS and verb[-1] not in "aeiouwxy"
    return verb + verb[-1] if short or qu or verb in _DOUBLED else verb
