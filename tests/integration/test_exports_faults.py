"""What a download sees of an export that is being built, was lost half-way, or was refused."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, update

from app.adapters.exports import Build, export_folder
from app.adapters.storage import Storage, StoredFileMissingError
from app.db.session import transaction
from app.db.tables import Generation, Unit
from app.domain.exporting import ExportOptions
from app.domain.records import JobId
from app.errors import NotFoundError
from app.repositories import units
from app.services import exports, failures
from app.services.exports import ExportNotReadyError, NothingToExportError
from tests.integration.export_world import (
    SEEDS,
    add_world,
    ask,
    connected,
    file_of,
    lines_of,
    make,
    manifest_of,
)
from workers import exports as worker
from workers import resources


@pytest.fixture
def engine(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with connected(database_url, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return resources.storage()


@pytest.fixture
def job_id(engine: Engine) -> int:
    with transaction(engine) as session:
        return add_world(session)


def test_texts_in_many_files_are_those_of_one(engine: Engine, storage: Storage, job_id: int) -> None:
    export_id, unit = ask(engine, job_id, ExportOptions())
    with transaction(engine) as session:
        plan = exports.read(session, export_id)

    manifest, digest = worker.build(engine, storage.root, plan, token=unit.token, per_file=30)
    with transaction(engine) as session:
        exports.write(session, unit, manifest, digest)

    whole = lines_of(engine, storage, make(engine, job_id))
    assert lines_of(engine, storage, export_id) == whole
    assert [e["documents"] for e in manifest_of(engine, export_id)["files"]] == [23, 24, 24, 6, 6, None]


def test_what_is_approved_meanwhile_waits_for_the_next_export(engine: Engine, storage: Storage, job_id: int) -> None:
    export_id, unit = ask(engine, job_id, ExportOptions())
    with transaction(engine) as session:
        plan = exports.read(session, export_id)
    with transaction(engine) as session:
        session.execute(update(Generation).values(verdict="kept"))

    manifest, _ = worker.build(engine, storage.root, plan, token=unit.token)
    assert manifest["documents"] == SEEDS + 23


def test_a_database_that_cuts_its_connections_delays_a_build_only(
    engine: Engine, storage: Storage, job_id: int, database_url: str
) -> None:
    export_id, unit = ask(engine, job_id, ExportOptions())
    with transaction(engine) as session:
        plan = exports.read(session, export_id)
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    manifest, _ = worker.build(engine, storage.root, plan, token=unit.token)

    assert manifest["documents"] == SEEDS + 23


def test_a_worker_lost_between_files_and_row_shows_nothing_and_is_repeated(
    engine: Engine, storage: Storage, job_id: int
) -> None:
    export_id, unit = ask(engine, job_id, ExportOptions())
    with transaction(engine) as session:
        plan = exports.read(session, export_id)
    _, digest = worker.build(engine, storage.root, plan, token=unit.token)
    (export_folder(storage.root, export_id) / ".building-1" / "data").mkdir(parents=True)

    with pytest.raises(ExportNotReadyError):
        file_of(engine, storage, export_id, "README.md")
    with transaction(engine) as session:
        session.execute(update(Unit).values(state="ready", lease_until=None).where(Unit.id == unit.id))
        again = units.claim_cpu(session, worker="other", lease_s=60)
    assert again is not None
    worker.run(again)

    assert manifest_of(engine, export_id)["manifest_sha256"] == digest
    assert [path.name for path in export_folder(storage.root, export_id).iterdir()] == [digest]


def test_a_worker_that_lost_its_lease_writes_no_row(engine: Engine, storage: Storage, job_id: int) -> None:
    export_id, unit = ask(engine, job_id, ExportOptions())
    with transaction(engine) as session:
        session.execute(update(Unit).values(token=unit.token + 1).where(Unit.id == unit.id))

    with pytest.raises(failures.LostLeaseError):
        worker.run(unit)

    with transaction(engine) as session:
        row = exports.get_export(session, export_id)
        assert (row.state, row.manifest) == ("building", None)
        assert exports.named_build(session, export_id) is None


@pytest.mark.parametrize("name", ["../../../etc/passwd", "data", "", "data/train-00000-of-00001.jsonl/", "manifest"])
def test_a_name_that_is_not_in_the_manifest_is_not_found(
    engine: Engine, storage: Storage, job_id: int, name: str
) -> None:
    export_id = make(engine, job_id)

    with pytest.raises(NotFoundError):
        file_of(engine, storage, export_id, name)


def test_a_file_that_somebody_deleted_is_gone_not_an_error(engine: Engine, storage: Storage, job_id: int) -> None:
    export_id = make(engine, job_id)
    file_of(engine, storage, export_id, "README.md").unlink()

    with pytest.raises(StoredFileMissingError):
        file_of(engine, storage, export_id, "README.md")


def test_an_unknown_export_or_job_is_not_found(engine: Engine, storage: Storage) -> None:
    with pytest.raises(NotFoundError):
        file_of(engine, storage, 7, "README.md")
    with transaction(engine) as session, pytest.raises(NotFoundError):
        exports.create_export(session, JobId(7), ExportOptions())


def test_an_empty_pool_is_refused_when_asked_and_when_built(engine: Engine, job_id: int) -> None:
    _, unit = ask(engine, job_id, ExportOptions(min_edu=5, real_share=0))
    with pytest.raises(NothingToExportError):
        worker.run(unit)
    with transaction(engine) as session:
        session.execute(update(Generation).values(verdict="dropped", reason="collapse"))
    with transaction(engine) as session, pytest.raises(NothingToExportError):
        exports.create_export(session, JobId(job_id), ExportOptions())


def test_exports_are_listed_youngest_first(engine: Engine, job_id: int) -> None:
    made = [make(engine, job_id) for _ in range(3)]

    with transaction(engine) as session:
        page = exports.list_exports(session, JobId(job_id), limit=2)
        rest = exports.list_exports(session, JobId(job_id), before=page[-1].id)
    assert [row.id for row in page + rest] == made[::-1]


def test_a_build_that_fails_leaves_nothing(engine: Engine, storage: Storage, job_id: int) -> None:
    with pytest.raises(ZeroDivisionError), Build(storage.root, 5, 1) as build:
        build.add_text("README.md", "half")
        raise ZeroDivisionError

    assert list(export_folder(storage.root, 5).iterdir()) == []
