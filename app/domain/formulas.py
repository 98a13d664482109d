"""Five published readability formulas over counts, which add up across documents and workers.

Flesch 1948; Kincaid et al. 1975; McLaughlin 1969 (SMOG); Smith and Senter 1967 (ARI); Coleman and Liau 1975. W words,
S sentences, Y syllables, P words of three syllables or more, C characters; all float64 (n,), W and S at least 1.
"""

import numpy as np
from numpy.typing import NDArray

Count = NDArray[np.int64]
Values = NDArray[np.float64]


def flesch_reading_ease(words: Count, sentences: Count, syllables: Count) -> Values:
    """206.835 - 1.015 W/S - 84.6 Y/W, higher is easier. 100 words, 5 sentences, 150 syllables: 59.635."""
    values: Values = 206.835 - 1.015 * words / sentences - 84.6 * syllables / words
    return values


def flesch_kincaid_grade(words: Count, sentences: Count, syllables: Count) -> Values:
    """0.39 W/S + 11.8 Y/W - 15.59, a US school grade. 100 words, 5 sentences, 150 syllables: 9.91."""
    values: Values = 0.39 * words / sentences + 11.8 * syllables / words - 15.59
    return values


def smog_grade(sentences: Count, polysyllables: Count) -> Values:
    """1.0430 sqrt(30 P/S) + 3.1291, a grade; made for 30 sentences or more. 5 sentences, 12 long words: 11.98."""
    values: Values = 1.0430 * np.sqrt(30 * polysyllables / sentences) + 3.1291
    return values


def automated_readability_index(words: Count, sentences: Count, characters: Count) -> Values:
    """4.71 C/W + 0.5 W/S - 21.43, a grade. 100 words, 5 sentences, 450 characters: 9.765."""
    values: Values = 4.71 * characters / words + 0.5 * words / sentences - 21.43
    return values


def coleman_liau_index(words: Count, sentences: Count, characters: Count) -> Values:
    """5.88 C/W - 29.6 S/W - 15.8, a grade. 100 words, 5 sentences, 450 characters: 9.18."""
    values: Values = 5.88 * characters / words - 29.6 * sentences / words - 15.8
    return values
