"""The manifest of an export: what is in it and everything it was made with, as one value without a time in it.

Two exports of the same pool with the same options have the same manifest, byte for byte.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from app.domain.exporting import ExportOptions, Line, RealShare

MANIFEST_VERSION = 1
"""Goes up when a field changes its meaning."""
UNKNOWN_LICENCE = "unknown"
MANIFEST_NAME = "manifest.json"
CARD_NAME = "README.md"


@dataclass(frozen=True)
class FileEntry:
    """A file of the export."""

    name: str
    """Relative to the manifest, with forward slashes."""
    bytes: int
    sha256: str
    split: str | None = None
    """None for what is no data."""
    documents: int | None = None


@dataclass(frozen=True)
class CorpusFacts:
    """The corpus a job worked on."""

    name: str
    content_sha256: str
    seeds: int
    taking_part: int | None
    """Seeds left after round 0; None for a word list, whose words are drawn."""


@dataclass(frozen=True)
class RoundFacts:
    """A settled round."""

    number: int
    calls: int | None
    answers: int | None
    kept: int
    """Its texts in the pool when the export was made."""
    plan: Mapping[str, object]
    funnel: Mapping[str, object]
    decision: Mapping[str, object]


@dataclass(frozen=True)
class SourceFacts:
    """A long document that was split, and how much of it the pool covers."""

    sha256: str
    external_id: str | None
    parts: int
    taking_part: int
    covered: int
    """Parts with a text in the pool."""
    coverage: float | None
    """Of the words of the parts that take part, the share in covered ones."""
    fact_coverage: float | None
    """Likewise, each covered part weighed by the share of its facts that its most faithful text keeps."""


@dataclass(frozen=True)
class JobFacts:
    """A job as its exports describe it."""

    id: int
    key: str
    state: str
    stop_reason: str | None
    why: str | None
    recipe: str
    recipe_version: int
    config: Mapping[str, object]
    config_sha256: str
    model: str
    endpoint: str
    """The host alone: a URL may carry a secret."""
    prompt_sha256: str
    classifier_sha256: str
    corpus: CorpusFacts
    measures: Mapping[str, object]
    """Of the last settled round."""
    rounds: Sequence[RoundFacts]
    unverified: int = 0
    """Exercises in the pool that nobody could run; they are in the export only where its options take them."""
    sources: Sequence[SourceFacts] = ()
    """Only those that were split."""


class Tally:
    """Counts lines as they go by."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self.licences: Counter[str] = Counter()

    def add(self, line: Line) -> None:
        """Count one line."""
        split, kind = str(line["split"]), str(line["kind"])
        by_kind = self.counts.setdefault(split, {"generated": 0, "real": 0})
        by_kind[kind] += 1
        licence = line["licence"]
        self.licences[licence if isinstance(licence, str) else UNKNOWN_LICENCE] += 1

    @property
    def documents(self) -> int:
        """All lines."""
        return self.licences.total()


def host_of(url: str) -> str:
    """The host of a URL. Example: `https://key@llm.example:8443/v1` is `llm.example`.

    The port stays out, because the offline explainer's is another one at every start.
    """
    return urlsplit(url).hostname or ""


def safe_config(config: Mapping[str, object]) -> Mapping[str, object]:
    """A stored config with every endpoint cut to its host."""
    llm = config.get("llm")
    if not isinstance(llm, Mapping):
        return config
    cut = {**llm, **_cut(llm)}
    for name in ("endpoints", "models"):
        if isinstance(llm.get(name), list | tuple):
            cut[name] = [{**one, **_cut(one)} for one in llm[name]]
    return {**config, "llm": cut}


def _cut(named: Mapping[str, object]) -> dict[str, object]:
    url = named.get("base_url")
    return {"base_url": host_of(url)} if isinstance(url, str) else {}


def make_manifest(
    job: JobFacts,
    options: ExportOptions,
    real: RealShare,
    tally: Tally,
    files: Sequence[FileEntry],
    *,
    rejected: int,
    version: str,
) -> dict[str, object]:
    """The manifest, JSON-ready but for its keys' order; `rejected` texts were left out because a person said so."""
    facts = asdict(job)
    corpus, rounds, measures = facts.pop("corpus"), facts.pop("rounds"), facts.pop("measures")
    sources = facts.pop("sources")
    run = {name: facts.pop(name) for name in ("id", "key", "state", "stop_reason", "why")}
    return {
        "manifest_version": MANIFEST_VERSION,
        "hornbook": version,
        "job": run,
        "options": asdict(options),
        "documents": tally.documents,
        "counts": tally.counts,
        "rejected_by_review": rejected,
        "licences": dict(sorted(tally.licences.items())),
        "real_text": asdict(real) | {"short": real.short},
        "files": [asdict(file) for file in files],
        "data_sha256": data_digest(files),
        "corpus": corpus,
        **facts,
        "sources": list(sources),
        "measures": measures,
        "rounds": list(rounds),
    }


def data_digest(files: Sequence[FileEntry]) -> str:
    """One sha256 (hex) over names and digests of the data files: equal data, equal digest."""
    lines = sorted(f"{file.sha256}  {file.name}\n" for file in files if file.split is not None)
    return sha256("".join(lines).encode()).hexdigest()
