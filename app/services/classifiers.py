"""Which classifiers there are, which one new jobs use, and the weights that a job has pinned.

The shipped classifier is a row like any other, so that a job keeps its weights when a newer Hornbook ships others.
"""

from functools import lru_cache
from hashlib import sha256

from sqlalchemy.orm import Session

from app.adapters.models import shipped_card, shipped_classifier_blob
from app.domain.education import InvalidClassifierError, load_classifier
from app.errors import AppError, ConflictError
from app.repositories import classifiers
from app.repositories.classifiers import ClassifierRow

SHIPPED = "shipped"
"""The name of the classifiers that came with Hornbook; nobody else's may have it."""


class ClassifierNotReadyError(ConflictError):
    """Classifier {id} is {state}; only a ready one can be used."""

    code = "classifier_not_ready"


class NothingToRollBackError(ConflictError):
    """New jobs use the shipped classifier already; there is no earlier choice to go back to."""

    code = "nothing_to_roll_back"


class ClassifierMissingError(AppError):
    """The classifier {sha256} that the job pinned at submission is not in the database any more."""

    code = "classifier_missing"
    status = 409


class ClassifierUnreadableError(ConflictError):
    """This version of Hornbook cannot read classifier {sha256}: {reason} Train it again, or choose another one."""

    code = "classifier_unreadable"


def ensure_shipped(session: Session) -> int:
    """The id of this version's own classifier, stored at its first use."""
    blob = shipped_classifier_blob()
    digest = sha256(blob).hexdigest()
    known = classifiers.of_name(session, SHIPPED, sha256=digest)
    if known is not None:
        return known
    classifiers.lock(session)
    known = classifiers.of_name(session, SHIPPED, sha256=digest)
    if known is not None:
        return known
    source, card = {"kind": "shipped"}, shipped_card()
    return classifiers.add(session, SHIPPED, state="ready", sha256=digest, weights=blob, source=source, card=card)


def in_use(session: Session) -> ClassifierRow:
    """The classifier that new jobs pin: the one chosen last, else the shipped one of this version."""
    chosen = classifiers.used(session)
    return classifiers.get(session, ensure_shipped(session) if chosen is None else chosen)


def for_new_job(session: Session) -> str:
    """The sha256 (hex) of the weights that a job submitted now pins."""
    digest = in_use(session).sha256
    assert digest is not None
    # Refused now, not after the seeds were read: weights may be of a format that an older version trained.
    pinned_weights(session, digest)
    return digest


def pinned_weights(session: Session, digest: str) -> bytes:
    """The weights of a job, checked against their digest and found readable.

    Raises ClassifierMissingError or ClassifierUnreadableError. Jobs from before classifiers were stored pinned the
    shipped one without storing it.
    """
    found = classifiers.weights(session, digest) or shipped_classifier_blob()
    if sha256(found).hexdigest() != digest:
        raise ClassifierMissingError(sha256=digest)
    fault = _fault(found)
    if fault is not None:
        raise ClassifierUnreadableError(sha256=digest[:16], reason=fault)
    return found


@lru_cache(maxsize=8)
def _fault(weights: bytes) -> str | None:
    """Why this version cannot read some weights; None when it can."""
    try:
        load_classifier(weights)
    except InvalidClassifierError as error:
        return str(error).rstrip(".") + "."
    return None


def use(session: Session, classifier_id: int) -> ClassifierRow:
    """Let new jobs use this classifier; running ones keep theirs. Raises ClassifierNotReadyError."""
    classifiers.lock(session)
    ensure_shipped(session)
    row = classifiers.get(session, classifier_id)
    if row.state != "ready":
        raise ClassifierNotReadyError(id=classifier_id, state=row.state)
    assert row.sha256 is not None
    pinned_weights(session, row.sha256)
    if in_use(session).id != classifier_id:
        classifiers.use(session, classifier_id)
    return row


def roll_back(session: Session) -> ClassifierRow:
    """Undo the last `use`; the one that new jobs use from now on. Raises NothingToRollBackError."""
    classifiers.lock(session)
    if not classifiers.roll_back(session):
        raise NothingToRollBackError
    return in_use(session)
