"""The few static files, under addresses that change with their content, so that browsers may keep them for good."""

import gzip
import re
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.errors import NotFoundError

router = APIRouter(include_in_schema=False)

FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    "app.css": "text/css; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "logo.svg": "image/svg+xml",
    "plotly.min.js": "text/javascript; charset=utf-8",
}


@lru_cache(maxsize=8)
def content(name: str) -> bytes:
    """The bytes of a static file; raises NotFoundError. Plotly's come out of its own package."""
    if name not in TYPES:
        raise NotFoundError(kind="static file", id=name[:100])
    if name == "plotly.min.js":
        return (files("plotly") / "package_data" / name).read_bytes()
    return (files("app.dashboard") / "static" / name).read_bytes()


@lru_cache(maxsize=8)
def _digest(name: str) -> str:
    return sha256(content(name)).hexdigest()[:12]


@lru_cache(maxsize=8)
def _packed(name: str) -> bytes:
    """Plotly is 4.8 MB, a third of it packed; done once a process."""
    return gzip.compress(content(name), 6, mtime=0)


@lru_cache(maxsize=1)
def plotly_style_ids() -> tuple[str, ...]:
    """Ids of style elements that plotly.js adds for its maps as soon as it is loaded, unless they are there already.

    A page that has them stays within `style-src 'self'`; the maps are not used here.
    """
    return tuple(
        found.decode() for found in re.findall(rb'getElementById\("([0-9a-f]{64})"\)', content("plotly.min.js"))
    )


def address(name: str) -> str:
    """Where a page finds the file."""
    return f"/static/{name}?v={_digest(name)}"


@router.get("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """The file, packed when the browser takes that."""
    body = content(name)
    headers = {"vary": "accept-encoding"}
    # An old page may still ask for an old version: what it gets then must not be kept under that address.
    headers["cache-control"] = FOREVER if request.query_params.get("v") == _digest(name) else "no-cache"
    if "gzip" in request.headers.get("accept-encoding", ""):
        body = _packed(name)
        headers["content-encoding"] = "gzip"
    return Response(body, media_type=TYPES[name], headers=headers)
