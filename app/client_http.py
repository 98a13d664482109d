"""What the Python client does over HTTP: errors as exceptions, patience, pages, uploads, downloads."""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from app.errors import AppError

Json = dict[str, Any]
Progress = Callable[[int, int], None]
"""Called with (bytes sent, bytes in all)."""

CONNECT_S = 5.0
READ_S = 60.0
UPLOAD_READ_S = 600.0
"""The answer to an upload waits for the disk."""
TRIES = 5
"""Attempts at a request while the service is away or asks for patience."""
PAUSE_S = 0.5
MAX_PAUSE_S = 10.0
CHUNK_BYTES = 1 << 20
BUSY = frozenset({502, 503, 504})


class HornbookApiError(AppError):
    """{detail}"""

    def __init__(self, code: str, detail: str, status: int, errors: Sequence[Json] = ()) -> None:
        super().__init__(detail=detail)
        self.code = code  # type: ignore[misc]  # one class for every code the service has
        self.detail = detail
        self.status = status  # type: ignore[misc]  # as above; 0 when no answer came
        self.errors = list(errors)
        """{field, message} of every field that was refused."""

    def __str__(self) -> str:
        return self.detail


class Connection:
    """Requests to one service. A write carries an Idempotency-Key, so that its repetition does no harm."""

    def __init__(self, base_url: str, api_key: str | None, transport: httpx.BaseTransport | None) -> None:
        headers = {"user-agent": "hornbook-client"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        # The key belongs to this origin: no redirects, no proxies from the environment.
        self.http = httpx.Client(
            base_url=base_url.rstrip("/"),
            headers=headers,
            timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """The JSON at `path`."""
        chosen = {key: value for key, value in (params or {}).items() if value is not None}
        return _json_of(patiently(lambda: self.http.get(path, params=chosen)))

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer to a write."""
        headers = {"idempotency-key": uuid.uuid4().hex}
        return _json_of(patiently(lambda: self.http.request(method, path, json=body, headers=headers)))

    def send_file(self, method: str, path: str, body: bytes, *, media: str) -> Json:
        """The answer to a write whose body is a small file."""
        headers = {"idempotency-key": uuid.uuid4().hex, "content-type": media}
        return _json_of(patiently(lambda: self.http.request(method, path, content=body, headers=headers)))

    def pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**params, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def upload(self, path: str, files: Sequence[Path], fields: Mapping[str, str], progress: Progress | None) -> Json:
        """The answer to a multipart upload; every attempt reads the files from the start."""
        key = uuid.uuid4().hex
        total = sum(file.stat().st_size for file in files)

        def attempt() -> httpx.Response:
            with ExitStack() as opened:
                meter = _Meter(total, progress)
                parts = [
                    ("file", (file.name, _Metered(opened.enter_context(file.open("rb")), meter))) for file in files
                ]
                return self.http.post(
                    path,
                    files=parts,  # type: ignore[arg-type]  # httpx only reads and seeks, which _Metered can
                    data=dict(fields),
                    headers={"idempotency-key": key},
                    timeout=httpx.Timeout(UPLOAD_READ_S, connect=CONNECT_S),
                )

        return _json_of(patiently(attempt))

    def download(self, path: str, to: Path, *, sha256: str, size: int | None) -> None:
        """Fetch a file, from where an earlier attempt stopped, and keep it only when its digest is right."""
        part = to.with_name(f"{to.name}.part")
        for attempt in range(TRIES):
            try:
                self._fetch(path, part, size)
                break
            except httpx.HTTPError as error:
                if attempt == TRIES - 1:
                    raise away(error) from None
                time.sleep(pause_s(attempt))
        found = _sha256_of(part)
        if found != sha256:
            part.unlink()
            raise HornbookApiError("bad_download", f"{to.name} arrived with sha256 {found}, not {sha256}.", 0)
        part.replace(to)

    def _fetch(self, path: str, part: Path, size: int | None) -> None:
        have = part.stat().st_size if part.exists() and size is not None else 0
        if size is not None and have >= size:
            return
        headers = {"range": f"bytes={have}-"} if have else {}
        with self.http.stream("GET", path, headers=headers) as response:
            if response.is_error:
                response.read()
                raise error_of(response)
            with part.open("ab" if response.status_code == 206 else "wb") as file:
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    file.write(chunk)


def patiently(request: Callable[[], httpx.Response]) -> httpx.Response:
    """The response, asked for again while the service is away or says it will soon be back; raises HornbookApiError."""
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        try:
            response = request()
        except httpx.TransportError as error:
            if last:
                raise away(error) from None
            time.sleep(pause_s(attempt))
            continue
        if response.status_code not in BUSY or last:
            break
        time.sleep(_retry_after_s(response) or pause_s(attempt))
    if response.is_error:
        raise error_of(response)
    return response


def error_of(response: httpx.Response) -> HornbookApiError:
    """What a refused request means."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or "code" not in body:
        return HornbookApiError("http_error", f"The service answered {response.status_code}.", response.status_code)
    return HornbookApiError(body["code"], body.get("detail", ""), response.status_code, body.get("errors", ()))


def _json_of(response: httpx.Response) -> Json:
    body = response.json()
    assert isinstance(body, dict)
    return body


def away(error: httpx.HTTPError) -> HornbookApiError:
    """The error of a request that got no answer."""
    return HornbookApiError("service_unreachable", f"The service does not answer ({type(error).__name__}).", 0)


def pause_s(attempt: int) -> float:
    """How long to wait after so many failures."""
    return float(min(MAX_PAUSE_S, PAUSE_S * 2**attempt))


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("retry-after", "")
    return min(MAX_PAUSE_S, float(value)) if value.isdecimal() and len(value) < 6 else None


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Meter:
    """How much of an upload has been sent."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total, self.sent, self.progress = total, 0, progress

    def add(self, count: int) -> None:
        """Note and tell."""
        self.sent += count
        if self.progress is not None and count:
            self.progress(self.sent, self.total)


class _Metered:
    """A file that tells a meter what was read of it."""

    def __init__(self, file: BinaryIO, meter: _Meter) -> None:
        self.file, self.meter = file, meter

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self.file.read(size)
        self.meter.add(len(data))
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """As of a file; httpx measures by it."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """As of a file."""
        return self.file.tell()

    def fileno(self) -> int:
        """Lets httpx take the length from the file system."""
        return self.file.fileno()
