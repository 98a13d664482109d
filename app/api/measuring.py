"""Counts answers by route and status."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import REQUESTS


class Measuring:
    """ASGI middleware: one count an answer; routes by their template, so that ids make no new series."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through and note the status."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                REQUESTS.labels(scope["method"], route, str(message["status"])).inc()
            await send(message)

        await self.app(scope, receive, noted)
