"""The process that decodes one Parquet file under limits; run as `python -m app.adapters.corpus_parquet_child`.

Hostile files make decoders crash, read wild or allocate without end (701 bytes can claim 100 GB), so decoding happens
where a crash costs one file. Standard input is the file itself, the request is the only argument, the answer goes to
standard output as frames: 4 bytes of length, then msgpack of `Frame`.
"""

import os
import resource
import sys
from pathlib import Path
from typing import IO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from app.adapters.corpus_parquet_frames import Frame, Request
from app.domain.ingest import JsonValue

_STATM = Path("/proc/self/statm")
_BATCH_ROWS = 64
_THRIFT_BYTES = 16 << 20
_THRIFT_ITEMS = 200_000
_ROW_BYTES = 8 << 20
"""Decoded bytes one row may take on average in a batch before the file counts as a bomb."""


class _FileError(Exception):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def main() -> None:
    """Answer the request in `sys.argv[1]` about the file on standard input."""
    request = msgspec.json.decode(sys.argv[1].encode(), type=Request)
    limit_process(request)
    out = os.fdopen(os.dup(1), "wb")
    try:
        _send_rows(out, request)
        frame = Frame(done=True)
    except _FileError as fault:
        frame = Frame(fault=fault.code, detail=fault.detail)
    except (MemoryError, pa.ArrowMemoryError):
        frame = Frame(fault="decoded_too_large")
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        frame = Frame(fault="bad_parquet", detail=str(error).split("\n", 1)[0][:200])
    _send(out, frame)
    out.close()


def limit_process(request: Request) -> None:
    """From here on: bounded memory on top of what the imports took, bounded CPU, no file written, no core."""
    limits = [(resource.RLIMIT_CPU, request.cpu_s), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)]
    # Only Linux says what is taken; macOS ignores RLIMIT_AS anyway and keeps the caps on decoded bytes.
    if _STATM.exists():
        taken = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        limits.append((resource.RLIMIT_AS, taken + request.memory_bytes))
    for name, value in limits:
        resource.setrlimit(name, (value, value))


def _send(out: IO[bytes], frame: Frame) -> None:
    data = msgspec.msgpack.encode(frame)
    out.write(len(data).to_bytes(4, "big") + data)
    out.flush()


def _send_rows(out: IO[bytes], request: Request) -> None:
    source = pa.PythonFile(os.fdopen(0, "rb"), mode="r")
    file = pq.ParquetFile(
        source,
        pre_buffer=False,
        thrift_string_size_limit=_THRIFT_BYTES,
        thrift_container_size_limit=_THRIFT_ITEMS,
        arrow_extensions_enabled=False,
    )
    columns = _columns(file, request)
    decoded = 0
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns, use_threads=False):
        batch.validate(full=True)
        arrays = [_storage(array) for array in batch.columns]
        size = sum(array.nbytes for array in arrays)
        decoded += size
        if size > _BATCH_ROWS * _ROW_BYTES or decoded > request.max_bytes:
            raise _FileError("decoded_too_large")
        _send(out, Frame(rows=_plain_rows(batch.schema.names, arrays)))


def _storage(array: pa.Array) -> pa.Array:
    """The plain array under extension types and dictionaries, so that its size is the size of its values."""
    if isinstance(array, pa.ExtensionArray):
        return _storage(array.storage)
    return array.dictionary_decode() if isinstance(array, pa.DictionaryArray) else array


def _plain_rows(names: list[str], arrays: list[pa.Array]) -> list[dict[str, JsonValue]]:
    """The rows with their values in JSON form; a null is an absent field."""
    columns = [array.to_pylist() for array in arrays]
    return [
        {name: _plain(value) for name, value in zip(names, values, strict=True) if value is not None}
        for values in zip(*columns, strict=True)
    ]


def _columns(file: pq.ParquetFile, request: Request) -> list[str]:
    """The columns to read: the text and every other whose values JSON can hold."""
    if file.metadata.num_columns > request.max_columns:
        raise _FileError("too_many_columns")
    schema = file.schema_arrow
    if schema.names.count(request.text_field) != 1:
        raise _FileError("missing_column", ", ".join(schema.names))
    if len(set(schema.names)) != len(schema.names):
        raise _FileError("bad_parquet", "two columns have one name")
    type_ = schema.field(request.text_field).type
    if not _is_text(type_):
        raise _FileError("bad_column_type", str(type_))
    return [field.name for field in schema if _is_plain(field.type)]


def _storage_type(type_: pa.DataType) -> pa.DataType:
    if isinstance(type_, pa.BaseExtensionType):
        return _storage_type(type_.storage_type)
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _is_text(type_: pa.DataType) -> bool:
    inner = _storage_type(type_)
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner))


def _is_plain(type_: pa.DataType) -> bool:
    """Whether the values are scalars, or lists of scalars, that have a JSON form; bytes, maps and structs have none."""
    types = pa.types
    type_ = _storage_type(type_)
    if types.is_list(type_) or types.is_large_list(type_):
        return not types.is_nested(type_.value_type) and _is_plain(type_.value_type)
    if _is_text(type_):
        return True
    return bool(
        types.is_integer(type_)
        or types.is_floating(type_)
        or types.is_boolean(type_)
        or types.is_decimal(type_)
        or types.is_temporal(type_)
        or types.is_null(type_)
    )


def _plain(value: object) -> JsonValue:
    """The JSON form of a value: dates in ISO 8601, decimals and durations as their text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat is not None else str(value)


if __name__ == "__main__":
    main()
