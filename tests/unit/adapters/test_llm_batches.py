"""The client of files and batches against the stub provider: what is found, what a trouble means."""

import io
from collections.abc import Iterator

import pytest

from app.adapters.llm_batches import BatchClient, BatchFileError, RemoteBatch, RemoteFile
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.llm_outcomes import Failure, FailureCode
from tests.integration.loop_run import StubThread
from tests.stub_llm_batches import StubBatches

LINE = b'{"custom_id":"a-1","method":"POST","url":"/v1/chat/completions","body":{"model":"stub","messages":[]}}\n'


@pytest.fixture
def provider() -> Iterator[tuple[StubBatches, BatchClient]]:
    with StubThread() as thread, BatchClient(parse_endpoint(thread.stub.url), silence_s=5) as client:
        yield thread.stub.batches, client


def _sent(client: BatchClient, token: str = "t") -> RemoteBatch:
    file = client.upload(io.BytesIO(LINE), "x.jsonl")
    assert isinstance(file, RemoteFile)
    made = client.create(file.id, "/v1/chat/completions", token=token)
    assert isinstance(made, RemoteBatch)
    return made


def test_a_batch_is_found_by_its_token_or_its_file(provider: tuple[StubBatches, BatchClient]) -> None:
    stub, client = provider
    made, other = _sent(client, "mine"), _sent(client, "other")
    stub.pages = 1

    by_token = client.find("mine", None, since=made.created_at)
    by_file = client.find("nobody's", other.input_file_id, since=made.created_at)
    nobody = client.find("nobody's", None, since=made.created_at)

    assert isinstance(by_token, list) and [one.id for one in by_token] == [made.id]
    assert isinstance(by_file, list) and [one.id for one in by_file] == [other.id]
    assert nobody == []


def test_batches_that_are_older_than_ours_are_not_walked_through(provider: tuple[StubBatches, BatchClient]) -> None:
    stub, client = provider
    made = _sent(client, "mine")

    assert client.find("mine", None, since=made.created_at + 3_500) != []
    stub.batches.append({**stub.batches[0], "id": "late", "metadata": None, "created_at": made.created_at - 9_000})
    stub.pages = 1
    assert client.find("mine", None, since=made.created_at) == []


@pytest.mark.parametrize(
    ("status", "code", "pause"),
    [
        (401, FailureCode.unauthorized, True),
        (404, FailureCode.not_found, True),
        (429, FailureCode.rate_limited, False),
        (500, FailureCode.server_error, False),
    ],
)
def test_a_refusal_means_what_it_means_live(
    provider: tuple[StubBatches, BatchClient], status: int, code: FailureCode, pause: bool
) -> None:
    stub, client = provider
    stub.failing["files"] = [status]

    found = client.upload(io.BytesIO(LINE), "x.jsonl")

    assert isinstance(found, Failure) and (found.code, found.pause_job) == (code, pause)


def test_an_answer_that_is_lost_and_a_server_that_is_not_there_are_failures(
    provider: tuple[StubBatches, BatchClient],
) -> None:
    stub, client = provider
    file = client.upload(io.BytesIO(LINE), "x.jsonl")
    assert isinstance(file, RemoteFile)
    stub.failing["lost"] = [1]

    lost = client.create(file.id, "/v1/chat/completions", token="t")
    with BatchClient(parse_endpoint("http://127.0.0.1:9/v1")) as nowhere:
        away = nowhere.get("batch_1")

    assert isinstance(lost, Failure) and lost.code is FailureCode.disconnected
    assert isinstance(away, Failure) and away.code is FailureCode.connect_failed
    assert len(stub.batches) == 1


def test_a_file_comes_whole_or_raises(provider: tuple[StubBatches, BatchClient]) -> None:
    stub, client = provider
    batch = client.get(_sent(client).id)
    assert isinstance(batch, RemoteBatch) and batch.ended and batch.output_file_id is not None

    assert len(list(client.lines(batch.output_file_id))) == 1
    with pytest.raises(BatchFileError) as gone:
        list(client.lines("nobody's"))
    stub.cut_content = 1
    with pytest.raises(BatchFileError) as cut:
        list(client.lines(batch.output_file_id))
    assert (gone.value.fields["gone"], cut.value.fields["gone"]) == (True, False)


def test_azure_has_paths_of_its_own() -> None:
    endpoint = parse_endpoint("https://x.openai.azure.com", key="k")

    assert endpoint.url_of("batches") == "https://x.openai.azure.com/openai/batches?api-version=2024-10-21"
    assert ("api-key", "k") in endpoint.headers()
