"""The same seeds, config, rng seed and answers give the same export, byte for byte, however many workers there are."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.db.session import engine_of, retrying
from app.dispatch import send
from app.domain.exporting import ExportOptions
from app.services import exports
from tests.faults.rig import Rig, running_rig

DOCUMENTS = 150


@pytest.fixture
def rig() -> Iterator[Callable[..., Rig]]:
    with ExitStack() as stack:
        yield lambda root, **options: stack.enter_context(running_rig(root, **options))


def _export_after(it: Rig, workers: int) -> dict[str, bytes]:
    it.start(refine=workers)
    job_id = it.submit(DOCUMENTS, rounds=3)
    it.wait_done(job_id, within_s=180)
    engine = engine_of(it.services.database_url)
    export_id, steps = retrying(engine, lambda s: exports.create_export(s, job_id, ExportOptions()))
    send(it.services.redis_url, steps)
    state = "SELECT state FROM exports WHERE id = %s"
    it.wait(lambda: it.query(state, export_id)[0]["state"] == "ready", within_s=60, what="the export")
    folder = it.home / "files" / "exports" / str(export_id)
    # A build lies in a folder named by its digest; below it are the files a download sees.
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {"/".join(path.relative_to(folder).parts[1:]): path.read_bytes() for path in files}


def test_one_worker_and_three_make_byte_identical_exports(rig: Callable[..., Rig], tmp_path: Path) -> None:
    # Different latencies let answers come in another order, which must not matter either.
    alone = _export_after(rig(tmp_path / "alone", latency_ms=20), 1)
    together = _export_after(rig(tmp_path / "together", latency_ms=90), 3)
    assert alone.keys() == together.keys()
    assert any(name.endswith(".jsonl") and data.count(b"\n") > 50 for name, data in alone.items())
    for name, data in alone.items():
        if name not in ("manifest.json", "README.md"):  # they name the job and its endpoint
            assert data == together[name], name
