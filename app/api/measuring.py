"""Counts answers by route and status, and logs them without what was asked for or by whom."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.telemetry import REQUESTS

log = structlog.get_logger(__name__)

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines; counted, not logged."""


class Measuring:
    """ASGI middleware: one count an answer; routes by their template, so that ids make no new series."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through and note the status."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = time.monotonic()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route, status = getattr(scope.get("route"), "path", "none"), message["status"]
                REQUESTS.labels(scope["method"], route, str(status)).inc()
                if route not in QUIET:
                    took = round(time.monotonic() - started, 3)
                    request_id = scope.get("request_id")
                    log.info("http", method=scope["method"], route=route, status=status, s=took, request_id=request_id)
            await send(message)

        await self.app(scope, receive, noted)
