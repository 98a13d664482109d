"""Which writer answers a request. Pure: a prompt and a seed in, a text out."""

import hashlib
import random

from app.explainer.code_writer import write_code
from app.explainer.exercise_writer import write_exercise
from app.explainer.parts_writer import with_parts, without_room
from app.explainer.pass_writer import write_pass
from app.explainer.prompt import Prompt
from app.explainer.prose_writer import write_prose
from app.explainer.story_writer import write_story
from app.explainer.voice import Voice, level_of


def write(prompt: Prompt, seed: int) -> str:
    """The rewritten text; the same prompt and seed always give the same one."""
    if prompt.stage:
        return write_pass(prompt.stage, prompt.document)
    voice = Voice(rng_for(prompt, seed), level_of(prompt.audience))
    if prompt.task.lower().startswith("write an exercise"):
        return write_exercise(voice, prompt)
    if prompt.task.lower().startswith("write a story") or (prompt.words and not prompt.document):
        return write_story(voice, prompt)
    writer = write_code if prompt.task.lower().startswith("explain the code") else write_prose
    text = writer(voice, without_room(prompt))
    return with_parts(voice, prompt, text) if prompt.parts else text


def rng_for(prompt: Prompt, seed: int) -> random.Random:
    """The source of every choice, from the seed and all that the prompt holds."""
    # Openings and parts are no part of a prompt's repr, so that prompts without are answered as they always were.
    key = (repr((seed, prompt)) + prompt.opening + "".join(prompt.parts)).encode("utf-8", "surrogatepass")
    return random.Random(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))
