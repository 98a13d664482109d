"""A job behind the API, to which a test adds the texts it reads."""

from dataclasses import dataclass

from app.db.session import transaction
from tests.api_rows import add_generation
from tests.api_service import ApiService


@dataclass
class JobTexts:
    """A job whose round is open and whose seeds are stored."""

    service: ApiService
    job_id: int
    round_id: int
    seeds: list[int]

    def add(self, body: str, ordinal: int, **columns: object) -> int:
        """A text of the job; its id."""
        with transaction(self.service.engine) as session:
            seed = self.seeds[ordinal % len(self.seeds)]
            return add_generation(session, self.job_id, self.round_id, seed, body=body, ordinal=ordinal, **columns)
