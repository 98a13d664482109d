"""The list of jobs, one job with its rounds, and the buttons that pause, resume, cancel and export it."""

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session

from app.dashboard import charts, wording
from app.dashboard.backend import MAX_ID, Backend, CurrentBackend, RowId
from app.dashboard.batches import batch_words
from app.dashboard.rendering import PageRoute, render
from app.dashboard.rounds import RoundView, gates_of, round_view
from app.dashboard.spending import spend_tables
from app.db.session import transaction
from app.domain.config import recipe_of
from app.domain.exporting import ExportOptions
from app.domain.pricing import OFFLINE_MODEL
from app.domain.records import JobId
from app.domain.steps import Step
from app.errors import AppError
from app.repositories import acceptance, corpora, generations, jobs, rounds, sources
from app.repositories.acceptance import Acceptance
from app.repositories.budgets import BudgetRow
from app.repositories.corpora import CorpusRow
from app.repositories.exports import ExportRow
from app.repositories.rounds import RoundRow
from app.repositories.sources import CoverageRow
from app.services import exports as exports_service
from app.services import jobs as service
from app.services import recipes
from app.services.jobs import ENDED, JobView
from app.services.spending import Spending, old_prices, spending

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE = 25
"""Jobs, and corpora, on the first page."""
Move = Callable[[Session, JobId], list[Step]]
MOVES: dict[str, Move] = {"pause": service.pause, "resume": service.resume, "cancel": service.cancel}


class ForeignFormError(AppError):
    """This can only be asked for from Hornbook's own pages. Open the job again and use its button."""

    code = "cross_site"
    status = 403


@dataclass(frozen=True)
class Meter:
    """A budget: what is used of it."""

    name: str
    spent: str
    cap: str | None
    """None: no cap."""
    reserved: str | None
    """What calls in flight may still use; None when nothing is."""
    share: float | None
    """Spent over cap, [0, 1]."""


@dataclass(frozen=True)
class JobPage:
    """Everything the page of one job shows."""

    view: JobView
    corpus: CorpusRow
    rounds: list[RoundView]
    exports: list[ExportRow]
    spending: Spending
    sources: list[CoverageRow]
    """Long documents that were split, those covered least first."""


def meters(budget: BudgetRow) -> list[Meter]:
    """Calls, tokens and money; money only where some is asked for or spent."""
    found = [
        _meter("calls", budget.spent_calls, budget.cap_calls, budget.reserved_calls),
        _meter("tokens", budget.spent_tokens, budget.cap_tokens, budget.reserved_tokens),
    ]
    if budget.cap_micro is not None or budget.spent_micro or budget.reserved_micro:
        found.append(_meter("money_usd", budget.spent_micro, budget.cap_micro, budget.reserved_micro))
    return found


def time_meter(view: JobView, now: datetime) -> Meter | None:
    """Hours since the submission against their cap; None where none is set."""
    cap = view.config.budget.hours
    if cap is None:
        return None
    used = ((view.job.finished_at or now) - view.job.created_at).total_seconds() / 3600
    return Meter("time", wording.duration(used * 3600), wording.duration(cap * 3600), None, min(1.0, used / cap))


def _meter(name: str, spent: int, cap: int | None, reserved: int) -> Meter:
    def shown(value: int) -> str:
        return f"${value / 1_000_000:,.2f}" if name == "money_usd" else f"{value:,}"

    share = None if cap is None else min(1.0, spent / cap) if cap else 1.0
    return Meter(name, shown(spent), None if cap is None else shown(cap), shown(reserved) if reserved else None, share)


def progress_words(view: JobView) -> dict[str, object]:
    """What the live parts of a job say; `static/app.js` writes the same words when they change."""
    units = view.progress.units
    total = sum(units.values())
    left = units.get("ready", 0) + units.get("leased", 0)
    what = "parts" if view.progress.round == 0 else "calls"
    words = f"{total - left:,} of {total:,} {what} done"
    if units.get("leased"):
        words += f", {units['leased']:,} in flight"
    if view.progress.batches:
        words = words.replace("in flight", "at the provider")
    return {"share": (total - left) / total if total else 0.0, "words": words if total else "nothing asked yet"}


@router.get("/")
def home(backend: CurrentBackend, before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None) -> HTMLResponse:
    """All jobs, the youngest first, and the corpora."""

    def read(session: Session) -> tuple[list[JobView], bool, dict[int, Acceptance], list[CorpusRow]]:
        rows = jobs.page(session, before=before, limit=PAGE + 1)
        shown = rows[:PAGE]
        kept = acceptance.of_jobs(session, [row.id for row in shown])
        return service.views(session, shown), len(rows) > PAGE, kept, corpora.page(session, before=None, limit=PAGE)

    views, more, kept, sets = backend.read(read)
    return render(
        "home.html",
        views=views,
        acceptance=kept,
        corpora=sets,
        names={corpus.id: corpus.name for corpus in sets},
        meters=meters,
        progress_words=progress_words,
        older=views[-1].job.id if more else None,
        newest=before is None,
        active=any(view.job.state not in ENDED for view in views),
        offline=OFFLINE_MODEL,
    )


@router.get("/jobs/{job_id}")
def job_page(backend: CurrentBackend, job_id: RowId) -> HTMLResponse:
    """One job: where it stands, what it may use, and every round."""
    page = backend.read(lambda session: _read(session, job_id))
    view = page.view
    drawn = charts.over_rounds(page.rounds, view.config.targets)
    cost, timed = charts.cost(page.spending), time_meter(view, datetime.now(UTC))
    funnels = [chart for chart in map(charts.funnel, page.rounds) if chart]
    return render(
        "job.html",
        page=page,
        view=view,
        job=view.job,
        recipe=recipes.of_job(view.config),
        meters=[*meters(view.budget), *([timed] if timed else [])],
        progress=progress_words(view),
        ended=view.job.state in ENDED,
        offline=view.job.model == OFFLINE_MODEL,
        charts=drawn,
        drawn=[*drawn, *cost, *funnels],
        cost=cost,
        spend=spend_tables(page.spending),
        priced=page.spending.priced,
        old_prices=old_prices(view.job),
        moves=_moves(view.job.state),
        verdict=verdict_words(view),
        batches=[batch_words(asdict(batch)) for batch in view.progress.batches],
    )


def _read(session: Session, job_id: int) -> JobPage:
    view = service.view(session, JobId(job_id))
    counts, gates = rounds.unit_counts(session, job_id), gates_of(recipe_of(view.config))
    return JobPage(
        view,
        corpora.get(session, view.job.corpus_id),
        [_round(session, row, counts.get(row.id, {}), gates) for row in rounds.of_job(session, job_id)],
        exports_service.list_exports(session, JobId(job_id), limit=10),
        spending(session, JobId(job_id)),
        sorted(sources.coverage(session, job_id), key=lambda row: (row.coverage is None, row.coverage or 0.0))[:PAGE],
    )


def _round(session: Session, row: RoundRow, units: dict[str, int], gates: Collection[str]) -> RoundView:
    live = generations.funnel(session, row.id) if row.number and row.state != "settled" else None
    return round_view(row, units, gates, live)


def verdict_words(view: JobView) -> tuple[str, str | None]:
    """Where a job stands in one sentence, and the note behind it unless that says the same."""
    job = view.job
    if job.stop_reason:
        sentence = wording.STOPS.get(job.stop_reason, wording.plain(job.stop_reason))
    elif job.state == "running":
        number = view.progress.round
        sentence = f"At work on round {number}." if number else "Preparing the seeds."
    else:
        sentence = wording.STATES.get(job.state, wording.plain(job.state))
    note = job.note
    same = note is not None and note.rstrip(".").casefold() == sentence.rstrip(".").casefold()
    return sentence, None if same or not note else note[0].upper() + note[1:]


def _moves(state: str) -> list[str]:
    return {"queued": ["cancel"], "running": ["pause", "cancel"], "paused": ["resume", "cancel"]}.get(state, [])


def own_form(request: Request) -> None:
    """Lets a write through only from a page of this service; raises ForeignFormError.

    Stricter than the API, which programs may call without these headers: every browser sends at least Origin.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same_host = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if not (site == "same-origin" or (site is None and same_host)):
        raise ForeignFormError


@router.post("/jobs/{job_id}/{move}", dependencies=[Depends(own_form)])
def move_job(
    backend: CurrentBackend, job_id: RowId, move: Literal["pause", "resume", "cancel", "export"]
) -> RedirectResponse:
    """Do it, then show what came of it."""
    if move == "export":
        return RedirectResponse(_export(backend, JobId(job_id)), 303)
    with transaction(backend.engine) as session:
        steps = MOVES[move](session, JobId(job_id))
    backend.hints.send(steps)
    return RedirectResponse(f"/jobs/{job_id}", 303)


def _export(backend: Backend, job_id: JobId) -> str:
    with transaction(backend.engine) as session:
        export_id, steps = exports_service.create_export(session, job_id, ExportOptions())
    backend.hints.send(steps)
    return f"/exports/{export_id}"
