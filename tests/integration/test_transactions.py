"""Transactions that are tried again: COPY speaks to psycopg directly, and a lock held too long is no failure (C2)."""

import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from app.db.copying import copy_rows
from app.db.session import engine_of, retrying, transaction
from app.domain.records import JobId
from app.repositories.budgets import Spend
from app.services import refining
from tests.integration.loop_world import PRICE, WORST_MICRO, call, job_with_calls

COLUMNS = (("name", "text"), ("queue", "text"))


def _copy_once_cut(engine: Engine, cut: Callable[[Session], None]) -> int:
    tries: list[int] = []

    def work(session: Session) -> int:
        tries.append(1)
        if len(tries) == 1:
            cut(session)
        return copy_rows(session, "workers", COLUMNS, [("a", "cpu")])

    assert retrying(engine, work) == 1
    return len(tries)


def test_a_connection_cut_before_copy_is_tried_again(database_url: str) -> None:
    engine = engine_of(database_url)

    def cut(session: Session) -> None:
        pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 1000)", (pid,))

    assert _copy_once_cut(engine, cut) == 2
    with transaction(engine) as session:
        assert session.execute(text("SELECT count(*) FROM workers")).scalar_one() == 1
    engine.dispose()


def test_attempts_of_an_unknown_commit_are_written_and_paid_once(database_url: str) -> None:
    engine, commits = engine_of(database_url), []
    job_id, (unit, other) = job_with_calls(engine, 2)
    with transaction(engine) as session:
        claimed = refining.claim(session, job_id, limit=2, worker="w", lease_s=60, price=PRICE)  # type: ignore[arg-type]  # an int is a JobId here
    fine, cut = (held.token for held in claimed.units)
    calls = [call(job_id, unit, fine), call(job_id, other, cut, ok=False)]
    spends = [Spend(fine, micro=30, tokens=30), Spend(cut, charged=True)]

    def lose_the_answer(_: Session) -> None:
        commits.append(1)
        if len(commits) == 1:
            raise psycopg.OperationalError("the connection broke before the server's answer came")

    def work(session: Session) -> dict[int, int]:
        event.listen(session, "after_commit", lose_the_answer)
        return refining.store_calls(session, JobId(job_id), calls, spends)

    ids = retrying(engine, work)

    assert len(commits) == 2, "the second try is what this is about"
    with transaction(engine) as session:
        stored = session.execute(text("SELECT id, token FROM llm_calls ORDER BY token")).all()
        spent = session.execute(text("SELECT spent_calls, spent_micro FROM budgets")).one()
    assert {row.token: row.id for row in stored} == ids and len(stored) == 2
    assert tuple(spent) == (2, 30 + WORST_MICRO)
    engine.dispose()


def test_a_lock_that_a_frozen_worker_holds_is_waited_for(database_url: str) -> None:
    engine = engine_of(database_url)
    with transaction(engine) as session:
        session.execute(text("INSERT INTO workers (name, queue) VALUES ('a', 'cpu')"))
    holder = Session(engine)
    holder.execute(text("UPDATE workers SET busy = 1"))
    freed = threading.Timer(1.0, holder.rollback)
    freed.start()

    def work(session: Session) -> None:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        session.execute(text("UPDATE workers SET busy = 2"))

    retrying(engine, work)
    freed.join()
    holder.close()
    with transaction(engine) as session:
        assert session.execute(text("SELECT busy FROM workers")).scalar_one() == 2
    engine.dispose()


def test_a_lock_that_copy_did_not_get_is_waited_for(database_url: str) -> None:
    engine = engine_of(database_url)
    holder = Session(engine)
    holder.execute(text("INSERT INTO workers (name, queue) VALUES ('a', 'cpu')"))
    freed = threading.Timer(1.0, holder.rollback)
    freed.start()

    def work(session: Session) -> int:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        return copy_rows(session, "workers", COLUMNS, [("a", "cpu")])

    assert retrying(engine, work) == 1
    freed.join()
    holder.close()
    engine.dispose()
