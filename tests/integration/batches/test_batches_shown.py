"""A round that waits for a batch says so over the API, on its page and in `hornbook jobs show`."""

import io
from pathlib import Path

from rich.console import Console
from sqlalchemy import text

from app.cli.report import show_job
from app.db.session import transaction
from app.repositories import batches, units
from tests.api_service import MODEL, PRICES, api_service
from tests.integration.loop_world import add_calls, add_job

NOBODY = "http://127.0.0.1:9/v1"


def test_the_batch_of_a_round_is_shown_everywhere(database_url: str, tmp_path: Path) -> None:
    with api_service(database_url, tmp_path, llm_base_url=NOBODY, llm_model=MODEL, llm_prices=PRICES) as service:
        with transaction(service.engine) as session:
            job_id = add_job(session)
            round_id, _ = add_calls(session, job_id, 3)
            tokens = [one.token for one in units.claim_rewrites(session, job_id, limit=3, worker="batch", lease_s=60)]
            batches.add(session, job_id, round_id, model="stub", key="k", tokens=tokens)
            session.execute(
                text("""
                UPDATE batches SET state = 'sent', provider_id = 'batch_<abc>', status = 'in_progress', answered = 2,
                       sent_at = '2026-11-30 09:05:01+00'""")
            )
        job = service.http.get(f"/v1/jobs/{job_id}").json()
        (row,) = service.http.get(f"/v1/jobs/{job_id}/rounds").json()["items"]
        page = service.http.get(f"/jobs/{job_id}").text
        refused = service.http.post(
            "/v1/jobs", json={"corpus_id": 1, "llm": {"batch": True, "base_url": service.url}, "recipe": "rephrase"}
        )
    said = io.StringIO()
    show_job(Console(file=said, width=200), job, [])

    words = "sent 2026-11-30 09:05 UTC: in progress, 2 of 3 answered"
    (batch,) = job["progress"]["batches"]
    assert row["batches"] == [batch] and row["units"] == {"leased": 3}
    assert (batch["provider_id"], batch["requests"], batch["answered"]) == ("batch_<abc>", 3, 2)
    assert f"batch batch_&lt;abc&gt;, {words}" in page and "3 at the provider" in page
    assert f"waits for batch batch_<abc>, {words}" in said.getvalue()
    assert refused.status_code == 422 and refused.json()["code"] == "llm_has_no_batches", refused.text
