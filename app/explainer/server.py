"""The offline explainer as an OpenAI-compatible server: POST /v1/chat/completions, GET /v1/models, GET /healthz.

It lets the whole loop run without a model, through the same client as any other endpoint, and it can misbehave on
demand (`misbehaviour.py`) and keep its own bill (`billing.py`) for tests. Only the outside faces are here; the texts
come from `writer.py`. POST /misbehaviour changes the faults while it runs, GET /stats counts what happened.
"""

import argparse
import asyncio
import hashlib
import hmac
import random
import time
from collections import Counter
from dataclasses import asdict, fields, replace
from pathlib import Path

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.errors import InvalidInputError
from app.explainer.billing import Bill, Price, key_hash, write_bill
from app.explainer.completion import MODEL, Chat, ChatError, Completion, complete, read_chat
from app.explainer.misbehaviour import Fault, Misbehaviour, changed

MAX_BODY_BYTES = 4 << 20
"""Largest request read; a longer one is answered 413."""
HANG_S = 3600.0
"""A hanging answer gives up after this, so that a forgotten client does not leak for ever."""


class Explainer:
    """State of one server: faults in force, slots, counters, bill."""

    def __init__(self, misbehaviour: Misbehaviour, *, bill: Path | None, price: Price, api_key: str) -> None:
        self.bill_path = bill
        self.price = price
        self.api_key = api_key
        self.counts: Counter[str] = Counter()
        self.behave(misbehaviour)

    def behave(self, misbehaviour: Misbehaviour) -> None:
        """Put these faults in force; the draws start again from their seed."""
        self.misbehaviour = misbehaviour
        self.rng = random.Random(misbehaviour.rng_seed)
        self.slots = asyncio.Semaphore(misbehaviour.slots) if misbehaviour.slots else None

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions."""
        self.counts["requests"] += 1
        try:
            body = await _body_of(request)
            self._authorise(request)
            chat = read_chat(body)
            misbehaviour = _for_request(self.misbehaviour, request)
        except ChatError as error:
            self.counts[str(error.status)] += 1
            return _error(error)
        return await self._admit(request, body, chat, misbehaviour)

    async def _admit(self, request: Request, body: bytes, chat: Chat, misbehaviour: Misbehaviour) -> Response:
        fault = misbehaviour.draw(self.rng)
        slots = self.slots
        full = slots is not None and slots.locked() and misbehaviour.overload == "reject"
        if full or fault is Fault.too_many:
            self.counts["429"] += 1
            return _too_many(misbehaviour)
        if fault is Fault.server_error:
            self.counts["500"] += 1
            return _error(ChatError("The server had an error.", status=500, code="server_error"))
        if slots is None:
            return await self._answer(request, body, chat, (misbehaviour, fault))
        async with slots:
            return await self._answer(request, body, chat, (misbehaviour, fault))

    async def _answer(self, request: Request, body: bytes, chat: Chat, fate: tuple[Misbehaviour, Fault]) -> Response:
        misbehaviour, fault = fate
        done = complete(chat)
        await self._bill(request, body, done)
        delay = misbehaviour.delay_s(self.rng)
        if delay:
            await asyncio.sleep(delay)
        self.counts[fault.value if fault is not Fault.none else "200"] += 1
        if fault is Fault.hang:
            await _until_gone(request)
            return Response(status_code=504)
        payload = _payload(chat, done)
        if fault is Fault.cut:
            payload = payload[: max(1, len(payload) * 2 // 3)]
        if fault is Fault.garbage:
            payload = b"<html><body>502 upstream</body></html>" if self.rng.random() < 0.5 else b'{"choices": []}'
        return Response(payload, media_type="application/json")

    async def _bill(self, request: Request, body: bytes, done: Completion) -> None:
        self.counts["billed"] += 1
        if self.bill_path is None:
            return
        bill = Bill(
            call_id=request.headers.get("x-request-id") or hashlib.sha256(body).hexdigest()[:32],
            unit=request.headers.get("x-hornbook-unit"),
            cost=self.price.cost_micro(done.prompt_tokens, done.completion_tokens),
            key=key_hash(_key_of(request)),
            prompt_tokens=done.prompt_tokens,
            completion_tokens=done.completion_tokens,
        )
        await asyncio.to_thread(write_bill, self.bill_path, bill)

    def _authorise(self, request: Request) -> None:
        if self.api_key and not hmac.compare_digest(_key_of(request).encode(), self.api_key.encode()):
            raise ChatError("Incorrect API key provided.", status=401, code="invalid_api_key")

    async def models(self, _: Request) -> Response:
        """GET /v1/models."""
        return _json({"object": "list", "data": [{"id": MODEL, "object": "model", "owned_by": "hornbook"}]})

    async def health(self, _: Request) -> Response:
        """GET /healthz."""
        return _json({"status": "ok", "model": MODEL})

    async def stats(self, _: Request) -> Response:
        """GET /stats: counts since the start."""
        return _json(dict(self.counts))

    async def change(self, request: Request) -> Response:
        """POST /misbehaviour: fields to change; the answer is what is now in force."""
        try:
            given = orjson.loads(await _body_of(request))
            if not isinstance(given, dict):
                raise ChatError("Send a JSON object.")
            self.behave(changed(self.misbehaviour, given))
        except orjson.JSONDecodeError:
            return _error(ChatError("The body is not JSON."))
        except InvalidInputError as error:
            return _error(ChatError(str(error)))
        except ChatError as error:
            return _error(error)
        return _json(asdict(self.misbehaviour))


def create_explainer_app(
    misbehaviour: Misbehaviour | None = None,
    *,
    bill: Path | None = None,
    price: Price | None = None,
    api_key: str = "",
) -> Starlette:
    """The ASGI application; behaves well unless told otherwise."""
    explainer = Explainer(misbehaviour or Misbehaviour(), bill=bill, price=price or Price(), api_key=api_key)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", explainer.chat, methods=["POST"]),
            Route("/v1/models", explainer.models),
            Route("/healthz", explainer.health),
            Route("/stats", explainer.stats),
            Route("/misbehaviour", explainer.change, methods=["POST"]),
        ],
        exception_handlers={404: _not_found, 405: _not_found},
    )


def serve(
    host: str = "127.0.0.1",
    port: int = 8322,
    *,
    misbehaviour: Misbehaviour | None = None,
    bill: Path | None = None,
    price: Price | None = None,
    api_key: str = "",
) -> None:
    """Serve until interrupted."""
    app = create_explainer_app(misbehaviour, bill=bill, price=price, api_key=api_key)
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, backlog=2048)


async def _body_of(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise ChatError("The request is too large.", status=413, code="request_too_large")
        parts.append(part)
    return b"".join(parts)


async def _until_gone(request: Request) -> None:
    """Wait until the client leaves."""
    try:
        async with asyncio.timeout(HANG_S):
            while (await request.receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def _for_request(base: Misbehaviour, request: Request) -> Misbehaviour:
    """The faults for this request: query parameters and an `X-Misbehave: name=value, ...` header override.

    `slots` cannot be overridden here, the slots are the server's."""
    given = dict(request.query_params)
    given.pop("api-version", None)
    for pair in request.headers.get("x-misbehave", "").split(","):
        name, equals, value = pair.partition("=")
        if equals:
            given[name.strip()] = value.strip()
    if not given:
        return base
    try:
        return replace(changed(base, given), slots=base.slots)
    except InvalidInputError as error:
        raise ChatError(str(error)) from error


def _key_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")


def _payload(chat: Chat, done: Completion) -> bytes:
    return orjson.dumps(
        {
            "id": f"chatcmpl-{done.digest[:24]}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "system_fingerprint": "offline-explainer-1",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": done.text},
                    "finish_reason": done.finish_reason,
                    "logprobs": None,
                }
            ],
            "usage": {
                "prompt_tokens": done.prompt_tokens,
                "completion_tokens": done.completion_tokens,
                "total_tokens": done.prompt_tokens + done.completion_tokens,
            },
        }
    )


def _json(value: object) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _error(error: ChatError) -> Response:
    return Response(orjson.dumps(error.body()), status_code=error.status, media_type="application/json")


def _too_many(misbehaviour: Misbehaviour) -> Response:
    error = ChatError("Rate limit reached.", status=429, code="rate_limit_exceeded")
    response = _error(error)
    response.headers["Retry-After"] = f"{misbehaviour.retry_after_s:g}"
    return response


async def _not_found(_: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _error(ChatError("Unknown request URL.", status=status, code="unknown_url"))


def main(arguments: list[str] | None = None) -> None:
    """`python -m app.explainer.server --port N`: every misbehaviour is an option of the same name."""
    parser = argparse.ArgumentParser(prog="app.explainer.server", description="Hornbook's offline explainer")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8322)
    parser.add_argument("--bill", type=Path, help="file that gets one JSON line per billed request")
    parser.add_argument("--price-in", type=float, default=0.0, help="USD per million input tokens")
    parser.add_argument("--price-out", type=float, default=0.0, help="USD per million output tokens")
    parser.add_argument("--api-key", default="", help="refuse requests without this key")
    default = Misbehaviour()
    for option in fields(Misbehaviour):
        value = getattr(default, option.name)
        parser.add_argument(f"--{option.name.replace('_', '-')}", type=type(value), default=value)
    given = parser.parse_args(arguments)
    misbehaviour = changed(default, {option.name: getattr(given, option.name) for option in fields(Misbehaviour)})
    serve(
        given.host,
        given.port,
        misbehaviour=misbehaviour,
        bill=given.bill,
        price=Price(given.price_in, given.price_out),
        api_key=given.api_key,
    )


if __name__ == "__main__":
    main()
