"""How Gunicorn serves Maane: one eventlet worker (docs/decisions/runtime.md)."""

import os
import threading
import time

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT') or '5000'}"
workers = 1
worker_class = os.environ.get("GUNICORN_WORKER_CLASS") or "eventlet"
worker_connections = 2000
threads = 200  # for -k gthread; the eventlet worker needs none
keepalive = 15
# A worker with calls must not be recycled; the heartbeat is the worker's own, not a request's.
timeout = 60
max_requests = 0
# Nobody steers this process but its signals, and two servers of one user would share the socket.
control_socket_disable = True
graceful_timeout = int(float(os.environ.get("DRAIN_TIMEOUT_SEC") or 120)) + 10
limit_request_field_size = 8190


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
    parts = wiring.services_of(worker.wsgi)
    deadline = time.monotonic() + parts.settings.drain_timeout_sec
    while parts.calls.registry.count() and time.monotonic() < deadline:
        time.sleep(0.2)
    wiring.stop(worker.wsgi)
