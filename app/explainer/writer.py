"""Which writer answers a request. Pure: a prompt and a seed in, a text out."""

import hashlib
import random

from app.explainer.prompt import Prompt


def write(prompt: Prompt, seed: int) -> str:
    """The rewritten text; the same prompt and seed always give the same one."""
    rng = rng_for(prompt, seed)
    return prompt.document or str(rng.random())


def rng_for(prompt: Prompt, seed: int) -> random.Random:
    """The source of every choice, from the seed and all that the prompt holds."""
    key = repr((seed, prompt)).encode("utf-8", "surrogatepass")
    return random.Random(int.from_bytes(hashlib.sha256(key).digest()[:8], "big"))
