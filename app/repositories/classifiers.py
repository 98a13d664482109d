"""Rows of classifiers, of their evaluations, and of which one new jobs use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from app.db.tables import Classifier, ClassifierEvaluation
from app.errors import NotFoundError

Json = Mapping[str, Any]


@dataclass(frozen=True)
class ClassifierRow:
    """A classifier as stored, without its weights."""

    id: int
    name: str
    version: int
    state: str
    sha256: str | None
    source: dict[str, Any]
    card: dict[str, Any]
    report: dict[str, Any]
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class EvaluationRow:
    """An evaluation as stored."""

    id: int
    classifier_id: int
    state: str
    source: dict[str, Any]
    report: dict[str, Any]
    error: dict[str, Any] | None
    created_at: datetime
    finished_at: datetime | None


COLUMNS = [getattr(Classifier, name) for name in ClassifierRow.__dataclass_fields__]
EVALUATION_COLUMNS = [getattr(ClassifierEvaluation, name) for name in EvaluationRow.__dataclass_fields__]


def lock(session: Session) -> None:
    """Let one transaction at a time number versions and choose what is used."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('hornbook.classifiers'))"))


def add(session: Session, name: str, **columns: Any) -> int:
    """The next version of `name`; returns its id. Call `lock` before."""
    query = text("SELECT coalesce(max(version), 0) + 1 FROM classifiers WHERE name = :name")
    version = session.execute(query, {"name": name}).scalar_one()
    values = {"name": name, "version": version, **columns}
    return int(session.execute(insert(Classifier).values(**values).returning(Classifier.id)).scalar_one())


def get(session: Session, classifier_id: int) -> ClassifierRow:
    """The classifier; raises NotFoundError."""
    row = session.execute(select(*COLUMNS).where(Classifier.id == classifier_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="classifier", id=classifier_id)
    return ClassifierRow(*row)


def page(session: Session, *, before: int | None, limit: int) -> list[ClassifierRow]:
    """Classifiers, youngest first, older than `before`."""
    query = select(*COLUMNS).order_by(Classifier.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Classifier.id < before)
    return [ClassifierRow(*row) for row in session.execute(query)]


def of_name(session: Session, name: str, *, sha256: str) -> int | None:
    """The id of the ready version of `name` with these weights."""
    query = select(Classifier.id).where(
        Classifier.name == name, Classifier.sha256 == sha256, Classifier.state == "ready"
    )
    return session.execute(query.order_by(Classifier.id).limit(1)).scalar_one_or_none()


def weights(session: Session, sha256: str) -> bytes | None:
    """The weights with this digest."""
    query = select(Classifier.weights).where(Classifier.sha256 == sha256, Classifier.weights.is_not(None)).limit(1)
    found = session.execute(query).scalar_one_or_none()
    return None if found is None else bytes(found)


def change(session: Session, classifier_id: int, *, only_in: tuple[str, ...], **columns: Any) -> bool:
    """Update a classifier that is in one of the states `only_in`; False when it is not."""
    if columns.get("state") in ("ready", "failed"):
        columns["finished_at"] = text("now()")
    found = session.execute(
        update(Classifier)
        .where(Classifier.id == classifier_id, Classifier.state.in_(only_in))
        .values(**columns)
        .returning(Classifier.id)
    )
    return found.one_or_none() is not None


def fail(session: Session, classifier_id: int | None, evaluation_id: int | None, *, code: str, detail: str) -> None:
    """Record why a classifier, or one evaluation of it, could not be made."""
    error = {"code": code, "detail": detail}
    if evaluation_id is not None:
        finish_evaluation(session, evaluation_id, state="failed", error=error)
    elif classifier_id is not None:
        change(session, classifier_id, only_in=("labelling", "training"), state="failed", error=error)


def used(session: Session) -> int | None:
    """The id of the classifier that somebody chose for new jobs; None when nobody did."""
    query = text("SELECT classifier_id FROM classifier_uses WHERE rolled_back_at IS NULL ORDER BY id DESC LIMIT 1")
    found = session.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def use(session: Session, classifier_id: int) -> None:
    """Choose this one for new jobs."""
    session.execute(text("INSERT INTO classifier_uses (classifier_id) VALUES (:id)"), {"id": classifier_id})


def roll_back(session: Session) -> bool:
    """Undo the last choice; False when there is none."""
    query = text("""
        UPDATE classifier_uses SET rolled_back_at = now() WHERE id = (
            SELECT id FROM classifier_uses WHERE rolled_back_at IS NULL ORDER BY id DESC LIMIT 1) RETURNING id""")
    return session.execute(query).one_or_none() is not None


def add_evaluation(session: Session, classifier_id: int, *, source: Json) -> int:
    """A new evaluation that waits for its worker; returns its id."""
    values = {"classifier_id": classifier_id, "source": dict(source)}
    query = insert(ClassifierEvaluation).values(**values).returning(ClassifierEvaluation.id)
    return int(session.execute(query).scalar_one())


def evaluations(session: Session, classifier_id: int, *, limit: int = 50) -> list[EvaluationRow]:
    """A classifier's evaluations, youngest first."""
    query = select(*EVALUATION_COLUMNS).where(ClassifierEvaluation.classifier_id == classifier_id)
    rows = session.execute(query.order_by(ClassifierEvaluation.id.desc()).limit(limit))
    return [EvaluationRow(*row) for row in rows]


def evaluation(session: Session, evaluation_id: int) -> EvaluationRow:
    """One evaluation; raises NotFoundError."""
    query = select(*EVALUATION_COLUMNS).where(ClassifierEvaluation.id == evaluation_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(kind="evaluation", id=evaluation_id)
    return EvaluationRow(*row)


def finish_evaluation(session: Session, evaluation_id: int, **columns: Any) -> None:
    """End an evaluation with its report or its error."""
    columns["finished_at"] = text("now()")
    query = update(ClassifierEvaluation).where(ClassifierEvaluation.id == evaluation_id)
    session.execute(query.values(**columns))
