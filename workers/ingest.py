"""The unit that reads a corpus's files into seeds."""

from app.adapters.corpus_files import SourceFile, read_corpus
from app.db.session import retrying, transaction
from app.domain.ingest import ReadLimits, ReadOptions
from app.domain.steps import Step
from app.repositories import corpora, ingest
from app.repositories.corpora import CorpusRow
from app.repositories.units import ClaimedUnit
from app.services import ingesting, rounds
from app.services.corpora import CorpusOptions
from app.services.ingesting import Counts, Items
from app.settings import Settings, get_settings
from workers import resources


def run(unit: ClaimedUnit) -> list[Step]:
    """Read the files, store the seeds, start the jobs that waited for them."""
    assert unit.corpus_id is not None
    corpus_id, engine = unit.corpus_id, resources.engine()
    corpus = retrying(engine, lambda s: corpora.get(s, corpus_id))

    def tell(counts: Counts) -> None:
        with transaction(engine) as session:
            ingest.tell(session, corpus_id, counts)

    retrying(
        engine,
        lambda s: ingesting.ingest_corpus(s, unit, _items(corpus), licence=corpus.options.get("licence"), tell=tell),
    )
    return retrying(engine, rounds.start_waiting)


def read_limits(settings: Settings) -> ReadLimits:
    """The operator's limits as the readers take them."""
    return ReadLimits(
        max_line_bytes=settings.max_line_bytes,
        max_text_chars=settings.max_text_chars,
        max_decompressed_bytes=settings.max_decompressed_bytes,
        max_ratio=settings.max_compression_ratio,
        max_zip_entries=settings.max_archive_entries,
    )


def _items(corpus: CorpusRow) -> Items:
    storage = resources.storage()
    sources = [SourceFile(storage.path(file["id"]), file["name"]) for file in corpus.files]
    options: ReadOptions = CorpusOptions(**corpus.options).read_options()
    return read_corpus(sources, options, read_limits(get_settings()))
