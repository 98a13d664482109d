"""Whether an endpoint sells batches, and how it wants the calls in them."""

from app.adapters import llm_profiles
from app.adapters.llm_endpoints import Endpoint
from app.adapters.llm_profiles import Profile
from app.domain.config import Llm
from app.domain.lanes import Lane
from app.errors import InvalidInputError


class NoBatchesError(InvalidInputError):
    """llm.batch: {url} is not known to take files of calls. Leave it out; or, if it does as OpenAI does, name
    llm.profile, one of {known}."""

    code = "llm_has_no_batches"


def batch_profile(llm: Llm, lane: Lane, endpoint: Endpoint) -> Profile:
    """How an endpoint wants the calls of a batch; raises NoBatchesError, UnknownProfileError.

    A server is not asked what it is: a wrong guess would show after a day.
    """
    name = lane.profile or llm.profile
    profile = llm_profiles.named(name) if name else llm_profiles.by_url(endpoint)
    if profile is None or not profile.batches:
        known = ", ".join(one.name for one in llm_profiles.PROFILES if one.batches)
        raise NoBatchesError(url=endpoint.base_url, known=known)
    return profile
