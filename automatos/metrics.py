"""Counters of all processes together, in one hash of Redis: they go along with the events that are published anyway.

A process adds up what happened and sends the sums with its next events, so nothing is asked of Redis besides. What
could not be sent waits for the next time; a process that is killed loses what it had not sent. No workspace is named.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

KEY = "automatos:metrics"
# Upper bounds of the histograms, in seconds.
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
ENDS = {f"execution.{state}": state for state in ("completed", "failed", "cancelled", "stopped")}
STEPS = {f"step.{state}": state for state in ("completed", "failed", "skipped")}
# The reason in `execution.resumed` of a step whose worker was gone.
LOST = "worker lost"

_lock = Lock()
_sums: defaultdict[str, float] = defaultdict(float)


def add(name: str, amount: float = 1) -> None:
    """Count `amount` more of this."""
    with _lock:
        _sums[name] += amount


def observe(name: str, seconds: float) -> None:
    """One more observation of a histogram."""
    bound = next((str(one) for one in BUCKETS if seconds <= one), "+Inf")
    add(f"{name}:{bound}")
    add(f"{name}:sum", seconds)


def count_events(events: Iterable[Mapping[str, Any]]) -> None:
    """What a run's durable events tell: ends of runs and steps, how long they took, tokens, cost, hand-ons."""
    for event in events:
        kind, data = event["type"], event.get("data") or {}
        if kind in ENDS:
            add(f"runs:{ENDS[kind]}")
            _took("run_seconds", data)
        elif kind in STEPS:
            add(f"steps:{STEPS[kind]}")
            _took("step_seconds", data)
            add("tokens:input", data.get("input_tokens") or 0)
            add("tokens:output", data.get("output_tokens") or 0)
            add("cost", float(data.get("cost") or 0))
        elif kind == "execution.resumed" and data.get("reason") == LOST:
            add("hand_ons")


def _took(name: str, data: Mapping[str, Any]) -> None:
    if data.get("duration_ms") is not None:
        observe(name, data["duration_ms"] / 1000)


def take() -> dict[str, float]:
    """What was counted since the last time; whoever takes it sends it or gives it back."""
    with _lock:
        taken = {name: amount for name, amount in _sums.items() if amount}
        _sums.clear()
    return taken


def give_back(taken: Mapping[str, float]) -> None:
    """It could not be sent."""
    for name, amount in taken.items():
        add(name, amount)


def send(pipe: Any, taken: Mapping[str, float]) -> None:
    """Add it to the totals, as commands of this Redis pipeline."""
    for name, amount in taken.items():
        pipe.hincrbyfloat(KEY, name, amount)
