"""Whatever bytes an endpoint sends, one of the enumerated outcomes comes out (property c of the bad-input corpus)."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.llm_answers import read_reply
from app.adapters.llm_outcomes import Answer, Failure, FailureCode
from app.adapters.llm_refusals import Reply
from tests.stub_llm_faults import completion

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "finish_reason", "usage", "error", "code", "model"]),
            inner,
        )
    ),
    max_leaves=12,
)


def reply(status: int, body: bytes, **headers: str) -> Reply:
    """A reply that arrived now."""
    return Reply(status, {"content-length": str(len(body)), **headers}, body, 0.1, 1_800_000_000.0)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_give_a_failure(status: int, body: bytes) -> None:
    assert isinstance(read_reply(reply(status, body), model="m"), Failure)


@given(st.integers(100, 599), JSON)
def test_any_json_gives_an_outcome(status: int, value: object) -> None:
    assert isinstance(read_reply(reply(status, msgspec.json.encode(value)), model="m"), Answer | Failure)


@given(st.text(), st.sampled_from(["stop", "length", "content_filter", None, "", "eos"]))
def test_only_a_finished_non_blank_text_is_an_answer(text: str, finish: str | None) -> None:
    body = msgspec.json.encode(completion(content=text, finish_reason=finish))
    outcome = read_reply(reply(200, body), model="stub")
    assert isinstance(outcome, Answer) == (finish == "stop" and text.strip() != "")
    if isinstance(outcome, Answer):
        assert outcome.text == text


@given(st.integers(0, 2000))
def test_no_cut_of_a_good_body_is_an_answer(cut: int) -> None:
    body = msgspec.json.encode(completion(content="Größe zählt. " * 20))
    outcome = read_reply(reply(200, body[: min(cut, len(body) - 1)]), model="stub")
    assert isinstance(outcome, Failure)


@pytest.mark.parametrize(
    ("named", "differs"), [("stub-2026-01-01", False), ("STUB", False), ("org/stub", False), ("other", True)]
)
def test_model_name_with_date_or_path_is_the_same_model(named: str, differs: bool) -> None:
    outcome = read_reply(reply(200, msgspec.json.encode(completion(model=named))), model="stub")
    assert isinstance(outcome, Answer)
    assert bool(outcome.flags) == differs


def test_error_detail_holds_the_code_but_not_the_message() -> None:
    body = b'{"error":{"message":"bad key sk-secret","code":"invalid_api_key"}}'
    outcome = read_reply(reply(401, body), model="m")
    assert isinstance(outcome, Failure)
    assert outcome.code is FailureCode.unauthorized
    assert "invalid_api_key" in outcome.detail
    assert "sk-secret" not in outcome.detail
