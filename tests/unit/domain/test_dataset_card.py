"""The card is valid front matter and honest prose, whatever the corpus is called."""

from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from app.domain.dataset_card import CardFacts, hub_licences, render_card, size_category
from app.domain.exporting import ExportOptions, plan_real
from app.domain.manifest import (
    CorpusFacts,
    FileEntry,
    JobFacts,
    RoundFacts,
    Tally,
    data_digest,
    host_of,
    make_manifest,
    safe_config,
)
from app.domain.pricing import OFFLINE_MODEL

NASTY = 'Evil"\n---\nlicense: mit | <script>`x`\u2028# [a](b)'
JOB = JobFacts(
    id=1,
    key="k",
    state="done",
    stop_reason="plateau",
    why="it stood still.",
    recipe="codetextbook",
    recipe_version=1,
    config={},
    config_sha256="c",
    model="phi3:mini",
    endpoint="llm.example",
    prompt_sha256="p",
    classifier_sha256="d",
    corpus=CorpusFacts(NASTY, "s", 1200, 1000),
    measures={"measured_on": "audit", "values": {"vendi2": 12.3456, "missing": None}},
    rounds=(RoundFacts(1, 60, 58, 40, {}, {}, {"why": "go | on"}),),
)


def facts(job: JobFacts = JOB) -> CardFacts:
    tally = Tally()
    for licence in ("Apache-2.0", "House rules", None):
        tally.add({"split": "train", "kind": "generated", "licence": licence})
    tally.add({"split": "test", "kind": "generated", "licence": "Apache-2.0 AND MIT"})
    return CardFacts(job, "Textbooks", ExportOptions(), plan_real(0.5, generated=3, available=0), tally, "0.1.0", 0)


def test_front_matter_is_yaml_with_licences_and_splits() -> None:
    _, front, body = render_card(facts()).split("---\n", 2)

    read = YAML(typ="safe").load(front)
    assert read["license"] == ["apache-2.0", "mit", "other", "unknown"]
    assert read["configs"] == [
        {
            "config_name": "default",
            "data_files": [{"split": "train", "path": "data/train-*"}, {"split": "test", "path": "data/test-*"}],
        }
    ]
    assert read["size_categories"] == ["n<1K"]
    assert read["pretty_name"] == 'Evil" --- license: mit | <script>`x` # [a](b): Textbooks'
    assert "<script>" not in body
    assert "go \\| on" in body
    assert "| `vendi2` | 12.35 |" in body
    assert "only 0 seeds were good enough" in body


def test_only_the_offline_explainer_gets_the_banner() -> None:
    banner = "No language model wrote this"

    assert banner in render_card(facts(replace(JOB, model=OFFLINE_MODEL)))
    assert banner not in render_card(facts())


def test_an_unfinished_job_is_called_so() -> None:
    card = render_card(facts(replace(JOB, state="running", stop_reason=None, why=None, rounds=(), measures={})))

    assert "It was `running` when this was exported." in card
    assert "## Rounds" not in card


def test_hub_licences_of_nothing_known() -> None:
    assert hub_licences(["Proprietary", "unknown"]) == ["other", "unknown"]


@pytest.mark.parametrize(
    ("documents", "name"), [(0, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (10**6, "1M<n<10M")], ids=str
)
def test_size_category(documents: int, name: str) -> None:
    assert size_category(documents) == name


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://key:x@llm.example:8443/v1?k=1", "llm.example"), ("http://127.0.0.1:9/", "127.0.0.1"), ("nonsense", "")],
    ids=str,
)
def test_host_of_drops_every_secret(url: str, host: str) -> None:
    assert host_of(url) == host
    assert safe_config({"llm": {"base_url": url, "model": "m"}}) == {"llm": {"base_url": host, "model": "m"}}


def test_the_manifest_counts_what_the_lines_said() -> None:
    given = facts()
    files = [FileEntry("data/a", 1, "f" * 64, "train", 3), FileEntry("README.md", 2, "0" * 64)]

    manifest = make_manifest(JOB, ExportOptions(), given.real, given.tally, files, rejected=2, version="0.1.0")

    assert (manifest["documents"], manifest["rejected_by_review"]) == (4, 2)
    assert manifest["licences"] == {"Apache-2.0": 1, "Apache-2.0 AND MIT": 1, "House rules": 1, "unknown": 1}
    assert manifest["data_sha256"] == data_digest(files[:1]) == data_digest(files)
    assert manifest["real_text"] == {"share": 0.5, "wanted": 3, "available": 0, "taken": 0, "short": True}
