"""Keeps the catalogue of apps and actions: reads it from Composio, writes what changed, never forgets what it knew.

An app's actions are read again when Composio names another state of it; each app is written in a transaction of its
own, so what was read before a failure stays, and what was not keeps its old rows.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from automatos.errors import AppError
from tools.composio import schemas
from tools.composio.access import Access, NoKey, access_for, installation
from tools.composio.client import Composio, connected
from tools.composio.problems import text_of, word_of
from tools.composio.verbs import category_of, words_of
from tools.models import ComposioActionCache, ComposioAppCache, ComposioSyncJob, in_catalogue
from workspaces.scope.tenancy import Purpose, system_scope

logger = logging.getLogger(__name__)

BROKEN = "The sync itself failed; it was noted for the operator. What was known before is still there."
OTHER_KEY = "The key this sync was asked for with is no longer the one in use. Sync again."
# Seconds a list may take, and how often a busy server is asked again.
SECONDS, RETRIES = 30.0, 6
LONGEST_DESCRIPTION = 4_000
# A server may not fill the database: no app of Composio has a tenth of it.
MOST_APPS, MOST_ACTIONS = 5_000, 5_000
# Characters of their slugs that the columns have.
LONGEST_APP, LONGEST_ACTION = 100, 200
Index = Callable[[UUID | None, Callable[[int], None]], None]


@dataclass(frozen=True, slots=True)
class Due:
    """An app whose actions have to be read."""

    pk: int
    slug: str
    state: str


def run_sync(job_id: UUID, index: Index) -> ComposioSyncJob | None:
    """Do a job that is waiting; None when there is none. index: makes findable what was written, and tells how far."""
    job = _begun(job_id)
    if job is None:
        return None
    error = ""
    try:
        access = access_of(job)
        with connected(access, seconds=SECONDS, retries=RETRIES) as composio:
            _read(job, composio)
        index(job.workspace_id, lambda number: _progress(job, indexed=number))
    except AppError as known:
        error = known.message
    except Exception:
        logger.exception("The sync of apps %s broke", job_id)
        error = BROKEN
    with system_scope(Purpose.UPKEEP):
        ComposioSyncJob.objects.filter(pk=job.pk, status=ComposioSyncJob.Status.RUNNING).update(
            status=ComposioSyncJob.Status.FAILED if error else ComposioSyncJob.Status.COMPLETED,
            error=error,
            completed_at=timezone.now(),
        )
    return job


def access_of(job: ComposioSyncJob) -> Access:
    """The key the job is paid with. Raises NoKey when it is gone, or when it leads to another catalogue by now."""
    access = installation() if job.key_of is None else access_for(job.key_of)
    if access is None or access.catalogue != job.workspace_id:
        raise NoKey(OTHER_KEY)
    return access


def _begun(job_id: UUID) -> ComposioSyncJob | None:
    """The job, now running; None when it is not there or another worker has it."""
    with system_scope(Purpose.UPKEEP):
        rows = ComposioSyncJob.objects.filter(pk=job_id, status=ComposioSyncJob.Status.QUEUED)
        if not rows.update(status=ComposioSyncJob.Status.RUNNING, seen_at=timezone.now()):
            return None
        return ComposioSyncJob.objects.get(pk=job_id)


def _read(job: ComposioSyncJob, composio: Composio) -> None:
    if job.kind == ComposioSyncJob.Kind.APP:
        _write_apps(job, [composio.app(job.app)])
    else:
        everything = list(_at_most(composio.apps(kind="all" if job.workspace_id else "native"), MOST_APPS))
        _write_apps(job, everything)
        _note_gone(job.workspace_id, {word_of(item.slug, LONGEST_APP).lower() for item in everything})
    due = due_apps(job)
    _progress(job, apps_total=len(due))
    for done, app in enumerate(due, 1):
        changed, number = _write_actions(job, app, list(_at_most(composio.actions(app.slug), MOST_ACTIONS)))
        job.actions_done += number
        job.changed += changed
        _progress(job, apps_done=done, actions_done=job.actions_done, changed=job.changed)


def _at_most(items: Iterable[Any], most: int) -> Iterable[Any]:
    for number, item in enumerate(items):
        if number == most:
            return
        yield item


def due_apps(job: ComposioSyncJob) -> list[Due]:
    """The apps whose actions the job has to read."""
    rows = catalogue(job.workspace_id).filter(status=ComposioAppCache.Status.ACTIVE)
    if job.kind == ComposioSyncJob.Kind.APP:
        rows = rows.filter(slug=job.app)
    with system_scope(Purpose.UPKEEP):
        found = rows.order_by("slug").values_list("pk", "slug", "remote_state", "synced_state")
        is_incremental = job.kind == ComposioSyncJob.Kind.INCREMENTAL
        return [Due(pk, slug, state) for pk, slug, state, known in found if not is_incremental or state != known]


def catalogue(workspace_id: UUID | None) -> QuerySet[ComposioAppCache]:
    """The apps of one catalogue: the shared one, or a workspace's own."""
    return ComposioAppCache.objects.filter(in_catalogue(workspace_id))


def _progress(job: ComposioSyncJob, **columns: int) -> None:
    """Say how far it is, which is also a sign of life."""
    with system_scope(Purpose.UPKEEP):
        ComposioSyncJob.objects.filter(pk=job.pk).update(seen_at=timezone.now(), **columns)


def _write_apps(job: ComposioSyncJob, items: Sequence[Any]) -> None:
    now = timezone.now()
    rows = [_app_row(item, job.workspace_id) for item in items if word_of(item.slug, LONGEST_APP)]
    for row in rows:
        row.last_synced_at = now
    kept = [field for field in APP_FIELDS if field not in ("slug", "workspace_id")]
    with system_scope(Purpose.UPKEEP):
        ComposioAppCache.objects.bulk_create(
            {row.slug: row for row in rows}.values(),
            batch_size=200,
            update_conflicts=True,
            unique_fields=["workspace", "slug"],
            update_fields=kept,
        )


APP_FIELDS = (
    *("slug", "app_name", "display_name", "description", "logo_url", "app_url", "categories", "auth_schemes"),
    *("managed_schemes", "no_auth", "version", "action_count", "trigger_count", "status", "remote_state"),
    "last_synced_at",
)


def _app_row(item: Any, workspace_id: UUID | None) -> ComposioAppCache:
    """One app as Composio lists it; a single one is told a little differently."""
    meta = item.meta
    names = [text_of(getattr(one, "name", "")) for one in meta.categories or []]
    managed = texts(item.composio_managed_auth_schemes)
    schemes = texts(getattr(item, "auth_schemes", None)) or texts(
        [getattr(one, "mode", "") for one in getattr(item, "auth_config_details", None) or []]
    )
    version = text_of(getattr(meta, "version", "")) or text_of((getattr(meta, "available_versions", None) or [""])[-1])
    number = int(meta.tools_count or 0)
    return ComposioAppCache(
        workspace_id=workspace_id,
        slug=word_of(item.slug, LONGEST_APP).lower(),
        app_name=text_of(item.name)[:200],
        display_name=(text_of(item.name) or text_of(item.slug))[:200],
        description=text_of(meta.description),
        logo_url=web_address(meta.logo),
        app_url=web_address(getattr(meta, "app_url", "")),
        categories=[name[:100] for name in dict.fromkeys(names) if name][:10],
        auth_schemes=schemes,
        managed_schemes=managed,
        no_auth=bool(getattr(item, "no_auth", None) or (not schemes and not managed)),
        version=version[:60],
        action_count=number,
        trigger_count=int(meta.triggers_count or 0),
        status=ComposioAppCache.Status.ACTIVE,
        remote_state=f"{version}|{text_of(meta.updated_at)}|{number}"[:200],
    )


def texts(values: object) -> list[str]:
    """The short words of a list; nothing else of it."""
    return [text_of(value)[:60] for value in values if text_of(value)] if isinstance(values, (list, tuple)) else []


def web_address(value: object) -> str:
    """The address when it is one that may be followed, else nothing."""
    text = text_of(value)
    return text[:2000] if text.startswith(("https://", "http://")) else ""


def _note_gone(workspace_id: UUID | None, slugs: set[str]) -> None:
    """Apps that are no longer listed are kept, so that pages can say what became of them."""
    if not slugs:
        return  # an empty list is a mistake of the other side and no end of all apps
    with system_scope(Purpose.UPKEEP):
        catalogue(workspace_id).exclude(slug__in=slugs).update(status=ComposioAppCache.Status.GONE)


def _write_actions(job: ComposioSyncJob, app: Due, items: Sequence[Any]) -> tuple[int, int]:
    """Write an app's actions; how many changed, and how many there are."""
    rows = {row.action: row for row in (_action_row(item, job, app) for item in items) if row.action}
    with system_scope(Purpose.UPKEEP):
        known = dict(ComposioActionCache.objects.filter(app=app.pk).values_list("action", "digest"))
        changed = [row for row in rows.values() if known.get(row.action) != row.digest]
        ComposioActionCache.objects.bulk_create(
            changed,
            batch_size=200,
            update_conflicts=True,
            unique_fields=["app", "action"],
            update_fields=[*ACTION_FIELDS, "embedding_model", "embedding", "words"],
        )
        own = ComposioActionCache.objects.filter(app=app.pk)
        write_words(app.pk, changed)
        own.filter(action__in=rows).exclude(status="active").update(status="active")
        own.exclude(action__in=rows).update(status=ComposioActionCache.Status.GONE)
        ComposioAppCache.objects.filter(pk=app.pk).update(action_count=len(rows), synced_state=app.state)
    return len(changed), len(rows)


def write_words(app_id: int, rows: Sequence[ComposioActionCache]) -> None:
    """Make an app's actions findable by their words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE composio_action_cache a SET words = to_tsvector('english', v.text) "
            "FROM unnest(%s::text[], %s::text[]) AS v(action, text) WHERE a.app_id = %s AND a.action = v.action",
            [[row.action for row in rows], [searchable(row) for row in rows], app_id],
        )


ACTION_FIELDS = (
    *("display_name", "description", "parameters", "response_schema", "tags", "category", "version", "no_auth"),
    *("status", "digest", "last_synced_at"),
)


def _action_row(item: Any, job: ComposioSyncJob, app: Due) -> ComposioActionCache:
    slug, tags = word_of(item.slug, LONGEST_ACTION), texts(item.tags)
    description = text_of(item.human_description) if not item.description else _long(item.description)
    parameters, response = schemas.usable(item.input_parameters), schemas.usable(item.output_parameters)
    told: Mapping[str, Any] = {
        "name": text_of(item.name)[:300] or slug,
        "description": description,
        "parameters": parameters,
        "version": text_of(item.version)[:60],
        "tags": tags,
        "no_auth": bool(item.no_auth),
    }
    return ComposioActionCache(
        workspace_id=job.workspace_id,
        app_id=app.pk,
        action=slug,
        display_name=told["name"],
        description=description,
        parameters=parameters,
        response_schema=response,
        tags=tags,
        category=category_of(slug, app.slug, tags),
        version=told["version"],
        no_auth=told["no_auth"],
        digest=hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        status=ComposioActionCache.Status.ACTIVE,
        last_synced_at=timezone.now(),
    )


def _long(value: object) -> str:
    """A description with its lines, bounded and storable."""
    if not isinstance(value, str):
        return ""
    text = value[:LONGEST_DESCRIPTION].replace("\x00", " ")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


def searchable(row: ComposioActionCache) -> str:
    """What an action is found by: its words, what it is called, and what it does."""
    slug = " ".join(words_of(row.action, row.action.partition("_")[0]))
    names = " ".join(str(name).replace("_", " ") for name in list(row.parameters.get("properties", {}))[:30])
    return f"{slug} {row.display_name} {row.description} {names}"
