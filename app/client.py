"""The Python client of Hornbook's HTTP API, for the command line, notebooks and scripts.

Knows the API's paths and nothing of the service behind it. Answers are the API's own JSON objects as dictionaries;
`/docs` of a service lists their fields. Errors are HornbookApiError with the service's stable code.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from app.client_events import Event, follow
from app.client_http import Connection, HornbookApiError, Json, Progress

__all__ = ["Event", "HornbookApiError", "HornbookClient"]

POLL_S = 0.3
CORPUS_ENDED = frozenset({"ready", "failed"})
JOB_ENDED = frozenset({"done", "failed", "cancelled", "paused"})
"""A paused job waits for a person, so waiting for it ends too."""
EXPORT_ENDED = frozenset({"ready", "failed"})
CLASSIFIER_ENDED = frozenset({"ready", "failed"})
EVALUATION_ENDED = frozenset({"ready", "failed"})

Watch = Callable[[Json], None]
"""Called with every state seen while waiting."""


class HornbookClient:
    """A connection to one service. Use it as a context manager, or call `close`."""

    def __init__(
        self, base_url: str, api_key: str | None = None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._at = Connection(base_url, api_key, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._at.http.close()

    def ready(self) -> bool:
        """Whether the service is there and serves."""
        try:
            return self._at.http.get("/readyz", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False

    def recipes(self) -> list[Json]:
        """All recipes."""
        return list(self._at.pages("/v1/recipes", {}))

    def recipe(self, name: str) -> Json:
        """One recipe: `name`, or `name@hash` for one version of an added one."""
        return self._at.get(f"/v1/recipes/{quote(name, safe='@')}")

    def add_recipe(self, path: Path | str) -> Json:
        """Add a recipe file, YAML or JSON; HornbookApiError names every fault and its line."""
        return self._at.send_file("POST", "/v1/recipes", Path(path).read_bytes(), media="application/yaml")

    def create_corpus(self, paths: Sequence[Path | str], *, progress: Progress | None = None, **options: str) -> Json:
        """Upload files as one corpus; the corpus that is there already when the content was uploaded before.

        `options`: name, text_field, id_field, licence_field, licence, kind, format.
        """
        return self._at.upload("/v1/corpora", [Path(path) for path in paths], options, progress)

    def create_corpus_from_records(self, name: str, records: Sequence[Mapping[str, Any]], **options: str) -> Json:
        """A small corpus from objects that each have a `text`."""
        return self._at.send("POST", "/v1/corpora", {"name": name, "records": list(records), **options})

    def corpus(self, corpus_id: int) -> Json:
        """A corpus with its counts."""
        return self._at.get(f"/v1/corpora/{corpus_id}")

    def corpora(self) -> Iterator[Json]:
        """All corpora, the youngest first."""
        return self._at.pages("/v1/corpora", {})

    def rejects(self, corpus_id: int, *, code: str | None = None) -> Iterator[Json]:
        """Records that did not become seeds, with file, line and code."""
        return self._at.pages(f"/v1/corpora/{corpus_id}/rejects", {"code": code})

    def wait_corpus(self, corpus_id: int, *, timeout_s: float | None = None, watch: Watch | None = None) -> Json:
        """The corpus once it is ready; raises HornbookApiError with the corpus's code when it could not be read."""
        corpus = _wait(lambda: self.corpus(corpus_id), CORPUS_ENDED, timeout_s, watch)
        if corpus["state"] == "failed":
            error = corpus["error"] or {"code": "corpus_failed", "detail": "The corpus could not be read."}
            raise HornbookApiError(error["code"], error["detail"], 422)
        return corpus

    def create_job(self, **config: Any) -> Json:
        """Submit a job: corpus_id, and recipe, preset, targets, budget, planning, gates, llm, rng_seed, max_rounds."""
        return self._at.send("POST", "/v1/jobs", config)

    def estimate_job(self, **config: Any) -> Json:
        """What a job would use: as `create_job`, or `seeds` with their count and sizes in the place of corpus_id."""
        return self._at.send("POST", "/v1/estimates", config)

    def job(self, job_id: int) -> Json:
        """A job with progress and spend."""
        return self._at.get(f"/v1/jobs/{job_id}")

    def spend(self, job_id: int) -> Json:
        """What a job spent, by round, arm and model."""
        return self._at.get(f"/v1/jobs/{job_id}/spend")

    def jobs(self, *, state: str | None = None) -> Iterator[Json]:
        """All jobs, the youngest first."""
        return self._at.pages("/v1/jobs", {"state": state})

    def wait_job(self, job_id: int, *, timeout_s: float | None = None, watch: Watch | None = None) -> Json:
        """The job once it has ended, or waits for a person."""
        return _wait(lambda: self.job(job_id), JOB_ENDED, timeout_s, watch)

    def change_job(self, job_id: int, **change: Any) -> Json:
        """New budget caps, targets or priority."""
        return self._at.send("PATCH", f"/v1/jobs/{job_id}", change)

    def pause(self, job_id: int) -> Json:
        """Ask nothing more until `resume`."""
        return self._at.send("POST", f"/v1/jobs/{job_id}/pause")

    def resume(self, job_id: int) -> Json:
        """Let a paused job go on."""
        return self._at.send("POST", f"/v1/jobs/{job_id}/resume")

    def cancel(self, job_id: int) -> Json:
        """Stop a job for good."""
        return self._at.send("POST", f"/v1/jobs/{job_id}/cancel")

    def rounds(self, job_id: int) -> list[Json]:
        """Plan, funnel, measures and decision of every round, from 0."""
        return list(self._at.pages(f"/v1/jobs/{job_id}/rounds", {}))

    def sources(self, job_id: int) -> Iterator[Json]:
        """Long documents that were split, and how much of each the pool covers."""
        return self._at.pages(f"/v1/jobs/{job_id}/sources", {})

    def events(self, job_id: int, *, last_id: int = 0) -> Iterator[Event]:
        """What happens to a job, as it happens, until it has ended; resumes by itself where a connection broke."""
        return follow(self._at.http, f"/v1/jobs/{job_id}/events", last_id=last_id)

    def generations(self, job_id: int, **filters: Any) -> Iterator[Json]:
        """A job's generations. Filters: round, verdict, reason, flagged, edu_min, edu_max, arm, seed_id, contains."""
        return self._at.pages(f"/v1/jobs/{job_id}/generations", filters)

    def generation(self, generation_id: int) -> Json:
        """One generation."""
        return self._at.get(f"/v1/generations/{generation_id}")

    def findings(self, generation_id: int) -> Json:
        """What the judge said of a generation: scores and checked claims."""
        return self._at.get(f"/v1/generations/{generation_id}/findings")

    def lineage(self, generation_id: int) -> Json:
        """Everything a generation came from, down to the seed's file and line."""
        return self._at.get(f"/v1/generations/{generation_id}/lineage")

    def review(self, generation_id: int, decision: str, *, score: float | None = None, note: str = "") -> Json:
        """Approve or reject a generation; `score` is its educational value, 0 to 5. Its newest review counts."""
        body = {"decision": decision, "score": score, "note": note}
        return self._at.send("POST", f"/v1/generations/{generation_id}/review", body)

    def reviews(self, job_id: int) -> Iterator[Json]:
        """The reviews of a job's texts, the youngest first."""
        return self._at.pages(f"/v1/jobs/{job_id}/reviews", {})

    def next_review(self, job_id: int) -> Json:
        """The text whose review says most; its `generation` is None when there is none left."""
        return self._at.get(f"/v1/jobs/{job_id}/reviews/next")

    def create_export(self, job_id: int, **options: Any) -> Json:
        """Start an export of a job's pool."""
        return self._at.send("POST", f"/v1/jobs/{job_id}/exports", options)

    def export(self, export_id: int) -> Json:
        """An export with its manifest once it is ready."""
        return self._at.get(f"/v1/exports/{export_id}")

    def exports(self, job_id: int) -> Iterator[Json]:
        """A job's exports, the youngest first."""
        return self._at.pages(f"/v1/jobs/{job_id}/exports", {})

    def wait_export(self, export_id: int, *, timeout_s: float | None = None, watch: Watch | None = None) -> Json:
        """The export once it is ready; raises HornbookApiError when it failed."""
        export = _wait(lambda: self.export(export_id), EXPORT_ENDED, timeout_s, watch)
        if export["state"] == "failed":
            raise HornbookApiError("export_failed", export["error"] or "The export failed.", 422)
        return export

    def download_export(self, export_id: int, directory: Path | str) -> list[Path]:
        """Fetch every file of an export, check each digest, and say where they lie; interrupted ones are continued."""
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True)
        saved = []
        for file in self.export(export_id)["files"]:
            target = _inside(folder, file["name"])
            target.parent.mkdir(parents=True, exist_ok=True)
            self._at.download(file["url"], target, sha256=file["sha256"], size=file["size"])
            saved.append(target)
        return saved

    def create_classifier(self, path: Path | str, *, progress: Progress | None = None, **fields: str) -> Json:
        """Train a classifier on a labelled file. Fields: name, text_field, label_field, group_field."""
        return self._at.upload("/v1/classifiers", [Path(path)], fields, progress)

    def label_classifier(self, corpus_id: int, **wanted: Any) -> Json:
        """Train a classifier on labels that an LLM gives: name, llm, labelling, budget."""
        return self._at.send("POST", "/v1/classifiers", {"corpus_id": corpus_id, **wanted})

    def classifier_from_reviews(self, job_ids: Sequence[int], *, name: str = "mine") -> Json:
        """Train a classifier on the reviews of these jobs' texts."""
        return self._at.send("POST", "/v1/classifiers", {"name": name, "review_jobs": list(job_ids)})

    def classifier_from_judge(self, job_ids: Sequence[int], *, name: str = "mine") -> Json:
        """Train a classifier on what the judges of these jobs said of their texts."""
        return self._at.send("POST", "/v1/classifiers", {"name": name, "judged_jobs": list(job_ids)})

    def resume_classifier(self, classifier_id: int) -> Json:
        """Ask the LLM again for the labels that a failed classifier lacks."""
        return self._at.send("POST", f"/v1/classifiers/{classifier_id}/resume")

    def classifier(self, classifier_id: int) -> Json:
        """A classifier with its held-out report."""
        return self._at.get(f"/v1/classifiers/{classifier_id}")

    def classifiers(self) -> Iterator[Json]:
        """All classifiers, the youngest first."""
        return self._at.pages("/v1/classifiers", {})

    def wait_classifier(
        self, classifier_id: int, *, timeout_s: float | None = None, watch: Watch | None = None
    ) -> Json:
        """The classifier once it is ready; raises HornbookApiError with its code when it could not be made."""
        made = _wait(lambda: self.classifier(classifier_id), CLASSIFIER_ENDED, timeout_s, watch)
        if made["state"] == "failed":
            raise HornbookApiError(made["error"]["code"], made["error"]["detail"], 422)
        return made

    def use_classifier(self, classifier_id: int) -> Json:
        """Let jobs submitted from now on pin it."""
        return self._at.send("POST", f"/v1/classifiers/{classifier_id}/use")

    def roll_back_classifier(self) -> Json:
        """Undo the last choice; the classifier that new jobs use now."""
        return self._at.send("POST", "/v1/classifiers/rollback")

    def evaluations(self, classifier_id: int) -> Json:
        """The held-out report of a classifier and those on later files."""
        return self._at.get(f"/v1/classifiers/{classifier_id}/evaluation")

    def evaluate_classifier(self, classifier_id: int, path: Path | str, **fields: str) -> Json:
        """Judge a classifier on a labelled file; its evaluation once it is there, or HornbookApiError."""
        begun = self._at.upload(f"/v1/classifiers/{classifier_id}/evaluation", [Path(path)], fields, None)
        done = _wait(lambda: self._evaluation(classifier_id, begun["id"]), EVALUATION_ENDED, None, None)
        if done["state"] == "failed":
            raise HornbookApiError(done["error"]["code"], done["error"]["detail"], 422)
        return done

    def _evaluation(self, classifier_id: int, evaluation_id: int) -> Json:
        rows = self.evaluations(classifier_id)["evaluations"]
        found: Json = next(row for row in rows if row["id"] == evaluation_id)
        return found


def _inside(folder: Path, name: str) -> Path:
    """`name` below `folder`; raises HornbookApiError for a name that leads elsewhere, whoever sent it."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise HornbookApiError("unsafe_name", f"The service named a file {name!r}.", 0)
    return folder / path


def _wait(look: Callable[[], Json], ended: Collection[str], timeout_s: float | None, watch: Watch | None) -> Json:
    """What `look` sees once its state is in `ended`; raises HornbookApiError `timeout` after `timeout_s`."""
    end = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        seen = look()
        if watch is not None:
            watch(seen)
        if seen["state"] in ended:
            return seen
        if end is not None and time.monotonic() > end:
            raise HornbookApiError("timeout", f"It is still {seen['state']} after {timeout_s} seconds.", 0)
        time.sleep(POLL_S)
