"""Stopping a whole stack keeps the answers that are on their way: they are paid for."""

from dataclasses import replace
from pathlib import Path

from app.client import HornbookClient
from app.embedded.services import EmbeddedServices
from app.embedded.stack import start_embedded
from tests.faults.rig import document
from tests.integration.loop_run import StubThread
from tests.integration.test_embedded import query, until

SLOW_S = 18.0
"""Longer than the 15 s that other processes get to end."""


def test_a_stop_waits_for_calls_in_flight(tmp_path: Path) -> None:
    with StubThread() as endpoint:
        stub = endpoint.stub
        stub.options = replace(stub.options, latency_s=SLOW_S)
        embedded = start_embedded(
            tmp_path / "home", port=0, llm_base_url=stub.url, llm_model=stub.options.model, durable=False
        )
        try:
            with HornbookClient(embedded.url) as client:
                records = [{"text": document(place)} for place in range(4)]
                corpus = client.create_corpus_from_records("four", records)
                client.create_job(corpus_id=corpus["id"], gates={"seed_edu_min": 0}, max_rounds=1)
                until(lambda: len(stub.requests) == 4, within_s=60)
        finally:
            embedded.stop()
    databases = EmbeddedServices(tmp_path / "home", durable=False)
    databases.start_databases()
    try:
        assert query(databases, "SELECT count(*) FROM llm_calls WHERE ok") == 4
    finally:
        databases.stop()
