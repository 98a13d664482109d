"""How a call is named to its endpoint: always as a UUID, for some servers refuse a request with any other id.

llama-cpp-python's server answers 400 with an empty body to an `x-request-id` that is none, and what reads the header
there (starlette-context) stands before other servers as well. Knows nothing of sockets.
"""

import re
from uuid import NAMESPACE_OID, uuid5

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def readable_id(job: int, round_number: int, ordinal: int, token: int) -> str:
    """Names an attempt by its numbers, which can be read in its decimal digits.

    >>> readable_id(7, 2, 31_415, 926)   # job, round, place in the plan (8 digits in two groups), token
    '00000007-0002-0003-1415-000000000926'
    """
    high, low = divmod(ordinal % 10**8, 10**4)
    return f"{job % 10**8:08d}-{round_number % 10**4:04d}-{high:04d}-{low:04d}-{token % 10**12:012d}"


def wire_id(request_id: str) -> str:
    """A request id as it is sent: itself if it is a UUID, else the UUID that always belongs to it."""
    return request_id if _UUID.fullmatch(request_id) else str(uuid5(NAMESPACE_OID, request_id))
