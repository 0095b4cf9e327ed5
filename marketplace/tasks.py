"""Where Celery looks for the app's tasks."""

from marketplace.browse.tasks import index_entries
from marketplace.plugins.tasks import import_repository, sweep_imports
from marketplace.scans.tasks import rescan_approved, scan_version, sweep_scans

__all__ = ["import_repository", "index_entries", "rescan_approved", "scan_version", "sweep_imports", "sweep_scans"]
