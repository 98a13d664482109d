"""What one worker process holds: its engine and its limited child, made on first use and never across a fork."""

import os
import socket
from functools import lru_cache

from sqlalchemy import Engine

from app.adapters.sandbox import Sandbox
from app.adapters.storage import Storage
from app.db.session import engine_of, retrying
from app.services import classifiers
from app.settings import get_settings


def engine() -> Engine:
    """This process's engine."""
    settings = get_settings()
    return engine_of(settings.database_url, pool_size=settings.database_pool_size)


def worker_name() -> str:
    """host:pid, unique among living processes."""
    return f"{socket.gethostname()}:{os.getpid()}"


def node_name() -> str:
    """The same of the worker that this pool process belongs to: its parent process."""
    return f"{socket.gethostname()}:{os.getppid()}"


@lru_cache(maxsize=1)
def _sandbox(pid: int) -> Sandbox:
    settings = get_settings()
    return Sandbox(memory_mb=settings.sandbox_memory_mb, wall_s=settings.sandbox_wall_s)


def sandbox() -> Sandbox:
    """This process's limited child for untrusted texts."""
    return _sandbox(os.getpid())


@lru_cache(maxsize=4)
def classifier_weights(sha256: str) -> bytes:
    """The pinned weights of a job, read from the database once a process: a digest's bytes never change."""
    return retrying(engine(), lambda session: classifiers.pinned_weights(session, sha256))


def storage() -> Storage:
    """Where uploads and exports lie."""
    return Storage(get_settings().storage_dir)
