"""Embeddings without a model: the same text always gets the same direction, others none near it."""

import base64
import hashlib
import unicodedata

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
"""Native length of each model's vectors."""


def normalised(text: str) -> str:
    """Return ``text`` without what should not matter: case, marks, punctuation, spacing."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (letter if letter.isalnum() else " " for letter in letters if not _is_mark(letter))
    return " ".join("".join(kept).split())


def _is_mark(letter: str) -> bool:
    return unicodedata.category(letter).startswith("M")


def text_vector(text: str, dimensions: int) -> list[float]:
    """Return a unit vector drawn from a generator that the normalised text seeds."""
    seed = int.from_bytes(hashlib.sha256(normalised(text).encode()).digest()[:8], "big")
    drawn = np.random.default_rng(seed).standard_normal(dimensions)
    vector: list[float] = (drawn / np.linalg.norm(drawn)).tolist()
    return vector


def as_base64(vector: NDArray[np.float64]) -> str:
    """Return ``vector`` as the service encodes it: little-endian 32-bit floats."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
