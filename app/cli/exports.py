"""Exports on their way to a folder: `hornbook export`, and the end of `hornbook refine`."""

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from app.cli.exits import CODES
from app.cli.service import service
from app.cli.terminal import notes, print_json, results
from app.client import HornbookClient
from app.client_http import Json
from app.domain.exporting import ExportFormat
from app.domain.manifest import MANIFEST_NAME


def export(
    job: Annotated[int, typer.Argument(help="The job whose pool is exported.")],
    out: Annotated[Path, typer.Option(help="Folder for the files.")],
    file_format: Annotated[ExportFormat, typer.Option("--format", help="What the files are.")] = ExportFormat.jsonl,
    real_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share of real seed texts in train.")] = None,
    min_edu: Annotated[float, typer.Option(min=0, max=5, help="Least educational score of a text.")] = 0.0,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also exercises whose tests nobody could run.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the export as JSON.")] = False,
) -> None:
    """Export what a job has kept so far, with manifest and dataset card, and download it."""
    with service() as at:
        wanted = {"format": file_format, "real_share": real_share, "min_edu": min_edu, "unverified": unverified}
        done = fetch(at.client, job, out, **wanted)
    if as_json:
        print_json({"export": done, "out": str(out.resolve())})
    else:
        show_export(results(), done, out)


export.__doc__ = f"{export.__doc__}\n\n{CODES}"


def fetch(client: HornbookClient, job_id: int, out: Path, **options: object) -> Json:
    """The export once its files lie in `out`; files of an earlier export there that are not its own are removed."""
    chosen = {name: value for name, value in options.items() if value is not None}
    with notes().status("Exporting ..."):
        made = client.wait_export(client.create_export(job_id, **chosen)["id"])
        before = _listed(out)
        client.download_export(made["id"], out)
    for name in before - {file["name"] for file in made["files"]}:
        _remove(out, name)
    return made


def _listed(out: Path) -> set[str]:
    """What the manifest of an earlier export in this folder names."""
    try:
        manifest = orjson.loads((out / MANIFEST_NAME).read_bytes())
        return {str(file["name"]) for file in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _remove(out: Path, name: str) -> None:
    target = (out / name).resolve()
    if target.is_relative_to(out.resolve()) and target.is_file():
        target.unlink()


def show_export(say: Console, made: Json, out: Path) -> None:
    """Where it lies and what it holds."""
    say.print(f"[bold]Export {made['id']}[/] in [bold]{escape(str(out.resolve()))}[/]:")
    rejected = (made["manifest"] or {}).get("rejected_by_review", 0)
    if rejected:
        say.print(f"  left out because somebody rejected them: {rejected:,}", markup=False)
    for file in made["files"]:
        size = "" if file["size"] is None else f"  {file['size']:,} bytes"
        say.print(f"  {file['name']}{size}", markup=False)
    left_out = _unverified(out)
    if left_out:
        say.print(
            f"Left out: {left_out:,} exercises whose tests nobody could run; `hornbook export --unverified` takes them."
        )


def _unverified(out: Path) -> int:
    """The unverified exercises that the export in this folder left out."""
    try:
        manifest = orjson.loads((out / MANIFEST_NAME).read_bytes())
        return 0 if manifest["options"]["unverified"] else int(manifest["unverified"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
