"""The product's Gunicorn configuration with a probe: counts what lives inside the worker.

On a Unix socket (PROBE_SOCKET) it answers how many greenlets and file descriptors the worker holds,
and how many objects are spared from garbage collections. Only the tests load this file.
"""

import gc
import json
import os
import runpy
import socket
import threading
from pathlib import Path

_product = runpy.run_path(str(Path(__file__).resolve().parents[2] / "gunicorn.conf.py"))
globals().update({name: value for name, value in _product.items() if not name.startswith("__")})


def post_worker_init(worker):
    """Do what the product does, then open the probe."""
    _product["post_worker_init"](worker)
    Path(os.environ["PROBE_SOCKET"]).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.environ["PROBE_SOCKET"])
    listener.listen()
    threading.Thread(target=_answer, args=(listener,), daemon=True).start()


def _answer(listener):
    import greenlet

    while True:
        connection, _ = listener.accept()
        with connection:
            gc.collect()
            alive = [
                thing
                for thing in gc.get_objects()
                if isinstance(thing, greenlet.greenlet) and not thing.dead
            ]
            counts = {
                "greenlets": len(alive),
                "frozen": gc.get_freeze_count(),
                "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
            }
            connection.sendall(json.dumps(counts).encode())
