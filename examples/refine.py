"""Refine a corpus from Python: what `hornbook refine` does, with the client.

hornbook up                                   (in another terminal, or HORNBOOK_URL of a service elsewhere)
python examples/refine.py examples/seeds.jsonl out
"""
# ruff: noqa: T201  # a script for people prints

import os
import sys
from pathlib import Path

from app.client import HornbookClient


def main(seeds: Path, out: Path) -> None:
    """Upload, refine, export, and look at where one text came from."""
    url = os.environ.get("HORNBOOK_URL", "http://127.0.0.1:8321")
    with HornbookClient(url, os.environ.get("HORNBOOK_API_KEY")) as hornbook:
        corpus = hornbook.create_corpus([seeds])
        corpus = hornbook.wait_corpus(corpus["id"])
        print(f"{corpus['stored']} seeds, {corpus['duplicates']} duplicates, {corpus['rejected']} rejected")

        # Any field of the config can be set; unknown ones are refused at once.
        job = hornbook.create_job(corpus_id=corpus["id"], preset="school", max_rounds=2, budget={"calls": 500})
        for event in hornbook.events(job["id"]):
            if event.kind == "round.settled":
                print(f"round {event.data['number']}: {event.data['why']}")
        job = hornbook.job(job["id"])
        print(f"{job['stop_reason']}: {job['note']}")

        export = hornbook.wait_export(hornbook.create_export(job["id"])["id"])
        for path in hornbook.download_export(export["id"], out):
            print(path)

        best = max(hornbook.generations(job["id"], verdict="kept"), key=lambda made: made["edu_score"])
        lineage = hornbook.lineage(best["id"])
        seed = lineage["seeds"][0]
        print(f"{best['text'][:60]!r} was made from {seed['file']}:{seed['line']} ({seed['licence']})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
