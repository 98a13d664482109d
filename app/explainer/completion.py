"""A chat request checked as a real server would, and its completion: text, finish reason, token counts.

Tokens are estimated as a quarter of the UTF-8 bytes, rounded up: close to what byte-pair encoders give on English and
exactly reproducible. Knows nothing of HTTP beyond status numbers.
"""

import hashlib
from dataclasses import dataclass

import orjson

from app.explainer.prompt import last_user_message, parse_prompt
from app.explainer.writer import write

MODEL = "offline-explainer"
"""The model's name, honest about what answers."""
DEFAULT_MAX_TOKENS = 4096
"""Used when the request names no limit."""
_BYTES_PER_TOKEN = 4
_ROLES = frozenset({"system", "user", "assistant", "developer", "tool"})


class ChatError(Exception):
    """A refusal in OpenAI's error shape."""

    def __init__(self, message: str, *, status: int = 400, code: str = "invalid_request", param: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param

    def body(self) -> dict[str, object]:
        """The JSON of the error."""
        kind = "invalid_request_error" if self.status < 429 else self.code
        return {"error": {"message": self.message, "type": kind, "param": self.param or None, "code": self.code}}


@dataclass(frozen=True)
class Chat:
    """What a request asks, checked."""

    message: str
    """The last user message."""
    prompt_bytes: int
    """UTF-8 bytes of all messages."""
    max_tokens: int
    """Limit of the answer."""
    seed: int
    """The request's seed; 0 when absent."""


@dataclass(frozen=True)
class Completion:
    """An answer."""

    text: str
    """The rewritten text."""
    finish_reason: str
    """`stop`, or `length` when max_tokens cut it."""
    prompt_tokens: int
    """Estimate."""
    completion_tokens: int
    """Estimate; never over max_tokens."""
    digest: str
    """sha256 of request and answer, hex: the answer's id."""


def read_chat(body: bytes) -> Chat:
    """The request in `body`; raises ChatError (400, or 404 for another model)."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ChatError("We could not parse the JSON body of your request.") from error
    if not isinstance(data, dict):
        raise ChatError("The body must be a JSON object.")
    _check_model(data.get("model"))
    if data.get("stream"):
        raise ChatError("Streaming is not supported.", param="stream")
    message, size = _read_messages(data.get("messages"))
    limit = data.get("max_completion_tokens", data.get("max_tokens"))
    return Chat(message, size, _max_tokens(limit), _seed(data.get("seed")))


def complete(chat: Chat) -> Completion:
    """The answer; the same request always gets the same one."""
    text = write(parse_prompt(chat.message), chat.seed)
    text, reason = _fit(text, chat.max_tokens)
    digest = hashlib.sha256(f"{chat.seed}\0{chat.message}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return Completion(text, reason, tokens(chat.prompt_bytes), tokens(_size(text)), digest)


def tokens(n_bytes: int) -> int:
    """Estimated tokens of so many UTF-8 bytes. 9 bytes are 3 tokens."""
    return -(-n_bytes // _BYTES_PER_TOKEN)


def _fit(text: str, max_tokens: int) -> tuple[str, str]:
    data = text.encode("utf-8", "replace")
    if tokens(len(data)) <= max_tokens:
        return text, "stop"
    return data[: max_tokens * _BYTES_PER_TOKEN].decode("utf-8", "ignore"), "length"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _check_model(model: object) -> None:
    if not isinstance(model, str) or not model:
        raise ChatError("You must provide a model parameter.", param="model")
    if model != MODEL:
        message = f"The model {model[:80]!r} does not exist here; this server has {MODEL!r}."
        raise ChatError(message, status=404, code="model_not_found", param="model")


def _read_messages(messages: object) -> tuple[str, int]:
    if not isinstance(messages, list) or not messages:
        raise ChatError("messages must be a non-empty list.", param="messages")
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise ChatError("Every message needs a known role.", param=f"messages[{at}].role")
        if not isinstance(message.get("content"), str | list):
            raise ChatError("Every message needs content.", param=f"messages[{at}].content")
    text = last_user_message(messages)
    if not text.strip():
        raise ChatError("There is no user message with text.", param="messages")
    return text, sum(_size(last_user_message([{**message, "role": "user"}])) for message in messages)


def _max_tokens(value: object) -> int:
    if value is None:
        return DEFAULT_MAX_TOKENS
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1_000_000:
        raise ChatError("max_tokens must be a whole number from 1.", param="max_tokens")
    return value


def _seed(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise ChatError("seed must be a whole number.", param="seed")
    return value
