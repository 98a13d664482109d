"""The dataset card of an export: Hugging Face's front matter and a page that a person can read.

What it says is in the manifest too. Names and licences come from whoever uploaded the corpus, so they are quoted in the
front matter and escaped in the page. Knows nothing of files.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from json import dumps

from app.domain.exporting import ExportOptions, ExportSplit, RealShare
from app.domain.manifest import UNKNOWN_LICENCE, JobFacts, RoundFacts, Tally
from app.domain.pricing import OFFLINE_MODEL

HUB_LICENCES = frozenset(
    (
        "apache-2.0 mit bsd-2-clause bsd-3-clause isc zlib unlicense wtfpl mpl-2.0 gpl-2.0 gpl-3.0 lgpl-2.1 lgpl-3.0 "
        "agpl-3.0 cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 "
        "cc-by-nc-4.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-nc-nd-4.0 pddl odbl odc-by artistic-2.0 "
        "bsl-1.0 epl-2.0 eupl-1.1 eupl-1.2 postgresql ncsa afl-3.0 osl-3.0 cdla-permissive-2.0"
    ).split()
)
"""Licence names the Hub knows; any other becomes `other`."""

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


@dataclass(frozen=True)
class CardFacts:
    """What the card is made from."""

    job: JobFacts
    recipe_title: str
    options: ExportOptions
    real: RealShare
    tally: Tally
    version: str
    rejected: int
    """Texts left out because a person rejected them."""


def render_card(facts: CardFacts) -> str:
    """README.md, ending with a line end."""
    parts = [
        _front_matter(facts),
        f"# {_escaped(_title(facts))}",
        _banner(facts.job),
        _made(facts),
        _contents(facts),
        _rounds(facts.job.rounds),
        _measures(facts.job.measures),
        LINEAGE if facts.options.lineage else NO_LINEAGE,
        _licences(facts.tally),
        LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


LINEAGE = """## Lineage

Every line says where it comes from. `seed.sha256` is the digest of the normalised source document, `seed.source` its
file and line; of a part of a long document, `seed.part` names that document and the part's place in it. A text made
from drawn words names them in `words` and their digests in `word_seeds`. `verified` says of an exercise whether its
solution, tests and wrong versions of the solution were run; it is null elsewhere. `round`, `arm` (format, audience and
constraint), `model` and `prompt_sha256` say how it was asked for, and `parent` is the `id` of the earlier version that
it repairs or refines. `id` is the same in every repetition of the job. `edu_score` runs
from 0 to 5 and `ease` from 0 to 100 (higher is better and easier), `grade` is a US school grade, `cluster` the topic of
the text. A seed, or a long document with all its parts, and all texts made from it are in one split."""

NO_LINEAGE = """## Lineage

This export was made without its lineage columns; the licence of the source stays with every line."""

LIMITS = """## Known limits

- Educational value, ease and topic are estimates of small models, not judgements of people.
- Texts are checked against their source for numbers, names and negations; a false sentence can still pass.
- Simple text alone transfers less well to ordinary text than the other way round; mix it with real text.
- Whoever trains on it answers for the licences of the sources listed above."""


def _title(facts: CardFacts) -> str:
    return f"{_printable(facts.job.corpus.name)}: {facts.recipe_title}"


def _front_matter(facts: CardFacts) -> str:
    lines = ["---", f"pretty_name: {_yaml(_title(facts))}", "license:"]
    lines += [f"- {name}" for name in hub_licences(facts.tally.licences)]
    lines += ["task_categories:", "- text-generation", "size_categories:", f"- {size_category(facts.tally.documents)}"]
    lines += ["tags:", "- synthetic", "- hornbook", f"- {facts.job.recipe}", "configs:", "- config_name: default"]
    lines.append("  data_files:")
    for split in present_splits(facts.tally):
        lines += [f"  - split: {split.value}", f"    path: data/{split.value}-*"]
    return "\n".join([*lines, "---"])


def present_splits(tally: Tally) -> list[ExportSplit]:
    """The splits that hold anything, in the usual order."""
    return [split for split in ExportSplit if split.value in tally.counts]


def hub_licences(licences: Iterable[str]) -> list[str]:
    """The Hub's names of these licences, sorted. Example: MIT, a house licence and unknown give mit, other, unknown."""
    parts = {part for licence in licences for part in licence.split(" AND ")}
    named = {part.lower() for part in parts}
    return sorted({name if name in HUB_LICENCES or name == UNKNOWN_LICENCE else "other" for name in named})


def size_category(documents: int) -> str:
    """The Hub's size class."""
    return next((name for most, name in SIZES if documents < most), LARGEST)


def _banner(job: JobFacts) -> str:
    if job.model != OFFLINE_MODEL:
        return ""
    return (
        "> **No language model wrote this.** The generated texts come from Hornbook's offline explainer, a program "
        "that takes source text apart and fills in sentences. They show how the loop works and are no training data."
    )


def _made(facts: CardFacts) -> str:
    job = facts.job
    ended = f"It ended with `{job.stop_reason}`" if job.stop_reason else f"It was `{job.state}` when this was exported"
    why = f": {_escaped(job.why)}." if job.why else "."
    return (
        f"## How it was made\n\nHornbook {facts.version} refined the corpus {_escaped(job.corpus.name)} "
        f"(sha256 `{job.corpus.content_sha256}`, {job.corpus.seeds:,} seeds) with the recipe `{job.recipe}`: score the "
        f"seeds, rewrite them, check every text against its source, keep what is simple and diverse, measure, repeat.\n"
        f"{ended}{why.replace('..', '.')}\n\n"
        + _table(
            ("what", "value"),
            [
                ("model", _escaped(job.model)),
                ("endpoint", _escaped(job.endpoint)),
                ("config sha256", f"`{job.config_sha256}`"),
                ("prompt sha256", f"`{job.prompt_sha256}`"),
                ("classifier sha256", f"`{job.classifier_sha256}`"),
                ("job key", f"`{job.key}`"),
            ],
        )
    )


def _contents(facts: CardFacts) -> str:
    rows = []
    for split in present_splits(facts.tally):
        counts = facts.tally.counts[split.value]
        rows.append((split.value, f"{counts['generated']:,}", f"{counts['real']:,}"))
    text = "## What is in it\n\n" + _table(("split", "generated", "real"), rows)
    real = facts.real
    if real.short:
        text += (
            f"\n\nReal text should have been {real.share:.0%} of the train split, {real.wanted:,} documents; only "
            f"{real.available:,} seeds were good enough."
        )
    if facts.rejected:
        text += f"\n\nTexts left out because a person rejected them: {facts.rejected:,}."
    return text


def _rounds(rounds: Sequence[RoundFacts]) -> str:
    if not rounds:
        return ""
    rows = [
        (str(r.number), _count(r.calls), _count(r.answers), f"{r.kept:,}", _escaped(str(r.decision.get("why") or "")))
        for r in rounds
    ]
    return "## Rounds\n\n" + _table(("round", "calls", "answers", "kept", "decision"), rows)


def _measures(measures: Mapping[str, object]) -> str:
    values = measures.get("values")
    if not isinstance(values, Mapping):
        return ""
    rows = [(f"`{name}`", f"{value:.4g}") for name, value in sorted(values.items()) if isinstance(value, int | float)]
    where = measures.get("measured_on")
    text = f"## Measures of the last round\n\nMeasured on: {_escaped(str(where))}.\n\n" if where else "## Measures\n\n"
    return text + _table(("measure", "value"), rows) if rows else ""


def _licences(tally: Tally) -> str:
    rows = [(_escaped(name), f"{count:,}") for name, count in sorted(tally.licences.items())]
    return "## Licences\n\nA text keeps the licence of the source it was made from.\n\n" + _table(
        ("licence", "documents"), rows
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _printable(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _printable(text))


def _yaml(text: str) -> str:
    """A double-quoted YAML scalar; JSON's strings are YAML's as long as every character is printable."""
    return dumps(text, ensure_ascii=False)
