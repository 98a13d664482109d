"""Two real models behind a real server, started once each; everything here skips with a message without it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import _child, engine, worker
from tests.real_llm.server import MISSING, REPOSITORY, Served, llama_python, serving
from tests.shared import SHARED

__all__ = ["_child", "engine", "worker"]

STORIES = SHARED / "data" / "tinymodel" / "stories260K.gguf"


@pytest.fixture(scope="session")
def python() -> Path:
    """The Python that has the server."""
    found = llama_python()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="session")
def stories(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """stories260K, which goes on with children's stories and follows no instruction."""
    if not STORIES.exists():
        pytest.skip("../shared is not beside the project, which holds stories260K.gguf")
    log = tmp_path_factory.mktemp("stories") / "server.log"
    with serving(python, STORIES, model="stories260K", context=512, log=log) as served:
        yield served


@pytest.fixture(scope="session")
def gibberish(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A model of random weights, whose tokens are mostly single bytes."""
    folder = tmp_path_factory.mktemp("gibberish")
    script = REPOSITORY / "tests" / "random_gguf.py"
    subprocess.run([str(python), str(script), str(folder / "random.gguf")], check=True, timeout=120)
    log = folder / "server.log"
    with serving(python, folder / "random.gguf", model="random", context=4096, log=log) as served:
        yield served
