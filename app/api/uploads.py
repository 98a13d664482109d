"""Multipart bodies, parsed as they stream and written straight to storage: no part is ever whole in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.adapters.storage import Storage, StoredFile, Upload, UploadTooLargeError
from app.errors import AppError, InvalidInputError

MAX_FILES = 1_000
MAX_FIELDS = 32
MAX_FIELD_BYTES = 65_536
STALL_S = 60.0
"""Silence in mid-upload after which the upload is given up."""


class BadMultipartError(AppError):
    """The multipart body cannot be read: {reason}."""

    code = "bad_multipart"
    status = 400


class UploadStalledError(AppError):
    """No byte of the upload came for {seconds} seconds."""

    code = "upload_stalled"
    status = 408


class TooManyPartsError(InvalidInputError):
    """An upload has at most {files} files and {fields} fields; put more files into a zip."""

    code = "too_many_parts"
    status = 413


@dataclass
class Form:
    """What came: files on disk, fields as text."""

    files: list[StoredFile] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


class _Receiver:
    """The parser's callbacks. A part with a file name is a file, any other a field."""

    def __init__(self, storage: Storage, max_bytes: int) -> None:
        self.form, self.storage, self.left, self.total = Form(), storage, max_bytes, max_bytes
        self.upload: Upload | None = None
        self.ended = False
        self._header: list[bytearray] = [bytearray(), bytearray()]
        self._headers: dict[str, str] = {}
        self._name = ""
        self._value = bytearray()

    def callbacks(self) -> dict[str, object]:
        """By the parser's names."""
        return {
            "on_part_begin": self._headers.clear,
            "on_part_data": self.on_data,
            "on_part_end": self.on_part_end,
            "on_header_field": lambda data, start, end: self._on_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._on_header(1, data[start:end]),
            "on_header_end": self.on_header_end,
            "on_headers_finished": self.on_headers_finished,
            "on_end": self.on_end,
        }

    def _on_header(self, place: int, data: bytes) -> None:
        self._header[place] += data

    def on_header_end(self) -> None:
        """Keep one header of a part."""
        name, value = (bytes(part) for part in self._header)
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
        self._header = [bytearray(), bytearray()]

    def on_headers_finished(self) -> None:
        """Begin a file or a field."""
        _, options = parse_options_header(self._headers.get("content-disposition", "").encode())
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._value = bytearray()
        if len(self.form.files) >= MAX_FILES or len(self.form.fields) >= MAX_FIELDS:
            raise TooManyPartsError(files=MAX_FILES, fields=MAX_FIELDS)
        if b"filename" in options:
            name = options[b"filename"].decode("utf-8", "replace")
            self.upload = self.storage.begin(name, max_bytes=self.left)

    def on_data(self, data: bytes, start: int, end: int) -> None:
        """Write on."""
        if self.upload is not None:
            try:
                self.upload.write(data[start:end])
            except UploadTooLargeError:
                raise UploadTooLargeError(limit=self.total) from None
            return
        self._value += data[start:end]
        if len(self._value) > MAX_FIELD_BYTES:
            raise BadMultipartError(reason=f"field {self._name[:80]!r} is longer than {MAX_FIELD_BYTES} bytes")

    def on_part_end(self) -> None:
        """Finish a file or a field."""
        if self.upload is not None:
            stored = self.upload.finish()
            self.upload = None
            self.left -= stored.size
            self.form.files.append(stored)
            return
        if self._name in self.form.fields:
            raise BadMultipartError(reason=f"field {self._name[:80]!r} comes twice")
        try:
            self.form.fields[self._name] = self._value.decode("utf-8")
        except UnicodeDecodeError:
            raise BadMultipartError(reason=f"field {self._name[:80]!r} is not UTF-8") from None

    def on_end(self) -> None:
        """Note that the closing boundary came."""
        self.ended = True

    def discard(self) -> None:
        """Leave nothing on disk."""
        if self.upload is not None:
            self.upload.abort()
        for stored in self.form.files:
            self.storage.remove(stored.id)


async def receive_form(request: Request, storage: Storage, *, max_bytes: int) -> Form:
    """The form of a multipart request, at most `max_bytes` of files; on any error nothing stays on disk."""
    _, options = parse_options_header(request.headers.get("content-type", "").encode())
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise BadMultipartError(reason="the Content-Type names no boundary")
    receiver = _Receiver(storage, max_bytes)
    try:
        parser = MultipartParser(boundary, receiver.callbacks())  # type: ignore[arg-type]  # its TypedDict wants exact callables
        async for chunk in chunks_of(request):
            await run_in_threadpool(parser.write, chunk)
        await run_in_threadpool(parser.finalize)
        if not receiver.ended:
            raise BadMultipartError(reason="it ends before its closing boundary")
    except FormParserError as error:
        await run_in_threadpool(receiver.discard)
        raise BadMultipartError(reason=str(error)[:200]) from None
    except (AppError, ClientDisconnect, asyncio.CancelledError):
        receiver.discard()
        raise
    return receiver.form


async def chunks_of(request: Request) -> AsyncIterator[bytes]:
    """The body's chunks; raises UploadStalledError after a long silence."""
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(STALL_S):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadStalledError(seconds=int(STALL_S)) from None
        yield chunk
