"""Shingles on disk confirm what shingles in memory do."""

from itertools import combinations

from app.adapters.shingle_file import ShingleFile
from app.domain.dedup import exact_jaccard, shingles
from app.domain.tokens import tokenise

TEXTS = ["a b c d e f g", "a b c d e f h", "", "one two", "A b, c d e. f g!", "p q r s t u v w x y z"]


def test_jaccard_is_that_of_the_texts_over_several_writes() -> None:
    with ShingleFile() as file:
        file.append(shingles(tokenise(TEXTS[:2])))
        file.append(shingles(tokenise([])))
        file.append(shingles(tokenise(TEXTS[2:])))
        for one, other in combinations(range(len(TEXTS)), 2):
            assert file.jaccard(one, other) == exact_jaccard(TEXTS[one], TEXTS[other])
