"""The product's Gunicorn configuration with a handler of test jobs. Only the tests load this file.

A job of kind ``test`` has one effect, an entry of the audit log. It notes each beginning in
JOBS_BEGUN, and while JOBS_GATE is absent it waits, before its effect or after it.
"""

import os
import runpy
import time
from pathlib import Path

_product = runpy.run_path(str(Path(__file__).resolve().parents[2] / "gunicorn.conf.py"))
globals().update({name: value for name, value in _product.items() if not name.startswith("__")})


def post_worker_init(worker):
    """Add the handler, then do what the product does."""
    from server import wiring

    parts = wiring.services_of(worker.wsgi)
    parts.jobs.handlers["test"] = lambda job: _do(parts.database, job)
    _product["post_worker_init"](worker)


def _do(database, job):
    from sqlalchemy import select

    from server.models import AuditEntry

    with Path(os.environ["JOBS_BEGUN"]).open("a") as begun:
        begun.write(f"{job.key}\n")
    if job.payload["waits"] == "before":
        _wait_at_the_gate()
    with database.write() as session:
        done = select(AuditEntry).where(AuditEntry.action == "test", AuditEntry.target == job.key)
        if session.scalar(done) is None:
            session.add(AuditEntry(actor="test", action="test", target=job.key))
    if job.payload["waits"] == "after":
        _wait_at_the_gate()


def _wait_at_the_gate():
    while not Path(os.environ["JOBS_GATE"]).exists():
        time.sleep(0.02)
