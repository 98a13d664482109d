"""Passes over the code of seeds in a whole job: planned, paid, gated and traced, and shown to the explanation."""

from collections import Counter
from typing import Any

from app.db.session import transaction
from app.domain.recipes.recipe import Pass
from app.domain.records import GenerationId, JobId
from app.services import generations
from tests.integration.loop_run import Loop
from tests.integration.loop_world import FAR, OPEN, config_of, row, rows
from tests.integration.pump.world import World, said
from tests.stub_llm_answers import Prompt, lesson, read_prompt
from workers import compute

NAMES = ("share", "portion", "quota", "slice", "piece", "ration")
TALK = (
    "The first number is how wide the board is, and the second one is how wide each part shall be. When you divide the "
    "one by the other, you learn how many parts there are. Often the last of them is not whole, and then it is of no "
    "use to anybody. So the function throws it away and gives back only the parts that are whole. Try it with a board "
    "of your own and count the parts by hand before you run it, for that is how you find out whether you understood."
)
BOTH = (Pass.style, Pass.self_contained)


def seed(name: str) -> str:
    return f"def {name}_of(w, h):\n    # how many whole {name}s fit\n    return math.floor(w / h)\n"


def answer(prompt: Prompt) -> str:
    """What a model that follows its prompts would say."""
    code = prompt.document
    if prompt.stage == "style":
        code = code.replace("(w, h):\n", '(width: float, height: float) -> int:\n    """Whole parts of a width."""\n')
        code = code.replace("w / h", "width / height")
    elif prompt.stage == "self_contained":
        code = f"import math\n\n\n{code}"
    else:
        return f"{lesson(prompt)} {TALK}"
    return f"```python\n{code}\n```"


def start(loop: Loop, *, count: int = 6, **config: object) -> int:
    loop.endpoint.says(answer)
    documents = [{"text": seed(name), "kind": "code"} for name in NAMES[:count]]
    return loop.submit(loop.corpus(documents), config_of(passes=BOTH, targets=FAR, gates=OPEN, **config))


def made(loop: Loop, job_id: int) -> list[dict[str, Any]]:
    return rows(
        loop.engine,
        "SELECT g.*, u.ordinal FROM generations g JOIN units u ON u.id = g.unit_id WHERE g.job_id = :job "
        "ORDER BY g.round_id, u.ordinal, g.sample_ix",
        job=job_id,
    )


def test_each_seed_is_bettered_twice_and_the_explanation_shows_the_better_code(loop: Loop) -> None:
    job_id = start(loop, max_rounds=1)

    loop.drive(job_id)

    found = made(loop, job_id)
    assert Counter(g["verdict"] for g in found)["draft"] == 12 and len(found) == 18
    budget = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert budget["spent_calls"] == len(loop.stub.requests) == 18
    assert (budget["reserved_calls"], budget["reserved_tokens"]) == (0, 0)
    settled = loop.rounds(job_id)[1]
    assert settled["funnel"]["answers"] == settled["measures"]["figures"]["calls"] == 6
    assert settled["funnel"]["drafts"] == {"in_force": 12, "turned_down": []}
    text = next(g for g in found if g["verdict"] == "kept")
    assert "import math" in text["text"] and "width / height" in text["text"]
    with transaction(loop.engine) as session:
        lineage = generations.lineage(session, GenerationId(text["id"]))
    style, alone = lineage.drafts
    assert [style.draw["stage"], alone.draw["stage"]] == [0, 1] and alone.parent_id == style.id
    assert lineage.seeds[0].text.startswith("def ") and lineage.parents == []
    assert "import math" not in style.text and "width / height" in style.text and alone.text in text["text"]


def test_a_pass_that_fails_leaves_the_version_before_it_in_force_and_says_why(loop: Loop) -> None:
    def careless(prompt: Prompt) -> str:
        return answer(prompt).replace("math.floor(", "math.ceil(") if prompt.stage == "style" else answer(prompt)

    job_id = start(loop, count=3, max_rounds=1)
    loop.endpoint.says(careless)

    loop.drive(job_id)

    drafts = [g for g in made(loop, job_id) if g["verdict"] == "draft"]
    turned_down = [g for g in drafts if g["reason"]]
    assert {(g["gate"], g["reason"]) for g in turned_down} == {("style", "changed_code")} and len(turned_down) == 3
    assert all("w / h" in g["text"] and g["parent_id"] is None for g in drafts if not g["reason"])
    text = next(g for g in made(loop, job_id) if g["verdict"] == "kept")
    assert "math.floor(w / h)" in text["text"]
    with transaction(loop.engine) as session:
        lineage = generations.lineage(session, GenerationId(text["id"]))
    assert [draft.reason for draft in lineage.drafts] == ["changed_code", None]
    assert "not in force: changed_code" in generations.why(lineage.drafts[0])


def test_no_seed_passes_twice_and_later_rounds_show_its_draft(loop: Loop) -> None:
    job_id = start(loop, count=3, max_rounds=2)

    loop.drive(job_id)

    found = made(loop, job_id)
    assert sum(g["verdict"] == "draft" for g in found) == 6
    last = [g for g in found if g["round_id"] == loop.rounds(job_id)[2]["id"]]
    assert last and all("import math" in g["text"] and "passes" not in g["draw"] for g in last)


def test_code_that_is_no_python_and_prose_are_explained_as_they_are(loop: Loop) -> None:
    loop.endpoint.says(answer)
    documents = [
        {"text": "function f(a) { return a + 1; }\nconst g = f(2);\n", "kind": "code"},
        {"text": "A dam holds back a stream, and a pond forms behind it. The beaver lives there.", "kind": "prose"},
    ]
    config = config_of(passes=BOTH, targets=FAR, gates=OPEN, max_rounds=1)

    job_id = loop.submit(loop.corpus(documents), config)
    loop.drive(job_id)

    assert [g["verdict"] for g in made(loop, job_id)].count("draft") == 0
    assert len(loop.stub.requests) == len(made(loop, job_id)) == 2


def test_an_answer_of_a_pass_whose_worker_was_lost_is_not_paid_for_again(loop: Loop) -> None:
    job_id = start(loop, count=2, max_rounds=1)
    compute.compute()
    world = World(loop.engine)
    lost = world.desk(JobId(job_id))
    asks, _, _ = lost.claim(2)
    prompts = [read_prompt([{"content": message.content} for message in ask.request.messages], 0) for ask in asks]
    assert [prompt.stage for prompt in prompts] == ["style", "style"]
    lost._store_calls([said(ask, answer(prompt)) for ask, prompt in zip(asks, prompts, strict=True)])
    world.query("UPDATE units SET state = 'ready', lease_until = NULL WHERE state = 'leased'")

    loop.drive(job_id)

    budget = row(loop.engine, "SELECT * FROM budgets WHERE job_id = :job", job=job_id)
    assert budget["spent_calls"] == 6 and len(loop.stub.requests) == 4, "a stored answer was asked for again"
    assert [g["verdict"] for g in made(loop, job_id)].count("draft") == 4


def test_a_unit_keeps_its_place_so_that_what_was_begun_is_finished_first(loop: Loop) -> None:
    job_id = start(loop, count=3, max_rounds=1)
    compute.compute()
    desk = World(loop.engine).desk(JobId(job_id))

    asked = []
    for _ in range(4):
        (ask,), _, _ = desk.claim(1)
        prompt = read_prompt([{"content": message.content} for message in ask.request.messages], 0)
        asked.append((ask.unit.ordinal, prompt.stage))
        desk.store([said(ask, answer(prompt))])

    assert asked == [(0, "style"), (0, "self_contained"), (0, ""), (1, "style")]
