"""How Gunicorn serves Maane: one eventlet worker (docs/decisions/runtime.md).

This file is read before the worker class patches the standard library, so it imports nothing of
the application; ``wsgi.py`` checks the settings.
"""

import os
import signal
import threading
import time

from dotenv import load_dotenv

load_dotenv(".env")

DRAIN_SECONDS = float(os.environ.get("DRAIN_TIMEOUT_SEC") or 120)

bind = f"{os.environ.get('HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 5000}"
workers = 1
worker_class = "eventlet"
worker_connections = 2000
threads = 500  # of `-k gthread`; the eventlet worker has none
keepalive = 15
# The heartbeat is the worker's own, not a request's: a call may take half an hour.
timeout = 60
# A worker with calls must not be recycled.
max_requests = 0
graceful_timeout = int(DRAIN_SECONDS) + 35
# Nobody steers this process but its signals, and two servers of one user would share the socket.
control_socket_disable = True


def post_worker_init(worker):
    """Begin serving, and take SIGTERM: Gunicorn would stop listening at once."""
    from server import wiring

    wiring.start(worker.wsgi)
    told_to_stop = []
    # A handler may not touch green threads, so it only leaves a note for the watcher.
    signal.signal(signal.SIGTERM, lambda *_: told_to_stop.append(True))
    watcher = threading.Thread(target=_drain_when_told, args=(worker, told_to_stop), daemon=True)
    watcher.start()


def _drain_when_told(worker, told_to_stop):
    """Once told to stop: no new calls, let the running ones end, end the rest, then stop.

    The worker goes on listening meanwhile: Twilio asks for what comes after each stream.
    """
    from server import wiring

    while not told_to_stop and worker.alive:
        time.sleep(0.2)
    wiring.drain(worker.wsgi, DRAIN_SECONDS)
    wiring.stop(worker.wsgi)
    worker.alive = False
