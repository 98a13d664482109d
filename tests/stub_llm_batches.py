"""The stub LLM's files and batches: OpenAI's Batch API as far as anybody uses it, at half the price of a call.

A batch is worked through when somebody looks at it and `ends` says so: then its lines are answered and billed in an
order of their own, and the files hold what a real provider's hold. Tests set the attributes from their own thread.
"""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable
from typing import Any

from tests.stub_llm_faults import Act
from tests.stub_llm_http import Connection, ok
from tests.stub_llm_scripts import StubRequest

Line = dict[str, Any]
Reply = tuple[int, object] | None
"""Status and JSON; None: the connection is cut without an answer."""

ENDED = ("completed", "failed", "expired", "cancelled")
FREE = frozenset({"429", "500", "missing", "unsupported"})
"""Fates of a line that are not billed."""
ERRORS = {
    "429": (429, {"error": {"code": "rate_limit_exceeded"}}),
    "500": (500, {"error": {"code": "server_error"}}),
    "content_filter": (400, {"error": {"code": "content_filter"}}),
    "unsupported": (400, {"error": {"code": "unsupported_parameter", "param": "temperature"}}),
}


class StubBatches:
    """Files and batches of one stub."""

    def __init__(
        self, answer: Callable[[StubRequest], tuple[bytes, tuple[int, int]]], charge: Callable[..., None]
    ) -> None:
        self._answer, self._charge = answer, charge
        self.files: dict[str, bytes] = {}
        self.batches: list[dict[str, Any]] = []
        self.ends: str | None = "completed"
        """How batches that are looked at end; None: they go on."""
        self.done = 10**9
        """Lines that are answered before a batch expires or is cancelled."""
        self.fate: Callable[[Line], str] = lambda _line: "ok"
        """What becomes of a line: ok, missing, doubled, garbled, truncated, or a key of ERRORS."""
        self.faults: list[str] = []
        """Codes for which the next batch fails its validation; used up by it."""
        self.failing: dict[str, list[int]] = {"files": [], "batches": [], "lost": []}
        """Statuses that the next uploads and creations get; `lost`: the batch is made and the answer is not sent."""
        self.answered: list[str] = []
        """Ids of the lines that were answered and billed."""
        self.late_files = 0
        """Looks at batches that have ended and do not name their output yet."""
        self.pages = 100
        self.cut_content = 0
        """Downloads that end in the middle."""
        self.before_cut: Callable[[], None] = lambda: None
        """Called when half of a download that will be cut is out, or in the place of an answer that is lost."""
        self.looks = 0

    async def serve(self, connection: Connection, path: str, headers: dict[str, str], body: bytes) -> None:
        """Answer a request below `/files` or `/batches`."""
        content = self.content(path)
        reply = (200, content) if content is not None else self._reply(path, headers, body)
        cut = self.cut_content > 0 and content is not None
        if reply is not None:
            whole = ok(reply[1] if isinstance(reply[1], bytes) else json.dumps(reply[1]).encode(), status=reply[0])
            connection.reply(whole[: len(whole) // 2] if cut else whole)
        if reply is None or cut:
            self.cut_content -= cut
            # What is written is on its way only once the loop has had its turn.
            await asyncio.sleep(0.05)
            await asyncio.to_thread(self.before_cut)
            connection.close()

    def _reply(self, path: str, headers: dict[str, str], body: bytes) -> Reply:
        bare, _, query = path.partition("?")
        parts = [part for part in bare.split("/v1/")[-1].split("/openai/")[-1].split("/") if part]
        match parts:
            case ["files"]:
                return self._upload(headers, body)
            case ["files", file_id]:
                return (200, {"id": file_id, "status": "processed"}) if file_id in self.files else (404, {})
            case ["batches"]:
                return self._create(json.loads(body)) if body else self._list(query)
            case ["batches", batch_id]:
                self.looks += 1
                return self._found(batch_id, self._advance)
            case ["batches", batch_id, "cancel"]:
                return self._found(batch_id, self._cancel)
            case _:
                return 404, {}

    def content(self, path: str) -> bytes | None:
        """A file's content, if that is what `path` asks for."""
        found = re.search(r"/files/([^/?]+)/content", path)
        return self.files.get(found.group(1)) if found else None

    def _upload(self, headers: dict[str, str], body: bytes) -> Reply:
        if self.failing["files"]:
            return self.failing["files"].pop(0), {"error": {"code": "server_error"}}
        fields = _multipart(headers["content-type"], body)
        if fields.get("purpose") != b"batch":
            return 400, {"error": {"code": "invalid_purpose"}}
        return 200, {"id": self._file(fields["file"]), "object": "file", "purpose": "batch", "status": "processed"}

    def _file(self, content: bytes) -> str:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = content
        return name

    def _create(self, asked: dict[str, Any]) -> Reply:
        if self.failing["batches"]:
            return self.failing["batches"].pop(0), {"error": {"code": "server_error"}}
        lines = self.files[asked["input_file_id"]].decode().splitlines()
        batch = {
            "id": f"batch_{len(self.batches) + 1}",
            "object": "batch",
            "status": "validating",
            "created_at": int(time.time()),
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
            **asked,
        }
        self.batches.append(batch)
        faults, self.faults = self.faults or _faults(lines, asked["endpoint"]), []
        if faults:
            batch["status"], batch["errors"] = "failed", {"data": [{"code": code, "line": 1} for code in faults]}
        if self.failing["lost"]:
            self.failing["lost"].pop()
            return None
        return 200, batch

    def _list(self, query: str) -> Reply:
        youngest = self.batches[::-1]
        after = re.search(r"after=([^&]+)", query)
        if after:
            names = [batch["id"] for batch in youngest]
            youngest = youngest[names.index(after.group(1)) + 1 :]
        more = len(youngest) > self.pages
        return 200, {"object": "list", "data": youngest[: self.pages], "has_more": more}

    def _found(self, batch_id: str, act: Callable[[dict[str, Any]], None]) -> Reply:
        found = next((batch for batch in self.batches if batch["id"] == batch_id), None)
        if found is None:
            return 404, {"error": {"code": "not_found"}}
        act(found)
        if found["output_file_id"] and self.late_files:
            self.late_files -= 1
            return 200, {**found, "output_file_id": None}
        return 200, found

    def _cancel(self, batch: dict[str, Any]) -> None:
        if batch["status"] not in ENDED:
            batch["status"] = "cancelling"

    def _advance(self, batch: dict[str, Any]) -> None:
        if batch["status"] in ENDED:
            return
        end = "cancelled" if batch["status"] == "cancelling" else self.ends
        if end is None:
            batch["status"] = "in_progress"
        else:
            self._work(batch, end)

    def _work(self, batch: dict[str, Any], end: str) -> None:
        """Answer and bill the lines, and write the files, in an order of their own."""
        lines = [json.loads(line) for line in self.files[batch["input_file_id"]].decode().splitlines()]
        random.Random(len(self.batches)).shuffle(lines)
        most = len(lines) if end == "completed" else self.done
        output: list[str] = []
        errors: list[str] = []
        for line in lines[:most]:
            self._work_line(line, output, errors)
        for line in lines[most:]:
            errors.append(_wrapped(line, None, {"code": f"batch_{end}", "message": "stub"}))
        batch["status"] = end
        batch["request_counts"] |= {"completed": len(output), "failed": len(errors)}
        for name, content in (("output_file_id", output), ("error_file_id", errors)):
            if content:
                batch[name] = self._file("".join(content).encode())

    def _work_line(self, line: Line, output: list[str], errors: list[str]) -> None:
        fate = self.fate(line)
        request = StubRequest(0, line["url"], {"x-request-id": line["custom_id"]}, json.dumps(line["body"]).encode(), 0)
        body, usage = self._answer(request)
        if fate not in FREE:
            self._charge(request, Act(name=f"batch {fate}"), usage, divisor=2)
            self.answered.append(line["custom_id"])
        if fate in ERRORS:
            status, error = ERRORS[fate]
            errors.append(_wrapped(line, {"status_code": status, "request_id": "r", "body": error}, None))
            return
        said = json.loads(body)
        if fate == "truncated":
            said["choices"][0]["finish_reason"] = "length"
        whole = _wrapped(line, {"status_code": 200, "request_id": "r", "body": said}, None)
        if fate == "garbled":
            whole = whole[: len(whole) // 2] + "\n"
        output += {"missing": [], "doubled": [whole, whole]}.get(fate, [whole])


def _wrapped(line: Line, response: object, error: object) -> str:
    whole = {"id": "batch_req", "custom_id": line["custom_id"], "response": response, "error": error}
    return json.dumps(whole) + "\n"


def _faults(lines: list[str], endpoint: str) -> list[str]:
    """What a provider finds in a file before it begins."""
    found = [json.loads(line) for line in lines]
    checks = {
        "empty_file": not found,
        "too_many_requests": len(found) > 50_000,
        "duplicate_custom_id": len({line["custom_id"] for line in found}) < len(found),
        "mismatched_url": any(line["url"] != endpoint or line["method"] != "POST" for line in found),
        "mismatched_model": len({line["body"]["model"] for line in found}) > 1,
        "invalid_body": any("stream" in line["body"] for line in found),
    }
    return [code for code, wrong in checks.items() if wrong]


def _multipart(content_type: str, body: bytes) -> dict[str, bytes]:
    boundary = content_type.partition("boundary=")[2].encode()
    fields = {}
    for part in body.split(b"--" + boundary):
        head, _, content = part.partition(b"\r\n\r\n")
        named = re.search(rb'name="([^"]+)"', head)
        if named:
            fields[named.group(1).decode()] = content.removesuffix(b"\r\n")
    return fields
