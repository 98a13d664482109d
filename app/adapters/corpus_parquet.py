"""Parquet, one record a row, decoded by a child process under limits (`corpus_parquet_child`).

The parent never touches the file's bytes: it reads length-framed rows and checks them like any other record. Crash,
silence or a lie of the child is a fault of the file.
"""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from app.adapters.corpus_errors import (
    BadColumnTypeError,
    BadParquetError,
    CorpusFileError,
    DecodedTooLargeError,
    MissingColumnError,
    TooManyColumnsError,
)
from app.adapters.corpus_parquet_frames import Frame, Request
from app.domain.ingest import (
    JsonValue,
    Origin,
    ReadLimits,
    ReadOptions,
    Record,
    RecordError,
    Reject,
    check_value,
    excerpt,
    make_record,
)

_MAX_FRAME_BYTES = 1 << 30
_ROOT = Path(__file__).resolve().parents[2]
"""Where `app` is imported from; the child gets no other environment."""
_DECODER = msgspec.msgpack.Decoder(Frame)


def read_parquet(file: IO[bytes], name: str, options: ReadOptions, limits: ReadLimits) -> Iterator[Record | Reject]:
    """A Record or Reject for each row of `file`, which has a descriptor; rows count from 1."""
    origin = Origin(name)
    number = 0
    with _child(file, options, limits) as child:
        for frame in _frames(child, name, limits):
            if frame.fault:
                raise _error(frame, name, options, limits)
            for row in frame.rows:
                number += 1
                yield _item(row, origin, number, options=options, limits=limits)


def _item(
    row: dict[str, JsonValue], origin: Origin, number: int, *, options: ReadOptions, limits: ReadLimits
) -> Record | Reject:
    text = row.get(options.text_field)
    try:
        check_value(row)
        return make_record(row, origin, number, options=options, limits=limits)
    except RecordError as error:
        return Reject(origin.file, number, str(error.code), excerpt(text if isinstance(text, str) else ""))


@contextmanager
def _child(file: IO[bytes], options: ReadOptions, limits: ReadLimits) -> Iterator["subprocess.Popen[bytes]"]:
    """The running child; it is gone when the block ends, however it ends."""
    file.seek(0)
    size = os.fstat(file.fileno()).st_size
    by_ratio = max(limits.ratio_after_bytes, size * limits.max_ratio)
    request = Request(
        text_field=options.text_field,
        max_columns=limits.max_columns,
        max_bytes=min(limits.max_decompressed_bytes, by_ratio),
        memory_bytes=limits.child_memory_bytes,
        cpu_s=limits.child_cpu_s,
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "app.adapters.corpus_parquet_child", msgspec.json.encode(request).decode()],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={"PATH": os.defpath, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def _frames(child: "subprocess.Popen[bytes]", name: str, limits: ReadLimits) -> Iterator[Frame]:
    """The answer up to its end; raises BadParquetError for a child that dies, lies or falls silent."""
    assert child.stdout is not None
    fd = child.stdout.fileno()
    while True:
        size = int.from_bytes(_read_exactly(fd, 4, name, limits), "big")
        if size > _MAX_FRAME_BYTES:
            raise DecodedTooLargeError(file=name)
        try:
            frame = _DECODER.decode(_read_exactly(fd, size, name, limits))
        except msgspec.DecodeError:
            raise BadParquetError(file=name, reason="its decoder crashed") from None
        if frame.done:
            return
        yield frame


def _read_exactly(fd: int, size: int, name: str, limits: ReadLimits) -> bytes:
    data = bytearray()
    while len(data) < size:
        ready, _, _ = select.select([fd], [], [], limits.child_stall_s)
        if not ready:
            raise BadParquetError(file=name, reason="its decoder hangs")
        part = os.read(fd, size - len(data))
        if not part:
            raise BadParquetError(file=name, reason="its decoder crashed")
        data += part
    return bytes(data)


def _error(frame: Frame, name: str, options: ReadOptions, limits: ReadLimits) -> CorpusFileError:
    match frame.fault:
        case "decoded_too_large":
            return DecodedTooLargeError(file=name)
        case "too_many_columns":
            return TooManyColumnsError(file=name, limit=limits.max_columns)
        case "missing_column":
            return MissingColumnError(file=name, column=options.text_field, columns=excerpt(frame.detail))
        case "bad_column_type":
            return BadColumnTypeError(file=name, column=options.text_field, type=excerpt(frame.detail))
        case _:
            return BadParquetError(file=name, reason=excerpt(frame.detail))
