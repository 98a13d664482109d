"""`hornbook classifier`: educational classifiers of your own. Here is the training without a service, `--out`."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import orjson
import typer
from rich.table import Table

from app.adapters.labelled import Fields, Labelled, Skipped, read_labelled, write_model
from app.adapters.references import read_references
from app.cli.classifiers import Labeller, register, train_on_file, train_on_judged, train_on_labels, train_on_reviews
from app.cli.exits import Exit, StoppedError
from app.cli.service import Llm
from app.cli.terminal import notes, results
from app.domain.education import FORMAT, Classifier, Evaluation, dump_classifier, evaluate
from app.domain.education_features import BAG_COLUMNS, SHAPE_NAMES
from app.domain.education_training import TrainingReport, train_classifier
from app.domain.text import sha256
from app.domain.tokens import tokenise
from app.errors import AppError

app = typer.Typer(help="Train, judge and choose educational classifiers.", no_args_is_help=True)
_CHUNK = 256
_LIMITS = [
    "Trained on English text, Python code and its documentation; other languages were not looked at.",
    "It sees words, lines and shape: it does not check that what a text says is true.",
    "On web pages it agrees with readers less than on code and documentation: it saw about a hundred of them.",
    "Rewritten text is scored too high: `style_shift` says how far by rules, a language model may gain more.",
]


@app.callback()
def main() -> None:
    """Train, judge and choose educational classifiers."""


@app.command()
def train(  # noqa: PLR0913  # one argument an option
    labelled: Annotated[Path | None, typer.Argument(help="JSONL, one record a line, or .gz of it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Train here, without a service; write OUT.npz and OUT.json.")] = None,
    name: Annotated[str, typer.Option(help="Of the classifier in the service; versions count within it.")] = "mine",
    field: Annotated[str, typer.Option(help="Field that holds the text.")] = "text",
    label: Annotated[str, typer.Option(help="Field that holds the score, 0 to 5, or a list of scores.")] = "edu",
    group: Annotated[str | None, typer.Option(help="Field whose values are kept on one side of a fold.")] = None,
    alone: Annotated[str | None, typer.Option(help="With --out: value of --group that is no one source.")] = None,
    references: Annotated[Path | None, typer.Option(help="With --out: more labelled passages, by reference.")] = None,
    packages: Annotated[Path | None, typer.Option(help="With --references: folder of the packages' .tar.gz.")] = None,
    test: Annotated[Path | None, typer.Option(help="With --out: labelled file to evaluate on.")] = None,
    reviews: Annotated[
        list[int] | None, typer.Option(metavar="JOB", help="Learn from the reviews of this job's texts; repeatable.")
    ] = None,
    judged: Annotated[
        list[int] | None, typer.Option(metavar="JOB", help="Learn from what this job's judge said; repeatable.")
    ] = None,
    corpus: Annotated[int | None, typer.Option(help="Have an LLM label a sample of this corpus.")] = None,
    sample: Annotated[int, typer.Option(min=65, help="With --corpus: documents to label.")] = 500,
    twice: Annotated[float, typer.Option(min=0, max=1, help="With --corpus: share labelled twice.")] = 0.1,
    budget_calls: Annotated[int | None, typer.Option(min=1, help="With --corpus: never call more often.")] = None,
    budget_tokens: Annotated[int | None, typer.Option(min=1, help="With --corpus: never use more tokens.")] = None,
    budget_usd: Annotated[float | None, typer.Option(help="With --corpus: never spend more than this.")] = None,
    llm: Annotated[
        str | None, typer.Option(metavar="URL", help="With --corpus: an OpenAI-compatible endpoint.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="With --corpus: the model to ask there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the card as JSON.")] = False,
) -> None:
    """Train a classifier on labels of yours or an LLM's or on reviews, and print how good it is on unseen texts.

    In the service, from where `use` makes it the one of new jobs; with --out into two files here.
    """
    if (reviews or judged) and not (reviews and judged) and labelled is None and corpus is None and out is None:
        train_on_reviews(name, reviews, as_json) if reviews else train_on_judged(name, judged or [], as_json)
    elif reviews or judged:
        alone = "--reviews and --judged go alone: neither a file, nor --corpus, nor --out, nor the other beside them."
        raise StoppedError(alone, Exit.usage)
    elif corpus is not None and labelled is None and out is None:
        caps = {"calls": budget_calls, "tokens": budget_tokens, "money_usd": budget_usd}
        train_on_labels(name, Labeller(corpus, Llm(llm, model), sample, twice, caps), as_json)
    elif labelled is None or corpus is not None:
        ways = "a labelled file, a corpus for an LLM to label (--corpus ID), or a job whose texts you reviewed"
        raise StoppedError(f"Name {ways} (--reviews JOB).", Exit.usage)
    elif out is None:
        train_on_file(labelled, name, {"text_field": field, "label_field": label, "group_field": group}, as_json)
    else:
        _train_here(labelled, out, Fields(field, label, group, alone), (references, packages), test, as_json)


def _train_here(
    labelled: Path,
    out: Path,
    fields: Fields,
    passages: tuple[Path | None, Path | None],
    test: Path | None,
    as_json: bool,
) -> None:
    """Fit in this process and write the classifier with its card."""
    errors = notes()
    try:
        data = read_labelled(labelled, fields)
        references, packages = passages
        more = read_references(references, packages) if references else None
        classifier, report = _train(data, more)
        tested = _test(classifier, read_labelled(test, fields), data) if test else None
        card = _card(data, more, classifier, report, tested)
        weights, _ = write_model(out, dump_classifier(classifier), card)
    except AppError as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error
    if as_json:
        typer.echo(orjson.dumps(card).decode())
        return
    _show([*data.skipped, *(more.skipped if more else [])], report, tested)
    typer.echo(f"Wrote {weights} and its card.")


def _train(data: Labelled, more: Labelled | None) -> tuple[Classifier, TrainingReport]:
    """The classifier of both files; who read the second one may be stricter or milder, so its texts are guests."""
    texts, labels, groups = list(data.texts), list(data.labels), list(data.groups) if data.groups else None
    guests = [False] * len(texts)
    if more:
        texts += more.texts
        labels += more.labels
        guests += [True] * len(more.texts)
        if groups is not None:
            groups += more.groups or []
    return train_classifier(texts, labels, rng_seed=0, groups=groups, guests=guests)


def _test(classifier: Classifier, data: Labelled, trained: Labelled) -> dict[str, object]:
    """Figures on a test file, without texts that were trained on."""
    known = {sha256(text) for text in trained.texts}
    kept = [index for index, text in enumerate(data.texts) if sha256(text) not in known]
    if not kept:
        return {"file": data.name, "sha256": data.sha256, "n": 0, "also_in_training": len(data.texts)}
    texts = [data.texts[index] for index in kept]
    batches = (tokenise(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK))
    scores = np.concatenate([classifier.predict(batch) for batch in batches])
    figures = evaluate(scores, np.array([data.labels[index] for index in kept]))
    return {
        "file": data.name,
        "sha256": data.sha256,
        "also_in_training": len(data.texts) - len(kept),
        **_figures(figures),
    }


def _card(
    data: Labelled,
    more: Labelled | None,
    classifier: Classifier,
    report: TrainingReport,
    tested: dict[str, object] | None,
) -> dict[str, object]:
    """The model card: what it is, from what, how good, where not to trust it. Holds no date, so reruns agree."""
    labels = Counter(str(int(label)) for label in data.labels)
    return {
        "model": "hornbook educational classifier",
        "format": FORMAT,
        "sha256": classifier.sha256,
        "scale": "0 to 5, educational value for a learner who starts out; 3 and up is worth teaching from",
        "method": "mean of ridge regression on hashed words, line features and shape, and of boosted trees on shape",
        "features": {
            "columns": BAG_COLUMNS,
            "seen": int((classifier.bag_weights != 0).sum()),
            "trees": len(classifier.trees.value),
            "shape": SHAPE_NAMES,
        },
        "training": {
            **_source(data),
            "labels_from": {key: labels[key] for key in sorted(labels)},
            "strength": report.strength,
            "groups": report.groups,
        },
        "references": None if more is None else _source(more),
        "held_out_folds": _figures(report.held_out),
        "style_shift": round(report.style_shift, 4),
        "test": tested,
        "limits": _LIMITS,
    }


def _source(data: Labelled) -> dict[str, object]:
    return {
        "file": data.name,
        "sha256": data.sha256,
        "n": len(data.texts),
        "skipped": dict(Counter(record.code for record in data.skipped)),
    }


def _figures(found: Evaluation) -> dict[str, object]:
    return {name: value if name == "n" else round(value, 4) for name, value in asdict(found).items()}


def _show(skipped: list[Skipped], report: TrainingReport, tested: dict[str, object] | None) -> None:
    table = Table("texts", "n", "Spearman", "F1 at 3", "mean error", title="On texts not trained on")
    rows = [("held-out folds", _figures(report.held_out)), *([(str(tested["file"]), tested)] if tested else [])]
    for name, row in rows:
        table.add_row(name, *(str(row.get(key, "-")) for key in ("n", "spearman", "f1_at_3", "mae")))
    console = results()
    console.print(table)
    for record in skipped[:20]:
        console.print(f"skipped line {record.line}: {record.code}", markup=False)
    if len(skipped) > 20:
        console.print(f"... and {len(skipped) - 20} more")


register(app)
