"""A response's body without its Content-Encoding, in bounded memory."""

import zlib
from collections.abc import AsyncIterator

import httpx


class BodyTooLargeError(Exception):
    """The body passed the cap."""


class UnsupportedEncodingError(Exception):
    """The body has a Content-Encoding that cannot be undone with bounded memory."""


async def decoded(chunks: httpx.AsyncByteStream, encoding: str | None, cap: int) -> AsyncIterator[bytes]:
    """The body without its Content-Encoding; gzip in steps that never inflate past the cap, others refused.

    `identity` is asked for, yet some proxies compress anyway. Raises UnsupportedEncodingError.
    """
    if encoding is None or encoding.strip().lower() in ("", "identity"):
        async for chunk in chunks:
            yield chunk
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise UnsupportedEncodingError
    inflate = zlib.decompressobj(31)
    async for chunk in chunks:
        try:
            # A bomb stops here at one byte over the cap, which the caller refuses; the rest is never inflated.
            out = inflate.decompress(chunk, cap + 1)
        except zlib.error:
            raise UnsupportedEncodingError from None
        yield out
