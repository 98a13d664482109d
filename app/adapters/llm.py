"""Calls any OpenAI-compatible chat completion endpoint; every trouble comes back as a value, nothing is raised.

It speaks through httpx transports without the Client around them (`llm_pools`): no cookie jar, no redirects, no proxies
from the environment, no auth from netrc, no log line with the URL (B16, D17), and 0.2 ms less CPU a call. httpx has no
total timeout, so a deadline of our own spans connect, send and read (D1). Retries, queues and money are the pump's
business.

Must be entered inside the event loop that uses it and never outlives it (B13).
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from types import TracebackType
from typing import Self

import httpx

from app.adapters.embedding_answers import EmbeddingRequest, Vectors, read_vectors
from app.adapters.llm_answers import read_reply
from app.adapters.llm_bodies import BodyTooLargeError, UnsupportedEncodingError, decoded
from app.adapters.llm_deadline import Deadlines
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import Failure, FailureCode, LlmRequest, Outcome, failure
from app.adapters.llm_pools import Pool, Pools
from app.adapters.llm_profiles import GENERIC, Profile, adapted, by_url, encode
from app.adapters.llm_refusals import Reply
from app.adapters.llm_request_ids import wire_id
from app.domain.config import Api

CONNECT_S = 5.0
WRITE_S = 10.0
MAX_BODY_BYTES = 8 * 1024 * 1024
STREAM_FACTOR = 4
"""A stream wraps every token in JSON of its own: so much larger may its body be."""
MOST_REFUSED_FIELDS = 4
"""More than that many fields of a request no server refuses one after another."""


_EXPECTED = (
    TimeoutError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    OSError,
    BodyTooLargeError,
    UnsupportedEncodingError,
)
"""All that a network and a server can do to a call; anything else is a fault of ours and is raised."""


class LlmClient:
    """Asynchronous client of one endpoint for up to `concurrency` calls at a time."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        concurrency: int = 64,
        connect_s: float = CONNECT_S,
        max_body_bytes: int = MAX_BODY_BYTES,
        profile: Profile | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.profile = profile or by_url(endpoint) or GENERIC
        """How the server is asked; follows what it refuses."""
        self._concurrency = concurrency
        self._max_body_bytes = max_body_bytes * (STREAM_FACTOR if self.profile.stream else 1)
        self._timeout = {"connect": connect_s, "write": WRITE_S, "read": None, "pool": None}
        self._headers = [*endpoint.headers(), *self.profile.headers, ("content-type", "application/json")]
        self._headers.append(("host", httpx.URL(endpoint.base_url).netloc.decode("ascii")))
        self._urls: dict[tuple[str, Api], httpx.URL] = {}
        self._deadlines = Deadlines()

    async def __aenter__(self) -> Self:
        self._pools = Pools(self._concurrency, tls_of(self.endpoint))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pools.aclose()

    async def complete(self, request: LlmRequest, *, deadline_s: float, request_id: str) -> Outcome:
        """The outcome of one call, at most `deadline_s` seconds (and a little) after it started.

        A server that takes some field of the request under another name, or not at all, is asked again without it.
        """
        url, end = self._url(request.model, request.api), time.monotonic() + deadline_s
        for _ in range(MOST_REFUSED_FIELDS + 1):
            profile, left_s = self.profile, max(0.0, end - time.monotonic())
            reply = await self._reply(url, encode(request, profile), deadline_s=left_s, request_id=request_id)
            if profile.stream and _silent(reply):
                return await self._whole(request, url, end=end, request_id=request_id)
            other = None
            if isinstance(reply, Reply) and reply.status in (400, 422):
                other = adapted(profile, reply.body)
            if other is None:
                break
            # Calls in flight may have learned the same meanwhile, or more.
            self.profile = other if self.profile == profile else self.profile
        return reply if isinstance(reply, Failure) else read_reply(reply, model=request.model)

    def shorten(self, seconds: float) -> None:
        """No call in flight may take longer than so many seconds from its beginning."""
        self._deadlines.shorten(seconds)

    async def _whole(self, request: LlmRequest, url: httpx.URL, *, end: float, request_id: str) -> Outcome:
        """The outcome of a call whose stream ended before its first piece, asked for at once: the server says why.

        The server may just be closing the connection that it failed on, so one that breaks is no answer yet.
        """
        body = encode(request, replace(self.profile, stream=False))
        for _ in range(2):
            left_s = max(0.0, end - time.monotonic())
            reply = await self._reply(url, body, deadline_s=left_s, request_id=request_id)
            if not isinstance(reply, Failure) or reply.code is not FailureCode.disconnected:
                break
        return reply if isinstance(reply, Failure) else read_reply(reply, model=request.model)

    async def embed(self, request: EmbeddingRequest, *, deadline_s: float, request_id: str) -> Vectors | Failure:
        """The vectors of some texts, under the same rules."""
        url = httpx.URL(self.endpoint.embeddings_url(request.model))
        reply = await self._reply(url, request.body(), deadline_s=deadline_s, request_id=request_id)
        return reply if isinstance(reply, Failure) else read_vectors(reply, texts=len(request.input))

    async def _reply(self, url: httpx.URL, body: bytes, *, deadline_s: float, request_id: str) -> Reply | Failure:
        """A complete reply, whatever its status, or why there is none."""
        pool, attempt, cut = self._pools.take(), _Attempt(time.monotonic()), False
        try:
            async with self._deadlines.deadline(deadline_s):
                return await self._exchange(pool, url, body, request_id, attempt)
        except _EXPECTED as error:
            cut = isinstance(error, TimeoutError) and not attempt.sent
            return attempt.failed(error)
        except asyncio.CancelledError:
            cut = not attempt.sent
            raise
        finally:
            await self._pools.give_back(pool, cut=cut)

    async def _exchange(self, pool: Pool, url: httpx.URL, body: bytes, request_id: str, attempt: "_Attempt") -> Reply:
        """Send and read to the end; raises what the network raises."""
        call = httpx.Request(
            "POST",
            url,
            headers=[*self._headers, ("content-length", str(len(body))), ("x-request-id", wire_id(request_id))],
            stream=_MarkedBody(body, attempt),
            extensions={"timeout": self._timeout},
        )
        response = await pool.transport.handle_async_request(call)
        attempt.status = response.status_code
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
        try:
            await self._read(response, headers, attempt)
        finally:
            await response.aclose()
        latency_s, status = time.monotonic() - attempt.started, response.status_code
        asked = "" if status < 300 else str(url)
        return Reply(status, headers, bytes(attempt.body), latency_s, time.time(), asked)

    async def _read(self, response: httpx.Response, headers: dict[str, str], attempt: "_Attempt") -> None:
        """Collect the decoded body in the attempt, so that a cut keeps what had arrived."""
        declared = headers.get("content-length", "")
        if declared.isdigit() and len(declared) < 19 and int(declared) > self._max_body_bytes:
            raise BodyTooLargeError
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        async for chunk in decoded(stream, headers.get("content-encoding"), self._max_body_bytes):
            if len(attempt.body) + len(chunk) > self._max_body_bytes:
                raise BodyTooLargeError
            attempt.body += chunk

    def _url(self, model: str, api: Api) -> httpx.URL:
        url = self._urls.get((model, api))
        if url is None:
            url = self._urls[model, api] = httpx.URL(self.endpoint.completion_url(model, api))
        return url


def tls_of(endpoint: Endpoint) -> ssl.SSLContext | bool:
    """One TLS context for all pools: building one reads the certificate store, 10 to 20 ms each.

    SSL_CERT_FILE and SSL_CERT_DIR count, as companies with a certificate authority of their own need; no other
    variable of the environment does. Plain http needs none.
    """
    return httpx.create_ssl_context() if endpoint.base_url.startswith("https:") else False


def _silent(reply: Reply | Failure) -> bool:
    """Whether a stream ended before its first piece: its server failed after it had said that all was well.

    llama-cpp-python does so with a prompt beyond its context.
    """
    return isinstance(reply, Reply) and reply.status == 200 and not reply.body.strip()


class _MarkedBody(httpx.AsyncByteStream):
    """A request body that notes when the connection asks for it: from then on the call may be billed."""

    __slots__ = ("_attempt", "_body")

    def __init__(self, body: bytes, attempt: "_Attempt") -> None:
        self._body = body
        self._attempt = attempt

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._attempt.sent = True
        yield self._body


class _Attempt:
    """How far one call got, which decides what its failure means and costs."""

    __slots__ = ("body", "sent", "started", "status")

    def __init__(self, started: float) -> None:
        self.started = started
        self.sent = False
        """True from the moment the body is on its way: the provider may bill."""
        self.status: int | None = None
        self.body = bytearray()

    def failed(self, error: Exception) -> Failure:
        """The failure behind an exception of the network or of our own limits."""
        code, detail = self._classify(error)
        return failure(
            code,
            detail=detail,
            latency_s=time.monotonic() - self.started,
            status=self.status,
            raw=bytes(self.body),
        )

    def _classify(self, error: Exception) -> tuple[FailureCode, str]:
        if isinstance(error, BodyTooLargeError):
            return FailureCode.body_too_large, "the body is larger than the limit"
        if isinstance(error, UnsupportedEncodingError):
            return FailureCode.unsupported_encoding, "the body has an encoding that was not asked for"
        if not self.sent:
            return self._classify_unsent(error)
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return FailureCode.timeout, "no complete answer within the deadline"
        if self.status is not None:
            return FailureCode.incomplete_body, f"the body ended early ({type(error).__name__})"
        return FailureCode.disconnected, f"the connection broke ({type(error).__name__})"

    @staticmethod
    def _classify_unsent(error: Exception) -> tuple[FailureCode, str]:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | OSError) and not isinstance(
            error, TimeoutError
        ):
            return FailureCode.connect_failed, f"no connection ({type(error).__name__})"
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            return FailureCode.no_free_connection, "no connection was free or made within the deadline"
        return FailureCode.connect_failed, f"nothing could be sent ({type(error).__name__})"
