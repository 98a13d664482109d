"""Takes stored files in as a corpus: the same content twice is one corpus, and what can be refused at once is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice
from json import dumps

from sqlalchemy.orm import Session

from app.adapters.corpus_errors import EmptyUploadError, InvalidUtf8Error
from app.adapters.corpus_files import SourceFile, read_corpus
from app.adapters.corpus_formats import Format, decide_format, suffix_of
from app.adapters.storage import StoredFile
from app.domain.ingest import ReadLimits, ReadOptions, RecordFault, Reject
from app.domain.records import Kind
from app.domain.steps import Compute, Step
from app.repositories import corpora, units

HEAD_BYTES = 65_536
"""Enough to tell every format."""
PEEK_MAX_BYTES = 4_000_000
"""Files up to this size are read a little before they are accepted; larger ones fail, if they do, while ingested."""
PEEK_RECORDS = 20


@dataclass(frozen=True)
class CorpusOptions:
    """How the user says a corpus is to be read."""

    text_field: str = "text"
    id_field: str = "id"
    licence_field: str = "licence"
    licence: str | None = None
    """The licence of every record that states none itself."""
    kind: Kind | None = None
    """Overrides what a record says of itself and what its text looks like."""
    format: str | None = None
    """`jsonl`, `csv`, `text` or `code`, for names that do not tell."""

    def read_options(self) -> ReadOptions:
        """The same as the readers take it; `kind` may be its name, as stored."""
        return ReadOptions(
            text_field=self.text_field,
            id_field=self.id_field,
            licence_field=self.licence_field,
            kind=None if self.kind is None else Kind(self.kind),
            format=self.format,
        )


@dataclass(frozen=True)
class Registered:
    """A corpus that content belongs to."""

    corpus_id: int
    created: bool
    """False: it was here already, and the files that came now are not needed."""
    steps: list[Step]


def refuse_early(files: Sequence[StoredFile], options: CorpusOptions, limits: ReadLimits) -> None:
    """Raise at once what ingest would find at the very beginning: an empty file, a wrong format, no record at all.

    Reads at most the first records of small files, so it is quick whatever was sent.
    """
    if not files:
        raise EmptyUploadError(file="the upload")
    for file in files:
        with file.path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if not head:
            raise EmptyUploadError(file=file.display_name)
        format_ = decide_format(head, file.display_name, options.format)
        # Parquet is read in a child process that takes a second to start; ingest has the time for it.
        if file.size <= PEEK_MAX_BYTES and format_ is not Format.parquet:
            _peek(file, options, limits)


def _peek(file: StoredFile, options: CorpusOptions, limits: ReadLimits) -> None:
    source = SourceFile(file.path, file.display_name)
    records = read_corpus([source], options.read_options(), limits)
    codes = [item.code if isinstance(item, Reject) else None for item in islice(records, PEEK_RECORDS + 1)]
    if len(codes) <= PEEK_RECORDS and set(codes) == {RecordFault.invalid_utf8}:
        raise InvalidUtf8Error(file=file.display_name)


def content_sha256(files: Sequence[StoredFile], options: CorpusOptions) -> bytes:
    """The identity of a corpus: its files' digests and suffixes in order, and how they are to be read.

    The suffix counts because it decides the format; the rest of a name does not.
    """
    content = {
        "files": [[file.sha256.hex(), suffix_of(file.display_name)] for file in files],
        "options": asdict(options),
    }
    return sha256(dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


def register(session: Session, name: str, files: Sequence[StoredFile], options: CorpusOptions) -> Registered:
    """Make a corpus of `files` with its ingest unit, or find the one of the same content; a failed one is read anew."""
    digest = content_sha256(files, options)
    described = [_described(file) for file in files]
    stated = {key: value for key, value in asdict(options).items() if value is not None}
    corpus_id = corpora.add(session, name, content_sha256=digest, files=described, options=stated)
    if corpus_id is None:
        known = corpora.with_content(session, digest)
        if known.state != "failed":
            return Registered(known.id, created=False, steps=[])
        corpus_id = known.id
        corpora.restart(session, corpus_id, files=described)
    units.add(session, "ingest", corpus_id=corpus_id)
    return Registered(corpus_id, created=True, steps=[Compute()])


def _described(file: StoredFile) -> dict[str, object]:
    return {"name": file.display_name, "id": file.id, "size": file.size, "sha256": file.sha256.hex()}
