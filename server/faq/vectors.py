"""How near a caller's sentence is to each prepared answer, by the embeddings of its phrases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from server.faq.patterns import is_expression, phrase_of

DIMENSIONS = 512
"""Length of every vector: what tells sentences apart is in the first third of a model's own."""

Vectors = NDArray[np.float32]
"""One per line, of length one."""

_STORED = np.dtype("<f4")


def embedded_phrases(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return what is embedded of a row's ``patterns``: its phrases; expressions say nothing."""
    return tuple(
        pattern.strip()
        for pattern in patterns
        if not is_expression(pattern) and phrase_of(pattern).strip()
    )


def fingerprint(model: str, phrases: Sequence[str]) -> str:
    """Return what changes when the model or a phrase does."""
    return hashlib.sha256("\n".join((model, str(DIMENSIONS), *phrases)).encode()).hexdigest()


def unit_vectors(rows: Sequence[Sequence[float]]) -> Vectors:
    """Return ``rows`` as vectors of length one.

    Raises:
        ValueError: they have another length than ``DIMENSIONS``, or are no directions.
    """
    vectors = np.asarray(rows, dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] != DIMENSIONS:
        raise ValueError(f"vectors of {DIMENSIONS} numbers are wanted, not {vectors.shape}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ValueError("a vector without a direction")
    return np.asarray(vectors / lengths, dtype=np.float32)


def pack(vectors: Vectors) -> bytes:
    """Return ``vectors`` as they are stored: 32-bit floats, little-endian, one after another."""
    return vectors.astype(_STORED).tobytes()


def unpack(stored: bytes, count: int) -> Vectors | None:
    """Return ``count`` stored vectors; None when there is another number of them."""
    if len(stored) != count * DIMENSIONS * _STORED.itemsize:
        return None
    return np.frombuffer(stored, dtype=_STORED).reshape(count, DIMENSIONS)


@dataclass(frozen=True, slots=True, eq=False)
class FaqVectors:
    """The phrases of one business's answers in one language, as vectors."""

    row_ids: tuple[int, ...]
    """Whose phrase each vector is."""
    vectors: Vectors

    def similar(self, sentence: Vectors) -> dict[int, float]:
        """Return by row id how near its nearest phrase is to ``sentence`` (cosine, 0 to 1)."""
        nearest: dict[int, float] = {}
        cosines = self.vectors @ sentence
        for row_id, cosine in zip(self.row_ids, cosines.tolist(), strict=True):
            nearest[row_id] = min(max(nearest.get(row_id, 0.0), cosine), 1.0)
        return nearest
