"""Writes the rows of the marketplace's list. Called by whoever decides what can be had, across workspaces."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from marketplace.browse.indexing import meaning_of
from marketplace.models import Entry, Plugin, PluginVersion, Verdict, VersionStatus
from marketplace.versions.difference import asked_by

MOST_HOSTS = 20
# Names weigh most, then what it is for, then what it says of itself, then its parts.
WORDS = """
UPDATE marketplace_entries SET words =
    setweight(to_tsvector('english', name || ' ' || replace(slug, '-', ' ')), 'A') ||
    setweight(to_tsvector('english', category || ' ' || array_to_string(tags, ' ')), 'B') ||
    setweight(to_tsvector('english', left(description, 20000)), 'C') ||
    setweight(to_tsvector('english', %s), 'D')
WHERE id = %s"""


@transaction.atomic
def show_plugin(plugin: Plugin) -> None:
    """Let the list show the plugin's newest approved version, or take it out when it has none."""
    approved = PluginVersion.objects.filter(status=VersionStatus.APPROVED, plugin=plugin)
    version = approved.filter(pk=plugin.current_version_id).first() if plugin.current_version_id else None
    if version is None or not plugin.is_public:
        Entry.objects.filter(kind=Entry.Kind.PLUGIN, object_id=plugin.pk).update(is_public=False)
        return
    asked = asked_by(version).values()
    keep_entry(
        kind=Entry.Kind.PLUGIN,
        object_id=plugin.pk,
        parts=_parts(version),
        slug=plugin.slug,
        name=plugin.name,
        description=plugin.description,
        category=plugin.category.slug if plugin.category else "",
        tags=plugin.tags,
        publisher_id=plugin.publisher_id,
        workspace_id=plugin.workspace_id,
        is_public=True,
        is_system=plugin.is_system,
        version=version.version,
        key_id=version.signed_by_id,
        verdict=Verdict(version.verdict),
        was_read=version.reviewer_id is not None,
        decided_at=version.reviewed_at,
        reach=sorted({row.kind for row in asked} | _wired(version)),
        hosts=[row.value[:300] for row in asked if row.kind == "host"][:MOST_HOSTS],
        counts=version.contents,
        token_estimate=version.token_estimate,
        changed_at=version.published_at or version.submitted_at,
    )


def keep_entry(*, kind: str, object_id: UUID, parts: Sequence[str], **columns: Any) -> Entry:
    """Add or change the row of one listing. parts: texts of what is inside, found by words."""
    old = Entry.objects.filter(kind=kind, object_id=object_id).first()
    text = meaning_of(columns["name"], columns["description"])
    if old is None or text != meaning_of(old.name, old.description):
        columns |= {"embedding_model": ""}
    entry, _ = Entry.objects.update_or_create(kind=kind, object_id=object_id, defaults=columns)
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [" ".join(parts)[:100_000], entry.pk])
    return entry


def show_missing_plugins() -> None:
    """Rows for plugins that were approved before there was this list."""
    listed = Entry.objects.filter(kind=Entry.Kind.PLUGIN).values("object_id")
    for plugin in Plugin.objects.filter(is_public=True).exclude(pk__in=listed).select_related("category"):
        show_plugin(plugin)


def _wired(version: PluginVersion) -> set[str]:
    names = (("hooks", "hook"), ("mcp_servers", "mcp_server"))
    return {kind for name, kind in names if version.contents.get(name)}


def _parts(version: PluginVersion) -> list[str]:
    """Names and descriptions of skills, commands and agents."""
    found = []
    for kind in ("skills", "commands", "agents"):
        for row in version.package.get(kind) or []:
            if isinstance(row, dict):
                found.append(f"{row.get('name', '')} {row.get('description', '')}")
    return found
