"""A job's spend over HTTP and on its page: nothing before the first paid call, then what was accepted for it."""

from hashlib import sha256
from pathlib import Path

from sqlalchemy import text

from app.db.session import transaction
from tests.api_rows import add_generation, add_round, make_ready
from tests.api_service import MODEL, PRICES, api_service


def test_spend_is_told_once_something_was_paid(database_url: str, tmp_path: Path, llm_url: str) -> None:
    with api_service(database_url, tmp_path, llm_base_url=llm_url, llm_model=MODEL, llm_prices=PRICES) as service:
        job = service.job()
        before, page_before = (service.http.get(f"{at}/{job['id']}{of}") for at, of in PAGES)
        with transaction(service.engine) as session:
            seeds = make_ready(session, job["corpus_id"], ["Water boils at 100 degrees."])
            made = add_generation(session, job["id"], add_round(session, job["id"]), seeds[0], body="Hot.", ordinal=0)
            values = {"key": sha256(b"k").digest(), "id": made}
            session.execute(text(PAID), values)
        after, page_after = (service.http.get(f"{at}/{job['id']}{of}") for at, of in PAGES)

    assert before.json()["rounds"] == [] and "No call was paid for yet." in page_before.text
    found = after.json()
    assert (found["price_source"], found["input_usd_per_mtok"]) == ("HORNBOOK_LLM_PRICES", 1.0)
    (row,) = found["rounds"]
    assert (row["calls"], row["money_usd"], row["kept_tokens"]) == (1, 0.00005, 20)
    assert (row["tokens_per_1000_accepted"], row["usd_per_1000_accepted"]) == (30 * 50, 0.0025)
    assert "By round" in page_after.text and "$0.0025" in page_after.text
    assert '"cost-tokens"' in page_after.text and '"cost-money"' in page_after.text


OLD = """
[[price]]
model = "*"
input_usd_per_mtok = 1
output_usd_per_mtok = 2
as_of = 2025-01-02
source = "https://example.org"
"""


def test_old_price_is_told_when_the_job_is_submitted_and_wherever_its_spend_is_shown(
    database_url: str, tmp_path: Path, llm_url: str
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(OLD)
    with api_service(database_url, tmp_path, llm_base_url=llm_url, llm_model=MODEL, llm_price_file=prices) as service:
        job = service.job()
        several = service.job(llm={"models": [{"model": MODEL}, {"model": "offline-explainer"}]})
        spend = service.http.get(f"/v1/jobs/{job['id']}/spend").json()
        page = service.http.get(f"/jobs/{job['id']}").text
        with transaction(service.engine) as session:
            told = session.execute(text("SELECT data FROM events WHERE kind = 'price.old' ORDER BY id")).scalars().all()

    assert job["old_prices"] == several["old_prices"] == [{"model": MODEL, "as_of": "2025-01-02"}]
    assert told == [{"model": MODEL, "as_of": "2025-01-02"}] * 2
    assert (spend["price_old"], "Nobody had looked up the price of" in page) == (True, True)


PAGES = (("/v1/jobs", "/spend"), ("/jobs", ""))
PAID = """
    WITH unit AS (SELECT g.unit_id AS id, g.job_id FROM generations g WHERE g.id = :id),
    held AS (INSERT INTO reservations (token, unit_id, job_id, micro, tokens, state)
             SELECT 1, id, job_id, 900, 90, 'settled' FROM unit)
    INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, prompt_tokens, completion_tokens, micro,
                           latency_s)
    SELECT job_id, id, 1, :key, true, 'ok', 10, 20, 50, 1 FROM unit"""
