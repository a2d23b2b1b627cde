"""A call as one loop around the pure core, and what surrounds it: admission, storing, latency."""
