"""How Gunicorn serves Maane: one eventlet worker (docs/decisions/runtime.md)."""

import threading
import time

from dotenv import load_dotenv

from server.errors import SettingsError
from server.settings import load_settings

load_dotenv(".env")
try:
    _settings = load_settings()
except SettingsError as error:
    raise SystemExit(f"maane: {error}") from None

bind = f"{_settings.host}:{_settings.port}"
workers = 1
worker_class = "eventlet"
worker_connections = 2000
threads = 500  # of `-k gthread`; the eventlet worker has none
keepalive = 15
# The heartbeat is the worker's own, not a request's: a call may take half an hour.
timeout = 60
# A worker with calls must not be recycled.
max_requests = 0
graceful_timeout = int(_settings.drain_timeout_sec) + 10
# Nobody steers this process but its signals, and two servers of one user would share the socket.
control_socket_disable = True


def post_worker_init(worker):
    """Begin serving, and watch for the end: a signal handler may not touch green threads."""
    from server import wiring

    wiring.start(worker.wsgi)
    threading.Thread(target=_end_calls_with_worker, args=(worker,), daemon=True).start()


def _end_calls_with_worker(worker):
    """Once the worker is told to stop: no new calls, let the running ones end, then end them."""
    from server import wiring

    while worker.alive:
        time.sleep(0.2)
    wiring.drain(worker.wsgi)
    calls = wiring.services_of(worker.wsgi).calls.registry
    deadline = time.monotonic() + _settings.drain_timeout_sec
    while calls.count() and time.monotonic() < deadline:
        time.sleep(0.2)
    wiring.stop(worker.wsgi)
