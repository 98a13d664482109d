"""What the operator's settings mean for jobs."""

from collections.abc import Sequence

from app.adapters import llm_profiles
from app.adapters.llm_endpoints import parse_endpoint
from app.adapters.price_files import known_prices
from app.domain.price_list import PriceTable
from app.services.named_endpoints import NamedEndpoint
from app.services.submission import Operator
from app.settings import LlmEndpoint, Settings


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
        endpoints=tuple(map(_named, endpoints_of(settings))),
    )


def endpoints_of(settings: Settings) -> Sequence[LlmEndpoint]:
    """The operator's several endpoints; none when another address was put before them."""
    urls = [one.base_url for one in settings.llm_endpoints]
    return settings.llm_endpoints if settings.llm_base_url in urls else ()


def _named(one: LlmEndpoint) -> NamedEndpoint:
    key = one.api_key.get_secret_value() if one.api_key else None
    endpoint = parse_endpoint(one.base_url, key=key)
    if one.profile:
        llm_profiles.named(one.profile)
    return NamedEndpoint(one.name, endpoint, one.base_url, one.weight, one.model, one.profile, one.concurrency)


def prices_of(settings: Settings) -> PriceTable:
    """Every price that is known here; raises BadPriceError and BadPriceFileError."""
    configured = {model: price.model_dump() for model, price in settings.llm_prices.items()}
    return known_prices(configured, settings.llm_price_file)
