"""Questions with a gap, made from a text's own sentences, so that the answer always stands in the text."""

import re
from dataclasses import dataclass

from app.explainer.prose_pieces import STOP_WORDS, WORD
from app.explainer.voice import Voice

_NUMBER = re.compile(r"(?<![\w.,$€£-])(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?![\w.,]*\d|[\w%-])")
_AWKWARD = re.compile(r"[“”\"`()]")
_GAP = "____"


@dataclass(frozen=True)
class Gap:
    """One sentence with something left out."""

    question: str
    """The sentence with the gap."""
    answer: str
    """What was left out."""
    number: bool
    """A number was left out, not a word."""


def number_gaps(voice: Voice, told: list[str]) -> list[Gap]:
    """Sentences with exactly one number, that number left out; in random order."""
    gaps = []
    for sentence in told:
        numbers = _NUMBER.findall(sentence)
        if len(numbers) == 1 and 6 <= len(sentence.split()) <= 26 and not _AWKWARD.search(sentence):
            gaps.append(Gap(_NUMBER.sub(_GAP, sentence, count=1), numbers[0], number=True))
    voice.rng.shuffle(gaps)
    return gaps


def word_gaps(voice: Voice, told: list[str]) -> list[Gap]:
    """Plain sentences, one longer word left out of each; in random order."""
    gaps = []
    for sentence in told:
        if not 6 <= len(sentence.split()) <= 22 or not sentence.endswith(".") or _AWKWARD.search(sentence):
            continue
        words = [word for word in WORD.findall(sentence)[1:] if len(word) > 4 and word.lower() not in STOP_WORDS]
        if words:
            word = voice.pick(words)
            question = re.sub(rf"\b{re.escape(word)}\b", _GAP, sentence, count=1)
            gaps.append(Gap(question, word, number=False))
    voice.rng.shuffle(gaps)
    return gaps
