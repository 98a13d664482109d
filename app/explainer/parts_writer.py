"""Title, prerequisites and exercise around a text: taken from the document alone, as the text itself is."""

import ast
import re
from dataclasses import replace

from app.domain.code import UnparseableCodeError, parse
from app.domain.interpreter import Module, UnsupportedCodeError, parse_module
from app.explainer.code_examples import worked
from app.explainer.code_facts import FunctionFacts, classes_of, functions_of
from app.explainer.prompt import Prompt
from app.explainer.prose_gaps import word_gaps
from app.explainer.prose_pieces import STOP_WORDS, WORD, pieces_of
from app.explainer.prose_sentences import BlockKind, blocks_of, sentences_of
from app.explainer.voice import Voice, counted, listed

ROOM_WORDS = 70
"""What the parts take of the length that was asked for."""
_MOST_KNOWN = 4
_WHOLE = 10_000
"""Words a sentence may have before it is split: none is."""
_KNOWN: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], str], ...] = (
    (ast.ClassDef, "What a class and its methods are."),
    ((ast.FunctionDef, ast.AsyncFunctionDef), "What a function is, and how it is called."),
    ((ast.For, ast.While, ast.AsyncFor), "How a loop repeats lines."),
    (ast.If, "How `if` chooses between lines."),
    ((ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp), "How a list is made from another in one line."),
    ((ast.Try, ast.Raise), "What an error is, and how it is raised or caught."),
    ((ast.Dict, ast.DictComp), "What a dictionary holds."),
    ((ast.Import, ast.ImportFrom), "How a module is imported."),
    (ast.Assign, "How a name gets a value."),
)


def without_room(prompt: Prompt) -> Prompt:
    """The prompt with so many words less as the parts will take."""
    if not prompt.parts or not prompt.max_words:
        return prompt
    return replace(prompt, max_words=max(40, prompt.max_words - ROOM_WORDS))


def with_parts(voice: Voice, prompt: Prompt, text: str) -> str:
    """The text with the parts that the prompt asks for, in their places."""
    module = _module(prompt)
    before = [f"# {_title(prompt, module)}"] if "title" in prompt.parts else []
    if "prerequisites" in prompt.parts:
        items = _known(module) if module else _words_to_know(prompt)
        before.append("## What you should know before\n\n" + "\n".join(f"- {item}" for item in items))
        if text.lstrip()[:1] != "#":
            before.append("## The text itself" if module is None else "## The code itself")
    after = []
    if "exercise" in prompt.parts:
        task, answer = _exercise(voice, prompt, module)
        after = [f"## Exercise\n\n{task}", f"## Solution\n\n{answer}"]
    return "\n\n".join([*before, text, *after])


def _module(prompt: Prompt) -> Module | None:
    if not prompt.task.lower().startswith("explain the code"):
        return None
    try:
        parse(prompt.document)
        return parse_module(prompt.document)
    except (UnparseableCodeError, UnsupportedCodeError, RecursionError):
        return None


def _title(prompt: Prompt, module: Module | None) -> str:
    if module is not None:
        names = [facts.label for facts in functions_of(module.tree)] + [f"`{c.name}`" for c in classes_of(module.tree)]
        return f"How {listed(names[:2])} {'works' if len(names) == 1 else 'work'}" if names else "What this code does"
    own = re.search(r"^#{1,3} +(.{3,80}?)[ #]*$", prompt.document, re.MULTILINE)
    return own.group(1) if own else f"About {listed(_subjects(prompt.document)[:2]) or 'this passage'}"


def _subjects(document: str) -> list[str]:
    """The longer words that come most often, the first to come first."""
    words = [word.lower() for word in WORD.findall(document) if len(word) > 4 and word.lower() not in STOP_WORDS]
    return sorted(dict.fromkeys(words), key=lambda word: -words.count(word))


def _known(module: Module) -> list[str]:
    nodes = list(ast.walk(module.tree))
    found = [told for kinds, told in _KNOWN if any(isinstance(node, kinds) for node in nodes)]
    return found[:_MOST_KNOWN] or ["How to read a line of Python."]


def _words_to_know(prompt: Prompt) -> list[str]:
    words = _subjects(prompt.document)[:3]
    return [f"What the word “{word}” means." for word in words] or ["Nothing but how to read."]


def _exercise(voice: Voice, prompt: Prompt, module: Module | None) -> tuple[str, str]:
    if module is not None:
        return _code_exercise(voice, prompt, module)
    pieces = pieces_of(voice, blocks_of(prompt.document), _WHOLE)
    told = [sentence for p in pieces if p.kind is BlockKind.text for sentence in sentences_of(p.text)]
    gaps = word_gaps(voice, told)
    if gaps:
        return f"Which word is missing? “{gaps[0].question}”", f"The word is “{gaps[0].answer}”."
    words = prompt.document.split()
    return "Say in one sentence of your own what the text is about.", f"It begins with: {' '.join(words[:12])}"


def _code_exercise(voice: Voice, prompt: Prompt, module: Module) -> tuple[str, str]:
    functions = functions_of(module.tree)
    for facts in functions[:4]:
        made = worked(voice, module, facts)
        if made.examples:
            example = made.examples[-1]
            return f"Work it out on paper: what does `{example.call}` give?", f"It gives `{example.value}`."
    if functions:
        return _counted(functions[0])
    count = len([line for line in prompt.document.split("\n") if line.strip()])
    return "How many lines of the code are not blank?", f"There are {count}."


def _counted(facts: FunctionFacts) -> tuple[str, str]:
    names = [f"`{parameter.name}`" for parameter in facts.parameters]
    said = f"It takes {counted(len(names), 'argument')}"
    return f"How many arguments does {facts.label} take?", f"{said}: {listed(names)}." if names else f"{said}."
