"""Base URLs as people paste them, Azure's paths, and the probe."""

import asyncio
import socket

import pytest

from app.adapters.llm_endpoints import BadEndpointError, Endpoint, parse_endpoint
from app.adapters.llm_probe import Probe, probe
from tests.stub_llm import StubLlm, StubOptions


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1/chat/completions"),
        (" http://127.0.0.1:8000/v1 ", "http://127.0.0.1:8000/v1/chat/completions"),
        ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1/chat/completions"),
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1/chat/completions"),
        ("https://openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions"),
        ("https://host/v1beta/openai/", "https://host/v1beta/openai/chat/completions"),
        ("http://[::1]:8000", "http://[::1]:8000/v1/chat/completions"),
        ("https://x.openai.azure.com/openai/v1/", "https://x.openai.azure.com/openai/v1/chat/completions"),
    ],
)
def test_base_url_with_or_without_v1(base: str, url: str) -> None:
    assert parse_endpoint(base).completion_url("m") == url


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("https://x.openai.azure.com", None),
        ("https://x.openai.azure.com/openai/", None),
        ("https://gateway.corp/azure", "2025-01-01"),
        ("https://x.openai.azure.com/openai/deployments/m/chat/completions", None),
    ],
)
def test_azure_uses_deployment_paths_and_its_own_header(base: str, version: str | None) -> None:
    endpoint = parse_endpoint(base, key="k", api_version=version)
    assert endpoint.completion_url("gpt/4").endswith(
        f"/openai/deployments/gpt%2F4/chat/completions?api-version={version or '2024-10-21'}"
    )
    assert ("api-key", "k") in endpoint.headers()
    assert "authorization" not in dict(endpoint.headers())


@pytest.mark.parametrize(
    "base",
    [
        "",
        "localhost:11434",
        "ftp://h",
        "http://",
        "http://u:p@h",
        "http://h/?api_key=x",
        "http://h:99999",
        "http://h/#f",
    ],
)
def test_unusable_base_url_says_what_is_expected(base: str) -> None:
    with pytest.raises(BadEndpointError, match="HORNBOOK_LLM_BASE_URL"):
        parse_endpoint(base)


@pytest.mark.parametrize("key", ["a\nb", "schlüssel"])
def test_key_that_no_header_carries_is_refused(key: str) -> None:
    with pytest.raises(BadEndpointError) as caught:
        parse_endpoint("http://h", key=key)
    assert key not in str(caught.value)


def probed(endpoint: Endpoint, model: str | None = None) -> Probe:
    """The probe's result within a second."""
    return asyncio.run(probe(endpoint, model=model, deadline_s=1.0))


@pytest.mark.parametrize(
    ("model", "served", "reason"),
    [("phi3:mini", "phi3:mini", ""), ("phi3", "phi3:latest", ""), ("other", "phi3:mini", "which has: phi3:mini")],
)
def test_probe_of_a_living_endpoint(model: str, served: str, reason: str) -> None:
    async def run() -> Probe:
        async with StubLlm(StubOptions(model=served)) as stub:
            return await probe(parse_endpoint(stub.url), model=model)

    result = asyncio.run(run())
    assert result.reachable
    assert result.models == (served,)
    assert reason in result.reason and bool(reason) == bool(result.reason)


def test_probe_of_nobody_says_to_start_the_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = parse_endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}", key="sk-planted")
        result = probed(endpoint)
    assert not result.reachable
    assert "Start the server" in result.reason
    assert "sk-planted" not in result.reason


def test_probe_of_a_silent_server_ends() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        result = probed(parse_endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert not result.reachable
    assert "did not answer" in result.reason


@pytest.mark.parametrize(
    ("status", "body", "reachable", "hint"),
    [
        (401, b"", False, "HORNBOOK_LLM_API_KEY"),
        (302, b"", False, "final address"),
        (404, b"", True, "lists no models"),
        (503, b"", False, "in trouble"),
        (418, b"", False, "418"),
        (200, b"<html>", False, "OpenAI-compatible"),
    ],
    ids=str,
)
def test_probe_explains_every_other_answer(status: int, body: bytes, reachable: bool, hint: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (status, len(body)) + body)
        await writer.drain()
        writer.close()

    async def run() -> Probe:
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await probe(parse_endpoint(f"http://127.0.0.1:{port}"))

    result = asyncio.run(run())
    assert result.reachable == reachable
    assert hint in result.reason
