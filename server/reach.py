"""``/reach/<nonce>``: by its answer the check of the public address knows this process.

Open to whoever asks: without a nonce of a check that runs just now there is nothing here.
"""

from __future__ import annotations

from flask import Blueprint, Response

from server.telephony.reach import REACH_PATH
from server.wiring import services

blueprint = Blueprint("reach", __name__)

_MAX_NONCE_CHARS = 64


@blueprint.get(f"{REACH_PATH}/<nonce>")
def reach(nonce: str) -> Response:
    """Prove that the request has arrived where the check was begun; 404 anywhere else."""
    proof = services().reach.proof(nonce[:_MAX_NONCE_CHARS])
    headers = {"Cache-Control": "no-store"}
    if proof is None:
        return Response("Nothing is being checked here.\n", 404, headers, content_type="text/plain")
    return Response(proof, 200, headers, content_type="text/plain")
