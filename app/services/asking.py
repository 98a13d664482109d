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
from app.domain.recipes.recipe import Pass, Recipe
from app.domain.records import JobId, Kind
from app.repositories import corpora, drafts, jobs
from app.repositories.jobs import JobRow
from app.repositories.units import ClaimedRewrite
from app.services import rounds
from app.services.planning import arm_of
from app.services.refining import Claimed
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
    stage: Pass | None = None
    """The pass it is; None: it asks for the text itself."""

    @property
    def fits(self) -> bool:
        """Whether the unit's reservation covers the call."""
        return self.worst_tokens <= self.unit.reserve_tokens

    @property
    def request_id(self) -> str:
        """Names the attempt to the endpoint, in its log and ours."""
        unit = self.unit
        return readable_id(unit.job_id, unit.round_number, unit.ordinal, unit.token)


def job_context(session: Session, job_id: JobId, *, redis_url: str, in_any_state: bool = False) -> JobContext | None:
    """The context of a running job; None when the job does not run, unless that is asked for."""
    job = jobs.get(session, job_id)
    if job.state != "running" and not in_any_state:
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
    unit = screened(unit, context.config)
    payload, stage = unit.payload, stage_of(unit)
    document = unit.version.text if unit.version else unit.seed_text
    kind = Kind(unit.kind) if unit.kind else Kind.words
    draw = Draw(
        arm=arm_of(payload["arm"]),
        kind=kind,
        rng_seed=payload["rng_seed"],
        words=tuple(payload.get("words", ())),
        features=tuple(payload.get("features", ())),
        opening=payload.get("opening", ""),
        fell_short=tuple(payload.get("fell_short", ())),
        parts=context.config.parts,
        refines="refines" in payload,
    )
    length = context.recipe.length_for(len((document or "").split()))
    # The job's key makes the boundary unknown to whoever wrote the document.
    place = f"{unit.round_number}/{unit.ordinal}" + (f"/{stage}" if stage else "")
    secret = sha256(context.job.key + place.encode()).digest()
    mark = prompts.boundary(secret, "".join(shown or "" for shown in (document, unit.parent_text, unit.context)))
    if stage is None:
        messages = prompts.render(
            context.recipe,
            draw,
            document,
            mark=mark,
            length=length,
            earlier=unit.parent_text,
            context=unit.context,
        )
    else:
        messages = prompts.render_pass(context.recipe, stage, document or "", mark=mark)
    request = LlmRequest(
        model=payload.get("model") or context.job.model,
        messages=tuple(Message(role=m.role, content=m.content) for m in messages),
        max_tokens=unit.max_tokens,
        temperature=context.config.llm.temperature,
        seed=draw.rng_seed,
        api=context.config.llm.api,
    )
    worst = worst_prompt_tokens(request.prompt_bytes()) + unit.max_tokens
    key = request_key(context.endpoint_of(request.model), request, 0)
    return Ask(unit, draw, request, key, mark, length, worst, stage)


def stage_of(unit: ClaimedRewrite) -> Pass | None:
    """The pass that a unit is at; None when it has none, or has them behind it."""
    passes, behind = unit.payload.get("passes", ()), unit.payload.get("stage", 0)
    return Pass(passes[behind]) if behind < len(passes) else None


def with_versions(session: Session, claimed: Claimed) -> Claimed:
    """The same units, each with the draft that is in force in its seed's place."""
    found = drafts.in_force(session, claimed.units)
    return replace(claimed, units=[replace(unit, version=found.get(unit.id)) for unit in claimed.units])


def screened(unit: ClaimedRewrite, config: JobConfig) -> ClaimedRewrite:
    """The unit with its texts as a prompt may show them."""
    rules = config.gates.safety
    seed, parent = unit.seed_text, unit.parent_text
    # A seed with stored facts holds nothing to redact.
    seed_is_clean = seed is None or unit.seed_facts is not None
    if seed_is_clean and parent is None and unit.context is None:
        return unit
    if seed is not None and not seed_is_clean:
        seed = safety.redact(seed, rules)
    parent, context = (None if text is None else safety.redact(text, rules) for text in (parent, unit.context))
    return replace(unit, seed_text=seed, parent_text=parent, context=context)


def generation_key(job_key: bytes, round_number: int, ordinal: int, sample_ix: int = 0) -> bytes:
    """16 bytes that name a generation in exports: the same in every repetition of a job."""
    return sha256(job_key + f"/{round_number}/{ordinal}/{sample_ix}".encode()).digest()[:16]
