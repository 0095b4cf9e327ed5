"""From a package that was read to rows that wait for their scan. Nothing is half there: bytes first, rows in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from automatos.errors import AppError, Conflict, InvalidInput, wrong_field
from automatos.llm.tokens import estimate_tokens
from automatos.rows import added
from marketplace.models import Plugin, PluginCategory, PluginFile, PluginScan, PluginVersion, Publisher, PublisherKey
from marketplace.packages.package import Package, Refusal, as_json
from marketplace.publishers import signing
from marketplace.versions import bodies, numbering
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_SLUG, LONGEST_NOTES = 64, 5_000
# What the packages' own texts may weigh in a row; the whole is in the files.
LONGEST_DESCRIPTION = 20_000


@dataclass(frozen=True)
class Origin:
    """Who submits, as whom, from where. source: kept with the version; trigger: why it is scanned."""

    publisher: Publisher
    workspace: Workspace | None = None
    user: User | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    trigger: str = PluginScan.Trigger.SUBMITTED
    category: str = ""
    notes: str = ""
    signature: str = ""

    @property
    def workspace_id(self) -> UUID | None:
        return self.workspace.pk if self.workspace else None


@dataclass(frozen=True)
class Submitted:
    """A version that waits. is_new: False when these very bytes were submitted before. scan: the one that is due."""

    version: PluginVersion
    is_new: bool
    scan: PluginScan | None = None


def take_in(package: Package, origin: Origin) -> Submitted:
    """Make the package a version that waits for its scan.

    Raises Conflict for a name that is another publisher's and for a version whose bytes were others; InvalidInput.
    """
    if not package.slug or len(package.slug) > LONGEST_SLUG:
        raise wrong_field("file", f"The slug has to have 1 to {LONGEST_SLUG} letters, digits and hyphens.")
    number = _stated(package)
    bodies.keep(package.files)
    with transaction.atomic():
        plugin = _plugin(package, origin)
        number = number or _unstated(package, plugin)
        if PluginVersion.objects.filter(plugin=plugin, version=number).exists():
            return _there_already(package, plugin, number)
        try:
            with transaction.atomic():
                return _added(package, plugin, number, origin)
        except IntegrityError:
            return _there_already(package, plugin, number)


def take_all(packages: Sequence[Package], origin: Origin) -> tuple[list[Submitted], list[Refusal]]:
    """Take in each by itself: what was taken, and why others were not; if none is, what the first was refused for.

    To be called in the transaction that keeps all of it.
    """
    found: list[Submitted] = []
    refused: list[AppError] = []
    refusals: list[Refusal] = []
    if origin.signature.strip() and len(packages) > 1:
        raise wrong_field("signature", "A signature is for one package; submit those of a collection one by one.")
    for package in packages:
        try:
            with transaction.atomic():
                found.append(take_in(package, origin))
        except AppError as error:
            refused.append(error)
            refusals.append(Refusal(error.code, package.root or package.slug, error.message))
    if refused and not found:
        raise refused[0]
    return found, refusals


def _stated(package: Package) -> str:
    return numbering.normalised(package.version) if package.version.strip() else ""


def _unstated(package: Package, plugin: Plugin) -> str:
    """The number of a package that says none: that of the same bytes, else one above the highest there is."""
    rows = PluginVersion.objects.filter(plugin=plugin)
    same = rows.filter(sha256=package.digest).first()
    newest = same or rows.order_by("-sort_key").first()
    if newest is None:
        return numbering.FIRST
    return newest.version if same else numbering.following(newest.version)


def _plugin(package: Package, origin: Origin) -> Plugin:
    """The plugin of this slug; made when there is none. Raises Conflict when it is another publisher's."""
    found = Plugin.objects.filter(slug=package.slug).first()
    if found is None:
        plugin = Plugin(
            slug=package.slug,
            name=_name(package),
            description=package.description[:LONGEST_DESCRIPTION],
            publisher=origin.publisher,
            workspace=origin.workspace,
            category=category_of(origin.category or package.category),
            tags=list(package.tags)[:20],
        )
        # One of another workspace that was never approved is not to be seen here, but its name is taken all the same.
        if made := added(plugin):
            return made
        found = Plugin.objects.filter(slug=package.slug).first()
    if found is None or found.publisher_id != origin.publisher.pk:
        raise Conflict(
            f"The name {package.slug} belongs to another publisher. Give your plugin another slug.", code="slug_taken"
        )
    return found


def _added(package: Package, plugin: Plugin, number: str, origin: Origin) -> Submitted:
    key = _signing_key(package, plugin, number, origin)
    # Looked for, so that the database logs no error at each start; of two at once the constraint decides.
    if PluginVersion.objects.filter(plugin=plugin, version=number).exists():
        return _there_already(package, plugin, number)
    version = PluginVersion(
        plugin=plugin,
        workspace=origin.workspace,
        version=number,
        sort_key=numbering.sort_key(number),
        sha256=package.digest,
        source=dict(origin.source),
        layout=package.layout,
        package=_kept(package),
        contents=package.counts,
        permissions=list(as_json(package)["permissions"]),
        warnings=as_json(package)["warnings"],
        notes=origin.notes[:LONGEST_NOTES],
        size=package.size,
        file_count=len(package.files),
        token_estimate=min(package.token_estimate or _tokens(package), 2**31 - 1),
        signature=signing.read_signature(origin.signature) if key else "",
        signed_by=key,
        key_changed=_is_other_key(plugin, key),
        submitted_by=origin.user,
    )
    version.save(force_insert=True)
    PluginFile.objects.bulk_create(
        PluginFile(
            version=version,
            path=file.path,
            sha256=file.sha256,
            size=file.size,
            is_text=file.text is not None,
            executable=file.executable,
        )
        for file in package.files
    )
    scan = PluginScan.objects.create(
        version=version,
        workspace=origin.workspace,
        trigger=origin.trigger,
        sha256=version.sha256,
        requested_by=origin.user,
    )
    _record("submitted", version, origin, after={"sha256": version.sha256, "files": version.file_count})
    if version.key_changed:
        _record("key_changed", version, origin, after={"key": key.fingerprint if key else "not signed"})
    return Submitted(version, True, scan)


def _there_already(package: Package, plugin: Plugin, number: str) -> Submitted:
    """The version that is there under this number, if it is the same one."""
    found = PluginVersion.objects.filter(plugin=plugin, version=number).first()
    if found is None or found.sha256 != package.digest:
        raise Conflict(
            f"{package.slug} {number} was submitted before with other contents. "
            "A version never changes: raise its number and submit it again.",
            code="version_exists",
        )
    return Submitted(found, False)


def _signing_key(package: Package, plugin: Plugin, number: str, origin: Origin) -> PublisherKey | None:
    """The publisher's key that made the signature; None without one. Raises InvalidInput for one that fits no key."""
    if not origin.signature.strip():
        return None
    signature = signing.read_signature(origin.signature)
    for key in PublisherKey.objects.filter(publisher_id=plugin.publisher_id, revoked_at=None):
        if signing.fits(signature, key.public_key, slug=plugin.slug, version=number, digest=package.digest):
            return key
    raise InvalidInput(
        "The signature was made by no key that this publisher has registered, or for another package.",
        code="signature_unknown",
        fields={"signature": [f"Register the key, or sign {plugin.slug} {number} with digest {package.digest}."]},
    )


def _is_other_key(plugin: Plugin, key: PublisherKey | None) -> bool:
    rows = PluginVersion.objects.filter(plugin=plugin, published_at__isnull=False)
    before = rows.order_by("-sort_key").values_list("signed_by_id", flat=True).first()
    return before is not None and before != (key.pk if key else None)


def category_of(slug: str) -> PluginCategory | None:
    """The category under this slug; None when there is none."""
    return PluginCategory.objects.filter(slug=slug.strip().lower()).first() if slug.strip() else None


def _name(package: Package) -> str:
    return (package.name or package.slug)[:200]


def _kept(package: Package) -> dict[str, Any]:
    """What was read, without what stands in other columns."""
    kept = as_json(package)
    for name in ("files", "permissions", "warnings"):
        kept.pop(name)
    return kept


def _tokens(package: Package) -> int:
    texts: Sequence[str] = [
        *(skill.body for skill in package.skills),
        *(command.body for command in package.commands),
        *(agent.instructions for agent in package.agents),
    ]
    return sum(estimate_tokens(text) for text in texts)


def _record(done: str, version: PluginVersion, origin: Origin, after: Mapping[str, Any]) -> None:
    target = ("plugin_version", version.pk, f"{version.plugin.slug} {version.version}")
    audit.record(f"plugin.{done}", workspace_id=origin.workspace_id, target=target, after=after)
