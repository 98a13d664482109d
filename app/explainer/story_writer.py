"""Short stories for small children around a noun, a verb and an adjective, made from plots and word forms.

A plot gives beats, a beat several wordings; people, places and openings come from pools. Thousands of stories share
plots but few share sentences.
"""
# ruff: noqa: E501  # templates and word lists read best on one line

import re
from dataclasses import dataclass

from app.explainer.inflection import gerund, past, plural
from app.explainer.prompt import Prompt
from app.explainer.story_plots import (
    ALIVE_PLOTS,
    HAPPY,
    HINTS,
    MORALS,
    OPENINGS,
    PADDING,
    PLOTS,
    QUARRELS,
    SAD,
    SPEECH,
    TWISTS,
)
from app.explainer.voice import Voice, article

_NAMES = (
    "Ada Anna Asha Bela Ben Bibi Bo Bruno Cara Chen Cleo Dan Dara Deniz Edda Eli Emil Esra Fay Finn Flora Gus Hana Heidi "
    "Ida Igor Ines Ivo Jamal Jana Joji Juno Kai Karim Kiki Kofi Lale Leo Lila Lotte Luca Maja Malik Mara Milo Mina Nadia "
    "Nils Noor Olaf Olga Otis Pablo Pia Pip Rafi Rita Rosa Rumi Sami Selma Taro Tess Tilda Tom Ulla Umi Vera Viktor Wanda "
    "Wim Xara Yann Yuki Zara Zeno"
).split()  # fmt: skip
_KINDS = (
    "mouse fox hen bear frog goat duck owl rabbit snail turtle squirrel pony lamb badger hedgehog robin kitten puppy otter "
    "mole beaver crow donkey"
).split()  # fmt: skip
_TRAITS = "little small young quiet merry shy bold curious sleepy noisy gentle tiny clever".split()
_PLACES = (
    "the old mill", "the blue lake", "the apple tree", "the stone bridge", "the long beach", "the village square",
    "the red barn", "the school yard", "the tall tower", "the green hill", "the market", "the foggy harbour", "the big oak",
    "the garden wall", "the train stop", "the corn field", "the sleepy river", "the edge of the woods", "the bakery",
    "the empty castle", "the windy cliff", "the rose garden", "the frozen pond", "the duck pond", "the lighthouse",
    "the toy shop", "the hay loft", "the fishing pier", "the narrow lane", "the town fountain",
)  # fmt: skip
_TIMES = (
    "On a windy morning", "On a cold evening", "One rainy day", "After breakfast", "Late in the summer", "Early in spring",
    "When the snow was gone", "Before the sun was up", "At noon", "On the last day of school", "In the middle of winter",
    "One bright day", "On a foggy Monday", "After a long night", "While the others slept", "On market day", "At sunset",
    "On the first warm day", "During the big storm", "When the bells rang", "One quiet Sunday", "Just after supper",
)  # fmt: skip
_SIGHTS = (
    "The leaves were red", "The snow was deep", "The sun was hot", "The wind blew hard", "The stars were out",
    "The grass was wet", "The birds were loud", "The moon was round", "The fog was thick", "The air was cold",
    "The clouds were pink", "The road was dusty", "The frogs were singing", "The bells were ringing",
)  # fmt: skip
_NEEDS_OBJECT = frozenset(
    "carry find take make bring hold give open close break fix build buy sell use share hide touch lift push pull throw "
    "catch drop keep lose wash clean paint cut tie mend fill pour show send choose hear see get put raise follow feed "
    "love like want need visit teach tell thank trust protect save steal chase hug kiss kick hit bite wear pick pack wrap "
    "cover cook bake borrow lend collect count carve crush deliver discover drag empty examine fetch fold forgive grab "
    "guard invite join lead load measure name notice own polish remember remove repair rescue return squeeze stir surprise "
    "tickle trade turn unwrap warm water weigh join meet owe finish".split()
)  # fmt: skip
_FEELINGS = frozenset(
    "happy sad hungry angry brave kind tired scared proud shy lonely sleepy clever glad calm jealous nervous bored excited "
    "curious gentle grumpy honest lazy merry patient polite silly thirsty upset worried wise cheerful friendly afraid busy "
    "careful careless cruel eager foolish grateful greedy helpful hopeful joyful mean naughty playful rude selfish sick "
    "smart strong stubborn thankful weak young healthy".split()
)  # fmt: skip
_GOOD = frozenset(
    "happy brave kind proud clever glad calm excited curious gentle honest merry patient polite wise cheerful friendly "
    "careful eager grateful helpful hopeful joyful playful smart strong thankful healthy".split()
)  # fmt: skip
_MEN = frozenset(
    "Ben Bo Bruno Chen Dan Deniz Eli Emil Finn Gus Igor Ivo Jamal Joji Kai Karim Kofi Leo Luca Malik Milo Nils Olaf Otis Pablo "
    "Rafi Rumi Sami Taro Tom Umi Viktor Wim Yann Zeno".split()
)  # fmt: skip
_MASS = frozenset(
    "water sand snow rice milk bread honey sugar salt butter cheese gold silver wood paper glass hay ice juice soup tea mud "
    "money music rain grass dirt dust smoke wool cotton flour oil paint food fruit corn jam clay fire air light".split()
)  # fmt: skip
_ALIVE = frozenset(
    "king queen prince princess mother father sister brother baby boy girl man woman child doctor nurse teacher farmer baker "
    "uncle aunt cousin friend neighbor neighbour pirate giant fairy wizard witch clown sailor soldier driver cook dog cat "
    "horse cow pig sheep wolf lion tiger monkey elephant grandma grandpa grandmother grandfather dragon person".split()
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Someone in a story."""

    name: str
    """The name alone."""
    kind: str
    """As in: a shy fox."""
    full: str
    """As first met: Pia, a shy fox."""
    pronouns: tuple[str, str, str]
    """he, him, his."""


def write_story(voice: Voice, prompt: Prompt) -> str:
    """The story for the prompt's three words and features."""
    words = _words(prompt)
    slots = _slots(voice, *_people(voice), words)
    plots = (*ALIVE_PLOTS, PLOTS[3]) if words[0] in _ALIVE else PLOTS
    beats = [_openings(prompt.opening), *plots[int(voice.rng.random() * len(plots))]]
    lines = [_told(voice, beat, slots) for beat in beats]
    asked = " ".join(prompt.features)
    if "foreshadow" in asked:
        lines.insert(1, _told(voice, HINTS, slots))
    if "conflict" in asked:
        lines.insert(-1, _told(voice, QUARRELS, slots))
    if "dialogue" in asked or "conflict" in asked or voice.chance(0.4):
        lines.append(_told(voice, SPEECH, slots))
    if "twist" in asked:
        lines.append(_told(voice, TWISTS, slots))
    lines.append(_told(voice, SAD if "bad" in asked or "sad" in asked else HAPPY, slots))
    _require_words(voice, lines, slots, words)
    if "moral" in asked:
        lines.append(_told(voice, MORALS, slots))
    _lengthen(voice, lines, slots, prompt.min_words or 80)
    return _paragraphs(lines)


def _openings(asked: str) -> tuple[str, ...]:
    """The beginnings that an instruction asks for; all of them when it asks for none that is known."""
    found = [templates for word, templates in OPENINGS.items() if word in asked]
    return found[0] if found else tuple(template for templates in OPENINGS.values() for template in templates)


def _words(prompt: Prompt) -> tuple[str, str, str]:
    words = [re.sub(r"[^a-z' -]", "", word.lower()).strip() for word in prompt.words]
    words = [word for word in words if word][:3]
    defaults = ("kite", "share", "small")
    noun, verb, adjective = [*words, *defaults[len(words) :]]
    return noun, verb, adjective


def _people(voice: Voice) -> tuple[Person, Person]:
    first, second = voice.rng.sample(_NAMES, 2)
    kinds = [voice.pick(_KINDS) if voice.chance(0.65) else "person" for _ in range(2)]
    return _person(voice, first, kinds[0]), _person(voice, second, kinds[1])


def _person(voice: Voice, name: str, kind: str) -> Person:
    trait = voice.pick(_TRAITS)
    male = name in _MEN
    if kind == "person":
        kind = voice.pick(("boy" if male else "girl", "child"))
    described = f"{article(trait)} {trait} {kind}"
    full = voice.pick(
        (f"{name} the {kind}", f"{described} called {name}", f"{described} named {name}", f"{name} the {kind}")
    )
    return Person(name, described, full, ("he", "him", "his") if male else ("she", "her", "her"))


def _slots(voice: Voice, hero: Person, friend: Person, words: tuple[str, str, str]) -> dict[str, str]:
    noun, verb, adjective = words
    feeling = adjective in _FEELINGS
    described = noun if feeling and noun not in _ALIVE else f"{adjective} {noun}"
    a_thing = f"{'some' if noun in _MASS else article(described)} {described}"
    needs = verb.split()[0] in _NEEDS_OBJECT
    he, him, his = hero.pronouns
    do = f"{verb} it" if needs else verb
    time, sight = voice.pick(_TIMES), voice.pick(_SIGHTS)
    slots = {
        "hero": hero.full, "h": hero.name, "hero_kind": hero.kind, "friend": friend.full, "f": friend.name,
        "a_thing": a_thing, "thing": f"the {noun}", "do": do,
        "feel": adjective if adjective in _GOOD else voice.pick(("happy", "glad", "proud", "warm inside", "at peace", "full of joy")),
        "place": voice.pick(_PLACES), "time": time, "time_low": time[0].lower() + time[1:],
        "sight": sight, "sight_low": sight[0].lower() + sight[1:], "he": he, "him": him, "his": his,
    }  # fmt: skip
    return slots | {f"{name}_cap": slots[name].capitalize() for name in ("he", "his", "thing")} | {
        "a_thing_cap": a_thing[0].upper() + a_thing[1:]
    }  # fmt: skip


def _told(voice: Voice, templates: tuple[str, ...], slots: dict[str, str]) -> str:
    text = voice.say(*templates, **slots)
    text = re.sub(r"\ba (?=[aeio]\w)", "an ", text)
    # A sentence inside the beat that starts with a described person ("a shy fox called Pia") needs its capital too.
    return re.sub(r"([.!?]”?\s)([a-z])", lambda found: found[1] + found[2].upper(), text) if "” " not in text else text


def _require_words(voice: Voice, lines: list[str], slots: dict[str, str], words: tuple[str, str, str]) -> None:
    """Add a sentence for each of the three words that no beat used."""
    noun, verb, adjective = words
    text = " ".join(lines).lower()
    stem = verb.split()[0]
    if not re.search(rf"\b(?:{re.escape(verb)}|{re.escape(past(stem))}|{re.escape(gerund(stem))})\b", text):
        lines.insert(
            3,
            voice.say(
                "$h wanted to $do so much.",
                "All day, $h [dreamed|thought] of how to $do.",
                "“I [hope|wish] I could $do,” said $h.",
                **slots,
            ),
        )
    if not re.search(rf"\b{re.escape(adjective)}\b", text):
        lines.insert(2, voice.say(*_felt(adjective), **slots))
    if not re.search(rf"\b(?:{re.escape(noun)}|{re.escape(plural(noun))})\b", text):
        lines.insert(2, voice.say("$h [saw|thought of] $a_thing.", "There was $a_thing too.", **slots))


def _felt(adjective: str) -> tuple[str, ...]:
    """Wordings for an adjective that fits nothing else in the story."""
    if adjective in _FEELINGS:
        return (f"$h felt {adjective}.", f"that made $h a little {adjective}.", f"$h was {adjective} that day.")
    return (f"the whole day felt {adjective}.", f"“How {adjective}!” $h [thought|said].")


def _lengthen(voice: Voice, lines: list[str], slots: dict[str, str], least: int) -> None:
    extra = voice.rng.sample(PADDING, len(PADDING))
    while sum(len(line.split()) for line in lines) < least and extra:
        lines.insert(voice.rng.randint(1, len(lines) - 1), _told(voice, (extra.pop(),), slots))


def _paragraphs(lines: list[str]) -> str:
    """Three paragraphs: beginning, middle, end."""
    first, last = 2, max(3, len(lines) - 2)
    return "\n\n".join(" ".join(part) for part in (lines[:first], lines[first:last], lines[last:]) if part)
