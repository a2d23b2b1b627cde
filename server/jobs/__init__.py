"""Background work that no crash loses: a table of jobs, and the threads that do them."""

from server.jobs.job import LANES, GiveUp, Handler, HearsOfDeath, Job, RetryLater
from server.jobs.queue import enqueue, enqueue_daily, retry
from server.jobs.worker import JobWorker

__all__ = [
    "LANES",
    "GiveUp",
    "Handler",
    "HearsOfDeath",
    "Job",
    "JobWorker",
    "RetryLater",
    "enqueue",
    "enqueue_daily",
    "retry",
]
