"""`hornbook classifier evaluate | list | show | use | rollback | resume`, and training in the service."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.cli.classifier_report import origin, show_classifier, show_report
from app.cli.exits import Exit, StoppedError
from app.cli.service import Llm, service
from app.cli.terminal import notes, print_json, results
from app.client import HornbookClient
from app.client_http import Json

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Id = Annotated[int, typer.Argument(metavar="CLASSIFIER", help="Its number in `hornbook classifier list`.")]


@dataclass(frozen=True)
class Labeller:
    """How an LLM is asked for labels; None leaves it to the service."""

    corpus: int
    llm: Llm
    sample: int
    twice: float
    caps: dict[str, float | int | None]


def train_on_file(path: Path, name: str, fields: dict[str, str | None], as_json: bool) -> None:
    """Upload a labelled file, wait for the training, show the held-out report."""
    if not path.is_file():
        raise StoppedError(f"There is no file {path}.", Exit.usage)
    chosen = {"name": name, **{key: value for key, value in fields.items() if value is not None}}
    with service() as at:
        _follow(at.client, at.client.create_classifier(path, progress=None, **chosen), as_json)


def train_on_labels(name: str, wanted: Labeller, as_json: bool) -> None:
    """Have an LLM label a corpus's sample, wait for labels and training, show the held-out report."""
    body = {
        "name": name,
        "llm": {"base_url": wanted.llm.url, "model": wanted.llm.model},
        "labelling": {"sample": wanted.sample, "twice": wanted.twice},
        "budget": {key: value for key, value in wanted.caps.items() if value is not None},
    }
    with service(wanted.llm) as at:
        _follow(at.client, at.client.label_classifier(wanted.corpus, **body), as_json)


def train_on_reviews(name: str, jobs: list[int], as_json: bool) -> None:
    """Train on the reviews of some jobs' texts, show the held-out report."""
    with service() as at:
        _follow(at.client, at.client.classifier_from_reviews(jobs, name=name), as_json)


def train_on_judged(name: str, jobs: list[int], as_json: bool) -> None:
    """Train on what the judges of some jobs said of their texts, show the held-out report."""
    with service() as at:
        _follow(at.client, at.client.classifier_from_judge(jobs, name=name), as_json)


def _follow(client: HornbookClient, begun: Json, as_json: bool) -> None:
    with notes().status("Waiting for a worker ...") as status:

        def watch(row: Json) -> None:
            done, total = row["labels"].get("done", 0), sum(row["labels"].values())
            status.update(f"{done} of {total} labels ..." if row["state"] == "labelling" else "Training ...")

        made = client.wait_classifier(begun["id"], watch=watch)
    if as_json:
        print_json(made)
        return
    show_classifier(results(), made)
    notes().print(f"Let new jobs use it: hornbook classifier use {made['id']}")


def evaluate(
    labelled: Annotated[Path, typer.Argument(help="JSONL, one record a line, or .gz of it.")],
    classifier: Annotated[int | None, typer.Option(help="Its number; the one that new jobs use unless given.")] = None,
    field: Annotated[str, typer.Option(help="Field that holds the text.")] = "text",
    label: Annotated[str, typer.Option(help="Field that holds the score, 0 to 5, or a list of scores.")] = "edu",
    as_json: AsJson = False,
) -> None:
    """Judge a classifier on a labelled file, beside the shipped one; documents it was made from are left out."""
    if not labelled.is_file():
        raise StoppedError(f"There is no file {labelled}.", Exit.usage)
    with service() as at, notes().status("Scoring ..."):
        row = at.client.classifier(classifier) if classifier else _used(at.client)
        done = at.client.evaluate_classifier(row["id"], labelled, text_field=field, label_field=label)
    if as_json:
        print_json({"classifier": row["id"], **done})
        return
    report = done["report"]
    show_report(results(), f"{row['name']} {row['version']}", report, f"On {labelled.name}")
    left_out = [f"{report['left_out']} it was made from"] if report["left_out"] else []
    left_out += [f"{count} {code}" for code, count in report["skipped"].items()]
    if left_out:
        results().print(f"Left out: {', '.join(left_out)}.", markup=False)


def _used(client: HornbookClient) -> Json:
    return next(row for row in client.classifiers() if row["in_use"])


def list_classifiers(
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many.")] = 50, as_json: AsJson = False
) -> None:
    """The youngest first; the one that new jobs use is marked."""
    with service() as at:
        rows = list(islice(at.client.classifiers(), limit))
    if as_json:
        for row in rows:
            print_json(row)
        return
    table = Table("id", "name", "version", "state", "used", "labels from", "n", "Spearman", "F1 at 3", box=None)
    for row in rows:
        named = [str(row["id"]), Text(row["name"]), str(row["version"]), row["state"], "yes" if row["in_use"] else ""]
        table.add_row(*named, Text(origin(row)), *_figures(row["report"]))
    results().print(table)


def _figures(report: dict[str, Any]) -> list[str]:
    if not report:
        return ["", "", ""]
    own = report["own"]["all"]
    return [str(own["n"]), f"{own['spearman'][0]:.2f}", f"{own['f1_at_3'][0]:.2f}"]


def show(classifier: Id, as_json: AsJson = False) -> None:
    """One classifier: where it comes from and how good it is."""
    with service() as at:
        row = at.client.classifier(classifier)
    if as_json:
        print_json(row)
    else:
        show_classifier(results(), row)


def use(classifier: Id, as_json: AsJson = False) -> None:
    """Let jobs submitted from now on use this one; running jobs keep theirs."""
    with service() as at:
        row = at.client.use_classifier(classifier)
    _say_used(row, as_json)


def rollback(as_json: AsJson = False) -> None:
    """Undo the last `use`."""
    with service() as at:
        row = at.client.roll_back_classifier()
    _say_used(row, as_json)


def _say_used(row: Json, as_json: bool) -> None:
    if as_json:
        print_json(row)
    else:
        typer.echo(f"New jobs use classifier {row['id']} ({row['name']} version {row['version']}).")


def resume(classifier: Id, as_json: AsJson = False) -> None:
    """Ask the LLM again for the labels a failed classifier lacks; what is stored is not paid for again."""
    with service() as at:
        _follow(at.client, at.client.resume_classifier(classifier), as_json)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `hornbook classifier`."""
    for command in (evaluate, show, use, rollback, resume):
        app.command()(command)
    app.command("list")(list_classifiers)
