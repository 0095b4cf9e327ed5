"""`GET /metrics` for Prometheus: what all processes counted, and what is live now. Closed without METRICS_TOKEN."""

import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

import psycopg
import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from automatos import metrics
from automatos.events import sync_client
from workspaces.scope.tenancy import Purpose, system_scope

# Seconds an answer serves whoever asks meanwhile, and the most that the database works for one.
KEPT = 5.0
PATIENCE_MS = 2000
LIVE = (
    "SELECT status, count(*) FROM recipe_executions WHERE status IN ('pending', 'running', 'waiting') GROUP BY status"
)
QUEUE = (
    "SELECT count(*), COALESCE(EXTRACT(EPOCH FROM now() - min(runnable_at)), 0) FROM execution_steps "
    "WHERE status = 'pending' AND runnable_at IS NOT NULL AND runnable_at <= now()"
)
HISTOGRAMS = {
    "run_seconds": "Seconds from the start of a run to its end.",
    "step_seconds": "Seconds from the start of a step to its end.",
    "model_seconds": "Seconds a model call took.",
}

_asking = Lock()
_kept: dict[str, tuple[float, bytes]] = {}


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The metrics, for whoever brings METRICS_TOKEN as a bearer; 404 while none is set."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Set METRICS_TOKEN to open this.\n", status=404, content_type="text/plain")
    given = request.headers.get("Authorization", "").partition("Bearer ")[2]
    if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        said = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("Send METRICS_TOKEN as a bearer.\n", status=401, content_type="text/plain", headers=said)
    try:
        return HttpResponse(_made(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    except (Error, psycopg.Error, redis.RedisError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        return HttpResponse(f"{reason}\n", status=503, content_type="text/plain")


def _made() -> bytes:
    """The answer, at most KEPT seconds old: however often it is asked for, the database is asked once in that time."""
    with _asking:
        at, text = _kept.get("", (0.0, b""))
        if not text or time.monotonic() - at > KEPT:
            registry = CollectorRegistry()
            registry.register(_Collector())
            text = generate_latest(registry)
            _kept[""] = (time.monotonic(), text)
        return text


class _Collector(Collector):
    """Reads both when it is asked."""

    def collect(self) -> Iterator[Metric]:
        """Totals of Redis, then the state of the database."""
        kept: Mapping[bytes, bytes] = sync_client().hgetall(metrics.KEY)  # type: ignore[assignment]
        sums = {name.decode(): float(amount) for name, amount in kept.items()}
        yield _by("runs", "Runs that ended, by how.", "status", metrics.ENDS.values(), sums)
        yield _by("steps", "Steps that ended, by how.", "status", metrics.STEPS.values(), sums)
        yield _by("tokens", "Tokens of steps that ended.", "kind", ("input", "output"), sums)
        yield CounterMetricFamily("automatos_cost_dollars", "US dollars of those.", sums.get("cost", 0))
        yield CounterMetricFamily("automatos_hand_ons", "Steps taken from workers that died.", sums.get("hand_ons", 0))
        for name, words in HISTOGRAMS.items():
            yield _histogram(name, words, sums)
        yield from _now()


def _by(name: str, words: str, label: str, values: Iterable[str], sums: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"automatos_{name}", words, labels=[label])
    for value in values:
        family.add_metric([value], sums.get(f"{name}:{value}", 0))
    return family


def _histogram(name: str, words: str, sums: Mapping[str, float]) -> HistogramMetricFamily:
    buckets, total = [], 0.0
    for bound in (*map(str, metrics.BUCKETS), "+Inf"):
        total += sums.get(f"{name}:{bound}", 0)
        buckets.append((bound, total))
    return HistogramMetricFamily(f"automatos_{name}", words, buckets=buckets, sum_value=sums.get(f"{name}:sum", 0))


def _now() -> Iterator[Metric]:
    """Live runs and the queue: both by partial indexes that hold only what is live."""
    with system_scope(Purpose.OPERATOR), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        cursor.execute(LIVE)
        by_status = dict(cursor.fetchall())
        cursor.execute(QUEUE)
        waiting, oldest = cursor.fetchone()
    live = GaugeMetricFamily("automatos_runs_live", "Runs under way, by state.", labels=["status"])
    for status in ("pending", "running", "waiting"):
        live.add_metric([status], by_status.get(status, 0))
    yield live
    yield GaugeMetricFamily("automatos_queue_steps", "Steps that no worker has taken yet.", waiting)
    yield GaugeMetricFamily("automatos_queue_oldest_seconds", "How long the oldest of them waits.", float(oldest))
