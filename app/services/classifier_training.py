"""Trains and evaluates a classifier in three beats: labels from the rows or a stored file, the fit, one fenced write.

A fifth of the documents is set aside before anything is fitted; the classifier that is stored is the one the report is
about. The shipped classifier is judged on the very same documents; where it was trained on them, it is flattered.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.adapters.labelled import Fields, Labelled, read_labelled
from app.adapters.models import shipped_card, shipped_classifier
from app.adapters.storage import Storage
from app.domain.education import FORMAT, Classifier, dump_classifier, load_classifier
from app.domain.education_training import TrainingReport, train_classifier
from app.domain.held_out import Judged, held_out, judge
from app.domain.reviews import label_of
from app.domain.text import guess_kind
from app.domain.text import sha256 as text_sha256
from app.domain.tokens import tokenise
from app.errors import InvalidInputError
from app.repositories import classifier_labels, classifiers, findings, reviews
from app.repositories.classifiers import ClassifierRow
from app.repositories.units import ClaimedUnit
from app.services import failures
from app.services.classifiers import pinned_weights

RNG_SEED = 0
_CHUNK = 256
_NAMED_SKIPS = 20
"""Records that could not be used, named by line in a card or an error."""


class UnusableLabelsError(InvalidInputError):
    """{reason}"""

    code = "unusable_labels"


@dataclass(frozen=True)
class Labels:
    """Labelled documents, wherever they come from."""

    texts: Sequence[str]
    labels: Sequence[float]
    groups: Sequence[str] | None
    pairs: Sequence[tuple[float, float]]
    """Two labels of one document each."""
    skipped: Sequence[tuple[int, str]] = ()
    """(line, code) of records that could not be used."""
    file_sha256: str | None = None
    scored: Sequence[bool] | None = None
    """Of labels from reviews: whether the reader gave the score, or only decided. None: they come from elsewhere."""

    def complaint(self) -> str:
        """The skipped records in words. Example: ` Skipped: line 3 bad_json, line 9 bad_label and 4 more.`"""
        named = ", ".join(f"line {line} {code}" for line, code in self.skipped[:_NAMED_SKIPS])
        more = len(self.skipped) - _NAMED_SKIPS
        return f" Skipped: {named}{f' and {more} more' if more > 0 else ''}." if named else ""


@dataclass(frozen=True)
class Trained:
    """A classifier with all that is stored of it."""

    weights: bytes
    card: dict[str, Any]
    report: dict[str, Any]


def llm_labels(session: Session, classifier_id: int) -> Labels:
    """The labels that an LLM gave; of a document labelled twice the mean."""
    found = classifier_labels.labelled(session, classifier_id)
    return Labels(
        [text for text, _ in found],
        [sum(scores) / len(scores) for _, scores in found],
        None,
        [(scores[0], scores[1]) for _, scores in found if len(scores) > 1],
    )


def review_labels(session: Session, source: dict[str, Any]) -> Labels:
    """What people said of the texts of some jobs, up to the review that the source names."""
    found = reviews.texts(session, source["jobs"], last=source["last_review"])
    return Labels(
        [one.text for one in found],
        [label_of(one.decision, one.score) for one in found],
        [one.family for one in found],
        (),
        scored=[one.score is not None for one in found],
    )


def judge_labels(session: Session, source: dict[str, Any]) -> Labels:
    """What the judge of some jobs said of their texts, up to the finding that the source names."""
    found = findings.labels(session, source["jobs"], last=source["last_finding"])
    return Labels(
        [text for text, _, _ in found], [score for _, score, _ in found], [group for _, _, group in found], ()
    )


def file_labels(storage: Storage, source: dict[str, Any]) -> Labels:
    """The labels of a stored file; raises UnreadableFileError, TooLargeError or StoredFileMissingError."""
    read: Labelled = read_labelled(storage.path(source["id"]), Fields(**source["fields"]), shown_as=source["file"])
    skipped = [(record.line, record.code) for record in read.skipped]
    return Labels(read.texts, read.labels, read.groups, read.pairs, skipped, read.sha256)


def think_train(data: Labels) -> Trained:
    """Fit on four fifths, judge on the rest; raises UnusableLabelsError with the lines that could not be used."""
    try:
        mask = held_out(len(data.texts), data.groups, rng_seed=RNG_SEED)
        fitted = np.flatnonzero(~mask).tolist()
        classifier, training = train_classifier(
            [data.texts[at] for at in fitted],
            [data.labels[at] for at in fitted],
            rng_seed=RNG_SEED,
            groups=None if data.groups is None else [data.groups[at] for at in fitted],
        )
    except InvalidInputError as error:
        raise UnusableLabelsError(reason=str(error) + data.complaint()) from error
    judged = np.flatnonzero(mask).tolist()
    weights = dump_classifier(classifier)
    report = report_on(
        load_classifier(weights), [data.texts[at] for at in judged], [data.labels[at] for at in judged], data.pairs
    )
    report["other_saw_it"] = shipped_saw(data.file_sha256)
    if data.scored is not None:
        report["reviews"] = {
            "labels": len(data.scored),
            "scored": sum(data.scored),
            "held_out": len(judged),
            "held_out_scored": sum(data.scored[at] for at in judged),
        }
    return Trained(weights, card(data, weights, training), report)


def shipped_saw(file_sha256: str | None) -> bool:
    """Whether the shipped classifier was made from this very file, which flatters it."""
    return file_sha256 is not None and file_sha256.encode() in orjson.dumps(shipped_card())


def report_on(
    classifier: Classifier, texts: Sequence[str], labels: Sequence[float], pairs: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """The report on some labelled documents, beside the shipped classifier."""
    shipped = shipped_classifier()
    judged = Judged(
        np.asarray(labels, dtype=np.float64),
        [guess_kind(text).value for text in texts],
        _scores(classifier, texts),
        _scores(shipped, texts),
    )
    return {**judge(judged, pairs, rng_seed=RNG_SEED), "other_sha256": shipped.sha256}


def card(data: Labels, weights: bytes, training: TrainingReport) -> dict[str, Any]:
    """The model card of a trained classifier; holds no date, so that the same labels make the same card."""
    counts = Counter(str(int(label + 0.5)) for label in data.labels)
    return {
        "model": "hornbook educational classifier",
        "format": FORMAT,
        "sha256": sha256(weights).hexdigest(),
        "scale": "0 to 5, educational value as its labels mean it",
        "training": {
            "n": training.n,
            "held_out": len(data.texts) - training.n,
            "groups": training.groups if data.groups is not None else None,
            "strength": training.strength,
            "style_shift": round(training.style_shift, 4),
            "labels": {key: counts[key] for key in sorted(counts)},
            "skipped": dict(Counter(code for _, code in data.skipped)),
            "skipped_lines": [{"line": line, "code": code} for line, code in data.skipped[:_NAMED_SKIPS]],
        },
    }


def write_train(session: Session, unit: ClaimedUnit, trained: Trained) -> None:
    """Make the classifier ready, in one transaction with the end of its unit; raises LostLeaseError."""
    failures.finish_or_lose(session, unit)
    assert unit.classifier_id is not None
    classifiers.change(
        session,
        unit.classifier_id,
        only_in=("training",),
        state="ready",
        sha256=trained.card["sha256"],
        weights=trained.weights,
        card=trained.card,
        report=trained.report,
        error=None,
    )


def think_evaluate(weights: bytes, data: Labels, seen: set[bytes]) -> dict[str, Any]:
    """The report on documents that are not among those it was made from; raises UnusableLabelsError without any."""
    kept = [at for at, text in enumerate(data.texts) if text_sha256(text) not in seen]
    if not kept:
        known = f" {len(data.texts)} were among the documents it was made from." if data.texts else ""
        raise UnusableLabelsError(reason=f"There is no labelled document to judge by.{known}{data.complaint()}")
    texts, labels = [data.texts[at] for at in kept], [data.labels[at] for at in kept]
    report = report_on(load_classifier(weights), texts, labels, data.pairs)
    return {
        **report,
        "other_saw_it": shipped_saw(data.file_sha256),
        "left_out": len(data.texts) - len(kept),
        "skipped": dict(Counter(code for _, code in data.skipped)),
    }


def read_evaluate(session: Session, unit: ClaimedUnit) -> tuple[ClassifierRow, bytes, dict[str, Any]]:
    """The classifier, its weights and what it is judged on."""
    assert unit.classifier_id is not None
    row = classifiers.get(session, unit.classifier_id)
    assert row.sha256 is not None
    source = classifiers.evaluation(session, unit.payload["evaluation"]).source
    return row, pinned_weights(session, row.sha256), source


def write_evaluate(session: Session, unit: ClaimedUnit, report: dict[str, Any]) -> None:
    """Store a report with the end of its unit; raises LostLeaseError."""
    failures.finish_or_lose(session, unit)
    classifiers.finish_evaluation(session, unit.payload["evaluation"], state="ready", report=report)


def _scores(classifier: Classifier, texts: Sequence[str]) -> NDArray[np.float64]:
    batches = (tokenise(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK))
    return np.concatenate([classifier.predict(batch) for batch in batches])
