"""A stub `/v1/embeddings` endpoint: counted words in 48 columns, all pointing much one way, and faults on demand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from zlib import crc32

DIMS = 48
OFFSET = 6.0
"""Added to every number: the mean cosine of uncentred rows is over 0.9, as real encoders' often is."""

Fault = Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]]


def vector(text: str) -> list[float]:
    row = [OFFSET] * DIMS
    for word in text.lower().split():
        row[crc32(word.encode()) % DIMS] += 1.0
    return row


def good(asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    # Backwards, for the order is the index's business.
    data = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(asked["input"])]
    return 200, {}, json.dumps({"object": "list", "data": data[::-1], "model": asked["model"]}).encode()


def embeddings(asked: dict[str, Any]) -> tuple[bytes, tuple[int, int]]:
    """A good answer with its usage, prompt and completion tokens."""
    tokens = sum(len(text) // 4 + 1 for text in asked["input"])
    whole = json.loads(good(asked)[2]) | {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
    return json.dumps(whole).encode(), (tokens, 0)


@dataclass
class StubEmbeddings:
    """What it is told and what it saw."""

    faults: list[Fault] = field(default_factory=list)
    """Taken from the front, one a request; then all is well."""
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def stub_embeddings(*faults: Fault) -> Iterator[StubEmbeddings]:
    """A server on a free port."""
    stub = StubEmbeddings(list(faults))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            stub.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, asked))
            status, headers, body = (stub.faults.pop(0) if stub.faults else good)(asked)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        stub.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield stub
        server.shutdown()
        thread.join()
