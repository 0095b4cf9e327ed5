"""The scan in a process of its own: no network, no secrets, 300 MB, and an end."""

from collections.abc import Mapping
from typing import Any

from asgiref.sync import async_to_sync

from marketplace.packages.package import Package, PackageFile, as_json, from_json
from marketplace.scanning.report import StaticReport, unread_report
from marketplace.scanning.scale import MEMORY, PACKAGE_SECONDS
from tools import confinement
from tools.contract import ToolProblem

JOB = "marketplace.scanning.confined_job"
# Beyond the processor's time that the scan allows itself: starting, and waiting for a busy machine.
PATIENCE = 3


def scan_confined(package: Package, previous: Package | None = None) -> StaticReport:
    """What the rules say of a package, see `scan.scan`. A scan that dies or takes too long leaves a package unread,
    which a person has to look at; it never raises for what is in a package."""
    versions = [item for item in (package, previous) if item is not None]
    task = {"packages": [as_json(item) for item in versions]}
    data = b"".join(file.data for item in versions for file in item.files)
    run = async_to_sync(confinement.run)
    try:
        result, _ = run(JOB, task, data, seconds=PACKAGE_SECONDS * PATIENCE, memory=MEMORY)
    except ToolProblem as problem:
        return unread_report(package.digest, f"The scan did not come to its end: {problem}", package.size)
    return StaticReport.from_json(result["report"])


def packages_of(task: Mapping[str, Any], data: bytes) -> list[Package]:
    """The packages that `scan_confined` sent: JSON with the sizes of files, and their contents one after the other."""
    found, at = [], 0
    for value in task["packages"]:
        files = []
        for fact in value["files"]:
            files.append(PackageFile(fact["path"], data[at : at + fact["size"]], fact["executable"]))
            at += fact["size"]
        found.append(from_json(value, files))
    return found
