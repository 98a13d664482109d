"""`hornbook refine`: the whole story, from files to an export with lineage."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import typer

from app.adapters.benchmark_files import text_field_of
from app.adapters.models import word_list_path
from app.cli import refine_options as opt
from app.cli.configs import job_config
from app.cli.estimates import seeds_of, show_estimate
from app.cli.exits import CODES, Exit, StoppedError, exit_code_of, report
from app.cli.exports import fetch, show_export
from app.cli.phrases import old_prices
from app.cli.recipes import is_file, look_up
from app.cli.report import show_lineage, show_rounds, show_stop, show_targets
from app.cli.service import OFFLINE_BANNER, Llm, Service, service
from app.cli.terminal import notes, print_json, results
from app.cli.uploads import upload
from app.cli.watching import follow
from app.client import HornbookClient
from app.client_http import HornbookApiError, Json
from app.domain.config import Preset
from app.domain.exporting import ExportFormat
from app.domain.ingest import ReadOptions
from app.domain.recipes.builtin import RECIPES
from app.domain.records import Kind
from app.settings import get_settings

LOOKED_AT = 200
"""Kept texts among which the one whose lineage is shown is chosen."""


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    files: Sequence[Path]
    corpus: dict[str, str]
    recipe: str
    preset: Preset | None
    llm: Llm
    fields: dict[str, float | int | str | None]
    sets: Sequence[str]
    out: Path
    export: dict[str, object]
    benchmarks: Sequence[Path] = ()


@dataclass(frozen=True)
class Story:
    """What came of it."""

    corpus: Json
    job: Json
    rounds: list[Json]
    export: Json | None
    lineage: Json | None


def refine(  # noqa: PLR0913  # one argument an option
    files: opt.Files = None,
    out: opt.Out = None,
    recipe: opt.Recipe = "codetextbook",
    llm: opt.Llm = None,
    model: opt.Model = None,
    embeddings: opt.Embeddings = None,
    embedding_model: opt.EmbeddingModel = None,
    preset: opt.Preset = None,
    file_format: opt.Format = ExportFormat.jsonl,
    real_share: opt.RealShare = None,
    budget_usd: opt.BudgetUsd = None,
    budget_tokens: opt.BudgetTokens = None,
    budget_calls: opt.BudgetCalls = None,
    budget_hours: opt.BudgetHours = None,
    max_rounds: opt.MaxRounds = None,
    rng_seed: opt.RngSeed = None,
    sets: opt.Sets = None,
    benchmarks: opt.Benchmarks = None,
    kind: opt.Kind = None,
    field: opt.Field = "text",
    licence: opt.Licence = None,
    dry_run: opt.DryRun = False,
    as_json: opt.AsJson = False,
) -> None:
    """Refine seed files into training data: upload, refine round after round, export, download."""
    budget = {"money_usd": budget_usd, "tokens": budget_tokens, "calls": budget_calls, "hours": budget_hours}
    fields = {f"budget.{name}": cap for name, cap in budget.items()}
    fields |= {"max_rounds": max_rounds, "rng_seed": rng_seed}
    named = {"embedding.base_url": embeddings, "embedding.model": embedding_model}
    corpus = {"text_field": field, "kind": _kind(recipe, kind), "licence": licence}
    wish = Wish(
        files=files or [_own_list(recipe)],
        corpus={name: value for name, value in corpus.items() if value is not None},
        recipe=recipe,
        preset=preset,
        llm=Llm(llm, model),
        fields={**fields, **named},
        sets=sets or (),
        out=out or Path(),
        export={"format": file_format, "real_share": real_share},
        benchmarks=benchmarks or (),
    )
    if dry_run:
        _estimate(wish, as_json)
    elif out is None:
        why = "Name a folder for the export with --out, or ask what it would cost with --dry-run."
        raise StoppedError(why, Exit.usage)
    else:
        _play(wish, as_json)


refine.__doc__ = f"""{refine.__doc__}

It uses the service at HORNBOOK_URL, else a running `hornbook up`, else starts everything for its own duration.

{CODES}"""


def _check(wish: Wish) -> None:
    named = wish.llm.model or get_settings().llm_model or any(one.startswith("llm.models=") for one in wish.sets)
    if wish.llm.url is not None and not named:
        raise StoppedError("--llm names an endpoint: name the model to ask there too, with --model NAME.", Exit.usage)


def _config(at: Service, wish: Wish) -> Json:
    # An own service was started with the endpoint; a job that names none goes on with whatever comes up next.
    llm = Llm() if at.own else wish.llm
    recipe = at.client.add_recipe(Path(wish.recipe))["reference"] if is_file(wish.recipe) else wish.recipe
    return job_config(recipe, preset=wish.preset, llm=llm, fields=wish.fields, sets=wish.sets)


def _estimate(wish: Wish, as_json: bool) -> None:
    """Say what the job would use; nothing is uploaded."""
    _check(wish)
    kind = wish.corpus.get("kind")
    options = ReadOptions(text_field=wish.corpus["text_field"], kind=Kind(kind) if kind else None)
    seeds = seeds_of(wish.files, options, wish.recipe)
    with service(wish.llm) as at:
        found = at.client.estimate_job(seeds=seeds, **_config(at, wish))
    if as_json:
        print_json(found)
    else:
        show_estimate(results(), found)


def _play(wish: Wish, as_json: bool) -> None:
    """Do what was asked for and show what came of it."""
    _check(wish)
    # Now, not after an hour of work.
    wish.out.mkdir(parents=True, exist_ok=True)
    with service(wish.llm) as at:
        story = _tell(at, wish)
        if as_json:
            print_json(_json(story, wish.out))
        else:
            _show(story, wish.out)
            if at.own:
                page = f"{at.client.base_url}/jobs/{story.job['id']}"
                notes().print(f"To look around: hornbook up, then {page}", markup=False)
    if story.job["state"] != "done" or story.export is None:
        raise typer.Exit(Exit.unfinished)


def _own_list(recipe: str) -> Path:
    """The word list that ships for a recipe; stops where there is none."""
    name = RECIPES[recipe].word_list if recipe in RECIPES else None
    if name is None:
        raise StoppedError(f"Name the files to refine: {recipe} has no word list of its own.", Exit.usage)
    return word_list_path(name)


def _kind(recipe: str, kind: Kind | None) -> str | None:
    """What the records are: as said, else words for a recipe that takes nothing else. A recipe file is read here, so
    that its faults come before anything is started."""
    known = look_up(recipe) if is_file(recipe) or recipe in RECIPES else None
    if kind is not None:
        return kind.value
    return Kind.words.value if known is not None and known.kinds == [Kind.words] else None


def _tell(at: Service, wish: Wish) -> Story:
    """Everything from the upload to the lineage; Ctrl-C leaves the job where it is."""
    job: Json | None = None
    try:
        corpus = upload(at.client, wish.files, wish.corpus)
        config = _config(at, wish)
        if wish.benchmarks:
            config["benchmarks"] = [*config.get("benchmarks", ()), *_benchmarks(at.client, wish.benchmarks)]
        job = at.client.create_job(corpus_id=corpus["id"], **config)
        _announce(at, job)
        job = follow(at.client, job["id"])
        rounds = at.client.rounds(job["id"])
        export = _export(at.client, job, wish)
        return Story(corpus, job, rounds, export, _lineage(at.client, job["id"]))
    except KeyboardInterrupt:
        if job is None:
            raise StoppedError("Interrupted before the job was submitted.", Exit.unfinished) from None
        goes_on = "`hornbook up` goes on with it" if at.own else f"it goes on; `hornbook watch {job['id']}` shows it"
        raise StoppedError(f"Interrupted: job {job['id']} is kept, {goes_on}.", Exit.unfinished) from None


def _benchmarks(client: HornbookClient, paths: Sequence[Path]) -> list[int]:
    """The corpora of benchmark files, each read by the field that holds its text."""
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        raise StoppedError(f"There is no {', no '.join(missing)}.", Exit.usage)
    return [upload(client, [path], {"text_field": text_field_of(path)})["id"] for path in paths]


def _announce(at: Service, job: Json) -> None:
    say = notes()
    if job["offline"]:
        say.print(OFFLINE_BANNER)
    if warning := old_prices(job):
        say.print(warning, style="yellow", markup=False)
    page = f"{at.client.base_url}/jobs/{job['id']}"
    say.print(f"Job {job['id']}: {job['recipe']} by {job['model']}. Watch it at {page}", markup=False)


def _export(client: HornbookClient, job: Json, wish: Wish) -> Json | None:
    """The export in its folder; None when there is nothing to export, which is told."""
    if job["state"] != "done":
        return None
    try:
        return fetch(client, job["id"], wish.out, **wish.export)
    except HornbookApiError as error:
        if exit_code_of(error) is not Exit.refused:
            raise
        report(error)
        return None


def _lineage(client: HornbookClient, job_id: int) -> Json | None:
    """That of a good text; a repaired one shows more, so it may be up to a point of education worse."""
    kept = list(islice(client.generations(job_id, verdict="kept", order="desc"), LOOKED_AT))
    if not kept:
        return None
    chosen = max(kept, key=lambda made: (made["edu_score"] + (made["parent_id"] is not None), made["id"]))
    return client.lineage(chosen["id"])


def _show(story: Story, out: Path) -> None:
    say = results()
    say.print()
    show_rounds(say, story.rounds)
    say.print()
    show_targets(say, story.rounds)
    say.print()
    show_stop(say, story.job)
    if story.lineage is not None:
        say.print()
        show_lineage(say, story.lineage)
    if story.export is not None:
        say.print()
        show_export(say, story.export, out)


def _json(story: Story, out: Path) -> dict[str, Any]:
    return {
        "corpus": story.corpus,
        "job": story.job,
        "rounds": story.rounds,
        "export": story.export,
        "out": str(out.resolve()),
        "lineage": story.lineage,
    }
