"""The stub LLM's HTTP/1.1: a bare protocol, as it shares two cores with what it measures."""

import asyncio
from collections.abc import Callable

from tests.stub_llm_faults import Act

Start = Callable[["Connection", str, dict[str, str], bytes], None]
"""Serves one request: connection, path, headers (lower case), body."""

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


def ok(body: bytes, *, server: str = "", status: int = 200) -> bytes:
    """A JSON response, of status 200 where nothing else is said, by a server of this name."""
    named = f"server: {server}\r\n".encode() if server else b""
    head = b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\n%scontent-length: %d\r\n\r\n"
    return head % (status, named, len(body)) + body


class Connection(asyncio.Protocol):
    """Just enough HTTP/1.1: one request at a time, Content-Length bodies, keep-alive."""

    def __init__(self, start: Start, connections: set[asyncio.Transport]) -> None:
        self._start = start
        self._connections = connections
        self._buffer = bytearray()
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self._transport)
        if not self.gone.done():
            self.gone.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])}
        total = end + 4 + int(headers.get("content-length", "0"))
        if len(self._buffer) >= total:
            body = bytes(self._buffer[end + 4 : total])
            del self._buffer[:total]
            self._start(self, lines[0].split(" ")[1], headers, body)

    def reply(self, data: bytes) -> None:
        """Send a whole response."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    async def play(self, act: Act) -> None:
        """Send an act's pieces, as long as anybody listens."""
        for index, piece in enumerate(act.pieces):
            if index and act.gap_s:
                await asyncio.sleep(act.gap_s)
            if self._transport.is_closing():
                return
            self._transport.write(piece)
        if act.close:
            self._transport.close()
