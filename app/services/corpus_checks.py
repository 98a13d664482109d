"""What keeps a job from working on a corpus: what it holds, its licences, and benchmarks that are not there."""

from sqlalchemy.orm import Session

from app.domain import licences
from app.domain.config import JobConfig
from app.domain.gate_config import Licences
from app.domain.recipes.recipe import Recipe
from app.errors import InvalidInputError
from app.repositories import corpora, seeds
from app.repositories.corpora import CorpusRow


class CorpusFailedError(InvalidInputError):
    """Corpus {id} could not be read ({error}); upload it again."""

    code = "corpus_failed"


class RecipeMismatchError(InvalidInputError):
    """Recipe {recipe} works on {wants}, but corpus {id} holds {holds}."""

    code = "recipe_mismatch"


class NothingToDrawError(InvalidInputError):
    """Recipe {recipe} draws words of the part {draws}, but corpus {id} holds {held}: upload a list with such lines."""

    code = "nothing_to_draw"


class NoAllowedLicenceError(InvalidInputError):
    """Corpus {id} has no licence that gates.licences takes: {held}. Allow one of them, or upload again with another."""

    code = "no_allowed_licence"


class UnknownBenchmarkError(InvalidInputError):
    """benchmarks: there is no corpus {ids} that was read to its end."""

    code = "unknown_benchmark"


SHOWN_LICENCES = 5
"""Named in an error at most."""


def check_corpus(session: Session, corpus: CorpusRow, recipe: Recipe, config: JobConfig) -> None:
    """Raise what keeps a job from working on the corpus."""
    _check_kinds(corpus, recipe)
    _check_parts(session, corpus, recipe)
    _check_licences(session, corpus, config)
    _check_benchmarks(session, config)


def _check_kinds(corpus: CorpusRow, recipe: Recipe) -> None:
    if corpus.state == "failed":
        raise CorpusFailedError(id=corpus.id, error=(corpus.error or {}).get("code", "unknown"))
    held = set(corpus.kinds)
    if corpus.state == "ready" and held and not held & {kind.value for kind in recipe.kinds}:
        wants = ", ".join(sorted(recipe.kinds))
        raise RecipeMismatchError(recipe=recipe.name, wants=wants, id=corpus.id, holds=", ".join(sorted(held)))


def _check_parts(session: Session, corpus: CorpusRow, recipe: Recipe) -> None:
    """Refuse a word list without any word that the recipe draws; of a corpus still being read nobody knows."""
    if corpus.state != "ready" or not recipe.draws:
        return
    held = {part or recipe.draws[0]: count for part, count in seeds.parts(session, corpus.id).items()}
    if held and not held.keys() & set(recipe.draws):
        shown = ", ".join(f"{count:,} {part}s" for part, count in held.items())
        raise NothingToDrawError(recipe=recipe.name, draws=", ".join(recipe.draws), id=corpus.id, held=shown)


def _check_licences(session: Session, corpus: CorpusRow, config: JobConfig) -> None:
    """Refuse a job that no seed could take part in; of a corpus still being read nobody knows."""
    if corpus.state != "ready" or config.gates.licences == Licences():
        return
    held = seeds.licences(session, corpus.id)
    if held and not any(licences.allowed(name, config.gates.licences) for name in held):
        shown = [f"{name or 'no licence'} ({count})" for name, count in list(held.items())[:SHOWN_LICENCES]]
        raise NoAllowedLicenceError(id=corpus.id, held=", ".join(shown))


def _check_benchmarks(session: Session, config: JobConfig) -> None:
    missing = corpora.not_ready(session, config.benchmarks)
    if missing:
        raise UnknownBenchmarkError(ids=", ".join(map(str, missing)))
