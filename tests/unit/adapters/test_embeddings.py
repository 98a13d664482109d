"""Vectors from an endpoint, at the wire: order, faults that pass, faults that do not, and what is never sent."""

import json
from typing import Any

import numpy as np
import pytest

from app.adapters.embeddings import BadEmbeddingsError, EmbeddingsUnavailableError, encoder_of
from app.domain import diversity
from app.domain.embedding import centred
from app.errors import InvalidInputError
from app.settings import Settings
from tests.stub_embeddings import DIMS, Fault, good, stub_embeddings, vector

TEXTS = [f"text {n} of many, about thing {n % 7}" for n in range(150)]


def settings(url: str, **over: Any) -> Settings:
    values = {"embedding_base_url": url, "embedding_model": "m", "embedding_api_key": "sk-1", **over}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]  # pydantic-settings' own argument


def encode(url: str, texts: list[str], **over: Any) -> np.ndarray:
    encoder = encoder_of(settings(url, **over))
    assert encoder is not None
    return encoder(texts)


def answer(status: int, body: bytes, **headers: str) -> Fault:
    return lambda _asked: (status, headers, body)


def changed(change: Any) -> Fault:
    def fault(asked: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        whole = json.loads(good(asked)[2])
        change(whole["data"])
        return 200, {}, json.dumps(whole).encode()

    return fault


def test_rows_are_in_the_order_of_texts_over_several_calls() -> None:
    with stub_embeddings() as stub:
        rows = encode(stub.url, TEXTS)

    np.testing.assert_array_equal(rows, np.array([vector(text) for text in TEXTS], np.float32))
    assert [len(asked["input"]) for _, _, asked in stub.requests] == [64, 64, 22]
    path, headers, asked = stub.requests[0]
    assert (path, headers["authorization"], asked["model"]) == ("/v1/embeddings", "Bearer sk-1", "m")


def test_long_texts_are_cut_and_empty_ones_are_a_space() -> None:
    with stub_embeddings() as stub:
        rows = encode(stub.url, ["x" * 500, ""], embedding_chars=100)

    assert [len(text) for text in stub.requests[0][2]["input"]] == [100, 1]
    assert rows.shape == (2, DIMS)


def test_no_texts_ask_nothing() -> None:
    with stub_embeddings() as stub:
        assert len(encode(stub.url, [])) == 0
    assert stub.requests == []


@pytest.mark.parametrize(
    "fault",
    [answer(429, b"", **{"retry-after": "0"}), answer(503, b"busy", **{"retry-after": "0"})],
    ids=["too many", "busy"],
)
def test_a_busy_server_is_asked_again(fault: Fault) -> None:
    with stub_embeddings(fault, fault) as stub:
        assert encode(stub.url, TEXTS[:3]).shape == (3, DIMS)
    assert len(stub.requests) == 3


def test_a_server_that_stays_busy_is_given_up_with_its_reason() -> None:
    with (
        stub_embeddings(*[answer(500, b"", **{"retry-after": "0"})] * 9) as stub,
        pytest.raises(EmbeddingsUnavailableError, match="HTTP 500, 5 times"),
    ):
        encode(stub.url, TEXTS[:3])
    assert len(stub.requests) == 5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (answer(401, b'{"error": "no such key"}'), "HTTP 401: .*no such key"),
        (answer(307, b"", location="http://127.0.0.1:1/"), "HTTP 307"),
        (answer(200, b"<html>"), "JSONDecodeError"),
        (answer(200, b'{"data": null}'), "TypeError"),
        (changed(lambda data: data.pop()), "KeyError"),
        (changed(lambda data: data.append({"index": 9, "embedding": [1.0]})), "one vector"),
        (changed(lambda data: data[0]["embedding"].pop()), "ValueError"),
        (changed(lambda data: data[0].update(embedding=["a"] * DIMS)), "ValueError"),
        (changed(lambda data: [row.update(embedding=[]) for row in data]), "one vector"),
        (changed(lambda data: data[0]["embedding"].__setitem__(0, 1e300)), "finite"),
    ],
    ids=["key", "redirect", "html", "null", "missing", "too many", "ragged", "words", "empty", "infinite"],
)
def test_an_unusable_answer_is_refused_at_once(fault: Fault, reason: str) -> None:
    with stub_embeddings(fault) as stub, pytest.raises(BadEmbeddingsError, match=reason):
        encode(stub.url, TEXTS[:3])
    assert len(stub.requests) == 1


def test_vectors_of_another_length_are_refused() -> None:
    shorter = changed(lambda data: [row["embedding"].pop() for row in data])
    with stub_embeddings(good, shorter) as stub, pytest.raises(BadEmbeddingsError, match=f"gave {DIMS} before"):
        encode(stub.url, TEXTS[:100])


def test_uncentred_vectors_would_hide_all_diversity() -> None:
    with stub_embeddings() as stub:
        rows = encode(stub.url, [f"{n} {n * n} {n * 3} words" for n in range(100)])
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    plain = diversity.vendi2(diversity.gram_sums(unit))
    moved = diversity.vendi2(diversity.gram_sums(centred(rows, rows.mean(axis=0))))

    assert plain is not None and moved is not None
    assert plain < 1.1 and moved > 4


def test_without_an_endpoint_there_is_no_encoder_and_without_a_model_an_error() -> None:
    assert encoder_of(Settings(_env_file=None)) is None  # type: ignore[call-arg]  # pydantic-settings' own argument
    with pytest.raises(InvalidInputError, match="--embedding-model"):
        encoder_of(settings("http://127.0.0.1:1", embedding_model=None))
