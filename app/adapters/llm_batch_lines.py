"""Lines of a batch's files: requests as they are uploaded, answers as they come, in OpenAI's form.

An answer's line carries a status and a body, which mean what they mean in a live reply (`llm_answers`), or an error of
the batch itself. Lines come in any order; each is told by the id that its request was given. Opens no connection.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from app.adapters.llm_answers import read_reply
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_outcomes import FailureCode, LlmRequest, Outcome, failure
from app.adapters.llm_profiles import Profile, encode
from app.adapters.llm_refusals import Reply, read_refused
from app.domain.config import Api

MOST_REQUESTS = 50_000
"""Of one file: OpenAI's limit."""
MOST_FILE_BYTES = 200_000_000
"""Likewise. Read as a decimal megabyte, the smaller one."""
MOST_LINE_BYTES = 8 * 1024 * 1024
"""A longer line is no answer to a request of ours."""

_ENDED = frozenset({"batch_expired", "batch_cancelled", "batch_canceled", "batch_failed"})
_ID = re.compile(rb'"custom_id"\s*:\s*"([\x20\x21\x23-\x5b\x5d-\x7e]{1,200})"')
_ID_WITHIN = 4_096
"""Bytes at the start of an unreadable line in which its id is looked for."""


class _Response(msgspec.Struct):
    status_code: int | None = None
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Error(msgspec.Struct):
    code: str | int | None = None


class _Line(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: _Error | None = None


_LINE = msgspec.json.Decoder(_Line)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What came for one request."""

    custom_id: str
    status: int | None
    """Of the reply; None: there was no reply, and `code` says why."""
    body: bytes
    code: str = ""


def request_path(endpoint: Endpoint, api: Api) -> str:
    """The path that requests name, and their batch."""
    call = "chat/completions" if api == "chat" else "completions"
    return f"/{call}" if endpoint.azure else f"/v1/{call}"


def request_line(custom_id: str, request: LlmRequest, profile: Profile, path: str) -> bytes:
    """One line of the file to upload."""
    head = msgspec.json.encode({"custom_id": custom_id, "method": "POST", "url": path})
    return head[:-1] + b',"body":' + encode(request, profile) + b"}\n"


def split_lines(chunks: Iterable[bytes], *, most: int = MOST_LINE_BYTES) -> Iterator[bytes]:
    """The lines of a file that comes in pieces, empty ones left out; a line longer than `most` is cut there."""
    rest, cut = bytearray(), False
    for chunk in chunks:
        for piece in chunk.splitlines(keepends=True):
            ends = piece.endswith((b"\n", b"\r"))
            rest += b"" if cut else piece
            if len(rest) > most:
                rest, cut = rest[:most], True
            if ends:
                if rest.strip():
                    yield bytes(rest)
                rest, cut = bytearray(), False
    if rest.strip():
        yield bytes(rest)


def read_line(line: bytes) -> AnswerLine | None:
    """What a line says; None when it does not even say of which request."""
    try:
        found = _LINE.decode(line)
    except (ValueError, RecursionError):
        named = _ID.search(line[:_ID_WITHIN])
        code = "line_too_long" if len(line) >= MOST_LINE_BYTES else "unreadable_line"
        return AnswerLine(named.group(1).decode(), None, b"", code) if named else None
    if found.response is not None and found.response.status_code:
        return AnswerLine(found.custom_id, found.response.status_code, bytes(found.response.body))
    code = "" if found.error is None or found.error.code is None else str(found.error.code)
    return AnswerLine(found.custom_id, None, b"", code.lower())


def outcome_of(line: AnswerLine, *, model: str) -> Outcome:
    """The outcome of a request, as that of a live call with the same reply."""
    if line.status is not None:
        headers = {"content-length": str(len(line.body))}
        return read_reply(Reply(line.status, headers, line.body, 0.0, 0.0), model=model)
    if line.code in _ENDED:
        return failure(FailureCode.batch_ended, detail=f"the batch ended before it ({line.code})", latency_s=0.0)
    if line.code == "line_too_long":
        return failure(FailureCode.body_too_large, detail="its line is larger than the limit", latency_s=0.0)
    if line.code == "unreadable_line":
        return failure(FailureCode.bad_json, detail="its line is not JSON", latency_s=0.0, status=200)
    # A refusal without a status: its code tells more than the status that is put in its place.
    status = 400 if line.code.startswith("invalid") else 429 if "rate_limit" in line.code else 500
    body = msgspec.json.encode({"error": {"code": line.code or None}})
    return read_refused(Reply(status, {}, body, 0.0, 0.0))
