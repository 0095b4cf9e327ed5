"""From an upload to packages. A stand-in until the reader of packages is here."""

import json
from dataclasses import replace

from automatos.errors import wrong_field
from automatos.zip_files import read_zip
from marketplace.packages.package import Package, PackageFile, Skill


def packages_in(data: bytes, filename: str) -> list[Package]:
    """Every package of the archive. Raises InvalidInput naming `file`."""
    files = tuple(PackageFile(path, body) for path, body in sorted(read_zip(data).items()))
    found = {file.path: file for file in files}
    if "manifest.json" not in found:
        raise wrong_field("file", "There is no manifest.json.")
    manifest = json.loads(found["manifest.json"].data)
    package = Package("manifest", manifest["slug"], manifest["name"], manifest.get("version", ""), files=files)
    skill = found.get("SKILL.md")
    skills = (Skill("skill", "", skill.text or "", "SKILL.md"),) if skill else ()
    return [replace(package, skills=skills, description=manifest.get("description", ""), manifest=manifest)]
