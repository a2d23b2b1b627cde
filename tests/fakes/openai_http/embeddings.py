"""POST /v1/embeddings."""

import numpy as np
from openai.types.embedding_create_params import EmbeddingCreateParams

from tests.fakes.openai_realtime.schema import ClientError, check_params

from .options import HttpOptions
from .records import Json
from .vectors import DIMENSIONS, as_base64, text_vector

MAX_INPUTS = 2048


def answer(body: Json, options: HttpOptions) -> Json:
    """Return the vectors of the texts; ClientError for a faulty request."""
    check_params(EmbeddingCreateParams, body)
    model, given = body["model"], body["input"]
    texts = [given] if isinstance(given, str) else given
    if model not in DIMENSIONS:
        raise ClientError("model_not_found", f"The model '{model}' does not exist.", "model")
    if not 0 < len(texts) <= MAX_INPUTS:
        raise ClientError("invalid_value", f"Give 1 to {MAX_INPUTS} inputs.", "input")
    if not all(isinstance(text, str) and text for text in texts):
        raise ClientError("invalid_value", "Each input must be a text that is not empty.", "input")
    size = body.get("dimensions", DIMENSIONS[model])
    if not 0 < size <= DIMENSIONS[model]:
        raise ClientError("invalid_value", "The model has not as many dimensions.", "dimensions")
    embed = options.embed or text_vector
    vectors = [np.asarray(embed(text, size), dtype=np.float64) for text in texts]
    plain = body.get("encoding_format", "float") == "float"
    tokens = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "model": model,
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": vector.tolist() if plain else as_base64(vector),
            }
            for index, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
