"""Begins what makes a classifier: from a labelled file, an LLM's labels or reviews; and what evaluates one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le
from sqlalchemy.orm import Session

from app.adapters.labelled import Fields
from app.adapters.storage import StoredFile
from app.domain.config import Budget, JobConfig, Llm
from app.domain.held_out import LEAST_DOCUMENTS
from app.domain.labelling import prompt_sha256
from app.domain.pricing import OFFLINE_MODEL
from app.domain.reviews import APPROVED, REJECTED
from app.domain.steps import Compute, Step
from app.errors import ConflictError, InvalidInputError
from app.repositories import classifier_labels, classifiers, corpora, findings, jobs, reviews, units
from app.services.classifiers import SHIPPED, ClassifierNotReadyError
from app.services.corpus_checks import CorpusFailedError
from app.services.submission import Operator, Target, choose_target, micro_of, price_for


class ReservedNameError(InvalidInputError):
    """The name "shipped" belongs to the classifiers that come with Hornbook; choose another."""

    code = "reserved_name"


class OfflineLabellerError(InvalidInputError):
    """The offline explainer is no model and cannot judge a text: name an LLM with llm.base_url and llm.model."""

    code = "offline_labeller"


class CorpusNotReadyError(ConflictError):
    """Corpus {id} is still being read; label it once it is ready."""

    code = "corpus_not_ready"


class TooFewReviewsError(InvalidInputError):
    """{usable} texts of these jobs are reviewed; at least {least} are needed, a fifth of them to judge by.{aside}"""

    code = "too_few_reviews"


class TooFewScoresError(InvalidInputError):
    """{usable} texts of these jobs have a judge's score that may teach; at least {least} are needed."""

    code = "too_few_scores"


class NotLabelledError(ConflictError):
    """Classifier {id} has no labels by an LLM to go on with."""

    code = "not_labelled"


@dataclass(frozen=True)
class Labelling:
    """How an LLM is asked for labels."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    sample: Annotated[int, Ge(65), Le(100_000)] = 500
    """Documents to label."""
    twice: Annotated[float, Ge(0), Le(1)] = 0.1
    """Share of them labelled a second time, which gives the ceiling."""
    temperature: Annotated[float, Ge(0), Le(2)] = 0.3
    concurrency: Annotated[int, Ge(1), Le(256)] = 16
    rng_seed: Annotated[int, Ge(0), Le(2**31 - 1)] = 0


@dataclass(frozen=True)
class LabelBudget:
    """Hard caps on labelling; the first one reached ends it, and what there is by then is trained on."""

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {"extra": "forbid", "allow_inf_nan": False}

    calls: Annotated[int, Gt(0), Le(10**9)] | None = None
    tokens: Annotated[int, Gt(0), Le(10**13)] | None = None
    money_usd: Annotated[float, Gt(0), Le(10_000_000)] | None = None


def labeller(base_url: str | None, model: str | None, operator: Operator) -> Target:
    """Where the labels will be asked for; raises what submission of a job would, and for the offline explainer."""
    target = choose_target(JobConfig(llm=Llm(base_url=base_url, model=model)), operator)
    if target.model == OFFLINE_MODEL:
        raise OfflineLabellerError
    return target


def from_file(session: Session, name: str, stored: StoredFile, fields: Fields) -> tuple[int, list[Step]]:
    """A classifier that waits to be trained on a labelled file."""
    made = _add(session, name, state="training", source={"kind": "file", **_described(stored, fields)})
    units.add(session, "train", classifier_id=made)
    return made, [Compute()]


def from_llm(
    session: Session,
    name: str,
    corpus_id: int,
    how: Labelling,
    budget: LabelBudget,
    target: Target,
    *,
    operator: Operator,
) -> tuple[int, list[Step]]:
    """A classifier that waits for an LLM's labels of a corpus. The endpoint was probed before."""
    corpus = corpora.get(session, corpus_id)
    if corpus.state == "failed":
        raise CorpusFailedError(id=corpus.id, error=(corpus.error or {}).get("code", "unknown"))
    if corpus.state != "ready":
        raise CorpusNotReadyError(id=corpus.id)
    price = price_for(target.model, Budget(money_usd=budget.money_usd), operator.prices)
    source = {
        "kind": "llm",
        "corpus_id": corpus_id,
        "endpoint": target.url,
        "model": target.model,
        "prompt_sha256": prompt_sha256(),
        **asdict(how),
        "budget": {"calls": budget.calls, "tokens": budget.tokens, "micro": micro_of(budget.money_usd)},
        "price_input": price.input_micro_per_mtok,
        "price_output": price.output_micro_per_mtok,
    }
    made = _add(session, name, state="labelling", source=source)
    units.add(session, "label", classifier_id=made)
    return made, [Compute()]


def from_reviews(session: Session, name: str, job_ids: Sequence[int]) -> tuple[int, list[Step]]:
    """A classifier that waits to be trained on what people said of these jobs' texts, as it stands now.

    Raises NotFoundError for a job that is not there, and TooFewReviewsError.
    """
    wanted = sorted(set(job_ids))
    for job_id in wanted:
        jobs.get(session, job_id)
    found = reviews.reviewed(session, wanted)
    if found.usable < LEAST_DOCUMENTS:
        aside = f" {found.set_aside} more belong to families that only judge." if found.set_aside else ""
        raise TooFewReviewsError(usable=found.usable, least=LEAST_DOCUMENTS, aside=aside)
    source = {
        "kind": "reviews",
        "jobs": wanted,
        "last_review": found.last,
        "reviews": found.usable,
        "set_aside": found.set_aside,
        "without_score": {"approve": APPROVED, "reject": REJECTED},
    }
    made = _add(session, name, state="training", source=source)
    units.add(session, "train", classifier_id=made)
    return made, [Compute()]


def from_judge(session: Session, name: str, job_ids: Sequence[int]) -> tuple[int, list[Step]]:
    """A classifier that waits to be trained on what the judges of these jobs said of their texts, as it stands now.

    Raises NotFoundError for a job that is not there, and TooFewScoresError.
    """
    wanted = sorted(set(job_ids))
    for job_id in wanted:
        jobs.get(session, job_id)
    last = findings.last_of(session, wanted)
    usable = len(findings.labels(session, wanted, last=last))
    if usable < LEAST_DOCUMENTS:
        raise TooFewScoresError(usable=usable, least=LEAST_DOCUMENTS)
    source = {"kind": "judge", "jobs": wanted, "last_finding": last, "scores": usable}
    made = _add(session, name, state="training", source=source)
    units.add(session, "train", classifier_id=made)
    return made, [Compute()]


def go_on(session: Session, classifier_id: int) -> list[Step]:
    """Ask again for the labels that a failed classifier lacks; what is stored is not asked for again."""
    row = classifiers.get(session, classifier_id)
    if row.source.get("kind") != "llm":
        raise NotLabelledError(id=classifier_id)
    if not classifiers.change(session, classifier_id, only_in=("failed",), state="labelling", error=None):
        raise ConflictError(reason=f"classifier {classifier_id} is {row.state}; only a failed one can go on")
    classifier_labels.retry_failed(session, classifier_id)
    units.add(session, "label", classifier_id=classifier_id)
    return [Compute()]


def evaluation_of(session: Session, classifier_id: int, stored: StoredFile, fields: Fields) -> tuple[int, list[Step]]:
    """An evaluation that waits for its worker; raises ClassifierNotReadyError."""
    row = classifiers.get(session, classifier_id)
    if row.state != "ready":
        raise ClassifierNotReadyError(id=classifier_id, state=row.state)
    made = classifiers.add_evaluation(session, classifier_id, source=_described(stored, fields))
    units.add(session, "evaluate", classifier_id=classifier_id, payload=f'{{"evaluation": {made}}}')
    return made, [Compute()]


def _add(session: Session, name: str, **columns: object) -> int:
    if name == SHIPPED:
        raise ReservedNameError
    classifiers.lock(session)
    return classifiers.add(session, name, **columns)


def _described(stored: StoredFile, fields: Fields) -> dict[str, Any]:
    return {
        "file": stored.display_name,
        "id": stored.id,
        "size": stored.size,
        "sha256": stored.sha256.hex(),
        "fields": {"text": fields.text, "label": fields.label, "group": fields.group},
    }
