"""How each kind of LLM server wants to be asked: one table, and which row of it a server is.

All of them speak OpenAI's protocol, each with its own accent: another name for the limit of an answer, no seed, no
temperature of zero. A row holds what must differ in a request; what differs in answers needs no row, for the reader of
replies understands all of them (`llm_answers`). What no table can know, such as the one model of a provider that takes
no temperature, the server says in its refusal, and `adapted` reads it. The servers and their quirks are described in
`docs/endpoints.md`. Opens no connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from app.adapters.llm_endpoints import AZURE_HOSTS, Endpoint
from app.adapters.llm_outcomes import LlmRequest, Message
from app.errors import InvalidInputError

OWN_NAME = "="
"""An owner that is the model's own name."""

JsonMode = Literal["schema", "object", "none"]
"""Whether `response_format` takes a JSON schema, only `json_object`, or is not known at all."""
LimitField = Literal["max_tokens", "max_completion_tokens"]


class UnknownProfileError(InvalidInputError):
    """llm.profile: there is no profile {name}; there are {known}. Leave it out to have it found."""

    code = "unknown_profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of server is asked."""

    name: str
    hosts: tuple[str, ...] = ()
    """Ends of host names that are always this kind."""
    ports: tuple[int, ...] = ()
    """Ports that nothing else uses by default."""
    owners: tuple[str, ...] = ()
    """`owned_by` of the models it lists, lower case."""
    server: str = ""
    """How its Server header begins, lower case."""
    limit: LimitField = "max_tokens"
    """The name of the answer's limit."""
    seed: bool = True
    """False: none is sent."""
    temperature: bool = True
    """False: none is sent."""
    least_temperature: float = 0.0
    """What a lower temperature is raised to."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers of every call beside the key's."""
    batches: bool = False
    """Whether it takes files of calls (`llm.batch`), in OpenAI's form."""
    stream: bool = False
    """True: the answer is asked for piece by piece, so that no proxy on the way takes the call for idle."""
    stream_usage: bool = True
    """Whether a stream must be asked to tell its usage."""
    json: JsonMode = "none"
    """What is sent of a wish for JSON; the reader of the answer checks it all the same."""

    @property
    def plain(self) -> bool:
        """Whether a chat goes out exactly as `LlmRequest` writes it."""
        return (
            self.limit == "max_tokens"
            and self.seed
            and self.temperature
            and self.least_temperature <= 0.0
            and not self.stream
        )


GENERIC = Profile("generic")
PROFILES: tuple[Profile, ...] = (
    Profile("openai", hosts=("api.openai.com",), limit="max_completion_tokens", json="schema", batches=True),
    Profile("azure", hosts=AZURE_HOSTS, limit="max_completion_tokens", json="schema", batches=True),
    Profile("vllm", owners=("vllm",), json="schema"),
    Profile("ollama", hosts=("ollama.com",), ports=(11434,), owners=("library",), json="schema"),
    Profile("llamacpp", owners=("llamacpp",), server="llama.cpp", json="schema"),
    Profile("llama-cpp-python", owners=("me",), json="object"),
    Profile("nim", hosts=("integrate.api.nvidia.com",), owners=("system", "nvidia"), json="schema"),
    Profile("tgi", hosts=(".endpoints.huggingface.cloud",), owners=(OWN_NAME,), least_temperature=0.01),
    Profile("openrouter", hosts=("openrouter.ai",), headers=(("x-title", "Hornbook"),)),
    GENERIC,
)
"""Of two rows that fit, the first counts."""
BY_NAME = {profile.name: profile for profile in PROFILES}


def named(name: str) -> Profile:
    """The profile of this name; raises UnknownProfileError."""
    found = BY_NAME.get(name.lower())
    if found is None:
        raise UnknownProfileError(name=name, known=", ".join(BY_NAME))
    return found


def by_url(endpoint: Endpoint) -> Profile | None:
    """The profile that an address alone tells; None when the server must be asked."""
    if endpoint.azure:
        return BY_NAME["azure"]
    parts = urlsplit(endpoint.base_url)
    host = "." + (parts.hostname or "")
    for profile in PROFILES:
        if any(host.endswith("." + end.lstrip(".")) for end in profile.hosts) or parts.port in profile.ports:
            return profile
    return None


def by_answer(models: Sequence[tuple[str, str]], server: str) -> Profile:
    """The profile of a server by the (id, owner) of the models it lists and by its name; GENERIC when neither tells."""
    said = {OWN_NAME if owner == model else owner.lower() for model, owner in models if owner}
    for profile in PROFILES:
        if said & set(profile.owners) or (profile.server and server.lower().startswith(profile.server)):
            return profile
    return GENERIC


def encode(request: LlmRequest, profile: Profile) -> bytes:
    """The JSON of a request as this kind of server wants it."""
    request = _as_json(request, profile)
    if profile.plain and request.api == "chat":
        return request.body()
    fields: dict[str, object] = {"model": request.model}
    if request.api == "chat":
        fields["messages"] = request.messages
        fields[profile.limit] = request.max_tokens
    else:
        fields["prompt"] = plain_prompt(request.messages)
        # The newer name was never given to text completions.
        fields["max_tokens"] = request.max_tokens
    if profile.temperature:
        fields["temperature"] = max(request.temperature, profile.least_temperature)
    if profile.seed:
        fields["seed"] = request.seed
    if request.response_format:
        fields["response_format"] = request.response_format
    if profile.stream:
        fields["stream"] = True
        if profile.stream_usage:
            fields["stream_options"] = {"include_usage": True}
    return msgspec.json.encode(fields)


def _as_json(request: LlmRequest, profile: Profile) -> LlmRequest:
    """The request with its wish for JSON as far as the server has it; one without a schema is the asker's own."""
    wanted = request.response_format
    if wanted is None or wanted.get("type") != "json_schema" or profile.json == "schema":
        return request
    has = {"type": "json_object"} if profile.json == "object" else None
    return msgspec.structs.replace(request, response_format=has)


def plain_prompt(messages: Sequence[Message]) -> str:
    """A chat as text that a model without a chat template goes on with; the start of an answer stays open.

    >>> plain_prompt([Message("system", "A story."), Message("assistant", "Once upon a time")])
    'A story.\\n\\nOnce upon a time'
    """
    text = "\n\n".join(message.content for message in messages)
    return text if messages and messages[-1].role == "assistant" else text + "\n\n"


class _Detail(msgspec.Struct):
    loc: list[str | int] = []
    type: str = ""


class _Refused(msgspec.Struct):
    param: str | None = None
    code: str | int | None = None


class _Refusal(msgspec.Struct):
    error: _Refused | str | None = None
    detail: list[_Detail] | str | None = None


_REFUSAL = msgspec.json.Decoder(_Refusal)


def refused_field(body: bytes) -> str | None:
    """The field of a request that a refusal names as not supported, by its machine codes; None when it names none."""
    try:
        refusal = _REFUSAL.decode(body)
    except (ValueError, RecursionError):
        return None
    error = refusal.error
    if isinstance(error, _Refused) and error.param:
        # OpenAI names a model without JSON schemas by the field alone, `response_format` or a part of it.
        field = error.param.partition(".")[0]
        if field == "response_format" or str(error.code).startswith("unsupported"):
            return field
    if isinstance(refusal.detail, list):
        forbidden = [found.loc[-1] for found in refusal.detail if found.loc and found.type == "extra_forbidden"]
        return str(forbidden[0]) if forbidden else None
    return None


def adapted(profile: Profile, body: bytes) -> Profile | None:
    """The profile without what a server's refusal names; None when the refusal is about something else."""
    match refused_field(body):
        case "max_tokens" if profile.limit == "max_tokens":
            return replace(profile, limit="max_completion_tokens")
        case "max_completion_tokens" if profile.limit == "max_completion_tokens":
            return replace(profile, limit="max_tokens")
        case "temperature" if profile.temperature:
            return replace(profile, temperature=False)
        case "seed" if profile.seed:
            return replace(profile, seed=False)
        case "stream_options" | "include_usage" if profile.stream_usage and profile.stream:
            return replace(profile, stream_usage=False)
        case "response_format" if profile.json != "none":
            return replace(profile, json="object" if profile.json == "schema" else "none")
        case _:
            return None
