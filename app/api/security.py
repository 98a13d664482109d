"""Who may ask, and from where: API keys, the Host header, requests forged by other sites, and security headers."""

import time
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import token_hex
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.edge import Edge
from app.api.problems import RETRY_AFTER_S, problem
from app.services import api_keys
from app.settings import Settings

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What a load balancer asks without a key."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REMEMBER_S = 30.0
"""A verified key is not looked up again for so long, which is also how late a revocation may come."""
MAX_REMEMBERED = 1_000
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "cache-control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) is this machine only."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def keys_required(settings: Settings) -> bool:
    """Whether callers need a key: as set, else whenever other machines can reach the service."""
    if settings.require_api_key is not None:
        return settings.require_api_key
    return not is_loopback(settings.host)


@dataclass(frozen=True)
class _Refusal:
    """Why a request goes no further."""

    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()


class Security:
    """ASGI middleware in front of everything."""

    def __init__(self, app: ASGIApp, *, edge: Edge) -> None:
        self.app, self.edge = app, edge
        self.required = keys_required(edge.settings)
        self._known: dict[str, tuple[str, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, then let it through with headers on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = token_hex(8)
        request, answer = Request(scope), _with_headers(scope, send)
        refusal = self._foreign(request.headers, scope["method"]) or await self._unknown(scope, request.headers)
        if refusal is None:
            await self.app(scope, receive, answer)
            return
        headers = dict(refusal.headers)
        response: Response = problem(request, refusal.status, refusal.code, refusal.detail, headers=headers)
        await response(scope, receive, answer)

    def _foreign(self, headers: Headers, method: str) -> _Refusal | None:
        """Refuses another site's page: by name (DNS rebinding) or by a write that a browser sends for it."""
        host = headers.get("host", "")
        settings = self.edge.settings
        if not self.required and is_loopback(settings.host) and not _names_this_machine(host, settings):
            return _Refusal(421, "wrong_host", "This service answers under its own address only.")
        if method in SAFE_METHODS:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        foreign = (
            site not in ("same-origin", "none") if site else origin is not None and urlsplit(origin).netloc != host
        )
        return _Refusal(403, "cross_site", "Another site's page cannot change anything here.") if foreign else None

    async def _unknown(self, scope: Scope, headers: Headers) -> _Refusal | None:
        """Refuses a caller without a living key, where keys are required."""
        if not self.required or scope["path"] in OPEN_PATHS:
            return None
        raw = _presented(headers)
        if raw is None:
            return _unauthorized(scope["path"], "api_key_missing", "Send an API key: Authorization: Bearer hb_...")
        try:
            key_id = await self._verified(raw)
        except (DBAPIError, PoolTimeoutError):
            wait = (("Retry-After", str(RETRY_AFTER_S)),)
            return _Refusal(503, "database_unavailable", "The database is away or busy. Try again.", wait)
        if key_id is None:
            return _unauthorized(scope["path"], "api_key_invalid", "This API key is not valid here.")
        scope["api_key_id"] = key_id
        return None

    async def _verified(self, raw: str) -> str | None:
        now = time.monotonic()
        known = self._known.get(raw)
        if known and known[1] > now:
            return known[0]
        key_id = await run_in_threadpool(self.edge.read, lambda session: api_keys.verify(session, raw))
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known.pop(raw, None)
        if key_id is not None:
            self._known[raw] = (key_id, now + REMEMBER_S)
        return key_id


def _names_this_machine(host: str, settings: Settings) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    own = {settings.host.lower(), (urlsplit(settings.url).hostname or "") if settings.url else settings.host.lower()}
    return is_loopback(name) or name in own


def _presented(headers: Headers) -> str | None:
    """The key a caller sent: Bearer, X-API-Key, or the password of Basic, which is what browsers can send."""
    if "x-api-key" in headers:
        return headers["x-api-key"]
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return b64decode(value, validate=True).decode("ascii").partition(":")[2]
        except (Base64Error, ValueError):
            return ""
    return None


def _unauthorized(path: str, code: str, detail: str) -> _Refusal:
    scheme = "Bearer" if path.startswith("/v1/") else 'Basic realm="hornbook"'
    return _Refusal(401, code, detail, (("WWW-Authenticate", scheme),))


def _with_headers(scope: Scope, send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers["x-request-id"] = scope["request_id"]
        await send(message)

    return answer
