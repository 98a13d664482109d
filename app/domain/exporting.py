"""What an export takes from a job and what one of its lines says. Lines hold no database id and no time.

A generation's key and a seed's sha256 are digests, so their order is a shuffle that every repetition repeats, whatever
the number of workers. Knows nothing of files, formats or the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from annotated_types import Ge, Le, MaxLen, MinLen

from app.domain.parts import Parts, read_parts
from app.domain.records import Split

T = TypeVar("T")
Line = dict[str, object]
"""One line as written, its keys in the order of the file."""


class ExportFormat(StrEnum):
    """How the data files are written."""

    jsonl = "jsonl"
    """One JSON object a line."""
    jsonl_zst = "jsonl.zst"
    """The same, zstd level 3."""
    parquet = "parquet"
    """zstd level 3, in row groups of some thousand lines."""


class ExportSplit(StrEnum):
    """A part of the export, named as Hugging Face names them."""

    train = "train"
    """Of the seed families that steer the plan, and the real text."""
    validation = "validation"
    """Of the families on which targets are judged."""
    test = "test"
    """Of the families that no decision ever looked at."""


SPLITS = {
    Split.work: ExportSplit.train,
    Split.audit: ExportSplit.validation,
    Split.eval: ExportSplit.test,
}
"""Where the texts of a seed family go."""


@dataclass(frozen=True)
class ExportOptions:
    """What to take of a job's pool, and how to write it."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    format: ExportFormat = ExportFormat.jsonl
    real_share: Annotated[float, Ge(0), Le(1)] | None = None
    """Share of real seed texts among the documents of the train split; None: as the recipe says. 1: real text alone."""
    splits: Annotated[tuple[ExportSplit, ...], MinLen(1), MaxLen(3)] = tuple(ExportSplit)
    min_edu: Annotated[float, Ge(0), Le(5)] = 0.0
    """Least educational score of a text, on top of the job's own gates."""
    unverified: bool = False
    """Whether exercises go in whose tests nobody could run; lines with lineage say so."""
    lineage: bool = True
    """Whether lines say where they come from; the licence always stays."""


@dataclass(frozen=True, slots=True)
class PartOf:
    """Where a part stands in the long document that it comes from."""

    source_sha256: str
    """Hex, of the document."""
    part: int
    """From 1."""
    parts: int
    start: int
    """Its first character in the document, from 0; `end` is the one after its last."""
    end: int


@dataclass(frozen=True, slots=True)
class SeedSource:
    """Where a text comes from."""

    sha256: str
    """Hex."""
    external_id: str | None
    licence: str | None
    kind: str
    details: Mapping[str, object]
    """The record's other fields, its file and line."""
    part: PartOf | None = None


@dataclass(frozen=True, slots=True)
class PoolText:
    """An approved generation as exported."""

    key: str
    """Hex; the same in every repetition of the job."""
    text: str
    round: int
    arm: str
    words: tuple[str, ...]
    """The words a story was asked to use."""
    word_seeds: tuple[str, ...]
    """sha256 (hex) of the seeds those words are."""
    word_licences: tuple[str, ...]
    model: str
    edu_score: float
    ease: float
    grade: float
    cluster: int
    parent: str | None
    """Key (hex) of the earlier version that this one repairs or refines."""
    seed: SeedSource | None
    verified: bool | None = None
    """Of an exercise: whether its solution, tests and mutants were run; None for other texts."""


@dataclass(frozen=True, slots=True)
class RealText:
    """A seed that goes into an export as it is."""

    text: str
    edu_score: float
    ease: float
    grade: float
    cluster: int | None
    seed: SeedSource


@dataclass(frozen=True)
class RealShare:
    """How much real text the train split gets, and how much it should have had."""

    share: float
    """As asked for, or the recipe's."""
    wanted: int
    """Documents that would make the share exact."""
    available: int
    """Seeds good enough to go in."""
    taken: int

    @property
    def short(self) -> bool:
        """Whether there was less real text than asked for."""
        return self.taken < self.wanted


def plan_real(share: float, *, generated: int, available: int) -> RealShare:
    """The real texts to put beside `generated` documents so that they make `share` of all.

    wanted = share / (1 - share) x generated, rounded; all there are at a share of 1. Example: a share of 0.5 beside 40
    generated texts wants 40; where there are only 25, it takes 25.
    """
    wanted = available if share >= 1 else round(share / (1 - share) * generated)
    return RealShare(share, wanted, available, min(wanted, available))


def interleave(many: Iterator[T], few: Iterator[T], *, many_count: int, few_count: int) -> Iterator[T]:
    """Both in their own order, spread evenly among each other, whichever is longer.

    Example: four of a's and two of b's come as a, a, b, a, a, b.
    """
    total, given = many_count + few_count, 0
    for place in range(total):
        due = (place + 1) * few_count // total
        if due > given:
            given = due
            yield next(few)
        else:
            yield next(many)


def generated_line(text: PoolText, split: ExportSplit, prompt_sha256: str, *, lineage: bool) -> Line:
    """The line of an approved generation."""
    line: Line = {"id": text.key, "text": text.text, "kind": "generated", "split": split.value}
    line["licence"] = licence_of(text)
    if lineage:
        format_, audience, constraint = [*text.arm.split("/"), "", ""][:3]
        line |= {
            "seed": None if text.seed is None else seed_json(text.seed),
            "round": text.round,
            "arm": text.arm,
            "audience": audience or None,
            "format": format_ or None,
            "constraint": constraint or None,
            "model": text.model,
            "prompt_sha256": prompt_sha256,
            "parent": text.parent,
            "words": list(text.words) or None,
            "word_seeds": list(text.word_seeds) or None,
            "verified": text.verified,
            **_scores(text),
        }
    return line


def part_fields(text: str | None) -> Line:
    """Title, prerequisites, exercise and solution of a generation's text as fields; all empty for real text (None).

    They stand in the text as well: whoever trains on `text` alone loses nothing.
    """
    found = read_parts(text) if text is not None else Parts()
    return {
        "title": found.title or None,
        "prerequisites": list(found.prerequisites) or None,
        "exercise": found.exercise or None,
        "solution": found.solution or None,
    }


_MADE = (
    *("arm", "audience", "format", "constraint", "model", "prompt_sha256", "parent", "words", "word_seeds"),
    "verified",
)
"""What only a generation has."""


def real_line(text: RealText, split: ExportSplit, *, lineage: bool) -> Line:
    """The line of a seed that goes in as it is, or screened; its id is the seed's sha256, no model had a part in it."""
    line: Line = {"id": text.seed.sha256, "text": text.text, "kind": "real", "split": split.value}
    line["licence"] = text.seed.licence
    if lineage:
        line |= {"seed": seed_json(text.seed), "round": 0, **dict.fromkeys(_MADE), **_scores(text)}
    return line


def licence_of(text: PoolText) -> str | None:
    """The licence of what a text was made from; a story's words may have several, and then all hold."""
    if text.seed is not None:
        return text.seed.licence
    return " AND ".join(sorted(set(text.word_licences))) or None


def _scores(text: PoolText | RealText) -> Line:
    return {
        "edu_score": round(text.edu_score, 4),
        "ease": round(text.ease, 4),
        "grade": round(text.grade, 4),
        "cluster": text.cluster,
    }


SOURCE_FIELDS = ("file", "title", "url", "author", "source")
"""What is told of a record beside its line; the rest of its fields stay in the corpus."""


def seed_json(seed: SeedSource) -> Line:
    """The seed as a line tells it; every key is always there, so that all lines have one schema."""
    found: Line = {name: _string(seed.details.get(name)) for name in SOURCE_FIELDS}
    line = seed.details.get("line")
    found["line"] = line if isinstance(line, int) and not isinstance(line, bool) else None
    part = None if seed.part is None else asdict(seed.part)
    return {
        "sha256": seed.sha256,
        "external_id": seed.external_id,
        "kind": seed.kind,
        "source": found,
        "part": part,
    }


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def shard_sizes(documents: int, *, most: int) -> list[int]:
    """Documents a file, in as few files of about the same size as hold at most `most` each; none for no documents.

    Example: 5 documents at 2 a file are 1, 2 and 2.
    """
    count = -(-documents // most)
    return [documents * (i + 1) // count - documents * i // count for i in range(count)]
