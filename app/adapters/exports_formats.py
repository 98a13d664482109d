"""Lines to bytes: JSON Lines, the same under zstd, and Parquet, all streamed and all the same bytes every time.

zstd level 3 packs three times at 74 to 136 MB/s (`docs/architecture.md`). Parquet's text column has no dictionary:
texts do not repeat, and without one it is written 14 % faster.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, Self

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from app.adapters.storage import AtomicFile
from app.domain.exporting import SOURCE_FIELDS, ExportFormat, Line

BATCH = 32
"""Lines turned into bytes at once: under the 128 kB from which malloc maps fresh pages; 1,000 are six times slower."""
ROW_GROUP = 5_000
"""Lines of a Parquet row group; what is in memory at once."""
BATCH_CHARS = 32_000_000
"""Characters after which a batch or a row group ends early, so that long texts do not fill the memory."""
LEVEL = 3
"""zstd's level."""


class Writer(Protocol):
    """Writes the lines of one file. A `with` block ends the file properly if it succeeds."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, lines: Iterable[Line]) -> int:
        """Append lines; returns how many."""
        ...


def writer_of(format_: ExportFormat, file: AtomicFile, *, lineage: bool, parts: bool = False) -> Writer:
    """The writer of a format; `parts` says whether lines have those of `exporting.part_fields`."""
    match format_:
        case ExportFormat.jsonl:
            return JsonlWriter(file)
        case ExportFormat.jsonl_zst:
            return ZstdJsonlWriter(file)
        case ExportFormat.parquet:
            schema = LINEAGE_SCHEMA if lineage else PLAIN_SCHEMA
            return ParquetLinesWriter(file, pa.schema([*schema, *PART_FIELDS]) if parts else schema)


def _batches(lines: Iterable[Line], most: int) -> Iterator[Sequence[Line]]:
    """Runs of at most `most` lines, and shorter ones where texts are long."""
    batch: list[Line] = []
    chars = 0
    for line in lines:
        batch.append(line)
        chars += len(str(line["text"]))
        if len(batch) >= most or chars >= BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


class JsonlWriter:
    """One JSON object a line, UTF-8, keys in the lines' own order."""

    def __init__(self, file: AtomicFile) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Nothing is held back."""

    def write(self, lines: Iterable[Line]) -> int:
        """Append lines; returns how many."""
        count = 0
        for batch in _batches(lines, BATCH):
            self._put(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in batch))
            count += len(batch)
        return count

    def _put(self, data: bytes) -> None:
        self._file.write(data)


class ZstdJsonlWriter(JsonlWriter):
    """The same as one zstd frame; one thread, because more would cut blocks where time decides."""

    def __init__(self, file: AtomicFile) -> None:
        super().__init__(file)
        self._packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._file.write(self._packer.flush())

    def _put(self, data: bytes) -> None:
        self._file.write(self._packer.compress(data))


_SOURCE = pa.struct([*((name, pa.string()) for name in SOURCE_FIELDS), ("line", pa.int64())])
_PART = pa.struct([("source_sha256", pa.string()), *((name, pa.int64()) for name in ("part", "parts", "start", "end"))])
_SEED = pa.struct(
    [*((name, pa.string()) for name in ("sha256", "external_id", "kind")), ("source", _SOURCE), ("part", _PART)]
)
PLAIN_SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "text", "kind", "split", "licence")])
LINEAGE_SCHEMA = pa.schema(
    [
        *PLAIN_SCHEMA,
        ("seed", _SEED),
        ("round", pa.int32()),
        *(
            (name, pa.string())
            for name in ("arm", "audience", "format", "constraint", "model", "prompt_sha256", "parent")
        ),
        ("words", pa.list_(pa.string())),
        ("word_seeds", pa.list_(pa.string())),
        ("verified", pa.bool_()),
        ("edu_score", pa.float64()),
        ("ease", pa.float64()),
        ("grade", pa.float64()),
        ("cluster", pa.int32()),
    ]
)
PART_FIELDS = [
    pa.field("title", pa.string()),
    pa.field("prerequisites", pa.list_(pa.string())),
    pa.field("exercise", pa.string()),
    pa.field("solution", pa.string()),
]
_DICTIONARIES = ["kind", "split", "licence", "arm", "audience", "format", "constraint", "model", "prompt_sha256"]


class _Sink(io.RawIOBase):
    """An AtomicFile as the stream that pyarrow writes to."""

    def __init__(self, file: AtomicFile) -> None:
        super().__init__()
        self._file = file
        self.deaf = False
        """Drops what it is given: the file is lost already."""

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.size

    def write(self, data: object) -> int:
        assert isinstance(data, bytes | bytearray | memoryview)
        if not self.deaf:
            self._file.write(bytes(data))
        return len(data)


class ParquetLinesWriter:
    """Parquet in row groups of `ROW_GROUP` lines; its metadata holds nothing but the schema."""

    def __init__(self, file: AtomicFile, schema: pa.Schema) -> None:
        self._schema = schema
        self._sink = _Sink(file)
        self._writer = pq.ParquetWriter(
            self._sink,
            schema,
            compression="zstd",
            compression_level=LEVEL,
            use_dictionary=[name for name in _DICTIONARIES if name in schema.names],
            write_statistics=["round", "edu_score"] if "round" in schema.names else False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        # Closed after an error too, lest its destructor write the end of a file that is gone.
        self._sink.deaf = kind is not None
        self._writer.close()

    def write(self, lines: Iterable[Line]) -> int:
        """Append lines; returns how many."""
        count = 0
        for batch in _batches(lines, ROW_GROUP):
            columns = [pa.array([line[field.name] for line in batch], type=field.type) for field in self._schema]
            self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
            count += len(batch)
        return count
