"""A version's package and files, put together again from rows and storage."""

from collections.abc import Iterable

from automatos.errors import NotFound
from marketplace.models import PluginFile, PluginVersion
from marketplace.packages.package import Package, PackageFile, from_json
from marketplace.versions import bodies


def package_of(version: PluginVersion) -> Package:
    """The package as it was submitted, with the bytes of all its files. Raises Unavailable when storage lost one."""
    rows = version.files.order_by("path")
    value = {**version.package, "permissions": version.permissions, "warnings": version.warnings}
    return from_json(value, _files(rows))


def approved_before(version: PluginVersion) -> PluginVersion | None:
    """The newest version below this one that was ever approved."""
    rows = PluginVersion.objects.filter(plugin_id=version.plugin_id, published_at__isnull=False)
    return rows.filter(sort_key__lt=version.sort_key).order_by("-sort_key").first()


def file_row(version: PluginVersion, path: str) -> PluginFile:
    """The row of a file. Raises NotFound."""
    row = version.files.filter(path=path).first() if "\x00" not in path else None
    if row is None:
        raise NotFound()
    return row


def text_of(row: PluginFile) -> str | None:
    """Its text as it stands; None when it is no text."""
    return bodies.read(row.sha256).decode("utf-8", "replace") if row.is_text else None


def _files(rows: Iterable[PluginFile]) -> list[PackageFile]:
    return [PackageFile(row.path, bodies.read(row.sha256), row.executable) for row in rows]
