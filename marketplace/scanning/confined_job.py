"""The job of `tools.confinement` that scans. It knows no settings and no secrets."""

from typing import Any

from marketplace.scanning.confined import packages_of
from marketplace.scanning.scan import scan


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Scan the first package of the task, beside the second if there is one."""
    package, *previous = packages_of(task, data)
    return {"report": scan(package, previous[0] if previous else None).to_json()}, b""
