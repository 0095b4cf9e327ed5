"""Pins and their hashes: `python automatos/local/pins.py check` or `newer`. Needs nothing that has to be installed.

check: each pin of the files of requirements stands with the hashes of all wheels of its release in the file that is
installed from, and nothing else does. newer: says which pins have newer patch releases, and nothing where no registry
is reached. Hashes are written by `uv pip compile FILE --generate-hashes --universal` (docs/contributing.md).
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The file that people edit, and the one that is installed from.
FILES = {
    "requirements.txt": "automatos/local/hashes.txt",
    ".ci/requirements-dev.txt": ".ci/hashes-dev.txt",
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
# A pin that no hash follows.
BARE = re.compile(r"^(\S+==\S+)(?: ;[^\\\n]*)?$", re.MULTILINE)
# Seconds for asking a registry; make lint does not wait longer.
PATIENCE = 90


def pins(text: str) -> dict[str, str]:
    """Version by package, in the spelling that packages are compared by."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in PIN.findall(text)}


def problems() -> list[str]:
    """What is pinned otherwise than hashed, in words."""
    found = []
    for source, hashed in FILES.items():
        wanted = pins((ROOT / source).read_text())
        text = (ROOT / hashed).read_text()
        known = pins(text)
        # Tools bring further packages; those stand among the hashes alone.
        wrong = sorted(name for name, version in wanted.items() if known.get(name) != version)
        found += [f"{hashed} has no hashes of {name} {wanted[name]}, which {source} pins." for name in wrong]
        if source == "requirements.txt":
            more = sorted(known.keys() - wanted.keys())
            found += [f"{hashed} has {name}, which {source} does not pin." for name in more]
        found += [f"{hashed}: {pin} has no hash." for pin in BARE.findall(text)]
    return found


def is_patch(old: str, new: str) -> bool:
    """Whether only what follows the second number is another."""
    before, after = (re.findall(r"\d+", version.partition("+")[0]) for version in (old, new))
    return before != after and before[:2] == after[:2]


def newer() -> list[str]:
    """Pins with a newer patch release, as pip's registry tells, or that it does not tell."""
    pinned = {name: version for source in FILES for name, version in pins((ROOT / source).read_text()).items()}
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--retries", "0", "--timeout", "5", "list"]
    try:
        said = subprocess.run(
            [*command, "--outdated", "--format", "json"],
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        rows = json.loads(said.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return [f"Whether there are newer patch releases is not known: the registry did not tell within {PATIENCE} s."]
    return [
        f"{row['name']} {row['version']}: {row['latest_version']} is a newer patch release."
        for row in rows
        if pinned.get(re.sub(r"[-_.]+", "-", row["name"]).lower()) == row["version"]
        and is_patch(row["version"], row["latest_version"])
    ]


if __name__ == "__main__":
    asked = sys.argv[1:] or ["check"]
    lines = problems() if asked == ["check"] else newer()
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.exit(1 if lines and asked == ["check"] else 0)
