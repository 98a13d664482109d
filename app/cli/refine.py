"""`hornbook refine`: from seed files to an export in one command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from app.cli import reports
from app.cli.console import Exit, errors_as_messages, fail, print_json, say
from app.cli.progress import follow_job, uploading
from app.cli.service import connected
from app.cli.up import Llm, Model
from app.client import HornbookClient
from app.domain.config import Preset

Json = dict[str, Any]


class Format(StrEnum):
    """How an export is written."""

    jsonl = "jsonl"
    jsonl_zst = "jsonl.zst"
    parquet = "parquet"


def refine(  # noqa: PLR0913  # each option of the command line is a parameter
    files: Annotated[list[Path], typer.Argument(help="Seed files or folders.", exists=True)],
    recipe: Annotated[str, typer.Option(help="`hornbook recipes` lists them.")] = "codetextbook",
    out: Annotated[Path, typer.Option(help="Folder for the export.")] = Path("out"),
    llm: Llm = None,
    model: Model = None,
    preset: Annotated[Preset | None, typer.Option(help="Simplicity targets by name.")] = None,
    budget_usd: Annotated[float | None, typer.Option(help="Most money to spend, in USD.")] = None,
    max_rounds: Annotated[int | None, typer.Option(help="Most rounds.")] = None,
    rng_seed: Annotated[int, typer.Option(help="Another number gives another draw.")] = 0,
    format: Annotated[Format, typer.Option(help="Format of the export.")] = Format.jsonl,
    kind: Annotated[str | None, typer.Option(help="code, prose or words, for all records.")] = None,
    field: Annotated[str, typer.Option(help="Field that holds the text.")] = "text",
    set_: Annotated[list[str], typer.Option("--set", help="Config by dotted name: --set targets.grade_p90=10")] = [],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Refine seed files into textbook-quality texts and export them with lineage.

    Uses the service at HORNBOOK_URL, else a running `hornbook up`, else one of its own while it works.

    Exit codes: 0 the job ended by its own decision, 2 wrong usage, 3 something does not run, 4 the job was refused,
    5 it failed, was cancelled or waits for a person.
    """
    config = _config(recipe, preset, budget_usd, max_rounds, rng_seed, set_)
    config["llm"] = {
        **({"base_url": llm} if llm else {}),
        **({"model": model} if model else {}),
        **config.get("llm", {}),
    }
    with errors_as_messages(), connected(llm=llm, model=model) as client:
        corpus = _corpus(client, files, {"text_field": field, **({"kind": kind} if kind else {})})
        job = client.create_job(corpus_id=corpus["id"], **config)
        say.print(
            f"Job {job['id']} refines corpus {corpus['id']} with {job['model']}: {client.base_url}/jobs/{job['id']}"
        )
        job = follow_job(client, job["id"])
        result = _finish(client, job, out, format.value)
    print_json(result) if as_json else None
    if job["state"] != "done":
        raise typer.Exit(Exit.unfinished)


def _config(
    recipe: str, preset: Preset | None, budget_usd: float | None, max_rounds: int | None, rng_seed: int, more: list[str]
) -> Json:
    config: Json = {"recipe": recipe, "rng_seed": rng_seed}
    if preset:
        config["preset"] = preset.value
    if budget_usd is not None:
        config["budget"] = {"money_usd": budget_usd}
    if max_rounds is not None:
        config["max_rounds"] = max_rounds
    for assignment in more:
        name, found, value = assignment.partition("=")
        if not found:
            raise fail(f"--set takes name=value, not {assignment!r}", Exit.usage)
        _put(config, name.split("."), _value(value))
    return config


def _value(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _put(config: Json, path: list[str], value: object) -> None:
    for part in path[:-1]:
        config = config.setdefault(part, {})
    config[path[-1]] = value


def _corpus(client: HornbookClient, files: list[Path], options: dict[str, str]) -> Json:
    """The corpus of these files, ready; says what was rejected and where to look."""
    paths = [path for file in files for path in _plain_files(file)]
    with uploading(paths) as advance:
        corpus = client.create_corpus(paths, progress=advance, **options)
    with say.status("Reading the corpus ..."):
        corpus = client.wait_corpus(corpus["id"])
    if corpus["state"] == "failed":
        error = corpus["error"] or {}
        raise fail(f"the corpus could not be read: {error.get('detail', error.get('code', 'unknown'))}", Exit.refused)
    reports.say_corpus(corpus)
    return corpus


def _plain_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and not any(part.startswith(".") for part in p.parts))
    return [path]


def _finish(client: HornbookClient, job: Json, out: Path, format_: str) -> Json:
    """Show what came of a job and fetch its export, if it approved anything."""
    rounds = client.rounds(job["id"])
    reports.say_rounds(rounds)
    reports.say_stop(job, rounds)
    result: Json = {"job": job, "rounds": rounds, "export": None}
    if not job["progress"]["kept"] or job["state"] != "done":
        return result
    with say.status("Exporting ..."):
        export = client.wait_export(client.create_export(job["id"], format=format_)["id"])
        paths = client.download_export(export["id"], out)
    say.print(f"Export: [bold]{out}[/] ({len(paths)} files, manifest.json says what is in them)", highlight=False)
    kept = next(iter(client.generations(job["id"], verdict="kept", limit=1)), None)
    if kept:
        reports.say_lineage(client.lineage(kept["id"]))
    return {**result, "export": export, "files": [str(path) for path in paths]}
