"""How long the spend of a job takes to read: 100,000 calls, half of them kept as texts, beside as many of another job.

The baseline counts the units of the same calls. `python -m benchmarks.spend [CALLS]`, on embedded Postgres.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import migrate
from app.db.session import engine_of, transaction
from app.embedded.services import EmbeddedServices
from app.repositories import spend
from tests.integration.loop_world import add_job

ROUNDS, RUNS = 4, 5
FILL = """
    WITH made AS (
        INSERT INTO units (kind, job_id, round_id, ordinal, state, payload, finished_at)
        SELECT 'rewrite', :job, :round, n, 'done', jsonb_build_object('arm', 'arm ' || n % 175, 'why', 'quota'), now()
        FROM generate_series(1, :count) n RETURNING id),
    paid AS (INSERT INTO reservations (token, unit_id, job_id, micro, tokens, state)
             SELECT id, id, :job, 900, 1500, CASE WHEN id % 100 = 0 THEN 'charged' ELSE 'settled' END FROM made)
    INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, prompt_tokens, completion_tokens, micro,
                           latency_s, raw)
    SELECT :job, id, id, sha256(CAST(id AS text)::bytea), true, 'ok', 400, 250, 300, 1.0,
           decode(repeat(md5(CAST(id AS text)), 25), 'hex') FROM made"""
TEXTS = """
    INSERT INTO generations (job_id, round_id, unit_id, key, text, sha256, model, arm, draw, prompt_tokens,
                             completion_tokens, micro, finish_reason, edu_score, ease, grade, list_coverage, tokens,
                             scores, verdict, gate, reason, embedding, signature)
    SELECT :job, :round, u.id, sha256(CAST(u.id AS text)::bytea), {body},
           sha256(CAST(u.id AS text)::bytea), 'm', u.payload->>'arm', u.payload, 400, 250, 300, 'stop', 3, 70, 6, 0.9,
           240, jsonb_build_object('a', 0.5, 'b', 0.25), CASE WHEN u.id % 2 = 0 THEN 'kept' ELSE 'dropped' END,
           'format', 'x', decode(repeat(md5(CAST(u.id AS text)), 32), 'hex'),
           decode(repeat(md5(CAST(u.id AS text)), 16), 'hex')
    FROM units u WHERE u.round_id = :round""".format(body=" || ".join(f"md5(u.id || '{n}')" for n in range(30)))


def fill(session: Session, calls: int) -> int:
    """A job with so many calls; its id."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    job = add_job(session)
    for number in range(1, ROUNDS + 1):
        query = text("INSERT INTO rounds (job_id, number) VALUES (:job, :n) RETURNING id")
        made = session.execute(query, {"job": job, "n": 100 + number}).scalar_one()
        session.execute(text(FILL), {"job": job, "round": made, "count": calls // ROUNDS})
        session.execute(text(TEXTS), {"job": job, "round": made})
    return job


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of five runs."""
    times = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def main(calls: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        services = EmbeddedServices(Path(folder) / "home", durable=False)
        services.start_databases()
        try:
            migrate.upgrade(services.database_url)
            engine = engine_of(services.database_url)
            with transaction(engine) as session:
                job = fill(session, calls)
                fill(session, calls)
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
            with transaction(engine) as session:
                bare = "SELECT count(*) FROM rounds r JOIN units u ON u.round_id = r.id WHERE r.job_id = :job"
                base = best(lambda: session.execute(text(bare), {"job": job}).all())
                print(f"baseline, counting the units of {calls:,} calls: {1000 * base:.0f} ms")
                took = best(lambda: spend.of_job(session, job))
                print(f"by round, arm and model, no round summed up: {1000 * took:.0f} ms")
                session.execute(text("UPDATE rounds SET state = 'settled'"))
                begun = time.perf_counter()
                spend.sum_up(session, limit=ROUNDS)
                took = time.perf_counter() - begun
                print(f"summing up {ROUNDS} rounds of {calls // ROUNDS:,} calls, once: {1000 * took:.0f} ms")
                took = best(lambda: spend.of_job(session, job))
                print(f"by round, arm and model from the sums: {1000 * took:.0f} ms")
            engine.dispose()
        finally:
            services.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
