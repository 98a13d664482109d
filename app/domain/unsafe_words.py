"""Words that no story for a small child should hold, by class: chosen for this project, and data a user can replace.

A job's `gates.safety.word_classes` takes the place of the whole list. Base forms are listed; regular and common
irregular forms are added by rule. Words that good children's books use in another sense as well (`shot`, `fight`,
`die`, `witch`, `knife`) are left out on purpose: a list must not drop Little Red Riding Hood.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from app.domain.word_forms import forms

WordClasses = Mapping[str, Sequence[str]]

CLASSES: WordClasses = {
    "violence": (
        "kill killer murder murderer assassin assassinate massacre slaughter strangle stab stabbing behead decapitate "
        "torture mutilate lynch execute corpse gore gory bloodbath bloodshed kidnap kidnapper hostage terrorist "
        "terrorism genocide"
    ).split(),
    "weapons": "gun handgun pistol revolver rifle shotgun grenade bullet ammunition landmine machete dynamite".split(),
    "drugs": (
        "cocaine heroin marijuana cannabis meth methamphetamine opium ecstasy lsd junkie overdose cigarette cigar "
        "tobacco nicotine vodka whiskey whisky rum tequila beer booze drunk drunkard hangover"
    ).split(),
    "sex": (
        "sex sexy sexual sexually porn porno pornography erotic nude nudity orgasm masturbate rape rapist molest "
        "prostitute prostitution brothel stripper genitals penis vagina condom incest pedophile paedophile"
    ).split(),
    "self_harm": "suicide suicidal self-harm anorexia bulimia".split(),
    "profanity": (
        "fuck fucker motherfucker shit bullshit bitch bastard asshole arsehole cunt whore slut dickhead wanker piss "
        "goddamn crap"
    ).split(),
    "hate": "nazi nigger faggot kike tranny retard racist racism".split(),
    "gambling": "casino gamble gambler roulette blackjack".split(),
}

_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = bytes(byte if chr(byte).isalpha() and byte < 128 else ord(" ") for byte in range(256))


def unsafe_words(text: str, classes: WordClasses | None = None) -> dict[str, list[str]]:
    """{class: the words of it that stand in the text, sorted}; only classes with any. None stands for `CLASSES`.

    Example: "He killed it with a gun" holds {violence: [killed], weapons: [gun]}. An entry of several words, or with a
    hyphen, is found as it stands.
    """
    index, phrases = _index(None if classes is None else tuple((name, tuple(words)) for name, words in classes.items()))
    lowered = text.lower()
    found: dict[str, set[str]] = {}
    for word in _words(lowered) & index.keys():
        found.setdefault(index[word], set()).add(word)
    for phrase, name in phrases:
        if phrase in lowered:
            found.setdefault(name, set()).add(phrase)
    return {name: sorted(words) for name, words in sorted(found.items())}


def _words(lowered: str) -> set[str]:
    if lowered.isascii():
        # Three times as fast as the expression, which is needed for other alphabets.
        return set(lowered.encode().translate(_LETTERS).decode().split())
    return set(_WORD.findall(lowered))


@lru_cache(maxsize=4)
def _index(classes: tuple[tuple[str, tuple[str, ...]], ...] | None) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """{form of a word: its class}, a word of two classes counted in the first; and (phrase, class)."""
    given = CLASSES.items() if classes is None else classes
    index: dict[str, str] = {}
    phrases = []
    for name, words in given:
        for word in map(str.lower, words):
            if _WORD.fullmatch(word):
                for form in forms(word):
                    index.setdefault(form, name)
            elif word.strip():
                phrases.append((word, name))
    return index, phrases
