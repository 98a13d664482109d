"""Two names of a text that have each other's place: the words around each are those around the other in the seed.

A word belongs to a name the more, the nearer it stands; a word that stands beside many names tells little. The word
right before and right after a name tells its part: "from the Black Forest to the Black Sea". Two names count as
exchanged when what the text says of both fits clearly better the other way round. Words are stems
(`stems.stems_at`). Knows nothing of which words are names.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from app.domain.stems import stems_at

Company = dict[str, int]
"""Nearness, 1 to 100, of a name to each word in a sentence with it; `<to` and `>to` are the words right beside it."""

MARGIN = 0.5
"""What fits better the other way round, less what fits as it is, as a share of both."""
LEAST = 4_000.0
"""Nearness squared that fits better the other way round at least."""
REACH = 24
"""Characters from a name at which a word is half as near as beside it."""
BESIDE = 50
"""Nearness of the words right beside a name, which are mostly small ones."""
MOST_NAMES = 40
"""Names of a text that are looked at."""


def company(sentences: Sequence[str], names: Sequence[str]) -> dict[str, Company]:
    """{name: its company} over all sentences that hold it; the words of names are no company."""
    names = names[:MOST_NAMES]
    own = {stem for name in names for stem, _ in stems_at(name.lower())}
    found: dict[str, Company] = defaultdict(dict)
    for sentence in sentences:
        here = [name for name in names if name in sentence]
        if not here:
            continue
        words = [(stem, at) for stem, at in stems_at(sentence.lower()) if stem not in own]
        for name in here:
            known = found[name]
            at = sentence.find(name)
            while at >= 0:
                end = at + len(name)
                for word in _beside(sentence, at, end):
                    known[word] = BESIDE
                for stem, place in words:
                    near = 100 * REACH // (REACH + (at - place if place < at else place - end))
                    if near > known.get(stem, 0):
                        known[stem] = near
                at = sentence.find(name, end)
    return dict(found)


def _beside(sentence: str, start: int, end: int) -> Iterator[str]:
    before = sentence[max(0, start - 24) : start].split()
    after = sentence[end : end + 24].split(None, 1)
    if before:
        yield "<" + before[-1].lower()
    if after:
        yield ">" + after[0].lower()


def exchanged(seed: Mapping[str, Company], said: Mapping[str, Company]) -> list[tuple[str, str]]:
    """The pairs of names that have each other's company."""
    names = seed.keys() & said.keys()
    if len(names) < 2:
        return []
    holders: dict[str, list[str]] = defaultdict(list)
    for name, known in seed.items():
        for stem in known:
            holders[stem].append(name)
    found = []
    for first, second in sorted(_suspects(seed, {name: said[name] for name in names}, holders)):
        right, wrong = _fit(said[first], seed[first], seed[second], holders)
        more_right, more_wrong = _fit(said[second], seed[second], seed[first], holders)
        right, wrong = right + more_right, wrong + more_wrong
        if wrong > LEAST and wrong - right > MARGIN * (wrong + right):
            found.append((first, second))
    return found


def _suspects(
    seed: Mapping[str, Company], said: Mapping[str, Company], holders: Mapping[str, Sequence[str]]
) -> set[tuple[str, str]]:
    """Pairs of which enough is said that fits the other way round: one look a word spares most pairs."""
    wrong: dict[tuple[str, str], float] = defaultdict(float)
    for name, company in said.items():
        ours = seed[name]
        for stem, near in company.items():
            others = holders.get(stem, ())
            fit = ours.get(stem, 0)
            for other in others:
                if seed[other][stem] > fit and other in said:
                    pair = (name, other) if name < other else (other, name)
                    wrong[pair] += near * (seed[other][stem] - fit) / len(others)
    return {pair for pair, weight in wrong.items() if weight > LEAST}


def _fit(said: Company, ours: Company, others: Company, holders: Mapping[str, Sequence[str]]) -> tuple[float, float]:
    """Nearness said of a name that fits it better, and that fits the other one better."""
    right = wrong = 0.0
    for stem in said.keys() & (ours.keys() | others.keys()):
        fit = ours.get(stem, 0) - others.get(stem, 0)
        if fit > 0:
            right += said[stem] * fit / len(holders[stem])
        else:
            wrong -= said[stem] * fit / len(holders[stem])
    return right, wrong
