"""What the operator's settings mean for jobs."""

from app.domain.pricing import price_table
from app.services.submission import Operator
from app.settings import Settings


def operator_of(settings: Settings) -> Operator:
    """The operator's side of a submission."""
    return Operator(
        production=settings.environment == "production",
        endpoint=settings.llm_base_url,
        model=settings.llm_model,
        api_key=settings.llm_api_key.get_secret_value() if settings.llm_api_key else None,
        embedding_endpoint=settings.embedding_base_url,
        embedding_key=settings.embedding_api_key.get_secret_value() if settings.embedding_api_key else None,
        prices=price_table({model: price.model_dump() for model, price in settings.llm_prices.items()}),
    )
