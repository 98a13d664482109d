"""The model weights and word lists that ship inside the package."""

from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec
import orjson

from app.domain.education import Classifier, load_classifier
from app.domain.education_audit import Audit, load_audit


@lru_cache(maxsize=1)
def shipped_classifier_blob() -> bytes:
    """The educational classifier of this version as stored; its card lies beside it as `education.json`."""
    return files("app").joinpath("models/education.npz").read_bytes()


@lru_cache(maxsize=1)
def shipped_classifier() -> Classifier:
    """The educational classifier of this version, ready to use."""
    return load_classifier(shipped_classifier_blob())


@lru_cache(maxsize=1)
def shipped_audit_blob() -> bytes:
    """The audit model as stored: trained once on the gold labels and never again, however classifiers change."""
    return files("app").joinpath("models/audit.npz").read_bytes()


@lru_cache(maxsize=1)
def shipped_audit() -> Audit:
    """The audit model, ready to use."""
    return load_audit(shipped_audit_blob())


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text whose score is known, with which the judge itself is judged."""

    name: str
    expected: float
    """0 to 5, by the rubric."""
    text: str


@lru_cache(maxsize=1)
def canaries() -> tuple[Canary, ...]:
    """The canaries of this version, in the order in which they are used."""
    lines = files("app").joinpath("models/canaries.jsonl").read_bytes().splitlines()
    return tuple(msgspec.json.decode(line, type=Canary) for line in lines)


@lru_cache(maxsize=1)
def shipped_card() -> dict[str, object]:
    """The model card of this version's educational classifier."""
    card = orjson.loads(files("app").joinpath("models/education.json").read_bytes())
    assert isinstance(card, dict)
    return card


def word_list_path(name: str) -> Path:
    """Where a word list of this version lies; hornbook is never run from a zip."""
    return Path(str(files("app").joinpath("lists", name)))
