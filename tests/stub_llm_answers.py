"""What the stub LLM says: a deterministic lesson made from the document in the prompt.

Keeps the document's own sentences, so that numbers, names and identifiers survive the fidelity gate, and varies the
opening and the closing by a hash of the prompt and its seed, so that no opening is shared by many. Not a product part:
the offline explainer does this properly.
"""

import hashlib
import re
from dataclasses import dataclass

_DOCUMENT = re.compile(r"<<<DOCUMENT ([0-9a-f]{8})>>>\n(.*?)\n?<<<END \1>>>", re.S)
_PASS = re.compile(r"^Pass: (\w+)$", re.M)
_EARLIER = re.compile(r"<<<EARLIER ([0-9a-f]{8})>>>\n(.*?)\n?<<<END EARLIER \1>>>", re.S)
_WORDS = re.compile(r"^Words: (.+)$", re.M)

_STARTS = (
    "Suppose",
    "Picture this:",
    "Say",
    "Imagine",
    "Think of a day when",
    "Let us say",
    "One morning,",
    "Now and then",
)
_WHO = ("a young reader", "your neighbour", "a friend", "your class", "someone new", "a small team", "a curious child")
_DOES = (
    "wants to learn",
    "asks about",
    "looks closely at",
    "tries to explain",
    "meets for the first time",
    "reads about",
)
_WHAT = ("the idea below", "this subject", "these facts", "what follows", "the next lines", "this small piece")
_ENDS = ("Can you say it in your own words?", "Try it with another case.", "Which part would you check first?")
_NAMES = ("Mia", "Tom", "Ana", "Leo", "Nora", "Sam", "Ida", "Max", "Zoe", "Ben", "Lily", "Oscar")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The parts of a prompt that the stub uses."""

    document: str
    words: tuple[str, ...]
    is_code: bool
    stage: str
    """The pass over code that it asks for; empty for a lesson."""
    draw: int
    """64 bits that depend on the whole prompt and the request's seed."""
    earlier: str = ""
    """The earlier version that is to be repaired or refined; empty: there is none."""
    told: str = ""
    """The whole message."""


def read_prompt(messages: list[dict[str, str]], seed: int) -> Prompt:
    """Find the document between its markers, or take the whole last message."""
    text = messages[-1]["content"] if messages else ""
    found = _DOCUMENT.search(text)
    words, earlier = _WORDS.search(text), _EARLIER.search(text)
    stage = _PASS.search(text[: found.start()] if found else "")
    digest = hashlib.blake2b(f"{seed}\n{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return Prompt(
        document=found.group(2) if found else text,
        words=tuple(word.strip() for word in words.group(1).split(",")) if words else (),
        is_code=text.startswith("Task: Explain the code") or "\nTask: Explain the code" in text,
        stage=stage.group(1) if stage else "",
        draw=int.from_bytes(digest, "big"),
        earlier=earlier.group(2) if earlier else "",
        told=text,
    )


def lesson(prompt: Prompt) -> str:
    """The stub's default answer."""
    draw = _Draw(prompt.draw)
    if prompt.words:
        return _story(prompt.words, draw)
    opening = f"{draw.of(_STARTS)} {draw.of(_WHO)} {draw.of(_DOES)} {draw.of(_WHAT)}."
    if prompt.is_code:
        return f"{opening}\n\n```python\n{prompt.document}\n```\n\nRead it one line at a time. {draw.of(_ENDS)}"
    return f"{opening} {prompt.document}\n\n{draw.of(_ENDS)}"


def _story(words: tuple[str, ...], draw: "_Draw") -> str:
    name, friend = draw.of(_NAMES), draw.of(_NAMES)
    lines = [f"{name} had a plan for the day."]
    lines += [f"It had to do with the word {word}, and {friend} came to help." for word in words]
    lines.append(f"They played until the sun went down. {name} was glad, and {friend} was too.")
    return " ".join(lines)


class _Draw:
    """Successive choices out of one number."""

    def __init__(self, state: int) -> None:
        self._state = state

    def of(self, options: tuple[str, ...]) -> str:
        self._state, index = divmod(self._state, len(options))
        return options[index]
