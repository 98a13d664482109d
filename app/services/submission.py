"""Checks a job before it costs anything, and makes its rows. What is refused says what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.adapters import llm_profiles
from app.adapters.llm_endpoints import Endpoint, parse_endpoint
from app.domain.config import Budget, JobConfig, config_hash, contradictions, recipe_of, unfit
from app.domain.lanes import EndpointShare, Lane
from app.domain.price_list import PriceTable
from app.domain.pricing import FREE, MICRO, OFFLINE_MODEL, Price
from app.domain.prompts import prompt_hash
from app.domain.recipes.recipe import Recipe
from app.domain.records import JobId
from app.domain.steps import Step
from app.errors import InvalidInputError
from app.repositories import budgets, corpora, events, jobs
from app.repositories.corpora import CorpusRow
from app.services import classifiers, corpus_checks, rounds, spending
from app.services.batch_profiles import batch_profile
from app.services.named_endpoints import NamedEndpoint, UnknownEndpointError


class ImpossibleConfigError(InvalidInputError):
    """This job can never do what it is asked to: {why}."""

    code = "impossible_config"


class NoEndpointError(InvalidInputError):
    """No LLM endpoint is configured: set HORNBOOK_LLM_BASE_URL, or name llm.base_url in the job."""

    code = "llm_not_configured"


class NoModelError(InvalidInputError):
    """No model is named: set HORNBOOK_LLM_MODEL, or name llm.model in the job."""

    code = "llm_model_missing"


class EndpointNotAllowedError(InvalidInputError):
    """In production endpoints are the operator's: name none, or set HORNBOOK_LLM_BASE_URL or HORNBOOK_LLM_ENDPOINTS."""

    code = "llm_endpoint_not_allowed"


class OfflineRefusedError(InvalidInputError):
    """The offline explainer is no model, so production refuses it: set HORNBOOK_LLM_BASE_URL to a real endpoint."""

    code = "offline_explainer_refused"


class OfflineJudgeError(InvalidInputError):
    """The offline explainer is no model and cannot judge: name judge.model and judge.base_url, or leave judge out."""

    code = "offline_judge"


class NoEmbeddingEndpointError(InvalidInputError):
    """No embeddings endpoint is configured: set HORNBOOK_EMBEDDING_BASE_URL, or name embedding.base_url in the job."""

    code = "embeddings_not_configured"


class EmbeddingEndpointNotAllowedError(InvalidInputError):
    """In production HORNBOOK_EMBEDDING_BASE_URL is the only endpoint for vectors: leave embedding.base_url out."""

    code = "embeddings_endpoint_not_allowed"


@dataclass(frozen=True)
class Operator:
    """What whoever runs the service decided."""

    production: bool
    endpoint: str | None
    """The base URL as configured, None when there is none."""
    model: str | None
    api_key: str | None
    prices: PriceTable
    embedding_endpoint: str | None = None
    embedding_key: str | None = None
    endpoints: tuple[NamedEndpoint, ...] = ()

    def named(self, name: str) -> NamedEndpoint:
        """The endpoint of this name; raises UnknownEndpointError."""
        for one in self.endpoints:
            if one.name == name:
                return one
        raise UnknownEndpointError(name=name, known=", ".join(one.name for one in self.endpoints) or "none")

    def at(self, base_url: str) -> NamedEndpoint | None:
        """The first of the endpoints at an address; its key is for this origin."""
        wanted = parse_endpoint(base_url).base_url
        return next((one for one in self.endpoints if one.endpoint.base_url == wanted), None)


@dataclass(frozen=True)
class Target:
    """The endpoint and the model a job will ask."""

    url: str
    model: str
    endpoint: Endpoint


def choose_target(config: JobConfig, operator: Operator) -> Target:
    """Where the job's calls will go, those of its first model if it has several."""
    return choose_targets(config, operator)[0]


def choose_targets(config: JobConfig, operator: Operator) -> list[Target]:
    """Each model's endpoint, its first if it has several."""
    return list({lane.model: target for lane, target in reversed(choose_lanes(config, operator))}.values())[::-1]


def choose_lanes(config: JobConfig, operator: Operator) -> list[tuple[Lane, Target]]:
    """Who answers the job's calls, model by model; a key of the operator's goes to its own endpoint alone (D17)."""
    llm = config.llm
    asked: list[tuple[str | None, str | None]] = [(one.model, one.base_url) for one in llm.models]
    found = [
        _lane(model, share, operator)
        for model, url in asked or [(llm.model, None)]
        for share in _shares(config, operator, url or llm.base_url)
    ]
    ids = [lane.id for lane, _ in found]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise ImpossibleConfigError(why=f"llm.endpoints names {', '.join(twice)} more than once")
    for lane, target in found if llm.batch else ():
        batch_profile(llm, lane, target.endpoint)
    if llm.batch and len({lane.model for lane, _ in found}) < len(found):
        raise ImpossibleConfigError(why="llm.batch sends a model's calls to one endpoint, and several are named")
    return found


def _shares(config: JobConfig, operator: Operator, url: str | None) -> Sequence[EndpointShare]:
    """The endpoints of a model: its own, the job's, or the operator's."""
    if url is None and config.llm.endpoints:
        return config.llm.endpoints
    if url is None and operator.endpoints:
        return [EndpointShare(name=one.name) for one in operator.endpoints]
    return [EndpointShare(base_url=url)]


def _lane(model: str | None, share: EndpointShare, operator: Operator) -> tuple[Lane, Target]:
    known = operator.named(share.name) if share.name else operator.at(share.base_url) if share.base_url else None
    if known is None:
        target = _target(model, share.base_url, operator)
    else:
        target = replace(_target(model, None, replace(operator, endpoint=known.url)), endpoint=known.endpoint)
    there = share.model or (known.model if known else None)
    lane = Lane(
        model=target.model,
        url=target.url,
        name=known.name if known else None,
        there=None if there == target.model else there,
        weight=share.weight or (known.weight if known else 1.0),
        profile=share.profile or (known.profile if known else None),
        concurrency=share.concurrency or (known.concurrency if known else None),
    )
    return lane, target


def sold(config: JobConfig, operator: Operator) -> Operator:
    """The operator with the prices at which this job's calls are sold; vectors are never part of a batch."""
    return replace(operator, prices=operator.prices.batched()) if config.llm.batch else operator


def _target(model: str | None, base_url: str | None, operator: Operator) -> Target:
    own = parse_endpoint(operator.endpoint, key=operator.api_key) if operator.endpoint else None
    other = _other_than(own, base_url)
    if other and operator.production:
        raise EndpointNotAllowedError
    url, endpoint = (other.base_url, other) if other else (operator.endpoint, own)
    if url is None or endpoint is None:
        raise NoEndpointError
    model = model or operator.model
    if model is None:
        raise NoModelError
    if operator.production and model == OFFLINE_MODEL:
        raise OfflineRefusedError
    return Target(url, model, endpoint)


def choose_judge(config: JobConfig, operator: Operator) -> Target | None:
    """Whom the job asks for judgements, by the same rules; None: nobody. Raises OfflineJudgeError."""
    judge = config.judge
    if not judge.on:
        return None
    found = choose_target(config, operator) if judge.model is None else _target(judge.model, judge.base_url, operator)
    if found.model == OFFLINE_MODEL:
        raise OfflineJudgeError
    return found


def choose_embedding(config: JobConfig, operator: Operator) -> Target | None:
    """Where the job's vectors will come from, by the same rules; None: they are Hornbook's own."""
    wanted, configured = config.embedding, operator.embedding_endpoint
    if wanted.model is None:
        return None
    own = parse_endpoint(configured, key=operator.embedding_key) if configured else None
    other = _other_than(own, wanted.base_url)
    if other and operator.production:
        raise EmbeddingEndpointNotAllowedError
    url, endpoint = (other.base_url, other) if other else (configured, own)
    if url is None or endpoint is None:
        raise NoEmbeddingEndpointError
    return Target(url, wanted.model, endpoint)


def _other_than(own: Endpoint | None, named: str | None) -> Endpoint | None:
    """The endpoint that a job names, without a key; None when it names none or the operator's own."""
    if named is None:
        return None
    endpoint = parse_endpoint(named)
    return None if own is not None and endpoint.base_url == own.base_url else endpoint


def check_config(config: JobConfig) -> Recipe:
    """The job's recipe; raises ImpossibleConfigError, UnknownProfileError or UnknownRecipeError."""
    found = contradictions(config)
    if found:
        raise ImpossibleConfigError(why="; ".join(found))
    for profile in (config.llm.profile, *(one.profile for one in config.llm.endpoints)):
        if profile is not None:
            llm_profiles.named(profile)
    recipe = recipe_of(config)
    unused = unfit(config, recipe)
    if unused:
        raise ImpossibleConfigError(why="; ".join(f"{field} {why}" for field, why in unused.items()))
    return recipe


def price_for(model: str, budget: Budget, prices: PriceTable) -> Price:
    """The model's price; raises UnknownPriceError when there is a money budget and nobody knows it."""
    if budget.money_usd is not None:
        return prices.price(model)
    return prices.find(model) or Price(0, 0)


def models_of(config: JobConfig, operator: Operator) -> list[dict[str, object]]:
    """What a job keeps of several models, prices as of now; empty when it has one. Raises like `price_for`."""
    if not config.llm.models:
        return []
    return [priced(target.model, target.url, config.budget, operator) for target in choose_targets(config, operator)]


def priced(model: str, url: str, budget: Budget, operator: Operator) -> dict[str, object]:
    """A model as a job keeps it."""
    price = price_for(model, budget, operator.prices)
    entry = operator.prices.entry(model)
    as_of = entry.as_of.isoformat() if entry and entry.as_of else None
    prices = {"price_input": price.input_micro_per_mtok, "price_output": price.output_micro_per_mtok}
    return {"model": model, "endpoint": url, **prices, "price_known": entry is not None, "price_as_of": as_of}


def price_columns(model: str, budget: Budget, prices: PriceTable) -> dict[str, object]:
    """What a job keeps of its model's price; raises like `price_for`."""
    price, entry = price_for(model, budget, prices), prices.entry(model)
    return {
        "price_input": price.input_micro_per_mtok,
        "price_output": price.output_micro_per_mtok,
        "price_source": entry.source if entry else None,
        "price_as_of": entry.as_of if entry else None,
    }


def judge_columns(model: str | None, budget: Budget, prices: PriceTable) -> dict[str, object]:
    """What a job keeps of its judge's price; raises like `price_for`."""
    price = FREE if model is None else price_for(model, budget, prices)
    return {"judge_price_input": price.input_micro_per_mtok, "judge_price_output": price.output_micro_per_mtok}


def micro_of(usd: float | None) -> int | None:
    """USD as whole micro-USD, rounded down so that a cap is never overstepped. Example: 1.5 is 1500000."""
    return None if usd is None else int(Decimal(str(usd)) * MICRO)


def job_key(corpus: CorpusRow, config: JobConfig, *, model: str, prompt: str, classifier: str) -> bytes:
    """The digest of all that decides which texts a job accepts: two jobs of one key accept the same."""
    parts = (corpus.content_sha256.hex(), config_hash(config), prompt, classifier, model)
    return sha256("\n".join(parts).encode()).digest()


def submit(
    session: Session, corpus_id: int, config: JobConfig, target: Target, *, operator: Operator, priority: int
) -> tuple[JobId, list[Step]]:
    """A queued job with its budget; it starts at once when its corpus is ready. The endpoint was probed before."""
    recipe = check_config(config)
    corpus = corpora.get(session, corpus_id)
    corpus_checks.check_corpus(session, corpus, recipe, config)
    vectors, judge = choose_embedding(config, operator), choose_judge(config, operator)
    price_of_vectors = price_for(vectors.model, config.budget, operator.prices) if vectors else FREE
    prompt, classifier, selling = prompt_hash(recipe), classifiers.for_new_job(session), sold(config, operator)
    hours = config.budget.hours
    job_id = JobId(
        jobs.add(
            session,
            corpus_id=corpus_id,
            key=job_key(corpus, config, model=target.model, prompt=prompt, classifier=classifier),
            recipe=config.recipe,
            config=rounds.config_json(config),
            config_sha256=config_hash(config),
            classifier_sha256=classifier,
            prompt_sha256=prompt,
            endpoint=target.url,
            model=target.model,
            models=models_of(config, selling),
            lanes=[lane.stored for lane, _ in choose_lanes(config, operator)],
            **price_columns(target.model, config.budget, selling.prices),
            embedding_endpoint=vectors.url if vectors else None,
            embedding_model=vectors.model if vectors else None,
            embedding_price=price_of_vectors.input_micro_per_mtok,
            judge_endpoint=judge.url if judge else None,
            judge_model=judge.model if judge else None,
            **judge_columns(judge.model if judge else None, config.budget, operator.prices),
            priority=priority,
            deadline_at=None if hours is None else func.now() + timedelta(hours=hours),
        )
    )
    budget = config.budget
    budgets.create(session, job_id, micro=micro_of(budget.money_usd), tokens=budget.tokens, calls=budget.calls)
    events.add(session, job_id, "job.created", corpus_id=corpus_id, recipe=config.recipe, model=target.model)
    for old in spending.old_prices(jobs.get(session, job_id)):
        events.add(session, job_id, "price.old", model=old.model, as_of=old.as_of.isoformat())
    return job_id, rounds.start_job(session, job_id) if corpus.state == "ready" else []
