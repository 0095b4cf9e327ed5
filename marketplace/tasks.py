"""Where Celery looks for the app's tasks."""

from marketplace.scans.tasks import scan_version, sweep_scans

__all__ = ["scan_version", "sweep_scans"]
