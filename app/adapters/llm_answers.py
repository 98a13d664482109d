"""Which replies of an LLM endpoint are answers, and what every other reply is.

Strict by rule D2: an answer is a 2xx, one complete JSON document under the byte cap (or the event stream of one), a
choice that finished by itself and a text that is more than reasoning. Everything else has a code of its own and a place
in the policy table. Reads chats and plain completions of every server in `llm_profiles`. Knows nothing of sockets; the
client hands in what it read.
"""

import re
from dataclasses import replace

import msgspec

from app.adapters.llm_outcomes import Answer, AnswerFlag, Failure, FailureCode, Outcome, Usage
from app.adapters.llm_refusals import Reply, fail, read_refused
from app.adapters.llm_streams import StreamCutError, is_stream, joined

MAX_PLAUSIBLE_TOKENS = 10_000_000
"""A usage above this is a fault of the server, not a bill."""

_DETAIL_CHARS = 200

_FINISHED = frozenset({"stop", "eos_token", "stop_sequence"})
"""The model ended by itself; the last two are Text Generation Inference's."""

_REFUSED_INSIDE = frozenset({401, 402, 403, 429})
"""Codes of an error object that mean the same with status 200 as they do as a status: nothing was made, or billed."""

_REASONING = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.S)


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: msgspec.Raw = msgspec.Raw(b"null")
    reasoning: msgspec.Raw = msgspec.Raw(b"null")


class _Choice(msgspec.Struct):
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")

    def answer(self) -> tuple[str, bool]:
        """The text without reasoning, and whether there was any."""
        if self.message is None:
            text, reasoned = without_reasoning(self.text or "")
            return text.strip(), reasoned
        text, reasoned = without_reasoning(self.message.content or "")
        beside = (bytes(self.message.reasoning_content), bytes(self.message.reasoning))
        return text, reasoned or any(part not in (b"null", b'""') for part in beside)


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


class _Code(msgspec.Struct):
    code: str | int | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_USAGE = msgspec.json.Decoder(_Usage | None)
_CODE = msgspec.json.Decoder(_Code | None)


def read_reply(reply: Reply, *, model: str) -> Outcome:
    """The outcome of a complete reply to a request for `model`; never raises on its content."""
    if 200 <= reply.status < 300:
        return _read_success(reply, model)
    return read_refused(reply)


def _read_success(reply: Reply, model: str) -> Outcome:
    try:
        body = joined(reply.body) if is_stream(reply.body) else reply.body
        completion = _COMPLETION.decode(body)
    except StreamCutError:
        return fail(reply, FailureCode.incomplete_body, "the stream ended before the answer did")
    except msgspec.ValidationError as error:
        return fail(reply, FailureCode.wrong_type, f"not a completion: {error}")
    except (ValueError, RecursionError) as error:
        return not_json(reply, error)
    usage, flags = _usage(completion.usage)
    if not completion.choices:
        return _without_choices(reply, completion, usage)
    choice = completion.choices[0]
    text, reasoned = choice.answer()
    problem = _problem(choice, text, reasoned=reasoned)
    if problem is not None:
        return fail(reply, problem[0], problem[1], usage)
    named = (completion.model or model).replace("\x00", "")
    if not _same_model(named, model):
        flags = (*flags, AnswerFlag.model_differs)
    return Answer(
        text=text,
        finish_reason=choice.finish_reason or "",
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
        usage_known=usage is not None,
        model=named[:_DETAIL_CHARS],
        latency_s=reply.latency_s,
        raw=reply.body,
        flags=flags,
    )


def _without_choices(reply: Reply, completion: _Completion, usage: Usage | None) -> Failure:
    """A gateway's error with status 200, or nothing at all."""
    error = bytes(completion.error)
    if error in (b"null", b""):
        return fail(reply, FailureCode.no_choices, "choices is empty or missing", usage)
    try:
        found = _CODE.decode(error)
    except (ValueError, RecursionError):
        found = None
    if found is not None and found.code in _REFUSED_INSIDE:
        return read_refused(replace(reply, status=int(found.code), body=b'{"error":' + error + b"}"))
    return fail(reply, FailureCode.error_in_body, "an error object with status 200", usage)


def without_reasoning(content: str) -> tuple[str, bool]:
    """The text behind a block of reasoning at its start, and whether there was one; an unclosed block takes it all.

    Some chat templates open the block in the prompt, so that only its end arrives.

    >>> without_reasoning("<think>Hm, water.</think>\\n\\nWater boils.")
    ('Water boils.', True)
    """
    if found := _REASONING.match(content):
        return content[found.end() :].lstrip(), True
    before, end, after = content.partition("</think>")
    return (after.lstrip(), True) if end and "<think>" not in before else (content, False)


def _problem(choice: _Choice, text: str, *, reasoned: bool) -> tuple[FailureCode, str] | None:
    """Why a choice is not an answer; the filter first, as it may come with any content."""
    reason = choice.finish_reason
    if reason == "content_filter":
        return FailureCode.content_filter, "stopped by the provider's filter"
    if choice.message is not None and choice.message.refusal:
        return FailureCode.refusal, "the model declined"
    unfinished = _unfinished(choice, reason)
    if unfinished is not None or text.strip():
        return unfinished
    # With more room it may come to an answer, as after any truncated one.
    if reasoned:
        return FailureCode.truncated, "the reasoning took all the room"
    return FailureCode.empty_content, "the content is empty"


def _unfinished(choice: _Choice, reason: str | None) -> tuple[FailureCode, str] | None:
    """Why the model did not come to an end by itself; None when it did."""
    if reason == "error" or bytes(choice.error) != b"null":
        return FailureCode.error_in_body, "an error inside the choice"
    if reason == "length":
        return FailureCode.truncated, "the answer reached max_tokens"
    if reason is None:
        return FailureCode.missing_finish_reason, "finish_reason is missing"
    if reason not in _FINISHED:
        return FailureCode.unknown_finish_reason, f"finish_reason is {reason[:40]!r}"
    return None


def not_json(reply: Reply, error: Exception) -> Failure:
    """Bad JSON, or a body that only its closing ended: there a cut is the likelier cause (T23 b)."""
    if "content-length" not in reply.headers and "transfer-encoding" not in reply.headers:
        return fail(reply, FailureCode.incomplete_body, "the body ended by close and does not parse")
    kind = type(error).__name__
    return fail(reply, FailureCode.bad_json, f"the body is not JSON ({kind})")


def _usage(raw: msgspec.Raw) -> tuple[Usage | None, tuple[AnswerFlag, ...]]:
    """The bill, if the server gave one that can be believed. Reasoning that only the total counts is billed as well."""
    try:
        usage = _USAGE.decode(raw)
    except (ValueError, RecursionError):
        return None, (AnswerFlag.usage_invalid,)
    if usage is None or usage.prompt_tokens is None or usage.completion_tokens is None:
        return None, (AnswerFlag.usage_missing,)
    completion = max(usage.completion_tokens, (usage.total_tokens or 0) - usage.prompt_tokens)
    told = (usage.prompt_tokens, usage.completion_tokens, completion)
    if not all(0 <= tokens <= MAX_PLAUSIBLE_TOKENS for tokens in told):
        return None, (AnswerFlag.usage_invalid,)
    return Usage(usage.prompt_tokens, completion), ()


def _same_model(named: str, asked: str) -> bool:
    """Servers add dates, tags and paths (gpt-x to gpt-x-2026-01-01, phi3 to phi3:mini): one contains the other."""
    left, right = named.lower(), asked.lower()
    return left in right or right in left
