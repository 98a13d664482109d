"""Classifiers: which there are, which one new jobs use, and how good each is on documents it has not seen."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.dashboard import wording
from app.dashboard.backend import MAX_ID, CurrentBackend, RowId
from app.dashboard.jobs import own_form
from app.dashboard.rendering import PageRoute, render
from app.db.session import transaction
from app.repositories import classifier_labels, classifiers
from app.repositories.classifiers import ClassifierRow, EvaluationRow
from app.services import classifiers as service

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE = 50
AT_WORK = frozenset({"labelling", "training"})


@dataclass(frozen=True)
class ReportRow:
    """One line of a report: who scored which documents, and how well."""

    documents: str
    n: int
    scored_by: str
    cells: list[tuple[str, str]]
    """Spearman, F1 at 3 and mean error, each with its limits."""


@dataclass(frozen=True)
class ReportView:
    """A report as people read it."""

    rows: list[ReportRow]
    level: float
    good: int
    n: int
    confusion: list[list[int]]
    ceiling: bool
    reviews: str | None
    """What labels from reviews are worth; None where they come from elsewhere."""
    flattered: bool
    """Whether the shipped classifier was trained on the same file."""


def report_view(name: str, report: dict[str, Any]) -> ReportView | None:
    """The report's lines: both classifiers and their difference by kind, then the ceiling; None without a report."""
    if not report:
        return None
    rows = []
    for part, own in report["own"].items():
        rows.append(ReportRow(part, own["n"], name, _cells(own)))
        rows.append(ReportRow("", own["n"], "shipped", _cells(report["other"][part])))
        rows.append(ReportRow("", own["n"], "difference", _cells(report["difference"][part])))
    if report["ceiling"]:
        rows.append(ReportRow("labelled twice", report["ceiling"]["n"], "the second label", _cells(report["ceiling"])))
    return ReportView(
        rows=rows,
        level=report["level"],
        good=report["good"],
        n=report["n"],
        confusion=report["confusion"],
        ceiling=report["ceiling"] is not None,
        reviews=wording.reviews_sentence(report["reviews"]) if report.get("reviews") else None,
        flattered=report.get("other_saw_it", False),
    )


def _cells(figures: dict[str, Any]) -> list[tuple[str, str]]:
    found = (figures[name] for name in ("spearman", "f1_at_3", "mae"))
    return [(f"{value:.2f}", f"({low:.2f} to {high:.2f})") for value, low, high in found]


def origin(row: ClassifierRow) -> str:
    """Where its labels come from, in words."""
    source = row.source
    match source["kind"]:
        case "file":
            return f"labels in {source['file']}"
        case "llm":
            return f"labels by {source['model']} on corpus {source['corpus_id']}"
        case "judge":
            return f"{source['scores']} scores by the judge of job {', '.join(map(str, source['jobs']))}"
        case "reviews":
            return f"{source['reviews']} reviews of job {', '.join(map(str, source['jobs']))}"
        case _:
            return "came with Hornbook"


@router.get("/classifiers")
def list_page(backend: CurrentBackend, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None) -> HTMLResponse:
    """All of them, the youngest first."""

    def read(session: Session) -> tuple[int, list[ClassifierRow], dict[int, dict[str, int]]]:
        used = service.in_use(session).id
        rows = classifiers.page(session, before=before, limit=PAGE + 1)
        return used, rows, classifier_labels.counts(session, [row.id for row in rows])

    used, rows, labels = backend.read(read)
    return render(
        "classifiers.html",
        rows=rows[:PAGE],
        labels=labels,
        used=used,
        origin=origin,
        cells=_cells,
        own=any(row.name != service.SHIPPED for row in rows),
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        newest=before is None,
        active=any(row.state in AT_WORK for row in rows),
    )


@router.get("/classifiers/{classifier_id}")
def classifier_page(backend: CurrentBackend, classifier_id: RowId) -> HTMLResponse:
    """One of them with its reports."""

    def read(session: Session) -> tuple[int, ClassifierRow, dict[str, int], list[EvaluationRow]]:
        row = classifiers.get(session, classifier_id)
        labels = classifier_labels.counts(session, [row.id]).get(row.id, {})
        return service.in_use(session).id, row, labels, classifiers.evaluations(session, row.id)

    used, row, labels, evaluations = backend.read(read)
    name = f"{row.name} {row.version}"
    return render(
        "classifier.html",
        row=row,
        name=name,
        used=row.id == used,
        labels=labels,
        origin=origin(row),
        report=report_view(name, row.report),
        evaluations=[(one, report_view(name, one.report)) for one in evaluations],
        active=row.state in AT_WORK or any(one.state == "running" for one in evaluations),
    )


@router.post("/classifiers/{classifier_id}/{move}", dependencies=[Depends(own_form)])
def choose(backend: CurrentBackend, classifier_id: RowId, move: Literal["use", "rollback"]) -> RedirectResponse:
    """Let new jobs use it, or undo the last choice; then show what they use now."""
    with transaction(backend.engine) as session:
        row = service.use(session, classifier_id) if move == "use" else service.roll_back(session)
    return RedirectResponse(f"/classifiers/{row.id}", 303)
