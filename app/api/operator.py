"""What the operator's settings mean for jobs."""

from app.adapters.price_files import known_prices
from app.domain.price_list import PriceTable
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
        prices=prices_of(settings),
    )


def prices_of(settings: Settings) -> PriceTable:
    """Every price that is known here; raises BadPriceError and BadPriceFileError."""
    configured = {model: price.model_dump() for model, price in settings.llm_prices.items()}
    return known_prices(configured, settings.llm_price_file)
