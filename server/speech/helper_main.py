"""The speech helper process: a plain Python beside the server, for what must not run green.

Synthesis and recognition are CPU-heavy or hang under a green runtime; here they can do neither
harm: the server waits for this process on a socket, which is green. It serves one request at a
time on the socket whose descriptor is its first argument, and ends when the server closes it; the
second argument lowers its priority. The server starts one for each kind of work, so that a slow
service does not hold up the local voice.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from server.errors import ProviderError
from server.helpers.wire import receive_message, send_message
from server.speech import file_engine, google_tts
from server.speech.espeak import EspeakSynthesiser

Handler = Callable[[dict[str, Any], bytes], bytes]


def handlers() -> dict[str, Handler]:
    """Return what this process can do, by the request's ``do``."""
    espeak = EspeakSynthesiser()

    def synthesise(request: dict[str, Any], _: bytes) -> bytes:
        return espeak.synthesise(request["text"], request["language"], rate=request["rate"])

    return {
        "synthesise": synthesise,
        "google_synthesise": google_tts.synthesise,
        "recognise": file_engine.recognise,
    }


def serve(sock: socket.socket) -> None:
    """Answer requests until the other side closes."""
    known = handlers()
    while (message := receive_message(sock)) is not None:
        request, payload = message
        try:
            answer = known[request["do"]](request, payload)
        except ProviderError as error:
            send_message(sock, {"error": error.code, "message": str(error)})
        except Exception as error:
            # The process must outlive any one request; the server logs the reason.
            send_message(sock, {"error": "helper", "message": f"{type(error).__name__}: {error}"})
        else:
            send_message(sock, {"ok": True}, answer)


if __name__ == "__main__":
    # Ctrl-C reaches the whole foreground group; this process ends when the server closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server_socket = socket.socket(fileno=int(sys.argv[1]))
    os.nice(int(sys.argv[2]))
    server_socket.setblocking(True)  # a green server hands it over non-blocking
    serve(server_socket)
