"""What one call asks: the request of a unit, the same whoever makes it and however often."""

from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy.orm import Session

from app.adapters.llm_outcomes import LlmRequest, Message, request_key
from app.adapters.llm_request_ids import readable_id
from app.domain import prompts, safety
from app.domain.benchmarks import Item
from app.domain.config import JobConfig, recipe_of
from app.domain.lanes import Lane, read_lane
from app.domain.pricing import OFFLINE_MODEL, worst_prompt_tokens
from app.domain.prompts import Draw
from app.domain.recipes.recipe import Recipe
from app.domain.records import JobId, Kind
from app.repositories import corpora, jobs
from app.repositories.jobs import JobRow
from app.repositories.units import ClaimedRewrite
from app.services import rounds
from app.services.planning import arm_of
from app.settings import Settings


@dataclass(frozen=True)
class JobContext:
    """What every call of a job shares."""

    job: JobRow
    config: JobConfig
    recipe: Recipe
    embedder: bytes
    clusters: bytes
    benchmarks: tuple[Item, ...]
    redis_url: str

    def endpoint_of(self, model: str) -> str:
        """The endpoint that a model of the job was submitted with."""
        return next((one["endpoint"] for one in self.job.models if one["model"] == model), self.job.endpoint)

    @property
    def lanes(self) -> list[Lane]:
        """Who answers the job's calls."""
        if self.job.lanes:
            return [read_lane(one) for one in self.job.lanes]
        return [Lane(model, self.endpoint_of(model)) for model in self.job.model_names]

    def url_for(self, settings: Settings, lane: Lane | None = None) -> str:
        """Where calls of a lane (None: the first) go; to the offline explainer wherever it listens by now."""
        lane = lane or self.lanes[0]
        if lane.model == OFFLINE_MODEL and settings.llm_model == OFFLINE_MODEL and settings.llm_base_url:
            return settings.llm_base_url
        return lane.url

    def key_for(self, settings: Settings, lane: Lane | None = None) -> str | None:
        """The API key, for the operator's own endpoint only: a job's endpoint never sees it (D17)."""
        lane = lane or self.lanes[0]
        if lane.name:
            # Settings may have changed since the job was submitted: a key goes where it is kept for.
            found = [one for one in settings.llm_endpoints if (one.name, one.base_url) == (lane.name, lane.url)]
            key = found[0].api_key if found else None
        else:
            key = settings.llm_api_key if lane.url == settings.llm_base_url else None
        return key.get_secret_value() if key else None


@dataclass(frozen=True)
class Ask:
    """One call, ready to be made."""

    unit: ClaimedRewrite
    draw: Draw
    request: LlmRequest
    key: bytes
    mark: str
    length: tuple[int, int]
    worst_tokens: int
    """Upper bound of what the call may use."""

    @property
    def fits(self) -> bool:
        """Whether the unit's reservation covers the call."""
        return self.worst_tokens <= self.unit.reserve_tokens

    @property
    def request_id(self) -> str:
        """Names the attempt to the endpoint, in its log and ours."""
        unit = self.unit
        return readable_id(unit.job_id, unit.round_number, unit.ordinal, unit.token)


def job_context(session: Session, job_id: JobId, *, redis_url: str) -> JobContext | None:
    """The context of a running job; None when the job does not run."""
    job = jobs.get(session, job_id)
    if job.state != "running":
        return None
    config = rounds.config_of(job)
    items = tuple(item for corpus in config.benchmarks for item in corpora.items(session, corpus))
    return JobContext(
        job,
        config,
        recipe_of(config),
        jobs.artifact(session, job_id, "embedder"),
        jobs.artifact(session, job_id, "clusters"),
        items,
        redis_url,
    )


def ask(context: JobContext, unit: ClaimedRewrite) -> Ask:
    """The call of a unit; its texts are screened here, so that neither prompt nor gates see what is redacted."""
    unit = _screened(unit, context.config)
    payload = unit.payload
    kind = Kind(unit.kind) if unit.kind else Kind.words
    draw = Draw(
        arm=arm_of(payload["arm"]),
        kind=kind,
        rng_seed=payload["rng_seed"],
        words=tuple(payload.get("words", ())),
        features=tuple(payload.get("features", ())),
        opening=payload.get("opening", ""),
        fell_short=tuple(payload.get("fell_short", ())),
    )
    length = context.recipe.length_for(len((unit.seed_text or "").split()))
    # The job's key makes the boundary unknown to whoever wrote the document.
    secret = sha256(context.job.key + f"{unit.round_number}/{unit.ordinal}".encode()).digest()
    mark = prompts.boundary(secret, (unit.seed_text or "") + (unit.parent_text or ""))
    messages = prompts.render(context.recipe, draw, unit.seed_text, mark=mark, length=length, earlier=unit.parent_text)
    request = LlmRequest(
        model=payload.get("model") or context.job.model,
        messages=tuple(Message(role=m.role, content=m.content) for m in messages),
        max_tokens=unit.max_tokens,
        temperature=context.config.llm.temperature,
        seed=draw.rng_seed,
        api=context.config.llm.api,
    )
    worst = worst_prompt_tokens(request.prompt_bytes()) + unit.max_tokens
    return Ask(unit, draw, request, request_key(context.endpoint_of(request.model), request, 0), mark, length, worst)


def _screened(unit: ClaimedRewrite, config: JobConfig) -> ClaimedRewrite:
    rules = config.gates.safety
    seed, parent = unit.seed_text, unit.parent_text
    # A seed with stored facts holds nothing to redact.
    seed_is_clean = seed is None or unit.seed_facts is not None
    if seed_is_clean and parent is None:
        return unit
    if seed is not None and not seed_is_clean:
        seed = safety.redact(seed, rules)
    return replace(unit, seed_text=seed, parent_text=None if parent is None else safety.redact(parent, rules))


def generation_key(job_key: bytes, round_number: int, ordinal: int, sample_ix: int = 0) -> bytes:
    """16 bytes that name a generation in exports: the same in every repetition of a job."""
    return sha256(job_key + f"/{round_number}/{ordinal}/{sample_ix}".encode()).digest()[:16]
