"""What is in an export, read back from its files, and that it repeats byte for byte."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.adapters.storage import Storage
from app.db.session import transaction
from app.domain.config import JobConfig
from app.domain.exporting import ExportFormat, ExportOptions, ExportSplit
from app.domain.reviews import Decision, Opinion
from app.repositories import reviews
from app.services.asking import generation_key
from app.services.rounds import config_json
from tests.integration.export_world import (
    KEY,
    SEEDS,
    add_corpus,
    add_generation,
    add_job,
    add_world,
    bytes_of,
    connected,
    file_of,
    lines_of,
    make,
    manifest_of,
    seed,
    split_of,
)
from workers import resources


@pytest.fixture
def engine(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with connected(database_url, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def storage(engine: Engine) -> Storage:
    return resources.storage()


@pytest.fixture
def job_id(engine: Engine) -> int:
    with transaction(engine) as session:
        return add_world(session)


@pytest.mark.parametrize("format_", ExportFormat)
def test_files_read_back_with_the_counts_and_digests_of_the_manifest(
    engine: Engine, storage: Storage, job_id: int, format_: ExportFormat
) -> None:
    export_id = make(engine, job_id, ExportOptions(format=format_, real_share=0.25))

    manifest = manifest_of(engine, export_id)
    for entry in manifest["files"]:
        data = file_of(engine, storage, export_id, entry["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"])
    lines = lines_of(engine, storage, export_id)
    assert len({line["id"] for line in lines}) == len(lines) == manifest["documents"] == SEEDS + 16
    assert manifest["counts"] == {
        "train": {"generated": 48, "real": 16},
        "validation": {"generated": 6, "real": 0},
        "test": {"generated": 6, "real": 0},
    }
    assert sum(manifest["licences"].values()) == len(lines)
    stored = json.loads(file_of(engine, storage, export_id, "manifest.json").read_bytes())
    assert manifest == {**stored, "manifest_sha256": manifest["manifest_sha256"]}
    assert f"data/train-00000-of-00001.{format_.value}" in {entry["name"] for entry in manifest["files"]}


def test_all_formats_hold_the_same_lines(engine: Engine, storage: Storage, job_id: int) -> None:
    made = [lines_of(engine, storage, make(engine, job_id, ExportOptions(format=f))) for f in ExportFormat]

    assert made[0] == made[1] == made[2]


def test_a_line_tells_its_whole_lineage_without_ids_or_times(engine: Engine, storage: Storage, job_id: int) -> None:
    lines = {line["id"]: line for line in lines_of(engine, storage, make(engine, job_id))}

    repaired = lines[generation_key(KEY, 2, 3).hex()]
    assert repaired == {
        "id": generation_key(KEY, 2, 3).hex(),
        "text": repaired["text"],
        "kind": "generated",
        "split": "train",
        "licence": "Apache-2.0",
        "seed": {
            "sha256": hashlib.sha256(b"Seed 3").hexdigest(),
            "external_id": "s-3",
            "kind": "prose",
            "source": {"file": "a.jsonl", "title": "Seed 3", "url": None, "author": None, "source": None, "line": 4},
            "part": None,
        },
        "round": 2,
        "arm": "lesson/a school pupil/none",
        "audience": "a school pupil",
        "format": "lesson",
        "constraint": "none",
        "model": "phi3:mini-q4",
        "prompt_sha256": "e" * 64,
        "parent": generation_key(KEY, 1, 3).hex(),
        "words": None,
        "word_seeds": None,
        "verified": None,
        "edu_score": 2.5,
        "ease": 70.1235,
        "grade": 6.5,
        "cluster": 3,
    }
    real = next(line for line in lines.values() if line["kind"] == "real")
    assert real["id"] == real["seed"]["sha256"] == hashlib.sha256(real["text"].encode()).hexdigest()
    assert (real["round"], real["model"], real["parent"]) == (0, None, None)


def test_a_family_is_in_one_split(engine: Engine, storage: Storage, job_id: int) -> None:
    sides: dict[str, set[str]] = {}
    for line in lines_of(engine, storage, make(engine, job_id)):
        sides.setdefault(line["seed"]["sha256"], set()).add(line["split"])

    named = {"work": "train", "audit": "validation", "eval": "test"}
    assert sides == {hashlib.sha256(f"Seed {i}".encode()).hexdigest(): {named[split_of(i)]} for i in range(SEEDS)}


def test_real_text_is_what_takes_part_and_is_good_enough(engine: Engine, storage: Storage, job_id: int) -> None:
    export_id = make(engine, job_id)

    real = {line["text"] for line in lines_of(engine, storage, export_id) if line["kind"] == "real"}
    assert real == {f"Seed {i}" for i in range(SEEDS) if i % 2 and i != 1 and split_of(i) == "work"}
    assert manifest_of(engine, export_id)["real_text"] == {
        "share": 0.5,
        "wanted": 48,
        "available": len(real),
        "taken": len(real),
        "short": True,
    }
    assert "only 23 seeds were good enough" in file_of(engine, storage, export_id, "README.md").read_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param(ExportOptions(real_share=0), {"generated": 60}, id="no real text"),
        pytest.param(ExportOptions(real_share=1), {"real": 23, "generated": 12}, id="train of real text alone"),
        pytest.param(ExportOptions(splits=(ExportSplit.test,)), {"generated": 6}, id="one split"),
        pytest.param(ExportOptions(min_edu=3), {"generated": 15, "real": 12}, id="only what teaches most"),
    ],
)
def test_options_decide_what_goes_in(
    engine: Engine, storage: Storage, job_id: int, options: ExportOptions, expected: dict[str, int]
) -> None:
    kinds = [line["kind"] for line in lines_of(engine, storage, make(engine, job_id, options))]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == expected


def test_lines_without_lineage_keep_their_licence(engine: Engine, storage: Storage, job_id: int) -> None:
    for format_ in ExportFormat:
        lines = lines_of(engine, storage, make(engine, job_id, ExportOptions(format=format_, lineage=False)))
        assert {tuple(line) for line in lines} == {("id", "text", "kind", "split", "licence")}


@pytest.mark.parametrize("format_", ExportFormat)
def test_the_same_export_again_is_the_same_to_the_byte(
    engine: Engine, storage: Storage, job_id: int, format_: ExportFormat
) -> None:
    first, second = (make(engine, job_id, ExportOptions(format=format_)) for _ in range(2))

    assert bytes_of(engine, storage, first) == bytes_of(engine, storage, second)


def test_a_repetition_of_the_job_in_another_order_exports_the_same_bytes(engine: Engine, storage: Storage) -> None:
    with transaction(engine) as session:
        corpus = add_corpus(session, seeds=[seed(i) for i in range(SEEDS)], kinds={"prose": SEEDS})
        jobs = [add_world(session, corpus=corpus), add_world(session, corpus=corpus, backwards=True)]

    for format_ in ExportFormat:
        first, second = (bytes_of(engine, storage, make(engine, j, ExportOptions(format=format_))) for j in jobs)
        # Only the manifest names the job.
        assert first.pop("manifest.json") != second.pop("manifest.json")
        assert first == second


def test_what_a_person_rejected_is_left_out_and_counted(engine: Engine, storage: Storage, job_id: int) -> None:
    before = bytes_of(engine, storage, make(engine, job_id))
    with transaction(engine) as session:
        query = text("SELECT id, encode(key, 'hex') FROM generations WHERE verdict = 'kept' ORDER BY key LIMIT 3")
        (one, key), (two, other), (three, _) = session.execute(query).all()
        for decision in ("approve", "reject"):
            reviews.add(session, one, job_id, Opinion(Decision(decision)), reviewer=None)
        reviews.add(session, two, job_id, Opinion(Decision.reject, score=4.0), reviewer=None)
        for decision in ("reject", "approve"):
            reviews.add(session, three, job_id, Opinion(Decision(decision)), reviewer=None)

    first, second = make(engine, job_id), make(engine, job_id)

    manifest, ids = manifest_of(engine, first), {line["id"] for line in lines_of(engine, storage, first)}
    assert not ids & {key, other}
    assert sum(counts["generated"] for counts in manifest["counts"].values()) == SEEDS - 2
    assert manifest["rejected_by_review"] == 2
    assert b"because a person rejected them: 2." in bytes_of(engine, storage, first)["README.md"]
    assert bytes_of(engine, storage, first) == bytes_of(engine, storage, second) != before
    with transaction(engine) as session:
        for generation in (one, two):
            reviews.add(session, generation, job_id, Opinion(Decision.approve), reviewer=None)
    assert bytes_of(engine, storage, make(engine, job_id)) == before


def test_a_story_names_its_words_and_all_their_licences(engine: Engine, storage: Storage) -> None:
    words = [
        {"sha256": hashlib.sha256(w.encode()).digest(), "kind": "words", "split": "work", "text": w, "licence": licence}
        for w, licence in (("dog", "MIT"), ("run", "Apache-2.0"), ("red", "MIT"))
    ]
    with transaction(engine) as session:
        corpus_id, ids = add_corpus(session, seeds=words, kinds={"words": 3})
        job_id, rounds = add_job(session, corpus_id, recipe="tinystories")
        draw = {"words": ["run", "dog", "red"], "word_seeds": [ids[1], ids[0], ids[2]], "split": "eval"}
        arm = "story/a small child/short sentences"
        add_generation(session, job_id, rounds[1], number=1, ordinal=0, seed_id=None, draw=draw, arm=arm)

    (line,) = lines_of(engine, storage, make(engine, job_id, ExportOptions(format=ExportFormat.parquet)))
    assert (line["split"], line["licence"], line["seed"]) == ("test", "Apache-2.0 AND MIT", None)
    assert line["words"] == ["run", "dog", "red"]
    assert line["word_seeds"] == [hashlib.sha256(w.encode()).hexdigest() for w in ("run", "dog", "red")]


def test_exercises_that_nobody_could_run_go_in_only_when_asked_for(engine: Engine, storage: Storage) -> None:
    word = {"sha256": hashlib.sha256(b"f").digest(), "kind": "words", "split": "work", "text": "f", "licence": None}
    with transaction(engine) as session:
        corpus_id, ids = add_corpus(session, seeds=[word], kinds={"words": 1})
        job_id, rounds = add_job(session, corpus_id, recipe="exercises")
        draw = {"words": ["f"], "word_seeds": ids, "split": "work"}
        for place in range(2):
            add_generation(
                session,
                job_id,
                rounds[1],
                number=1,
                ordinal=place,
                seed_id=None,
                draw=draw,
                scores={"unverified": place},
            )

    left_out = make(engine, job_id)
    (run,) = lines_of(engine, storage, left_out)
    assert json.loads(file_of(engine, storage, left_out, "manifest.json").read_bytes())["unverified"] == 1
    both = lines_of(engine, storage, make(engine, job_id, ExportOptions(unverified=True)))
    assert run["verified"] is True
    assert sorted(line["verified"] for line in both) == [False, True]


def test_real_text_and_its_source_are_screened_and_keep_the_seeds_digest(engine: Engine, storage: Storage) -> None:
    body = "Ask ann.lee@mill.org about the mill."
    held = seed(0) | {"text": body, "sha256": hashlib.sha256(body.encode()).digest()}
    held["details"] = {**held["details"], "author": "Ann <ann.lee@mill.org>"}
    with transaction(engine) as session:
        corpus = add_corpus(
            session, seeds=[held | {"split": "work"}, *(seed(i) for i in range(1, SEEDS))], kinds={"prose": SEEDS}
        )
        job_id = add_world(session, corpus=corpus)
        session.execute(text("UPDATE seed_scores SET edu_score = 4 WHERE seed_id = :id"), {"id": corpus[1][0]})

    export_id = make(engine, job_id, ExportOptions(real_share=1.0))

    (line,) = [
        one for one in lines_of(engine, storage, export_id) if one["seed"]["external_id"] == "s-0" and one["round"] == 0
    ]
    assert line["text"] == "Ask [EMAIL] about the mill." and line["id"] == held["sha256"].hex()
    assert line["seed"]["source"]["author"] == "Ann <[EMAIL]>"
    assert not any(b"ann.lee" in data for data in bytes_of(engine, storage, export_id).values())


def test_the_manifest_and_card_tell_no_secret(engine: Engine, storage: Storage, job_id: int) -> None:
    with transaction(engine) as session:
        config = config_json(JobConfig()) | {"llm": {"base_url": "https://user:secret@llm.example:8443/v1"}}
        session.execute(text("UPDATE jobs SET config = CAST(:config AS jsonb)"), {"config": json.dumps(config)})

    export_id = make(engine, job_id)

    assert manifest_of(engine, export_id)["endpoint"] == "llm.example"
    for name, data in bytes_of(engine, storage, export_id).items():
        assert b"user:" not in data and b"secret@" not in data, name
