"""Which format a file is of: by its first bytes, with the name as a second witness that must not contradict.

Only formats that hold no code and have a bounded reader are known. Arrow IPC, Feather, pickles and NumPy files are
refused by their magic: their readers have run or crashed on hostile input.
"""

import zlib
from enum import StrEnum
from pathlib import PurePosixPath

from app.adapters.corpus_errors import InvalidUtf8Error, UnsupportedMediaError


class Format(StrEnum):
    """How the bytes of a file become records."""

    jsonl = "jsonl"
    csv = "csv"
    text = "text"
    """One document a file."""
    code = "code"
    """One document a file, of kind code."""
    gzip = "gzip"
    """A compressed line format or text."""
    zstd = "zstd"
    zip = "zip"
    parquet = "parquet"


BINARY = frozenset({Format.gzip, Format.zstd, Format.zip, Format.parquet})
_MAGIC = {
    b"\x1f\x8b": Format.gzip,
    b"\x28\xb5\x2f\xfd": Format.zstd,
    b"PK\x03\x04": Format.zip,
    b"PK\x05\x06": Format.zip,
    b"PAR1": Format.parquet,
}
_REFUSED_MAGIC = {
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"\x93NUMPY": "a NumPy file",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x7fELF": "a program",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "a database",
    b"\xd0\xcf\x11\xe0": "an Office file",
}
_REFUSED_SUFFIXES = frozenset(
    suffix
    for suffixes in (
        ".feather .arrow .ipc .pkl .pickle .joblib .npy .npz",
        ".tar .tgz .7z .rar .bz2 .xz",
        ".exe .so .pdf",
    )
    for suffix in suffixes.split()
)
_SUFFIXES = {
    Format.jsonl: ".jsonl .ndjson .json .jsonlines",
    Format.csv: ".csv .tsv",
    Format.text: ".txt .text .md .markdown .rst .adoc .tex .log",
    Format.code: ".py .pyi .js .mjs .jsx .ts .tsx .c .h .cc .cpp .hpp .java .go .rs .rb .php .cs .kt .swift .scala "
    ".lua .r .jl .pl .sh .sql .hs .ml .ex .erl .dart .zig .css .html .xml .yaml .yml .toml .ini .cfg",
    Format.gzip: ".gz",
    Format.zstd: ".zst .zstd",
    Format.zip: ".zip",
    Format.parquet: ".parquet .pq",
}
_BY_SUFFIX = {suffix: format_ for format_, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_SNIFF_BYTES = 4096


COMPRESSED_SUFFIXES = (".gz", ".zst", ".zstd")


def magic_of(head: bytes) -> Format | None:
    """The binary format whose magic `head` begins with."""
    return next((found for start, found in _MAGIC.items() if head.startswith(start)), None)


def inner_name(name: str) -> str:
    """The name without the suffix of its compression: `a.jsonl` for `a.jsonl.gz`."""
    suffix = suffix_of(name)
    return name[: -len(suffix)] if suffix in COMPRESSED_SUFFIXES else name


def suffix_of(name: str) -> str:
    """The last suffix in lower case, with its dot; empty for `Makefile` and `.gitignore`."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower()


def decide_format(head: bytes, name: str, override: str | None = None) -> Format:
    """The format of a file that begins with `head`.

    Raises UnsupportedMediaError where content and name disagree or neither is known, InvalidUtf8Error for UTF-16.
    """
    suffix = suffix_of(name)
    named = _BY_SUFFIX.get(suffix)
    magic = magic_of(head)
    if suffix in _REFUSED_SUFFIXES:
        raise UnsupportedMediaError(file=name, reason=f"{suffix} files are not accepted")
    if magic is not None:
        if suffix and named is not magic:
            raise UnsupportedMediaError(file=name, reason=f"its content is {magic}, its name says {suffix}")
        return magic
    if named in BINARY:
        raise UnsupportedMediaError(file=name, reason=f"its name says {named}, its content does not")
    _refuse_binary(head, name)
    return _text_format(head, name, named, override)


def _refuse_binary(head: bytes, name: str) -> None:
    for start, what in _REFUSED_MAGIC.items():
        if head.startswith(start):
            raise UnsupportedMediaError(file=name, reason=f"it is {what}")
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise UnsupportedMediaError(file=name, reason="it is a pickle")
    if head[257:262] == b"ustar":
        raise UnsupportedMediaError(file=name, reason="it is a tar archive")
    if _is_zlib(head):
        raise UnsupportedMediaError(file=name, reason="it is zlib data")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or _looks_wide(head[:_SNIFF_BYTES]):
        raise InvalidUtf8Error(file=name)


def _is_zlib(head: bytes) -> bool:
    """Whether zlib data begins here, which is how joblib compresses its pickles; `x` plus any text letter is not."""
    if head[:2] not in (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda"):
        return False
    try:
        zlib.decompressobj().decompress(head, 1)
    except zlib.error:
        return False
    return True


def _looks_wide(head: bytes) -> bool:
    """Whether every second or more bytes are NUL, as in UTF-16 and UTF-32 without a mark."""
    return len(head) >= 4 and head.count(0) * 5 >= len(head) * 2


def _text_format(head: bytes, name: str, named: Format | None, override: str | None) -> Format:
    if override is not None:
        if override not in Format.__members__ or Format(override) in BINARY:
            raise UnsupportedMediaError(file=name, reason=f"its content is not {override}")
        return Format(override)
    if named is not None:
        return named
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return Format.jsonl
    if suffix_of(name):
        raise UnsupportedMediaError(file=name, reason="its kind is unknown; name the format")
    return Format.text
