"""Many small connection pools in the place of one large: httpcore scans all connections on each request and each close.

One pool of 64 connections reached 45 % of 64 slots and eight pools of 8 reached 94 % (performance.md section 1). The
pools are httpx transports without the Client around them. Knows nothing of LLMs.
"""

import ssl

import httpx

CONNECTIONS_PER_POOL = 4
"""Measured best trade between scans inside a pool and the number of pools."""

KEEPALIVE_S = 4.0
"""Below the 5 s after which common servers close idle connections; a race there would cost a charged call."""


class Pool:
    """One transport and how many calls it carries."""

    __slots__ = ("in_flight", "retired", "transport")

    def __init__(self, verify: ssl.SSLContext | bool) -> None:
        limits = httpx.Limits(
            max_connections=CONNECTIONS_PER_POOL,
            max_keepalive_connections=CONNECTIONS_PER_POOL,
            keepalive_expiry=KEEPALIVE_S,
        )
        self.transport = httpx.AsyncHTTPTransport(verify=verify, limits=limits, trust_env=False, retries=0)
        self.in_flight = 0
        self.retired = False
        """It takes no more calls, and closes with the last it carries."""


class Pools:
    """Room for so many calls at a time."""

    def __init__(self, concurrency: int, verify: ssl.SSLContext | bool) -> None:
        self._verify = verify
        self._pools = [Pool(verify) for _ in range(max(1, -(-concurrency // CONNECTIONS_PER_POOL)))]

    def take(self) -> Pool:
        """The least busy pool, with one call more."""
        pool = min(self._pools, key=_in_flight)
        pool.in_flight += 1
        return pool

    async def give_back(self, pool: Pool, *, cut: bool) -> None:
        """A call ended. `cut`: it was cancelled before it was sent.

        A call that is cancelled between the making of its connection and its first byte leaves in httpcore 1.0.9 a
        connection that is neither idle nor closed, and so holds its place for ever; 16 of them made a client deaf.
        So another pool takes that one's place.
        """
        pool.in_flight -= 1
        if cut and not pool.retired:
            pool.retired = True
            self._pools[self._pools.index(pool)] = Pool(self._verify)
        if pool.retired and not pool.in_flight:
            await pool.transport.aclose()

    async def aclose(self) -> None:
        """Close what is open."""
        for pool in self._pools:
            await pool.transport.aclose()


def _in_flight(pool: Pool) -> int:
    return pool.in_flight
