"""Bounds request bodies as they come: bytes are counted, whatever Content-Length says, and so is time."""

import asyncio
import re

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

MAX_BODY_BYTES = 1_048_576
"""A request that is no upload: configs of a job are a few kB."""
BODY_S = 30.0
"""Such a request must have arrived after this long."""
UPLOADS = frozenset({"/v1/corpora"})
"""Paths that stream and count for themselves."""
LABELLED = re.compile(r"/v1/classifiers(?:/\d{1,19}/evaluation)?\Z")
"""Paths that do so for forms; their JSON is small."""


class _TooLargeError(Exception):
    """More bytes than allowed came."""


class _GoneError(Exception):
    """The client went away in mid-body."""


class BodyLimit:
    """ASGI middleware: reads small bodies whole before the app sees them, refuses larger and compressed ones."""

    def __init__(self, app: ASGIApp, *, max_bytes: int = MAX_BODY_BYTES, patience_s: float = BODY_S) -> None:
        self.app, self.max_bytes, self.patience_s = app, max_bytes, patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its body in hand."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        encoding = request.headers.get("content-encoding", "identity")
        if encoding.lower() != "identity":
            refusal = problem(request, 415, "unsupported_encoding", "Send the body without Content-Encoding.")
            await refusal(scope, receive, send)
        elif scope["path"] in UPLOADS or (LABELLED.match(scope["path"]) and _is_form(request)):
            await self.app(scope, receive, send)
        else:
            await self._buffered(request, scope, receive, send)

    async def _buffered(self, request: Request, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            declared = request.headers.get("content-length", "0")
            if declared.isdecimal() and len(declared) < 19 and int(declared) > self.max_bytes:
                raise _TooLargeError
            async with asyncio.timeout(self.patience_s):
                body = await self._read(receive)
        except _TooLargeError:
            detail = f"The body is larger than {self.max_bytes} bytes."
            refusal = problem(request, 413, "body_too_large", detail, headers={"Connection": "close"})
            await refusal(scope, receive, send)
            return
        except TimeoutError:
            refusal = problem(request, 408, "body_too_slow", "The body did not arrive in time.")
            await refusal(scope, receive, send)
            return
        except _GoneError:
            return
        await self.app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes:
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _GoneError
            body += message.get("body", b"")
            if len(body) > self.max_bytes:
                raise _TooLargeError
            more = message.get("more_body", False)
        return bytes(body)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").strip().lower().startswith("multipart/form-data")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A receive that hands out `body` once and then whatever the connection says."""
    pending = [body]

    async def replayed() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return replayed
