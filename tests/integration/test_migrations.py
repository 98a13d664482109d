"""The schema comes and goes by migrations alone, is what tables.py says, and refuses what no code should write."""

from collections.abc import Iterator

import pytest
from alembic.util.exc import CommandError
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DataError, IntegrityError

from app.db import migrate
from app.db.base import Base
from app.db.session import transaction
from app.embedded.services import EmbeddedServices
from app.repositories import classifiers, generations, units
from tests.api_service import database_for_many
from tests.integration.loop_world import add_calls, add_job, generation, seed_ids


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_up_down_and_up_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    assert tables(empty_database_url) == {*Base.metadata.tables, "alembic_version"}
    migrate.check(empty_database_url)

    migrate.downgrade(empty_database_url)
    assert tables(empty_database_url) == {"alembic_version"}
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        left = (
            "SELECT count(*) FROM pg_class WHERE relkind IN ('S', 'i', 'v') AND relnamespace = 'public'::regnamespace"
        )
        assert connection.execute(text(left)).scalar_one() == 1, "only the index of alembic's own table"
    engine.dispose()

    migrate.upgrade(empty_database_url)
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)


def test_each_migration_can_be_undone_and_done_again(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, "0001")
    migrate.upgrade(empty_database_url, "0002")
    migrate.upgrade(empty_database_url, "0003")
    migrate.upgrade(empty_database_url, "0004")
    migrate.upgrade(empty_database_url, "0005")
    migrate.upgrade(empty_database_url, "0006")
    migrate.upgrade(empty_database_url, "0007")
    migrate.downgrade(empty_database_url, "0006")
    migrate.downgrade(empty_database_url, "0001")
    migrate.upgrade(empty_database_url)

    migrate.check(empty_database_url)


def test_attempts_that_were_written_twice_become_one(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, "0002")
    engine = create_engine(empty_database_url)
    with transaction(engine) as session:
        job_id = add_job(session)
        _, (unit,) = add_calls(session, job_id, 1)
        for ok, token in ((False, 1), (False, 1), (False, 2), (True, 1)):
            session.execute(
                text("""
                INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, latency_s)
                VALUES (:job, :unit, :token, '', :ok, 'x', 0)"""),
                {"job": job_id, "unit": unit, "token": token, "ok": ok},
            )

    migrate.upgrade(empty_database_url)

    with transaction(engine) as session:
        left = session.execute(text("SELECT ok, token FROM llm_calls ORDER BY ok, token")).all()
    assert [tuple(row) for row in left] == [(False, 1), (False, 2), (True, 1)]
    engine.dispose()


def test_units_of_classifiers_do_not_stand_in_the_way_back(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    engine = create_engine(empty_database_url)
    with transaction(engine) as session:
        made = classifiers.add(session, "mine", state="training")
        for kind in ("label", "train", "evaluate"):
            units.add(session, kind, classifier_id=made)
    engine.dispose()
    migrate.downgrade(empty_database_url, "0002")
    migrate.upgrade(empty_database_url)
    migrate.check(empty_database_url)


def test_a_table_that_differs_is_told(database_url: str, engine: Engine) -> None:
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE jobs DROP COLUMN note"))
    with pytest.raises(CommandError, match="note"):
        migrate.check(database_url)


REFUSED = {
    "edu score NaN": ("generations", "edu_score = 'NaN'"),
    "edu score over five": ("generations", "edu_score = 5.01"),
    "edu score infinite": ("generations", "edu_score = 'Infinity'"),
    "ease NaN": ("generations", "ease = 'NaN'"),
    "ease under zero": ("generations", "ease = -0.1"),
    "dropped without a reason": ("generations", "verdict = 'dropped'"),
    "unknown verdict": ("generations", "verdict = 'maybe'"),
    "seed score NaN": ("seed_scores", "edu_score = 'NaN'"),
    "seed ease NaN": ("seed_scores", "ease = 'NaN'"),
    "money over its cap": ("budgets", "spent_micro = 6, reserved_micro = 5"),
    "tokens over their cap": ("budgets", "spent_tokens = 11"),
    "calls over their cap": ("budgets", "reserved_calls = 11"),
    "negative reservation": ("budgets", "reserved_micro = -1"),
    "negative spending": ("budgets", "spent_tokens = -1"),
    "leased without an end": ("units", "state = 'leased'"),
    "a lease on a ready unit": ("units", "lease_until = now()"),
    "unknown unit state": ("units", "state = 'lost'"),
    "ready classifier without weights": ("classifiers", "state = 'ready'"),
    "label score NaN": ("classifier_labels", "score = 'NaN'"),
    "label without a score": ("classifier_labels", "state = 'done'"),
    "unknown kind": ("units", "kind = 'think'"),
    "unknown job state": ("jobs", "state = 'sleeping'"),
    "done without a reason": ("jobs", "state = 'done', stop_reason = NULL"),
    "unknown round state": ("rounds", "state = 'half'"),
    "unknown corpus state": ("corpora", "state = 'old'"),
    "counts that do not add up": ("corpora", "rejected = rejected + 1"),
    "a short digest": ("seeds", "sha256 = '\\x00'"),
    "latency NaN": ("llm_calls", "latency_s = 'NaN'"),
    "negative latency": ("llm_calls", "latency_s = -1"),
}


@pytest.fixture(scope="module")
def filled(services: EmbeddedServices, template_database: str) -> Iterator[Engine]:
    """One row of every table that a CHECK guards."""
    with database_for_many(services, template_database) as url:
        engine = create_engine(url)
        with transaction(engine) as session:
            job_id = add_job(session, micro=10, tokens=10, calls=10)
            round_id, (unit_id, _) = add_calls(session, job_id, 2)
            seed = seed_ids(session, job_id)[0]
            generations.put(session, [generation(job_id, round_id, unit_id, seed)])
            session.execute(
                text("""
                INSERT INTO seed_scores (job_id, seed_id, edu_score, ease, grade, list_coverage, tokens, embedding,
                                         signature) VALUES (:job, :seed, 1, 1, 1, 1, 1, '', '')"""),
                {"job": job_id, "seed": seed},
            )
            session.execute(
                text("""
                INSERT INTO llm_calls (job_id, unit_id, token, request_key, ok, code, latency_s)
                VALUES (:job, :unit, 1, '', true, 'ok', 0)"""),
                {"job": job_id, "unit": unit_id},
            )
            made = classifiers.add(session, "mine", state="training")
            session.execute(
                text("INSERT INTO classifier_labels (classifier_id, seed_id, repeat) VALUES (:id, :seed, 0)"),
                {"id": made, "seed": seed},
            )
        yield engine
        engine.dispose()


@pytest.mark.parametrize(("table", "change"), REFUSED.values(), ids=REFUSED.keys())
def test_the_database_refuses(filled: Engine, table: str, change: str) -> None:
    with pytest.raises(IntegrityError, match="check constraint"), transaction(filled) as session:
        session.execute(text(f"UPDATE {table} SET {change}"))


def test_a_unit_has_one_generation_and_a_round_one_number(filled: Engine) -> None:
    with pytest.raises(IntegrityError, match="uq_generations_unit_id_sample_ix"), transaction(filled) as session:
        session.execute(
            text("""
            INSERT INTO generations (job_id, round_id, unit_id, key, text, sha256, model, arm, finish_reason, edu_score,
                ease, grade, list_coverage, tokens, verdict, embedding, signature)
            SELECT job_id, round_id, unit_id, 'other', 'other', sha256, model, arm, finish_reason, 1, 1, 1, 1, 1,
                'kept', '', '' FROM generations""")
        )
    with pytest.raises(IntegrityError, match="uq_rounds_job_id_number"), transaction(filled) as session:
        session.execute(text("INSERT INTO rounds (job_id, number) SELECT job_id, number FROM rounds"))


def test_a_text_with_nul_is_refused_by_the_database(filled: Engine) -> None:
    with pytest.raises((DataError, ValueError)), transaction(filled) as session:
        session.execute(text("UPDATE jobs SET note = :note"), {"note": "a\x00b"})


def test_a_second_settling_of_a_round_needs_an_ordinal_of_its_own(filled: Engine) -> None:
    with transaction(filled) as session:
        round_id = session.execute(text("SELECT id FROM rounds")).scalar_one()
        job_id = session.execute(text("SELECT id FROM jobs")).scalar_one()
        assert units.add(session, "settle", job_id=job_id, round_id=round_id)
        assert units.add(session, "settle", job_id=job_id, round_id=round_id) == 0
        assert units.add(session, "settle", job_id=job_id, round_id=round_id, ordinal=units.settles(session, round_id))
        session.rollback()
