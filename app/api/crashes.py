"""Turns a fault of ours into a problem with an id, once, where headers and counts are still put on the answer."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import unexpected


class Crashes:
    """ASGI middleware around the routes.

    Starlette's own handler sits outside all middleware, so its answer would lack the security headers, and it raises
    the error again for the server to log a second time, without our redaction.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through; a crash before the answer began becomes one."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:  # the web edge's only one: logged with its traceback, then answered
            if scope["type"] != "http":
                raise
            answer = unexpected(Request(scope), error)
            if started:
                # Half an answer cannot be taken back; closing the connection tells the client that it is half.
                raise ConnectionAbortedError from None
            await answer(scope, receive, send)
