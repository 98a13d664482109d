"""Calls sold in bulk: uploads a file of requests, has it worked through, looks how far it is, reads what came.

OpenAI's Batch API and Azure's copy of it. Every trouble of a short call comes back as a Failure with the meaning it has
for a live one; only reading a file, which goes on for long, raises. The caller's own token goes along with a batch, so
that one whose answer was lost on the way can be found again instead of being paid for twice.
"""

import time
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Self, TypeVar

import httpx
import msgspec

from app.adapters.llm import tls_of
from app.adapters.llm_batch_lines import split_lines
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import Failure, FailureCode, failure
from app.adapters.llm_refusals import Reply, read_refused
from app.errors import TransientError

CALL_S = 30.0
"""The longest silence of the provider, and the longest that one piece may be on its way."""
MOST_BODY_BYTES = 8 * 1024 * 1024
PAGE = 100
MOST_PAGES = 50
"""Of the list of batches: 5,000 of them."""
CLOCKS_S = 3_600.0
"""How far the provider's clock may be off ours."""
TOKEN_FIELD = "hornbook"
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""States that a batch does not leave."""
UNREADY_FILE = frozenset({"pending", "running"})
"""Azure takes its time over an uploaded file and refuses batches of it before."""

T = TypeVar("T")


class BatchFileError(TransientError):
    """The file {file} of a batch could not be read to its end: {reason}."""

    code = "batch_file"


class RemoteFile(msgspec.Struct, frozen=True):
    """A file at the provider."""

    id: str
    status: str | None = None


class _Counts(msgspec.Struct, frozen=True):
    total: int | None = None
    completed: int | None = None
    failed: int | None = None


class _Fault(msgspec.Struct, frozen=True):
    code: str | int | None = None
    line: int | None = None


class _Faults(msgspec.Struct, frozen=True):
    data: list[_Fault] | None = None


class RemoteBatch(msgspec.Struct, frozen=True):
    """A batch as the provider sees it."""

    id: str
    status: str
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: float = 0.0
    request_counts: _Counts | None = None
    errors: _Faults | None = None
    metadata: dict[str, object] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ENDED

    @property
    def counts(self) -> tuple[int, int, int]:
        """(requests, answered, failed), 0 where it does not say."""
        counts = self.request_counts or _Counts()
        return counts.total or 0, counts.completed or 0, counts.failed or 0

    @property
    def fault_codes(self) -> list[str]:
        """Why it was refused as a whole, each reason once."""
        found = (self.errors and self.errors.data) or []
        return list(dict.fromkeys(str(fault.code) for fault in found if fault.code is not None))


class _Batches(msgspec.Struct):
    data: list[RemoteBatch] = []
    has_more: bool | None = None


class BatchClient:
    """Files and batches of one endpoint; for one thread."""

    def __init__(self, endpoint: Endpoint, *, silence_s: float = CALL_S) -> None:
        self._endpoint = endpoint
        # No redirects and no variables of the environment: the key is for this origin only.
        self._http = httpx.Client(
            headers=dict(endpoint.headers()),
            timeout=silence_s,
            verify=tls_of(endpoint),
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def upload(self, content: IO[bytes], name: str) -> RemoteFile | Failure:
        """The file that `content` became; streamed, so its size does not matter."""
        parts = {"file": (name, content, "application/jsonl")}
        return self._call(RemoteFile, "POST", "files", data={"purpose": "batch"}, files=parts)

    def file(self, file_id: str) -> RemoteFile | Failure:
        """An uploaded file as it is now."""
        return self._call(RemoteFile, "GET", f"files/{file_id}")

    def create(self, file_id: str, path: str, *, token: str) -> RemoteBatch | Failure:
        """A batch over an uploaded file. A Failure that is `charged` may have made one all the same."""
        body = {
            "input_file_id": file_id,
            "endpoint": path,
            "completion_window": "24h",
            "metadata": {TOKEN_FIELD: token},
        }
        return self._call(RemoteBatch, "POST", "batches", json=body, headers={"idempotency-key": token})

    def get(self, batch_id: str) -> RemoteBatch | Failure:
        """A batch as it is now."""
        return self._call(RemoteBatch, "GET", f"batches/{batch_id}")

    def cancel(self, batch_id: str) -> RemoteBatch | Failure:
        """Ask for the end of a batch; what it answered until then is billed and can be read."""
        return self._call(RemoteBatch, "POST", f"batches/{batch_id}/cancel")

    def find(self, token: str, file_id: str | None, *, since: float) -> list[RemoteBatch] | Failure:
        """Batches that carry this token or were made of this file, the oldest first; `since` is unix time.

        Raises nothing; a Failure also where the list does not end within reason, for then nobody knows.
        """
        found: list[RemoteBatch] = []
        after: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            page = self._call(_Batches, "GET", "batches", query={"limit": str(PAGE), **after})
            if isinstance(page, Failure):
                return page
            found += [one for one in page.data if _is_ours(one, token, file_id)]
            # The youngest come first; some servers have no `has_more`.
            old = bool(page.data) and page.data[-1].created_at < since - CLOCKS_S
            more = len(page.data) >= PAGE if page.has_more is None else page.has_more
            if old or not more or not page.data:
                return sorted(found, key=lambda one: one.created_at)
            after = {"after": page.data[-1].id}
        return failure(FailureCode.wrong_type, detail="the list of batches does not end", latency_s=0.0)

    def lines(self, file_id: str) -> Iterator[bytes]:
        """The lines of a file as they arrive; raises BatchFileError when it does not come whole."""
        try:
            with self._http.stream("GET", self._endpoint.url_of(f"files/{file_id}/content")) as response:
                if (status := response.status_code) != 200:
                    raise BatchFileError(file=file_id, reason=f"HTTP {status}", gone=status in (404, 410))
                yield from split_lines(response.iter_bytes())
        except (httpx.HTTPError, OSError) as error:
            raise BatchFileError(file=file_id, reason=type(error).__name__, gone=False) from None

    def _call(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        **content: object,
    ) -> T | Failure:
        url = httpx.URL(self._endpoint.url_of(path)).copy_merge_params(query or {})
        try:
            with self._http.stream(method, url, **content) as response:  # type: ignore[arg-type]  # passed on by name
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BODY_BYTES:
                        return failure(FailureCode.body_too_large, detail="the body has no end", latency_s=0.0)
        except httpx.ConnectError as error:
            return failure(FailureCode.connect_failed, detail=f"no connection ({type(error).__name__})", latency_s=0.0)
        except (httpx.HTTPError, OSError) as error:
            return failure(FailureCode.disconnected, detail=f"no answer ({type(error).__name__})", latency_s=0.0)
        headers = {name.lower(): value for name, value in response.headers.items()}
        reply = Reply(response.status_code, headers, bytes(body), 0.0, time.time())
        return _read(kind, reply)


def _is_ours(one: RemoteBatch, token: str, file_id: str | None) -> bool:
    by_file = file_id is not None and one.input_file_id == file_id
    return by_file or (one.metadata or {}).get(TOKEN_FIELD) == token


def _read(kind: type[T], reply: Reply) -> T | Failure:
    if not 200 <= reply.status < 300:
        return read_refused(reply)
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (ValueError, RecursionError) as error:
        detail = f"not what was asked for ({type(error).__name__})"
        return failure(FailureCode.wrong_type, detail=detail, latency_s=0.0, status=reply.status)
