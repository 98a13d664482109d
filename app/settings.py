"""Where Hornbook runs: addresses, credentials and limits, read once from `HORNBOOK_*` and `.env`.

What a job does is its config (`app.domain.config`), not here; these values never change an accepted text.
"""

from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Wall(StrEnum):
    """What stands around code that is run for real (`app/adapters/code_runner.py`)."""

    off = "off"
    """No code is run for real."""
    user = "user"
    """A user of its own, in namespaces; needs root."""
    bubblewrap = "bubblewrap"
    """`bwrap`; needs user namespaces."""


class ModelPrice(BaseModel):
    """USD for a million tokens, as providers print it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input_usd_per_mtok: float = Field(ge=0, le=10_000)
    output_usd_per_mtok: float = Field(ge=0, le=10_000)
    batch_discount: float = Field(default=0, ge=0, lt=1)
    """The share that calls sent as files are spared."""


class LlmEndpoint(BaseModel):
    """One of several endpoints of the operator's, or one of several keys for the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")
    """What jobs call it by, so that no job holds a key."""
    base_url: str = Field(min_length=1, max_length=2000)
    api_key: SecretStr | None = None
    weight: float = Field(default=1.0, gt=0, le=1_000_000)
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """What the model is called there, if not the same."""
    profile: str | None = None
    concurrency: int | None = Field(default=None, ge=1, le=1024)


class Settings(BaseSettings):
    """One frozen object; every field can be set as `HORNBOOK_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="HORNBOOK_", env_file=".env", extra="ignore", frozen=True)

    home: Path = Path(".hornbook")
    """Where embedded mode keeps its databases, logs and files."""
    environment: str = "development"
    """`production` refuses the offline explainer and endpoints named by a job."""
    log_level: str = "INFO"

    database_url: str = "postgresql+psycopg://hornbook@127.0.0.1:5432/hornbook"
    database_pool_size: int = Field(default=4, ge=1, le=100)
    redis_url: str = "redis://127.0.0.1:6379/0"

    instance: str | None = None
    """Which start of embedded mode a process belongs to; given by it, and told by /readyz."""
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    url: str | None = None
    """The service that the command line talks to; unset means the embedded one."""
    api_key: SecretStr | None = None
    """The key the command line presents to the service."""
    require_api_key: bool | None = None
    """None: required whenever `host` is not a loopback address."""

    llm_base_url: str | None = None
    """Any OpenAI-compatible endpoint; unset means the offline explainer in embedded mode."""
    llm_model: str | None = None
    llm_api_key: SecretStr | None = None
    llm_endpoints: tuple[LlmEndpoint, ...] = Field(default=(), max_length=16)
    """Several endpoints or keys, each with its share of the calls (docs/endpoints.md). Beside `llm_base_url` they count
    if it is the address of one of them; without it the first is that address."""
    llm_prices: dict[str, ModelPrice] = {}
    """Prices by model, e.g. `{"gpt-4.1-mini": {"input_usd_per_mtok": 0.4, "output_usd_per_mtok": 1.6}}`."""
    llm_price_file: Path | None = None
    """A price list of one's own (TOML): its entries count before those that ship, `HORNBOOK_LLM_PRICES` before both."""
    llm_concurrency: int = Field(default=64, ge=1, le=1024)
    """Calls a worker process keeps in flight at most."""
    llm_deadline_s: float = Field(default=120, gt=0, le=170)
    """The longest one call may take; a refine task may take this long after its slice."""
    llm_max_body_bytes: int = Field(default=4_000_000, ge=1_000)

    batch_requests: int = Field(default=5_000, ge=1, le=50_000)
    """Calls in one batch at most (`llm.batch`); providers take 50,000. Their prompts are in memory at once."""
    batch_poll_s: float = Field(default=60, ge=0.1, le=3_600)
    """Between two looks at a batch that is worked on, and before trying again what its provider refused."""

    embedding_base_url: str | None = None
    """An OpenAI-compatible endpoint whose vectors `hornbook measure` takes, and a job that names `embedding.model`."""
    embedding_model: str | None = None
    """For `hornbook measure`; a job names its own, for it decides what is accepted."""
    embedding_api_key: SecretStr | None = None
    embedding_chars: int = Field(default=8_000, ge=100)
    """Characters of a text that `hornbook measure` sends; models refuse what is longer. A job has `embedding.chars`."""
    embedding_deadline_s: float = Field(default=60, gt=0, le=600)
    """The longest one call may take."""

    max_upload_bytes: int = Field(default=4_000_000_000, ge=1)
    max_line_bytes: int = Field(default=1_048_576, ge=1_000, le=8_388_608)
    max_text_chars: int = Field(default=200_000, ge=100)
    max_decompressed_bytes: int = Field(default=20_000_000_000, ge=1)
    max_compression_ratio: int = Field(default=100, ge=2)
    max_archive_entries: int = Field(default=50_000, ge=1)

    lease_s: float = Field(default=60, ge=1)
    """How long a claimed unit stays with its worker without a heartbeat."""
    sweep_s: float = Field(default=5, gt=0)
    """The reconciler's pause between two looks."""
    max_crashes: int = Field(default=3, ge=1)
    """Crashes, not stops, after which a CPU unit counts as poison and is given up: it is alone with its worker."""
    max_rewrite_crashes: int = Field(default=10, ge=1)
    """The same for a call. Its pump holds up to 200 others and has texts judged in a child, so the loss of a pump says
    little about any one of them."""
    idempotency_hours: float = Field(default=24, gt=0)
    """How long a write is remembered by its Idempotency-Key; sent again later, it happens again."""
    pump_slice_s: float = Field(default=60, gt=0, le=150)
    """How long one refine task pumps before it returns."""
    worker_concurrency: int = Field(default=2, ge=1, le=256)
    worker_max_memory_mb: int = Field(default=1_500, ge=1)
    """A CPU worker process that ever needed more is replaced once its task has ended: memory it freed stays with it."""
    range_size: int = Field(default=2_000, ge=1, le=100_000)
    """Seeds a CPU unit takes at once; a message costs 1.4 ms (`docs/architecture.md`)."""
    sandbox_memory_mb: int = Field(default=3_000, ge=512)
    sandbox_wall_s: float = Field(default=120, gt=0)
    code_runner: Wall = Wall.off
    """Whether workers run functions of lessons for real that the interpreter cannot run; `hornbook doctor` says
    whether that can work here."""

    @model_validator(mode="before")
    @classmethod
    def _first_endpoint(cls, data: Any) -> Any:
        """What asks one endpoint alone, such as labelling, asks the first of several."""
        listed = data.get("llm_endpoints") if isinstance(data, dict) else None
        if not isinstance(listed, list | tuple) or not listed or not isinstance(listed[0], dict):
            return data
        first = listed[0]
        if data.get("llm_base_url") in (None, "", first.get("base_url")):
            data["llm_base_url"] = first.get("base_url")
            data["llm_api_key"] = data.get("llm_api_key") or first.get("api_key")
        return data

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [one.name for one in self.llm_endpoints]
        if len(set(names)) < len(names):
            raise ValueError("llm_endpoints: two have the same name")
        return self

    @property
    def storage_dir(self) -> Path:
        """Uploads and exports; on many hosts a shared volume."""
        return self.home / "files"

    @property
    def heartbeat_s(self) -> float:
        """A third of the lease, so that two may be missed."""
        return self.lease_s / 3


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process; raises pydantic's ValidationError on a bad value."""
    return Settings()
