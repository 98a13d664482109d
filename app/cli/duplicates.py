"""`hornbook duplicates`: exact, near and, on request, semantic duplicates of a set. Needs no service.

One pass over the file keeps a signature a document in memory and its shingles on disk; candidates are compared exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from app.adapters.shingle_file import ShingleFile
from app.cli.documents import Reading, batches, read_records
from app.cli.terminal import print_json, results
from app.domain import embedding
from app.domain.dedup import near_duplicates, shingles, signatures_of
from app.domain.duplicate_groups import Group, groups_of, join, least_similarity, similar_pairs
from app.domain.hashed_words import hash_texts
from app.domain.ingest import Record
from app.domain.records import Kind
from app.domain.tokens import tokenise

FIT_SAMPLE = 5_000
"""Texts the embedder is fitted on at most, as in a job."""
SHOWN_IDS = 6


@dataclass(frozen=True)
class Scan:
    """What one pass over the file keeps of each document."""

    ids: list[str | int]
    signatures: NDArray[np.uint32]
    digests: NDArray[np.uint64]
    same: dict[int, int]
    """Of texts without a word: the first document of the same text."""


@dataclass(frozen=True)
class Semantic:
    """Embeddings and from which cosine on two texts are one."""

    vectors: NDArray[np.float16]
    threshold: float

    def cosine(self, a: int, b: int) -> float:
        """Of two documents, [-1, 1]."""
        return float(self.vectors[a].astype(np.float32) @ self.vectors[b].astype(np.float32))


def duplicates(
    file: Annotated[Path, typer.Argument(help="JSONL(.gz/.zst), Parquet, CSV, text, source, zip or folder.")],
    field: Annotated[str, typer.Option(help="Field or column that holds the text.")] = "text",
    id_field: Annotated[str, typer.Option(help="Field or column that holds the id.")] = "id",
    threshold: Annotated[
        float, typer.Option(min=0.5, max=1, help="Least Jaccard index of the 5-word shingles of two near-duplicates.")
    ] = 0.8,
    semantic: Annotated[
        float | None, typer.Option(min=0, max=1, help="Also join texts of at least this cosine, e.g. 0.9; n^2 work.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Groups of the table.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a group.")] = False,
) -> None:
    """Find the near-duplicate groups of a set: candidates by MinHash, confirmed by the exact Jaccard index."""
    # What kind of text it is does not matter here, and guessing would take a third of the time.
    reading = Reading(field, id_field, Kind.prose)
    with ShingleFile() as kept:
        scan = scan_file(file, reading, kept)
        meaning = None if semantic is None else Semantic(_vectors(file, reading), semantic)
        found = find_groups(scan, kept, threshold=threshold, meaning=meaning)
        if as_json:
            for number, group in enumerate(found, start=1):
                print_json(_row(number, group, scan, meaning))
        else:
            _show(list(found), scan, limit)


def scan_file(path: Path, reading: Reading, kept: ShingleFile) -> Scan:
    """Signatures and ids of the usable records in order; their shingles go into `kept`."""
    ids: list[str | int] = []
    parts: list[NDArray[np.uint32]] = []
    digests: list[NDArray[np.uint64]] = []
    first_of: dict[bytes, int] = {}
    same: dict[int, int] = {}
    for batch in batches(read_records(path, reading)):
        found = shingles(hash_texts([record.text for record in batch]))
        kept.append(found)
        parts.append(signatures_of(found))
        digests.append(found.digests())
        for place in np.flatnonzero(np.diff(found.first) == 0).tolist():
            same[len(ids) + place] = first_of.setdefault(batch[place].sha256, len(ids) + place)
        ids += [_id(record) for record in batch]
    return Scan(ids, np.concatenate(parts), np.concatenate(digests), same)


def _id(record: Record) -> str | int:
    return record.external_id if record.external_id is not None else record.line


def find_groups(scan: Scan, kept: ShingleFile, *, threshold: float, meaning: Semantic | None) -> Iterator[Group]:
    """Groups of two or more documents, with the least Jaccard index of any two members."""

    def jaccard(a: int, b: int) -> float:
        if scan.same.get(a, -1) == scan.same.get(b, -2):
            return 1.0
        return kept.jaccard(a, b)

    first = near_duplicates(scan.signatures, jaccard, threshold=threshold, digests=scan.digests)
    for doc, earlier in scan.same.items():
        first[doc] = earlier
    if meaning is not None:
        first = join(first, similar_pairs(meaning.vectors, meaning.threshold))
    yield from groups_of(first, jaccard)


def _vectors(path: Path, reading: Reading) -> NDArray[np.float16]:
    """(n, dims) unit rows by an embedder fitted on the set's own first texts; reads the file twice more."""
    sample: list[str] = []
    for record in read_records(path, reading):
        sample.append(record.text)
        if len(sample) == FIT_SAMPLE:
            break
    fitted = embedding.fit_embedder(sample, rng_seed=0)
    parts = [
        embedding.embed(fitted, tokenise([record.text for record in batch])).astype(np.float16)
        for batch in batches(read_records(path, reading))
    ]
    return np.concatenate(parts)


def _row(number: int, group: Group, scan: Scan, meaning: Semantic | None) -> dict[str, object]:
    row: dict[str, object] = {
        "group": number,
        "ids": [scan.ids[doc] for doc in group.members],
        "jaccard_min": round(group.least, 6),
    }
    if meaning is not None:
        row["cosine_min"] = round(least_similarity(group.members, meaning.cosine), 4)
    return row


def _show(found: list[Group], scan: Scan, limit: int) -> None:
    table = Table("group", "documents", "least Jaccard", "ids", box=None, pad_edge=False)
    for number, group in enumerate(found[:limit], start=1):
        named = ", ".join(str(scan.ids[doc]) for doc in group.members[:SHOWN_IDS])
        more = f" and {len(group.members) - SHOWN_IDS:,} more" if len(group.members) > SHOWN_IDS else ""
        table.add_row(str(number), f"{len(group.members):,}", f"{group.least:.3f}", Text(named + more))
    say = results()
    if found:
        say.print(table)
    if len(found) > limit:
        say.print(f"... and {len(found) - limit:,} more groups; --limit shows more, --json all")
    extra = sum(len(group.members) - 1 for group in found)
    total = len(scan.ids)
    say.print(
        f"{total:,} documents, {len(found):,} groups, {extra:,} documents repeat an earlier one ({extra / total:.1%})"
    )
