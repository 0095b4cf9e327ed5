"""Whether the process lives (`/health`) and whether it can do its work (`/ready`), for balancers and operators."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from automatos.storage import objects
from automatos.storage.store import StorageDown
from recipes.models import Worker

PATIENCE_SECONDS = 2
FRESH_HEARTBEAT = timedelta(seconds=15)


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """The process answers: 200, nothing else is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Each part it needs, with the reason of the ones that fail: 200 when all are there, else 503."""
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    fine = all(check["status"] == "ok" for check in checks.values())
    answer = JsonResponse({"status": "ready" if fine else "not ready", "checks": checks}, status=200 if fine else 503)
    # Not being ready yet is an answer and no error: whoever starts the product asks until it is.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _outcome(check: Callable[[], str]) -> dict[str, str]:
    try:
        reason = check()
    except (psycopg.Error, redis.RedisError, StorageDown) as error:
        # The first line says what is wrong; further ones may show addresses and are left out.
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return {"status": "failed", "reason": reason} if reason else {"status": "ok"}


def _connected() -> "psycopg.Connection[Any]":
    """A connection of its own: the pool would wait its full time-out for a server that is gone."""
    return psycopg.connect(**{**connection.get_connection_params(), "connect_timeout": PATIENCE_SECONDS})


def _database() -> str:
    with _connected() as own:
        own.execute("SELECT 1")
    return ""


def _redis() -> str:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
    ) as client:
        client.ping()
    return ""


def _worker() -> str:
    newest = f"SELECT max(heartbeat_at) FROM {Worker._meta.db_table}"  # noqa: S608 (a constant of ours)
    with _connected() as own:
        row = own.execute(newest).fetchone()
    at = row[0] if row else None
    if at is None:
        return "No worker has reported yet. Start one: celery -A automatos worker."
    if timezone.now() - at > FRESH_HEARTBEAT:
        return f"The last sign of a worker is {round((timezone.now() - at).total_seconds())} s old. Start one."
    return ""


def _storage() -> str:
    name = f"ready/{uuid.uuid4().hex}"
    objects.write(name, b"ok")
    objects.remove(name)
    return ""


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "worker": _worker,
    "storage": _storage,
}
