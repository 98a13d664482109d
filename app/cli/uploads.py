"""Files and folders on their way to the service, with a bar for the upload and the counts of what came of it."""

import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.adapters.corpus_archives import folder_files
from app.cli.exits import Exit, StoppedError
from app.cli.terminal import notes
from app.client import HornbookClient
from app.client_http import Json
from app.domain.ingest import ReadLimits

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time stamp of zip members: the same folder makes the same bytes, so it is the same corpus again."""


def upload(client: HornbookClient, paths: Sequence[Path], options: dict[str, str]) -> Json:
    """The corpus once it is ready; a folder goes as a zip of itself."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise StoppedError(f"There is no {', no '.join(missing)}.", Exit.usage)
    with ExitStack() as stack:
        files = [_packed(path, stack) if path.is_dir() else path for path in paths]
        bar = stack.enter_context(_bar())
        task = bar.add_task("Uploading", total=None)
        corpus = client.create_corpus(
            files, progress=lambda sent, total: bar.update(task, completed=sent, total=total), **options
        )
    say = notes()
    with say.status("Reading the corpus ..."):
        corpus = client.wait_corpus(corpus["id"])
    show_counts(say, corpus)
    return corpus


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    return Progress(*columns, console=notes(), transient=True)


def _packed(folder: Path, stack: ExitStack) -> Path:
    """A zip of the regular files below a folder, without hidden ones."""
    files = folder_files(folder, folder.resolve().name, ReadLimits())
    if not files:
        raise StoppedError(f"{folder} holds no file.", Exit.usage)
    target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hornbook-"))) / f"{folder.resolve().name}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            assert file.path is not None
            member = zipfile.ZipInfo(str(file.path.relative_to(folder)), EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            with file.path.open("rb") as source, archive.open(member, "w", force_zip64=True) as sink:
                while chunk := source.read(1 << 20):
                    sink.write(chunk)
    return target


def show_counts(say: Console, corpus: Json) -> None:
    """What became of the records that were read, and where the refused ones can be seen."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(corpus["kinds"].items()))
    say.print(
        f"Corpus {corpus['id']} ({corpus['name']}): {corpus['read']:,} records read = {corpus['stored']:,} stored"
        f" + {corpus['duplicates']:,} duplicates + {corpus['rejected']:,} rejected. {kinds}",
        markup=False,
    )
    if corpus["rejected"]:
        say.print(f"Why they were rejected: hornbook corpora rejects {corpus['id']}", style="yellow", markup=False)
