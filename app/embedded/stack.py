"""Everything of Hornbook on one machine: what `hornbook up`, `hornbook refine` and the fault tests start.

Postgres and Redis, then the schema, then the explainer (when no LLM is configured), the workers, the reconciler and the
API, which answers /readyz before `start_embedded` returns.
"""

import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import FrameType

import httpx

from app.db import migrate
from app.embedded.errors import AnotherAnswersError, PortTakenError
from app.embedded.process import ProcessSpec
from app.embedded.servers import free_port
from app.embedded.services import EmbeddedServices

READY_TIMEOUT_S = 90.0
RETRY_S = 0.05
OFFLINE_MODEL = "offline-explainer"
COMMAND = (sys.executable, "-m", "app.cli.main")
WORKER_GRACE_S = 180.0
"""Longer than any call may take (`Settings.llm_deadline_s`), for an answer that is on its way is paid for (rule B5).
Workers with nothing in hand end at once."""


class Embedded:
    """A running stack. `stop()` it, or let `wait()` do so at the first signal."""

    def __init__(self, services: EmbeddedServices, *, url: str, offline: bool) -> None:
        self.services = services
        self.url = url
        """Where the API and the dashboard are."""
        self.offline = offline
        """Whether the offline explainer stands in for an LLM."""

    @property
    def database_url(self) -> str:
        """SQLAlchemy's URL of the embedded Postgres."""
        return self.services.database_url

    @property
    def redis_url(self) -> str:
        """The embedded broker."""
        return self.services.redis_url

    def pids(self) -> dict[str, int]:
        """The pid of each process by name: postgres, redis, explainer, worker-refine, worker-cpu, reconciler, api."""
        return self.services.supervisor.pids()

    def wait(self, *, on_stop: Callable[[], None] = lambda: None) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP, then stop in order; a second signal takes the workers' grace away."""
        asked = threading.Event()
        hurry = threading.Event()

        def note(_number: int, _frame: FrameType | None) -> None:
            (hurry if asked.is_set() else asked).set()

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, note) for number in numbers}
        try:
            # A wait without a timeout would not let the handlers run on every platform.
            while not asked.wait(0.5):
                continue
            on_stop()
            self.services.stop(hurry=hurry)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End every process in order and release the home; may be called twice."""
        self.services.stop()


def start_embedded(
    home: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8321,
    llm_base_url: str | None = None,
    llm_model: str | None = None,
    env: Mapping[str, str] | None = None,
    durable: bool = True,
) -> Embedded:
    """A stack whose API is ready. Port 0 takes a free one; `env` reaches every process.

    Raises AlreadyRunningError, PortTakenError, AnotherAnswersError, StartFailedError and the other errors of
    `app.embedded.errors`; whatever was started before the error is stopped.
    """
    services = EmbeddedServices(home, durable=durable)
    port = port or free_port()
    services.url = _url(host, port)
    services.start_databases(before=lambda: check_port(host, port))
    try:
        explainer_port = None if llm_base_url else free_port()
        instance = secrets.token_hex(8)
        shared = _environment(services, host, port, env or {}) | {"HORNBOOK_INSTANCE": instance}
        if explainer_port is None:
            shared |= _given(HORNBOOK_LLM_BASE_URL=llm_base_url, HORNBOOK_LLM_MODEL=llm_model)
        else:
            shared |= {"HORNBOOK_LLM_BASE_URL": f"http://127.0.0.1:{explainer_port}/v1"}
            shared |= {"HORNBOOK_LLM_MODEL": OFFLINE_MODEL}
            services.supervisor.start([_explainer(explainer_port, shared)])
        migrate.upgrade(services.database_url)
        services.supervisor.start(_processes(shared))
        _wait_ready(services, instance)
        services.publish(ready=True)
    except BaseException:
        services.stop()
        raise
    return Embedded(services, url=services.url, offline=explainer_port is not None)


def check_port(host: str, port: int) -> None:
    """Raises PortTakenError when the API could not listen there."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise PortTakenError(host=host, port=port) from error


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _environment(services: EmbeddedServices, host: str, port: int, env: Mapping[str, str]) -> dict[str, str]:
    return {
        "HORNBOOK_HOME": str(services.home.root),
        "HORNBOOK_DATABASE_URL": services.database_url,
        "HORNBOOK_REDIS_URL": services.redis_url,
        "HORNBOOK_HOST": host,
        "HORNBOOK_PORT": str(port),
        **env,
    }


def _explainer(port: int, env: Mapping[str, str]) -> ProcessSpec:
    argv = (sys.executable, "-m", "app.explainer.server", "--port", str(port))
    return ProcessSpec("explainer", argv, env=env, grace_s=3)


def _processes(env: Mapping[str, str]) -> list[ProcessSpec]:
    return [
        ProcessSpec("worker-refine", (*COMMAND, "worker", "--queue", "refine"), env=env, grace_s=WORKER_GRACE_S),
        ProcessSpec("worker-cpu", (*COMMAND, "worker", "--queue", "cpu"), env=env, grace_s=WORKER_GRACE_S),
        ProcessSpec("reconciler", (*COMMAND, "reconciler"), env=env, grace_s=5),
        ProcessSpec("api", (*COMMAND, "api"), env=env, grace_s=5),
    ]


def _wait_ready(services: EmbeddedServices, instance: str) -> None:
    """Until our own API is ready. The port was free a moment ago, but another stack may have chosen it as well."""
    deadline = monotonic() + READY_TIMEOUT_S
    last = "no answer"
    with httpx.Client(trust_env=False, timeout=5) as client:
        while monotonic() < deadline:
            for name in ("api", "worker-refine", "worker-cpu", "reconciler"):
                services.supervisor.check(name)
            with suppress(httpx.TransportError):
                answer = client.get(f"{services.url}/readyz")
                if _instance_of(answer) != instance:
                    raise AnotherAnswersError(url=services.url)
                if answer.is_success:
                    return
                last = f"/readyz answers {answer.status_code}: {answer.text[:300]}"
            sleep(RETRY_S)
    raise services.supervisor.failed("api", last)


def _instance_of(answer: httpx.Response) -> object:
    """The start that an API says it belongs to; None when it is no API of ours."""
    try:
        body = answer.json()
    except ValueError:
        return None
    return body.get("instance") if isinstance(body, dict) else None
