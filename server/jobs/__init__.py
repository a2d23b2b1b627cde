"""Background work that no crash loses: a table of jobs, and the threads that do them."""

from server.jobs.job import LANES, GiveUp, Handler, Job, RetryLater
from server.jobs.queue import enqueue, enqueue_daily

__all__ = ["LANES", "GiveUp", "Handler", "Job", "RetryLater", "enqueue", "enqueue_daily"]
