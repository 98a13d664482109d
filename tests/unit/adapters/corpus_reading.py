"""What the corpus tests share: a file made of bytes, read to the end."""

from collections.abc import Sequence
from pathlib import Path

from app.adapters.corpus_files import SourceFile, read_corpus
from app.domain.ingest import ReadLimits, ReadOptions, Record, Reject


def read_bytes(
    tmp_path: Path, data: bytes, name: str = "corpus.jsonl", options: ReadOptions | None = None, **limits: int
) -> list[Record | Reject]:
    """Everything `data` yields when it was uploaded as `name`; the file on disk has no such name."""
    path = tmp_path / "stored"
    path.write_bytes(data)
    return list(read_corpus([SourceFile(path, name)], options or ReadOptions(), ReadLimits(**limits)))


def outcome(items: Sequence[Record | Reject]) -> list[str]:
    """One word a record: the code of a reject, or `ok`."""
    return [item.code if isinstance(item, Reject) else "ok" for item in items]


def records(items: Sequence[Record | Reject]) -> list[Record]:
    """The records that passed."""
    return [item for item in items if isinstance(item, Record)]
