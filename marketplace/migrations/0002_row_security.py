from django.db import migrations

from automatos.row_security import WORKSPACE, protect, protect_shared

OWN = f"workspace_id = {WORKSPACE}"
# What hangs on a version is there for everybody only as long as the version may be used.
OF_USABLE = (
    "EXISTS (SELECT 1 FROM plugin_versions v WHERE v.id = version_id "  # noqa: S608 (constants)
    f"AND (v.status = 'approved' OR v.workspace_id = {WORKSPACE}))"
)
OF_OWN_PENDING = (
    "EXISTS (SELECT 1 FROM plugin_versions v WHERE v.id = version_id "  # noqa: S608 (constants)
    f"AND v.workspace_id = {WORKSPACE} AND v.status = 'pending' AND v.verdict = 'unscanned')"
)
OF_OWN_VERSION = (
    "EXISTS (SELECT 1 FROM plugin_versions v WHERE v.id = version_id "  # noqa: S608 (constants)
    f"AND v.workspace_id = {WORKSPACE})"
)
OF_OWN_PLUGIN = f"EXISTS (SELECT 1 FROM plugins p WHERE p.id = plugin_id AND p.workspace_id = {WORKSPACE})"  # noqa: S608
OF_OWN_PUBLISHER = f"EXISTS (SELECT 1 FROM publishers p WHERE p.id = publisher_id AND p.workspace_id = {WORKSPACE})"  # noqa: S608
SEEN_PLUGIN = "EXISTS (SELECT 1 FROM plugins p WHERE p.id = plugin_id)"


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial"), ("workspaces", "0003_row_security")]

    operations = [
        protect_shared(
            "publishers",
            reads=f"is_public OR {OWN}",
            adds=f"{OWN} AND NOT is_public AND NOT is_verified AND NOT is_system",
            changes=OWN,
            columns=["name", "website"],
        ),
        protect_shared(
            "publisher_keys",
            reads="EXISTS (SELECT 1 FROM publishers p WHERE p.id = publisher_id)",
            adds=f"{OWN} AND {OF_OWN_PUBLISHER}",
            changes=OWN,
            columns=["name", "revoked_at"],
        ),
        protect_shared(
            "plugins",
            reads=f"is_public OR {OWN}",
            adds=f"{OWN} AND {OF_OWN_PUBLISHER} AND NOT is_public AND NOT is_featured AND NOT is_system "
            "AND installs = 0 AND current_version_id IS NULL",
        ),
        protect_shared(
            "plugin_versions",
            reads=f"published_at IS NOT NULL OR {OWN}",
            adds=f"{OWN} AND {OF_OWN_PLUGIN} AND status = 'pending' AND verdict = 'unscanned' "
            "AND published_at IS NULL AND reviewed_at IS NULL",
        ),
        protect_shared("plugin_files", reads=OF_USABLE, adds=OF_OWN_PENDING),
        protect_shared(
            "plugin_security_scans",
            reads=OF_USABLE,
            adds=f"{OWN} AND {OF_OWN_VERSION} AND state = 'queued' AND verdict = 'unscanned'",
            kept=True,
        ),
        protect_shared("plugin_scan_calls", reads="false"),
        protect_shared("plugin_decisions", reads=OWN, kept=True),
        protect_shared(
            "plugin_reports", reads=OWN, adds=f"{OWN} AND {SEEN_PLUGIN} AND state = 'open' AND decided_at IS NULL"
        ),
        protect_shared("plugin_notices", reads=OWN, changes=OWN, columns=["dismissed_at", "dismissed_by_id"]),
        protect("plugin_answers", references={"version_id": "plugin_versions"}),
        protect("workspace_enabled_plugins", references={"plugin_id": "plugins", "version_id": "plugin_versions"}),
        protect("agent_assigned_plugins", references={"plugin_id": "plugins"}),
    ]
