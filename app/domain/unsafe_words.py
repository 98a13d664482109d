"""Words that no story for a small child should hold, by class: chosen for this project, and data a user can replace.

A job's `gates.safety.word_classes` takes the place of the whole list. Base forms are listed; regular and common
irregular forms are added by rule. Words that good children's books use in another sense as well (`shot`, `fight`,
`die`, `witch`, `knife`) are left out on purpose: a list must not drop Little Red Riding Hood.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from app.domain.formats import forms

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

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


def unsafe_words(text: str, classes: WordClasses | None = None) -> dict[str, list[str]]:
    """{class: the words of it that stand in the text, sorted}; only classes with any. None stands for `CLASSES`.

    Example: "He killed it with a gun" holds {violence: [killed], weapons: [gun]}.
    """
    found: dict[str, set[str]] = {}
    index = _index(None if classes is None else tuple((name, tuple(words)) for name, words in classes.items()))
    said = set(_WORD.findall(text.lower()))
    for word in said & index.keys():
        found.setdefault(index[word], set()).add(word)
    return {name: sorted(words) for name, words in sorted(found.items())}


@lru_cache(maxsize=4)
def _index(classes: tuple[tuple[str, tuple[str, ...]], ...] | None) -> dict[str, str]:
    """{form of a word: its class}; a word of two classes is counted in the first."""
    given = CLASSES.items() if classes is None else classes
    index: dict[str, str] = {}
    for name, words in given:
        for word in words:
            for form in forms(word.lower()):
                index.setdefault(form, name)
    return index
