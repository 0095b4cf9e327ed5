"""Worker processes: how much one takes on, and how it stops."""

from automatos import env

# How many model calls a worker process waits for at once, and the seconds it may finish them after a stop signal.
WORKER_SLOTS = env.integer("WORKER_SLOTS", 1000, low=1, high=100_000)
WORKER_GRACE = float(env.integer("WORKER_GRACE", 5, low=0, high=3600))
