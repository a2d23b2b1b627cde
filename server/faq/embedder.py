"""Sentences into vectors, by OpenAI's embeddings or a compatible service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from server.errors import ProviderError
from server.faq.vectors import DIMENSIONS, Vectors, unit_vectors
from server.net.openai_client import provider_errors, shared_client


class Embedder(Protocol):
    """Turns sentences into vectors. Safe to use from any thread."""

    model: str
    """Whose vectors they are; those of different models cannot be compared."""

    def embed(self, texts: Sequence[str], timeout_seconds: float) -> Vectors:
        """Return one vector for each of ``texts``, in order; blocks for one request.

        Args:
            texts: 1 to 2048, none of them empty.
            timeout_seconds: for each step of the request.

        Raises:
            ProviderError: there are none to be had; ``code`` tells why.
        """
        ...


class OpenAiEmbedder:
    """See :class:`Embedder`."""

    def __init__(self, base_url: str, api_key: str, model: str) -> None:
        self._base_url = base_url
        self._api_key = api_key
        self.model = model

    def embed(self, texts: Sequence[str], timeout_seconds: float) -> Vectors:
        """See :class:`Embedder`."""
        client = shared_client(self._base_url, self._api_key)
        with provider_errors(TypeError, AttributeError):  # the SDK checks nothing it is given
            answer = client.embeddings.create(
                model=self.model,
                input=list(texts),
                dimensions=DIMENSIONS,
                encoding_format="float",
                timeout=timeout_seconds,
            )
            rows = [one.embedding for one in sorted(answer.data, key=lambda one: one.index)]
            vectors = unit_vectors(rows)
        if len(vectors) != len(texts):
            raise ProviderError("another number of vectors", code="malformed")
        return vectors
