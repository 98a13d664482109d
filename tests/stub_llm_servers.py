"""What real LLM servers answer, as far as their answers differ: lists of models, refusals, reasoning, streams.

Written down from the servers' documentation and sources (`docs/endpoints.md` names the quirks); no server's text is
quoted. Each is options for the stub and a script.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from tests.stub_llm_faults import OK, Act, completion, response
from tests.stub_llm_scripts import Script, StubRequest

Asked = dict[str, object]
THOUGHT = "First I weigh what to say."
SAID = "Water boils at 100 degrees."
STORY = SAID + " Ben saw a red ball in the park. He ran to it with his dog, and they played until it was dark."
CUT_STREAM = response(200, b"", ("content-type", "text/event-stream"), billed=False, name="cut_stream")
"""A stream whose server failed after it had said that all was well."""


def body(status: int, value: object) -> Act:
    """A JSON answer of any shape."""
    return response(status, json.dumps(value).encode(), billed=status == 200)


def unsupported(name: str, code: str = "unsupported_parameter") -> Act:
    """OpenAI's refusal of one field."""
    error = {"message": "stub", "type": "invalid_request_error", "param": name, "code": code}
    return body(400, {"error": error})


def streamed(*texts: str, done: bool = True, finish: str | None = "stop", usage: bool = True) -> Act:
    """An event stream with keep-alive comments between its pieces."""
    chunks: list[dict[str, object]] = [{"choices": [], "prompt_filter_results": []}]
    chunks += [{"model": "stub", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if usage:
        chunks.append({"choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 4}})
    text = "".join(f": still here\n\ndata: {json.dumps(chunk)}\n\n" for chunk in chunks)
    text += "data: [DONE]\n\n" if done else ""
    return response(200, text.encode(), name="streamed")


def thinking(**message: object) -> Act:
    """An answer whose message has more fields."""
    whole = {"role": "assistant", "content": SAID, **message}
    return body(200, completion(choices=[{"index": 0, "message": whole, "finish_reason": "stop"}]))


@dataclass(frozen=True)
class Server:
    """One kind of server."""

    models: object = None
    header: str = ""
    answer: Callable[[Asked], Act] = field(default=lambda _asked: OK)
    uuids: bool = False
    """Whether it refuses requests whose id is no UUID, without a word."""

    @property
    def script(self) -> Script:
        """Its answers, as the stub plays them."""

        def play(request: StubRequest) -> Act:
            if self.uuids and not _is_uuid(request.headers.get("x-request-id", "")):
                return response(400, b"", billed=False)
            return self.answer(json.loads(request.body))

        return play


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _listed(owner: str, **more: object) -> dict[str, object]:
    return {"object": "list", "data": [{"id": "stub", "object": "model", "owned_by": owner, **more}]}


def _openai(asked: Asked) -> Act:
    """A reasoning model: the older name of the limit and every temperature but 1 are refused."""
    if "max_tokens" in asked:
        return unsupported("max_tokens")
    if "temperature" in asked:
        return unsupported("temperature", "unsupported_value")
    return thinking()


def _azure_old(asked: Asked) -> Act:
    """An older API version knows only the older name of the limit."""
    return unsupported("max_completion_tokens") if "max_completion_tokens" in asked else OK


def _tgi(asked: Asked) -> Act:
    if float(str(asked["temperature"])) <= 0:
        return body(422, {"error": "stub", "error_type": "validation"})
    choice = {"index": 0, "message": {"role": "assistant", "content": SAID}, "finish_reason": "eos_token"}
    return body(200, completion(choices=[choice]))


def _llama_cpp_python(asked: Asked) -> Act:
    """A context of 512 tokens of two bytes each; streams without usage, which fail without a word."""
    chat = "messages" in asked
    said = str(asked["messages"] if chat else asked["prompt"])
    stream, most = bool(asked.get("stream")), int(str(asked["max_tokens"]))
    if len(said) // 2 > 512:
        error = {"type": "invalid_request_error", "param": "messages", "code": "context_length_exceeded"}
        return body(400, {"error": error}) if not stream else CUT_STREAM
    cut = most < 40
    if stream:
        return streamed(STORY, finish="length" if cut else "stop", usage=False)
    reason = {"index": 0, "finish_reason": "length" if cut else "stop"}
    choice = reason | ({"message": {"role": "assistant", "content": STORY}} if chat else {"text": STORY})
    usage = {"prompt_tokens": 5, "completion_tokens": most if cut else 40, "total_tokens": 5 + min(most, 40)}
    return body(200, completion(choices=[choice], usage=usage, model=asked["model"]))


def _nim(asked: Asked) -> Act:
    """A hosted model with a strict schema."""
    if "seed" in asked:
        return body(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "stub"}]})
    return thinking(reasoning_content=THOUGHT)


SERVERS: dict[str, Server] = {
    "openai": Server(_listed("openai"), answer=_openai),
    "azure": Server(answer=_azure_old),
    "vllm": Server(_listed("vllm", max_model_len=4096), "uvicorn", lambda _: thinking(reasoning_content=THOUGHT)),
    "ollama": Server(_listed("library"), answer=lambda _: thinking(reasoning=THOUGHT)),
    "llamacpp": Server(
        _listed("llamacpp", meta={"n_ctx": 8192, "n_ctx_train": 131072}),
        "llama.cpp",
        lambda _: thinking(content=f"<think>{THOUGHT}</think>\n\n{SAID}"),
    ),
    "llama-cpp-python": Server(_listed("me"), "uvicorn", _llama_cpp_python, uuids=True),
    "nim": Server(_listed("system", max_model_len=2048), answer=_nim),
    "tgi": Server(_listed("stub"), answer=_tgi),
    "openrouter": Server(_listed("", context_length=200_000), answer=lambda _: thinking(reasoning=THOUGHT)),
    "generic": Server(),
}
