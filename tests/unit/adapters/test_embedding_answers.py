"""Whatever an embeddings endpoint sends, vectors for all texts or an enumerated failure come out."""

import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.embedding_answers import MOST_DIMS, EmbeddingRequest, Vectors, read_vectors
from app.adapters.llm_outcomes import Failure, FailureCode
from app.adapters.llm_refusals import Reply
from tests.unit.adapters.test_llm_answers import JSON, reply


def rows(*vectors: Any) -> list[dict[str, Any]]:
    return [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(vectors)]


def answer(data: Any, **over: Any) -> Reply:
    return reply(200, json.dumps({"data": data, "usage": {"prompt_tokens": 5, "total_tokens": 5}} | over).encode())


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_bytes_give_a_failure(status: int, body: bytes) -> None:
    assert isinstance(read_vectors(reply(status, body), texts=1), Failure)


@given(st.integers(100, 599), JSON)
def test_any_json_gives_an_outcome(status: int, value: object) -> None:
    assert isinstance(read_vectors(reply(status, msgspec.json.encode(value)), texts=1), Vectors | Failure)


def test_rows_come_in_the_order_of_the_texts() -> None:
    found = read_vectors(answer(rows([1.0, 0.5], [2, 0])[::-1]), texts=2)

    assert isinstance(found, Vectors)
    np.testing.assert_array_equal(found.rows, np.array([[1.0, 0.5], [2.0, 0.0]], np.float32))
    assert (found.prompt_tokens, found.usage_known) == (5, True)


@pytest.mark.parametrize(
    ("usage", "tokens", "known"),
    [
        (None, 0, False),
        ({"total_tokens": 9}, 9, True),
        ({"prompt_tokens": -1}, 0, False),
        ({"prompt_tokens": 10**30}, 0, False),
        ("many", 0, False),
    ],
    ids=["missing", "total alone", "negative", "huge", "text"],
)
def test_a_bill_that_cannot_be_believed_is_none(usage: object, tokens: int, known: bool) -> None:
    found = read_vectors(answer(rows([1.0]), usage=usage), texts=1)

    assert isinstance(found, Vectors)
    assert (found.prompt_tokens, found.usage_known) == (tokens, known)


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (rows([1.0]), FailureCode.wrong_type, "1 vectors for 2 texts"),
        (rows([1.0], [2.0], [3.0]), FailureCode.wrong_type, "3 vectors for 2 texts"),
        ([{"index": 0, "embedding": [1.0]}] * 2, FailureCode.wrong_type, "2 vectors for 2 texts"),
        (rows([1.0], [1.0, 2.0]), FailureCode.wrong_type, "1 to 2 numbers"),
        (rows([], []), FailureCode.wrong_type, "0 to 0 numbers"),
        (rows([0.0] * (MOST_DIMS + 1), [0.0] * (MOST_DIMS + 1)), FailureCode.wrong_type, "4097 numbers"),
        (rows([1e300], [1.0]), FailureCode.wrong_type, "not finite"),
        (rows(["a"], [1.0]), FailureCode.wrong_type, "no embeddings"),
        (None, FailureCode.wrong_type, "data is missing"),
        (rows([float("nan")], [1.0]), FailureCode.bad_json, "not JSON"),
    ],
    ids=["few", "many", "doubled", "ragged", "empty", "long", "infinite", "words", "none", "nan"],
)
def test_what_is_no_vector_for_each_text_is_useless_and_paid(data: Any, code: FailureCode, detail: str) -> None:
    found = read_vectors(answer(data), texts=2)

    assert isinstance(found, Failure)
    assert (found.code, found.retry, found.charged) == (code, True, True) and detail in found.detail


def test_an_error_with_status_200_is_told_apart() -> None:
    found = read_vectors(reply(200, b'{"error": {"message": "overloaded"}}'), texts=1)

    assert isinstance(found, Failure) and found.code is FailureCode.error_in_body


def test_the_request_is_what_servers_take() -> None:
    assert json.loads(EmbeddingRequest("m", ("a", "b")).body()) == {"model": "m", "input": ["a", "b"]}
