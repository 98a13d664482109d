"""One completion out of the pieces of an event stream, so that what reads completions need not know of streams.

After the HTML standard's server-sent events, as far as LLM servers use them: `data:` lines, comments that keep a
connection alive, `[DONE]` at the end. Understands streams of chats and of plain completions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

_STARTS = (b"data:", b":", b"event:", b"id:", b"retry:")


class StreamCutError(ValueError):
    """The stream ended before the answer did."""


class _Delta(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    index: int = 0
    delta: _Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


_CHUNK = msgspec.json.Decoder(_Chunk)


@dataclass
class _Joined:
    """What came so far."""

    texts: list[str] = field(default_factory=list)
    reasonings: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    model: str | None = None
    usage: bytes = b"null"
    error: bytes = b"null"
    plain: bool = False

    def take(self, chunk: _Chunk) -> None:
        """Add a piece; of several choices the first is the answer."""
        self.model = chunk.model or self.model
        # Some servers tell the usage so far with every piece: the last counts.
        usage, error = bytes(chunk.usage), bytes(chunk.error)
        self.usage = self.usage if usage == b"null" else usage
        self.error = self.error if error == b"null" else error
        for choice in chunk.choices or ():
            if choice.index == 0:
                self._take(choice)

    def _take(self, choice: _Choice) -> None:
        self.finish_reason = choice.finish_reason or self.finish_reason
        if choice.text is not None:
            self.plain = True
            self.texts.append(choice.text)
        if (delta := choice.delta) is not None:
            self.texts.append(delta.content or "")
            self.reasonings.append(delta.reasoning_content or delta.reasoning or "")
            self.refusals.append(delta.refusal or "")

    def completion(self) -> bytes:
        """The JSON that the server would have sent at once."""
        text = "".join(self.texts)
        choice: dict[str, object] = {"finish_reason": self.finish_reason}
        if self.plain:
            choice["text"] = text
        else:
            message = {"content": text, "reasoning_content": "".join(self.reasonings) or None}
            choice["message"] = message | {"refusal": "".join(self.refusals) or None}
        whole: dict[str, object] = {"choices": [choice] if self.error == b"null" else [], "model": self.model}
        return msgspec.json.encode(whole | {"usage": msgspec.Raw(self.usage), "error": msgspec.Raw(self.error)})


def is_stream(body: bytes) -> bool:
    """Whether a body is an event stream and no JSON document; holds for the start of one as well."""
    return body[:64].lstrip().startswith(_STARTS)


def joined(body: bytes) -> bytes:
    """The completion's JSON that a whole stream amounts to.

    Raises StreamCutError when it ended early, msgspec's errors when a piece is not what it should be.
    """
    so_far = _Joined()
    done = False
    for data in _data(body):
        if data == b"[DONE]":
            done = True
            break
        so_far.take(_CHUNK.decode(data))
    if not done and so_far.finish_reason is None and so_far.error == b"null":
        raise StreamCutError
    return so_far.completion()


def _data(body: bytes) -> Iterator[bytes]:
    """What the events carry. A last line that nothing ended is a cut, wherever it was cut."""
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1].startswith(b"data:") and lines[-1].strip() not in (b"data: [DONE]", b"data:[DONE]"):
        try:
            _CHUNK.decode(lines[-1][5:])
        except ValueError:
            raise StreamCutError from None
    for line in lines:
        if line.startswith(b"data:"):
            yield line[5:].strip()
