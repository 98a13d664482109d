"""What `hornbook refine` can be told, one name an option; `app/cli/refine.py` says what becomes of it."""

from pathlib import Path
from typing import Annotated

import typer

from app.domain import config, exporting, records

BUDGET, SEEDS, MODELS = "Budget: the first cap that is reached ends the job", "Seeds", "Models"

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="JSONL, Parquet, CSV, text, source, zip; also folders. None: the recipe's own word list."),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the export.")]
Recipe = Annotated[str, typer.Option(help="One of `hornbook recipes list`, or a file.")]
Llm = Annotated[str | None, typer.Option(metavar="URL", help="Any OpenAI-compatible endpoint.", rich_help_panel=MODELS)]
Model = Annotated[str | None, typer.Option(metavar="NAME", help="The model to ask there.", rich_help_panel=MODELS)]
Embeddings = Annotated[
    str | None,
    typer.Option(metavar="URL", help="An endpoint for vectors, instead of Hornbook's own.", rich_help_panel=MODELS),
]
EmbeddingModel = Annotated[
    str | None, typer.Option(metavar="NAME", help="The model to ask there.", rich_help_panel=MODELS)
]
Preset = Annotated[config.Preset | None, typer.Option(help="How simple the texts have to be.")]
Format = Annotated[exporting.ExportFormat, typer.Option("--format", help="Of the export.")]
RealShare = Annotated[float | None, typer.Option(min=0, max=1, help="Share of real seed texts in train.")]
BudgetUsd = Annotated[float | None, typer.Option(help="Never spend more than this.", rich_help_panel=BUDGET)]
BudgetTokens = Annotated[
    int | None, typer.Option(help="Tokens it may use, prompts and answers.", rich_help_panel=BUDGET)
]
BudgetCalls = Annotated[int | None, typer.Option(help="Calls it may make.", rich_help_panel=BUDGET)]
BudgetHours = Annotated[float | None, typer.Option(help="Hours after which no call begins.", rich_help_panel=BUDGET)]
MaxRounds = Annotated[int | None, typer.Option(help="Stop after so many rounds [6].")]
RngSeed = Annotated[int | None, typer.Option(help="Another draw of the same job [0].")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any config field: targets.grade_p90=9.")
]
Benchmarks = Annotated[
    list[Path] | None,
    typer.Option("--benchmark", metavar="FILE", help="Keep its items out: HumanEval, MBPP, GSM8K, or any JSONL."),
]
Kind = Annotated[
    records.Kind | None,
    typer.Option(help="What the records are, when it is the same for all.", rich_help_panel=SEEDS),
]
Field = Annotated[str, typer.Option(help="Field or column that holds the text.", rich_help_panel=SEEDS)]
Licence = Annotated[str | None, typer.Option(help="Of records that state none.", rich_help_panel=SEEDS)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would ask for, cost and take.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")]
