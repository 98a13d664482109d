"""The schema: one class a table, one line a column that its name does not explain.

Unique keys are sha256 digests (32 bytes), never text. Money is integer micro-USD. Every CHECK is the last wall behind a
guard in the code; the score CHECKs also keep NaN out, since NaN is not between anything.
"""

from app.db.batch_tables import Batch
from app.db.classifier_tables import Classifier, ClassifierEvaluation, ClassifierLabel, ClassifierUse
from app.db.corpus_tables import Corpus, Reject, Seed
from app.db.job_tables import TOKENS, Job, JobArtifact, JobBudget, LlmCall, Reservation, Round, RoundSpend, Unit
from app.db.judge_tables import Finding
from app.db.service_tables import ApiKey, Endpoint, IdempotencyKey, Recipe, WorkerBeat
from app.db.text_tables import Event, Export, Generation, Review, SeedScore, TextVector

__all__ = [
    "TOKENS",
    "ApiKey",
    "Batch",
    "Classifier",
    "ClassifierEvaluation",
    "ClassifierLabel",
    "ClassifierUse",
    "Corpus",
    "Endpoint",
    "Event",
    "Export",
    "Finding",
    "Generation",
    "IdempotencyKey",
    "Job",
    "JobArtifact",
    "JobBudget",
    "LlmCall",
    "Recipe",
    "Reject",
    "Reservation",
    "Review",
    "Round",
    "RoundSpend",
    "Seed",
    "SeedScore",
    "TextVector",
    "Unit",
    "WorkerBeat",
]
