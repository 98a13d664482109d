"""Turns values into pages: the templates, what they may call, and errors as pages that say what to do."""

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.dashboard import assets, marking, wording
from app.db.session import is_transient
from app.errors import AppError

AWAY = "The database is away or busy. Nothing is lost: the work goes on as soon as it is back. Reload in a moment."


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("app.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": lambda value: f"{value:,}",
        "embedded_json": marking.embedded_json,
        "hidden_count": marking.hidden_count,
        "marked": marking.marked,
        "percent": lambda value: "–" if value is None else f"{100 * value:.0f}%",
        "plain": wording.plain,
        "readable": wording.readable,
        "shown": marking.shown,
        "size": _size,
        "usd": lambda micro: f"${micro / 1_000_000:,.4f}".rstrip("0").rstrip("."),
        "when": lambda at: at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    environment.globals |= {
        "asset": assets.address,
        "plotly_style_ids": assets.plotly_style_ids,
        "version": version("hornbook"),
        "words": wording,
    }
    return environment


def _finalize(value: object) -> object:
    """Marks hidden characters also where a template forgot to; only `shown` makes them elements."""
    return marking.marked(value) if type(value) is str else value


def _size(count: int | None) -> str:
    """Bytes as read. Example: 182344 is "178 kB"."""
    if count is None:
        return "–"
    for unit, factor in (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} bytes"


def render(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page."""
    page = _environment().get_template(template)
    return HTMLResponse(page.render(now=datetime.now(UTC), **values), status)


def fault(request: Request, status: int, message: str) -> HTMLResponse:
    """An error as a page."""
    title = HTTPStatus(status).phrase
    request_id = request.scope.get("request_id")
    return render("error.html", status=status, title=title, message=message, request_id=request_id)


class PageRoute(APIRoute):
    """A route whose errors are pages for people, where the API's are problem+json for programs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's own handler with its errors caught."""
        handler = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handler(request)
            except AppError as error:
                return fault(request, error.status, str(error))
            except RequestValidationError as error:
                named = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
                return fault(request, 422, f"This address asks for something that cannot be: {named[:500]}")
            except PoolTimeoutError:
                return fault(request, 503, AWAY)
            except DBAPIError as error:
                if not is_transient(error):
                    raise
                return fault(request, 503, AWAY)

        return shown
