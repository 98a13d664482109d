"""Resolves references to labelled passages: the label is ours, the text stays where its owner published it.

A line of a references file names a passage of the standard library, of a package's archive (fetched by `pip download`,
looked for in a folder, never unpacked to disk) or of a file of this project, with the sha256 of its text. What is not
there, or is not the text that was labelled, is skipped with a reason.
"""

import platform
import sysconfig
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import orjson

from app.adapters.labelled import Labelled, Skipped, UnreadableFileError
from app.domain.text import normalise, sha256

_MAX_FILE_BYTES = 8 * 1024 * 1024
STANDARD_LIBRARY = "python"


class Reference(msgspec.Struct, frozen=True):
    """One labelled passage."""

    path: str
    """Inside the archive, below its top folder; inside the standard library; or beside the references file."""
    edu: float
    """The label, 0 to 5."""
    sha256: str
    """Of the passage's text in UTF-8, hex."""
    package: str | None = None
    """A name on the package index, `python` for the standard library, None for a file of this project."""
    version: str | None = None
    lines: tuple[int, int] | None = None
    """From, and one past the last, counted from 0."""
    id: str | None = None
    """The record of a JSONL file of this project; its field `text` is the passage."""

    @property
    def source(self) -> str:
        """What passages of one origin share, who stay on one side of a fold; records of our own share none."""
        return self.package or f"{self.path} {self.id}"


@dataclass(frozen=True, slots=True)
class _Found:
    reference: Reference
    line: int
    text: str | None


def read_references(path: Path, packages: Path | None) -> Labelled:
    """The passages that can be had, in order of the file, with what was skipped and why.

    Skip codes: `bad_reference`, `absent` (package, version or file not there), `changed` (another text than labelled).
    Raises UnreadableFileError when the references file itself cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(path=path, reason=error.__class__.__name__) from error
    texts, labels, groups, skipped = [], [], [], []
    references: list[tuple[int, Reference]] = []
    for number, line in enumerate(raw.splitlines(), start=1):
        try:
            references.append((number, msgspec.json.decode(line, type=Reference)))
        except msgspec.DecodeError:
            skipped.append(Skipped(number, "bad_reference"))
    for found in _find(references, path.parent, packages):
        fits = found.text is not None and sha256(found.text).hex() == found.reference.sha256
        if not fits:
            skipped.append(Skipped(found.line, "absent" if found.text is None else "changed"))
            continue
        texts.append(normalise(found.text or ""))
        labels.append(found.reference.edu)
        groups.append(found.reference.source)
    return Labelled(path.name, sha256(raw.decode("utf-8", "replace")).hex(), texts, labels, groups, skipped, [])


def _find(references: list[tuple[int, Reference]], beside: Path, packages: Path | None) -> Iterator[_Found]:
    """Every reference with its text; an archive is opened once."""
    by_archive: dict[tuple[str | None, str | None], list[tuple[int, Reference]]] = {}
    for number, reference in references:
        by_archive.setdefault((reference.package, reference.version), []).append((number, reference))
    found: list[_Found] = []
    for (package, version), members in by_archive.items():
        wanted = {reference.path for _, reference in members}
        files = _files(package, version, wanted, beside, packages)
        for number, reference in members:
            found.append(_Found(reference, number, _passage(files.get(reference.path), reference)))
    yield from sorted(found, key=lambda item: item.line)


def _files(
    package: str | None, version: str | None, wanted: set[str], beside: Path, packages: Path | None
) -> dict[str, bytes]:
    """The contents of the wanted files as far as they are there."""
    if package is None:
        return _read(beside, wanted)
    if package == STANDARD_LIBRARY:
        fits = platform.python_version() == version
        return _read(Path(sysconfig.get_path("stdlib")), wanted) if fits else {}
    archive = packages / f"{package}-{version}.tar.gz" if packages else None
    return _unpack(archive, wanted) if archive and archive.is_file() else {}


def _read(folder: Path, wanted: set[str]) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in wanted if (folder / name).is_file()}


def _unpack(archive: Path, wanted: set[str]) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(archive) as source:
            for member in source:
                name = member.name.partition("/")[2]
                if member.isfile() and name in wanted and member.size <= _MAX_FILE_BYTES:
                    stream = source.extractfile(member)
                    contents[name] = stream.read() if stream else b""
    except (OSError, tarfile.TarError, EOFError):
        return {}
    return contents


def _passage(content: bytes | None, reference: Reference) -> str | None:
    """The referenced part of a file as labelled: whole lines with plain line ends, without the last one."""
    if content is None:
        return None
    if reference.id is not None:
        records = (orjson.loads(line) for line in content.splitlines() if line.strip())
        return next((str(record["text"]) for record in records if record.get("id") == reference.id), None)
    lines = content.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    low, high = reference.lines or (0, len(lines))
    return "\n".join(lines[low:high])
