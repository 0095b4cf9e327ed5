"""The plugins that come with the product: through the same intake and scan, approved because the project signed them.

`seeds/signatures.json` holds the project's public key and a signature for each version. After a change of a seed raise
its version and sign it anew: `manage.py plugins sign FILE.zip --key KEY.pem`; the private key is kept out of the tree.
"""

import json
import logging
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from automatos.errors import AppError
from marketplace.browse import entries
from marketplace.models import Plugin, PluginScan, PluginVersion, PublisherKey, VersionStatus
from marketplace.moderation.services import locked, publish
from marketplace.moderation.shared_seed_services import seed_listings
from marketplace.packages.package import PackageFile
from marketplace.packages.reading import read_package
from marketplace.plugins.intake import Origin, take_in
from marketplace.publishers import signing
from marketplace.publishers.services import installation_publisher, project_publisher
from marketplace.scanning.report import StaticReport
from marketplace.scans import jobs

logger = logging.getLogger(__name__)

SEEDS = Path(__file__).parent.parent / "seeds"
WHY = "Comes with the product: signed by the project, and the rules found nothing. No model has read it."


@cache
def signatures() -> dict[str, Any]:
    """The public key, and the signature of each plugin by its slug."""
    found: dict[str, Any] = json.loads((SEEDS / "signatures.json").read_text())
    return found


def seed_plugins() -> int:
    """Take in what is not there yet; how many of them are approved. To be called across workspaces."""
    installation_publisher()
    publisher = project_publisher()
    key = signing.read_public_key(signatures()["public_key"])
    PublisherKey.objects.get_or_create(
        publisher=publisher, fingerprint=key.fingerprint, defaults={"name": "Project", "public_key": key.text}
    )
    entries.show_missing_plugins()
    seed_listings(publisher)
    folders = sorted(path for path in (SEEDS / "plugins").iterdir() if path.is_dir())
    return sum(1 for folder in folders if _is_approved(folder))


def _is_approved(folder: Path) -> bool:
    files = [
        PackageFile(str(path.relative_to(folder)), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    (package,) = read_package(files, name=folder.name)
    signature = str(signatures()["signatures"].get(package.slug, ""))
    origin = Origin(project_publisher(), source={"kind": "seed"}, trigger=PluginScan.Trigger.SEED, signature=signature)
    try:
        submitted = take_in(package, origin)
    except AppError as error:
        # A workspace may have had the name first; the start goes on without this one.
        logger.warning("The plugin %s that comes with the product is left out: %s", package.slug, error.message)
        return False
    if submitted.is_new and submitted.scan is not None:
        jobs.run_scan(submitted.scan.pk, ask_model=False)
        _approve(submitted.version)
    return bool(PluginVersion.objects.get(pk=submitted.version.pk).status == VersionStatus.APPROVED)


@transaction.atomic
def _approve(version: PluginVersion) -> None:
    """Approve it if the project signed it and the rules have nothing that a person has to look at."""
    row = locked(version.pk)
    scan = PluginScan.objects.get(pk=row.scan_id) if row.scan_id else None
    is_ours = row.signed_by is not None and row.signed_by.publisher.is_system
    if scan is None or not is_ours or row.status != VersionStatus.PENDING:
        return
    if not StaticReport.from_json(scan.static_report).asks_person:
        Plugin.objects.filter(pk=row.plugin_id).update(is_system=True)
        publish(row, None, WHY)
