"""One corpus: what came in, what was stored, and which records were refused and why."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.dashboard.backend import MAX_ID, CurrentBackend, RowId
from app.dashboard.rendering import PageRoute, render
from app.repositories import corpora
from app.repositories.corpora import CorpusRow, RejectRow

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PAGE = 50

REJECT_CODES = {
    "invalid_utf8": "Not UTF-8.",
    "bad_json": "Not a whole JSON value.",
    "nul_char": "Holds a NUL character, which no database stores.",
    "bad_unicode": "Holds half of a character.",
    "line_too_long": "The line is over the cap.",
    "too_deep": "Nested too deep.",
    "bad_number": "A number that is none, or far too long.",
    "duplicate_key": "Says the same field twice.",
    "missing_text": "Has no text field.",
    "bad_type": "Its text is no string.",
    "empty_text": "Nothing to read in it.",
    "too_long": "More characters than the cap.",
}


@router.get("/corpora/{corpus_id}")
def corpus_page(
    backend: CurrentBackend,
    corpus_id: RowId,
    code: Annotated[str | None, Query(max_length=50, pattern=r"^[a-z0-9_]*$")] = None,
    after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0,
) -> HTMLResponse:
    """Its counts, and its rejects a page at a time."""

    def read(session: Session) -> tuple[CorpusRow, dict[str, int], list[RejectRow]]:
        corpus = corpora.get(session, corpus_id)
        found = corpora.rejects(session, corpus_id, after=after, limit=PAGE + 1, code=code or None)
        return corpus, corpora.reject_counts(session, corpus_id), found

    corpus, counts, rows = backend.read(read)
    return render(
        "corpus.html",
        corpus=corpus,
        counts=counts,
        rejects=rows[:PAGE],
        code=code or None,
        meanings=REJECT_CODES,
        more=rows[PAGE - 1].id if len(rows) > PAGE else None,
    )
