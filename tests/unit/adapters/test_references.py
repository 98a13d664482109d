"""Labelled references: found where their owner published them, skipped with a reason otherwise."""

import io
import json
import platform
import sysconfig
import tarfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.adapters.labelled import UnreadableFileError
from app.adapters.references import read_references

SOURCE = "first\nsecond\nthird\nfourth\n"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def package(folder: Path) -> None:
    with tarfile.open(folder / "parcel-1.0.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("parcel-1.0/docs/intro.rst")
        member.size = len(SOURCE)
        archive.addfile(member, io.BytesIO(SOURCE.encode()))


def references(folder: Path, *records: dict[str, Any] | str) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("\n".join(record if isinstance(record, str) else json.dumps(record) for record in records))
    return path


def of_package(**changes: Any) -> dict[str, Any]:
    passage = {
        "package": "parcel", "version": "1.0", "path": "docs/intro.rst", "lines": [1, 3],
        "sha256": digest("second\nthird"), "edu": 2.5,
    }  # fmt: skip
    return passage | changes


def test_a_passage_of_a_package_is_read_from_its_archive(tmp_path: Path) -> None:
    package(tmp_path)
    found = read_references(references(tmp_path, of_package()), tmp_path)
    assert (found.texts, found.labels, found.groups, found.skipped) == (["second\nthird"], [2.5], ["parcel"], [])


def test_a_passage_of_the_standard_library_is_read_from_this_python(tmp_path: Path) -> None:
    text = (Path(sysconfig.get_path("stdlib")) / "keyword.py").read_text()
    passage = of_package(package="python", version=platform.python_version(), path="keyword.py", lines=None)
    found = read_references(references(tmp_path, passage | {"sha256": digest(text)}), None)
    assert found.texts == [text]


def test_a_record_beside_the_file_is_found_by_its_id(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_text(
        json.dumps({"id": "a", "text": "No."}) + "\n" + json.dumps({"id": "b", "text": "Yes."})
    )
    passage = {"path": "own.jsonl", "id": "b", "sha256": digest("Yes."), "edu": 1}
    found = read_references(references(tmp_path, passage), None)
    assert (found.texts, found.groups) == (["Yes."], ["own.jsonl b"])


def test_what_is_not_there_or_not_the_same_is_skipped_with_a_reason(tmp_path: Path) -> None:
    package(tmp_path)
    path = references(
        tmp_path,
        of_package(),
        of_package(version="2.0"),
        of_package(path="docs/other.rst"),
        of_package(lines=[0, 2]),
        of_package(package="python", version="2.7"),
        "{broken",
        {"path": "own.jsonl", "id": "b", "sha256": digest("Yes."), "edu": 1},
    )
    found = read_references(path, tmp_path)
    assert len(found.texts) == 1
    assert Counter(record.code for record in found.skipped) == {"absent": 4, "changed": 1, "bad_reference": 1}
    assert {record.line for record in found.skipped} == {2, 3, 4, 5, 6, 7}


def test_without_the_packages_their_passages_are_absent(tmp_path: Path) -> None:
    found = read_references(references(tmp_path, of_package()), None)
    assert [(record.line, record.code) for record in found.skipped] == [(1, "absent")]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match=r"none\.jsonl"):
        read_references(tmp_path / "none.jsonl", None)
