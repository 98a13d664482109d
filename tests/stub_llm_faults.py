"""The ways an LLM endpoint can misbehave, each as a named act of the stub.

An act is either a reply (bytes, sent whole or in pieces, with the connection closed or kept) or silence. Bodies of the
"bad 200" family are complete HTTP responses that a careless client would accept.
"""

import gzip
import json
from dataclasses import dataclass, field
from email.utils import formatdate

HANG_S = 3600.0


@dataclass(frozen=True, slots=True)
class Act:
    """What the stub does with one request."""

    pieces: tuple[bytes, ...] = ()
    """Raw bytes to send, one write each; empty: the normal answer."""
    gap_s: float = 0.0
    """Pause between pieces."""
    close: bool = False
    """Close the connection after the last piece."""
    hang: bool = False
    """Never answer."""
    billed: bool = True
    """Write a line into the bill: the endpoint worked for it."""
    instant: bool = False
    """Skip latency and slots: refused at the door."""
    name: str = field(default="ok")


OK = Act()


def response(
    status: int, body: bytes, *headers: tuple[str, str], length: int | None = None, name: str = "", billed: bool = True
) -> Act:
    """An ordinary response, closed if its declared length is not its real one."""
    declared = len(body) if length is None else length
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {declared}\r\n"
    head += "".join(f"{key}: {value}\r\n" for key, value in headers)
    close = declared != len(body)
    return Act((head.encode("latin-1") + b"\r\n" + body,), close=close, billed=billed, name=name or str(status))


def refused(status: int, *headers: tuple[str, str], code: str | None = None, name: str = "") -> Act:
    """An error status with an OpenAI error body; not billed and without latency."""
    body = json.dumps({"error": {"message": "stub", "type": code, "code": code}}).encode()
    act = response(status, body, *headers, name=name or str(status), billed=False)
    return Act(act.pieces, billed=False, instant=True, name=act.name)


def completion(**over: object) -> dict[str, object]:
    """A chat completion object; `content`, `finish_reason`, `refusal`, `usage`, `model`, `choices` can be replaced."""
    message: dict[str, object] = {"role": "assistant", "content": over.get("content", "A short lesson.")}
    if "refusal" in over:
        message["refusal"] = over["refusal"]
    choice = {"index": 0, "message": message, "finish_reason": over.get("finish_reason", "stop")}
    whole: dict[str, object] = {
        "id": "stub",
        "object": "chat.completion",
        "model": over.get("model", "stub"),
        "choices": over.get("choices", [choice]),
        "usage": over.get("usage", {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14}),
    }
    for name in ("choices", "usage"):
        if over.get(name, 0) is None:
            del whole[name]
    return whole


def bad_200s() -> dict[str, Act]:
    """Every complete response of status 200 that is not an answer, or an odd one, by name (T24)."""
    good = json.dumps(completion()).encode()
    objects = {
        "length": completion(finish_reason="length"),
        "filtered": completion(finish_reason="content_filter", content=None),
        "filtered_with_text": completion(finish_reason="content_filter"),
        "null_finish": completion(finish_reason=None),
        "weird_finish": completion(finish_reason="weird"),
        "tool_calls": completion(finish_reason="tool_calls", content=None),
        "empty_choices": completion(choices=[]),
        "no_choices": completion(choices=None),
        "null_content": completion(content=None),
        "blank_content": completion(content=" \n"),
        "refusal": completion(refusal="I cannot help with that.", content=None),
        "number_content": completion(content=7),
        "list_content": completion(content=[{"type": "text", "text": "x"}]),
        "choices_object": completion(choices={}),
        "error_object": {"error": {"message": "overloaded", "code": 502}},
        "array": [1, 2],
        "wrong_model": completion(model="another-model"),
        "usage_missing": completion(usage=None),
        "usage_negative": completion(usage={"prompt_tokens": -5, "completion_tokens": 3}),
        "usage_huge": completion(usage={"prompt_tokens": 10**30, "completion_tokens": 3}),
        "usage_text": completion(usage="many"),
    }
    bodies = {name: json.dumps(value).encode() for name, value in objects.items()}
    bodies |= {
        "html": b"<html><body>502 Bad Gateway</body></html>",
        "empty_body": b"",
        "trailing": good + b" trailing",
        "nan": good.replace(b'"stub"', b"NaN", 1),
        "lone_surrogate": good.replace(b"A short", b"\\ud800 short"),
        "bad_utf8": good.replace(b"A short", b"\xff short"),
        "deep": b'{"choices":' + b"[" * 100_000,
        "cut_json": good[:-20],
    }
    acts = {name: response(200, body, name=name) for name, body in bodies.items()}
    acts["gzip_bomb"] = response(200, gzip.compress(b" " * 60_000_000), ("content-encoding", "gzip"), name="gzip_bomb")
    acts["gzip_good"] = response(200, gzip.compress(good), ("content-encoding", "gzip"), name="gzip_good")
    acts["brotli"] = response(200, good, ("content-encoding", "br"), name="brotli")
    acts["huge_declared"] = response(200, b"{", length=50_000_000, name="huge_declared")
    acts["huge_chunked"] = Act(
        (_head("transfer-encoding: chunked"), *((b"10000\r\n" + b" " * 65536 + b"\r\n",) * 400)), name="huge_chunked"
    )
    return acts


def half_responses() -> dict[str, Act]:
    """Responses that end before they are complete, by name (T23)."""
    text = json.dumps(completion(content="Größe " * 50), ensure_ascii=False).encode()
    umlaut = text.index("ß".encode()) + 1
    return {
        "short_length": response(200, text[:-40], length=len(text), name="short_length"),
        "closed_early": Act((_head("connection: close") + text[:-40],), close=True, name="closed_early"),
        "cut_chunk": Act(
            (_head("transfer-encoding: chunked") + b"%x\r\n" % len(text) + text[:-40],), close=True, name="cut_chunk"
        ),
        "no_last_chunk": Act(
            (_head("transfer-encoding: chunked") + b"%x\r\n" % len(text) + text + b"\r\n",),
            close=True,
            name="no_last_chunk",
        ),
        "cut_in_character": Act((_head("connection: close") + text[:umlaut],), close=True, name="cut_in_character"),
        "cut_headers": Act((b"HTTP/1.1 200 OK\r\ncontent-le",), close=True, name="cut_headers"),
        "closed_at_once": Act((b"",), close=True, name="closed_at_once"),
        "not_http": Act((b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), close=True, name="not_http"),
    }


def _head(extra: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{extra}\r\n\r\n".encode()


def drip(gap_s: float = 0.5) -> Act:
    """One byte at a time (T22)."""
    body = json.dumps(completion()).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    return Act((head, *(body[index : index + 1] for index in range(len(body)))), gap_s=gap_s, name="drip")


def hang() -> Act:
    """Accept, work, never answer (T21)."""
    return Act(hang=True, name="hang")


def rate_limited(retry_after: str | None = "1", *, millis: str | None = None, date: str | None = None) -> Act:
    """429 with any form of Retry-After (T19)."""
    headers = [("retry-after", retry_after)] if retry_after is not None else []
    headers += [("retry-after-ms", millis)] if millis is not None else []
    headers += [("date", date)] if date is not None else []
    return refused(429, *headers, code="rate_limit_exceeded", name="rate_limited")


def http_date(unix: float) -> str:
    """An HTTP-date."""
    return formatdate(unix, usegmt=True)


def named_acts() -> dict[str, Act]:
    """Every act by the name that the command line takes."""
    return {
        "ok": OK,
        "hang": hang(),
        "drip": drip(),
        "429": rate_limited(),
        "401": refused(401, code="invalid_api_key"),
        "403": refused(403),
        "404": refused(404, code="model_not_found"),
        "500": refused(500),
        "503": refused(503, ("retry-after", "1")),
        "quota": refused(429, code="insufficient_quota"),
        "redirect": refused(307, ("location", "http://127.0.0.1:9/elsewhere")),
        **half_responses(),
        **bad_200s(),
    }
