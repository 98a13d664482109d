"""A refine worker's paperwork without its endpoint: `main` answers a job's calls; `benchmarks.round` starts it.

Claims, judges and stores through the pump's own `Desk` and `Judge`, in claims and groups of the pump's size; only the
network is missing. Says `ready` once its child process has loaded everything, begins at a line on stdin, and ends with
the round and a line that says how many CPU seconds it took.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import orjson
import structlog

from app.adapters.llm_outcomes import Answer
from app.db.session import retrying
from app.dispatch import COMPUTE_QUEUE, send, waiting
from app.domain.examining import Answered
from app.domain.records import JobId, Kind
from app.domain.text import first_words
from app.services import asking, rounds
from app.services.asking import Ask
from app.settings import get_settings
from benchmarks.stage import cpu_of
from tests.stub_llm_answers import Prompt, lesson
from workers import resources
from workers.desk import Desk
from workers.heartbeat import heartbeat
from workers.judging import JUDGE, Judge
from workers.pump import CLAIM_SIZE, GROUP
from workers.returned import Returned

OWN_WORDS = 3
"""Words of the document an answer begins with, or the cap on shared openings would refuse nearly all."""


def answer(ask: Ask) -> Answer:
    """What a model that keeps to its seed might say; finding it in the prompt would be the model's work."""
    draw = ask.draw
    prompt = Prompt(
        document=ask.unit.seed_text or "",
        words=draw.words,
        is_code=draw.kind is Kind.code,
        stage="",
        draw=draw.rng_seed,
    )
    text = f"{' '.join(first_words(prompt.document, OWN_WORDS))}: {lesson(prompt)}"
    usage = {"prompt_tokens": ask.request.prompt_bytes() // 4, "completion_tokens": len(text) // 4}
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    raw = orjson.dumps({"model": "stub", "choices": [choice], "usage": usage})
    return Answer(text, "stop", usage["prompt_tokens"], usage["completion_tokens"], True, "stub", 0.2, raw)


def main() -> None:
    """Serve one job until nothing of it is ready."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    settings, engine, job_id = get_settings(), resources.engine(), JobId(int(sys.argv[1]))
    context = retrying(engine, lambda s: asking.job_context(s, job_id, redis_url=settings.redis_url))
    assert context is not None
    judge = Judge(resources.sandbox(), context, resources.classifier_weights(context.job.classifier_sha256))
    desk = Desk(engine, context, judge, worker=resources.worker_name(), lease_s=settings.lease_s)
    _load(judge)
    # A Celery worker has met its broker long before it ends a round.
    waiting(settings.redis_url, COMPUTE_QUEUE)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    used = cpu_of(os.getpid())
    # As in the pump: while one group is judged and stored, the next is claimed.
    with (
        heartbeat(engine, desk.held_tokens, worker=desk.worker, queue="refine", lease_s=settings.lease_s),
        ThreadPoolExecutor(1) as claims,
    ):
        coming = claims.submit(_answered, desk)
        while group := coming.result():
            coming = claims.submit(_answered, desk)
            desk.store(group)
    send(settings.redis_url, retrying(engine, lambda s: rounds.close_rounds(s, job_id)))
    sys.stdout.write(f"{cpu_of(os.getpid()) - used}\n")


def _answered(desk: Desk) -> list[Returned]:
    """Answers to claims of the pump's size, until they fill a group; fewer when nothing is left."""
    group: list[Returned] = []
    wait_s: float | None = 0.0
    while len(group) < GROUP and wait_s is not None:
        asks, known, wait_s = desk.claim(2 * CLAIM_SIZE)
        group += [Returned(ask, answer(ask), 0.0) for ask in asks] + known
    return group


def _load(judge: Judge) -> None:
    """Have the child load its models on one text."""
    one = Answered("A short text to begin with.", "A text.", "prose", "0", (1, 9), (), None)
    judge.sandbox.call_each(JUDGE, [msgspec.msgpack.encode(one)])
