"""The one client of OpenAI's HTTP API that a whole process shares, with its connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import httpx2
import openai
from openai import DefaultHttpxClient, OpenAI

from server.errors import ProviderError

_KEEPALIVE_SECONDS = 60.0
"""An unused connection is kept so long: a caller's next utterance finds it open."""

_LIMITS = httpx2.Limits(
    max_connections=200, max_keepalive_connections=100, keepalive_expiry=_KEEPALIVE_SECONDS
)
_TIMEOUT_SECONDS = 30.0
"""For requests that name no time-out of their own."""


@lru_cache(maxsize=1)
def shared_client(base_url: str, api_key: str) -> OpenAI:
    """Return the client, made at first use (some 50 ms: it reads the root certificates).

    It may be used by any thread. Nothing is ever sent twice: whoever asks knows better whether an
    answer is still worth having.

    Args:
        base_url: with its version, e.g. ``https://api.openai.com/v1``.
        api_key: ``"none"`` for compatible services that want no key.
    """
    return OpenAI(
        base_url=base_url,
        api_key=api_key,
        max_retries=0,
        timeout=_TIMEOUT_SECONDS,
        http_client=DefaultHttpxClient(limits=_LIMITS),
    )


@contextmanager
def provider_errors(*malformed: type[Exception]) -> Iterator[None]:
    """Turn what the SDK raises into ProviderError.

    Its ``code`` is ``http_<status>``, ``timeout``, ``connection`` or ``malformed``.

    Args:
        malformed: what an answer that is not as it should be raises besides ValueError.
    """
    unreadable: tuple[type[Exception], ...] = (openai.APIError, ValueError, *malformed)
    try:
        yield
    except openai.APIStatusError as error:
        raise ProviderError("refused", code=f"http_{error.status_code}") from error
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise ProviderError("too slow", code="timeout") from error
    except (openai.APIConnectionError, httpx2.HTTPError) as error:
        raise ProviderError("not reached", code="connection") from error
    except unreadable as error:
        raise ProviderError("not understood", code="malformed") from error
