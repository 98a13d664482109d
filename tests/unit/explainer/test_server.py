"""The server as a client sees it, well behaved and on purpose not."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import InvalidInputError
from app.explainer.billing import Price
from app.explainer.misbehaviour import Misbehaviour, changed
from app.explainer.server import create_explainer_app
from tests.unit.explainer.requests import CODE_TASK, message

URL = "/v1/chat/completions"


def _body(**fields: object) -> dict[str, object]:
    text = message(CODE_TASK, "def f(a):\n    return a + 1")
    return {"model": "offline-explainer", "messages": [{"role": "user", "content": text}], **fields}


def _with_server(
    work: Callable[[httpx.AsyncClient], Awaitable[Any]], misbehaviour: Misbehaviour | None = None, **options: object
) -> Any:
    async def run() -> Any:
        app = create_explainer_app(misbehaviour, **options)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://explainer") as client:
            return await work(client)

    return asyncio.run(run())


def _post(body: object, misbehaviour: Misbehaviour | None = None, **options: object) -> httpx.Response:
    headers = options.pop("headers", {})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _with_server(lambda client: client.post(URL, content=content, headers=headers), misbehaviour, **options)  # type: ignore[arg-type]


def test_answer_is_an_openai_chat_completion() -> None:
    answer = _post(_body(seed=3)).json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "offline-explainer"
    choice = answer["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert "```python\ndef f(a):" in choice["message"]["content"]
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] == -(-len(choice["message"]["content"].encode()) // 4)


def test_same_seed_same_text_other_seed_other_text() -> None:
    texts = [_post(_body(seed=seed)).json()["choices"][0]["message"]["content"] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_max_tokens_cuts_with_reason_length() -> None:
    answer = _post(_body(max_tokens=10)).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 10


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"a": "\\ud800"}', 400),
        ({}, 400),
        (_body(model="gpt"), 404),
        (_body(messages=[]), 400),
        (_body(messages=[{"role": "nobody", "content": "x"}]), 400),
        (_body(messages=[{"role": "user", "content": None}]), 400),
        (_body(messages=[{"role": "user", "content": " "}]), 400),
        (_body(max_tokens=0), 400),
        (_body(max_tokens=True), 400),
        (_body(seed="x"), 400),
        (_body(stream=True), 400),
        (b" " * (5 << 20), 413),
    ],
)
def test_bad_request_is_refused_in_openai_s_error_shape(body: object, status: int) -> None:
    answer = _post(body)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def test_other_paths_and_methods_have_the_error_shape_too() -> None:
    for method, path, status in (("GET", "/v2/x", 404), ("GET", URL, 405)):
        answer = _with_server(lambda client, method=method, path=path: client.request(method, path))  # type: ignore[misc]
        assert answer.status_code == status
        assert "error" in answer.json()


def test_models_and_health() -> None:
    assert _with_server(lambda client: client.get("/v1/models")).json()["data"][0]["id"] == "offline-explainer"
    assert _with_server(lambda client: client.get("/healthz")).json()["status"] == "ok"


def test_wrong_key_is_refused_and_both_header_styles_are_read() -> None:
    assert _post(_body(), api_key="k").status_code == 401
    assert _post(_body(), api_key="k", headers={"Authorization": "Bearer k"}).status_code == 200
    assert _post(_body(), api_key="k", headers={"api-key": "k"}).status_code == 200


def test_429_has_retry_after_and_is_not_billed(tmp_path: Path) -> None:
    bill = tmp_path / "bill.jsonl"
    answer = _post(_body(), Misbehaviour(rate429=1, retry_after_s=2.5), bill=bill)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.5")
    assert not bill.exists()


def test_bill_has_one_line_a_request_and_no_key(tmp_path: Path) -> None:
    bill = tmp_path / "bill.jsonl"
    headers = {"X-Request-Id": "call-1", "X-Hornbook-Unit": "42", "Authorization": "Bearer secret"}
    usage = _post(_body(), bill=bill, price=Price(0.5, 2.0), headers=headers).json()["usage"]
    line = json.loads(bill.read_text())
    assert (line["call_id"], line["unit"]) == ("call-1", "42")
    assert line["cost"] == -(-(usage["prompt_tokens"] + 4 * usage["completion_tokens"]) // 2)
    assert line["key"] == hashlib.sha256(b"secret").hexdigest()[:12]
    assert "secret" not in bill.read_text()


def test_cut_and_garbage_are_200_and_no_completion() -> None:
    cut = _post(_body(), Misbehaviour(cut=1))
    assert cut.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        cut.json()
    garbage = _post(_body(), Misbehaviour(garbage=1))
    assert garbage.status_code == 200
    assert b"message" not in garbage.content


def test_header_and_query_change_one_request_only() -> None:
    async def work(client: httpx.AsyncClient) -> list[int]:
        answers = [
            await client.post(URL, json=_body(), headers={"X-Misbehave": "rate429=1"}),
            await client.post(URL + "?rate500=1", json=_body()),
            await client.post(URL + "?rate500=2", json=_body()),
            await client.post(URL, json=_body()),
        ]
        return [answer.status_code for answer in answers]

    assert _with_server(work) == [429, 500, 400, 200]


@pytest.mark.parametrize(("overload", "expected"), [("reject", {200: 2, 429: 4}), ("queue", {200: 6})])
def test_slots_reject_or_queue(overload: str, expected: dict[int, int]) -> None:
    async def work(client: httpx.AsyncClient) -> list[int]:
        answers = await asyncio.gather(*(client.post(URL, json=_body(seed=n)) for n in range(6)))
        return [answer.status_code for answer in answers]

    statuses = _with_server(work, Misbehaviour(slots=2, overload=overload, latency_ms=50))
    assert {status: statuses.count(status) for status in set(statuses)} == expected


def test_hang_lasts_until_the_client_leaves(tmp_path: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        async with asyncio.timeout(0.2):
            await client.post(URL, json=_body())

    with pytest.raises(TimeoutError):
        _with_server(work, Misbehaviour(hang=1), bill=tmp_path / "bill.jsonl")
    assert len((tmp_path / "bill.jsonl").read_text().splitlines()) == 1


def test_misbehaviour_changes_while_running_and_stats_count() -> None:
    async def work(client: httpx.AsyncClient) -> tuple[int, dict[str, int], int]:
        changed_to = await client.post("/misbehaviour", json={"rate429": 1})
        refused = await client.post("/misbehaviour", json={"nonsense": 1})
        await client.post(URL, json=_body())
        return changed_to.json()["rate429"], (await client.get("/stats")).json(), refused.status_code

    assert _with_server(work) == (1, {"requests": 1, "429": 1}, 400)


@pytest.mark.parametrize(
    "given", [{"rate429": 1.5}, {"hang": 0.6, "cut": 0.6}, {"overload": "x"}, {"latency_ms": -1}, {"slots": "many"}]
)
def test_impossible_misbehaviour_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        changed(Misbehaviour(), given)
