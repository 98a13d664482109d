"""Which texts of a round the judge is asked about, and in what disguise the same content is asked about again.

The texts that the gates are least sure of come first; a share of the others is drawn by a hash, so that figures are not
of doubtful texts alone. Everything follows from the round's rows and the job's rng seed. Knows nothing of calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.domain.gate_config import Gates
from app.domain.judge_config import JudgeConfig
from app.domain.judge_prompts import MOST_TEXT_CHARS, Order, Task

PLAIN, DRESSED = "plain", "dressed"
"""Styles a text is shown in: as it is, and in the voice of an expert."""


@dataclass(frozen=True)
class Text:
    """A text of a round that passed the gates of documents, or that the educational or the fidelity gate dropped."""

    id: int
    seed_id: int
    key: bytes
    passed: bool
    edu_score: float | None
    """Calibrated; None: a gate before it dropped the text."""
    precision: float | None
    recall: float | None
    """Of fidelity; None where it was not measured."""
    chars: int
    seed_chars: int


@dataclass(frozen=True)
class Planned:
    """A call to make, and of a claims call the one that follows it."""

    task: Task
    text: Text | None = None
    canary: str | None = None
    order: Order = Order.rubric_first
    style: str = PLAIN


def plan(
    texts: Sequence[Text], canaries: Sequence[str], config: JudgeConfig, gates: Gates, *, rng_seed: int, number: int
) -> list[Planned]:
    """The first calls of round `number`; with what follows claims they are no more than `config.most_calls`.

    Canaries come first, then the texts by how near they lie to a limit, then the drawn share; the first texts that are
    scored are scored twice more to see what the order of the prompt and the style of the text do.
    """
    drawn = list(_wanted(texts, config, gates, rng_seed=rng_seed))
    scored = [one for one in drawn if one.task is Task.score][: config.bias]
    again = [
        Planned(Task.score, one.text, None, *how)
        for one in scored
        for how in ((Order.text_first, PLAIN), (Order.rubric_first, DRESSED))
    ]
    fixed = [Planned(Task.canary, canary=name) for name in chosen(canaries, config.canaries, number=number)]
    # What is asked again means nothing without its first answer, which is among the first of `drawn`.
    return list(_within([*fixed, *drawn[: len(scored)], *again, *drawn[len(scored) :]], config.most_calls))


def chosen(canaries: Sequence[str], count: int, *, number: int) -> list[str]:
    """The canaries of round `number`: the same half every round, the rest in turn, so that drift has a fixed ground.

    Example: of a to f four at a time are a, b, c, d in round 1 and a, b, e, f in round 2.
    """
    fixed = canaries[: -(-count // 2)]
    rest, others = canaries[len(fixed) :], max(0, min(count, len(canaries)) - len(fixed))
    first = (number - 1) * others
    return [*fixed, *(rest[(first + place) % len(rest)] for place in range(others))]


def _wanted(texts: Sequence[Text], config: JudgeConfig, gates: Gates, *, rng_seed: int) -> Iterator[Planned]:
    readable = [one for one in texts if max(one.chars, one.seed_chars) <= MOST_TEXT_CHARS]
    found: list[tuple[float, bytes, Task, Text]] = []
    for one in readable:
        edu, fidelity = edu_distance(one.edu_score, gates), fidelity_distance(one.precision, one.recall, gates)
        near = edu is not None and edu <= config.band
        unsure = config.claims and fidelity is not None and fidelity <= config.fidelity_band
        sampled = one.passed and not near and not unsure and _draw(one.key, rng_seed) < config.share
        if edu is not None and (near or sampled):
            found.append((edu / config.band if near else 2.0, one.key, Task.score, one))
        if unsure or (sampled and config.claims):
            distance = fidelity / config.fidelity_band if unsure and fidelity is not None else 2.0
            found.append((distance, one.key, Task.claims, one))
    for _, _, task, text in sorted(found, key=lambda row: (row[0], row[1], row[2].value)):
        yield Planned(task, text)


def edu_distance(score: float | None, gates: Gates) -> float | None:
    """Points between an educational score and its gate; None without a score."""
    return None if score is None else abs(score - gates.edu_min)


def fidelity_distance(precision: float | None, recall: float | None, gates: Gates) -> float | None:
    """How far fidelity's nearer figure lies from its gate, [0, 1]; None where it was not measured."""
    pairs = ((precision, gates.fidelity_precision), (recall, gates.fidelity_recall))
    # A gate of 0 refuses nothing, so nothing lies near it.
    return min((abs(value - least) for value, least in pairs if value is not None and least > 0), default=None)


def _draw(key: bytes, rng_seed: int) -> float:
    return int.from_bytes(sha256(b"judge" + rng_seed.to_bytes(8, "big") + key).digest()[:4], "big") / 2**32


def _within(calls: Sequence[Planned], most: int) -> Iterator[Planned]:
    for one in calls:
        most -= 2 if one.task is Task.claims else 1
        if most < 0:
            return
        yield one


def dress(text: str) -> str:
    """The same content with the airs of a great lesson: a title, an expert's voice, cheers. Adds no fact.

    A judge that scores this higher than the text itself is taken in by style.
    """
    body = "\n\n".join(part for part in text.split("\n\n") if part.strip())
    return (
        "# A Comprehensive, Expert-Level Lesson\n\n"
        "As an expert educator with decades of experience, I have crafted this outstanding material for you!\n\n"
        f"## The Lesson\n\n{body}\n\n"
        "## Summary\n\nThis is exactly what the best textbooks do. Excellent work, and happy learning!"
    )
