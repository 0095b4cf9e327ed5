"""Takes real repositories of plugins in as the product does: `python -m benchmarks.public_packages NAME=FOLDER …`.

Each FOLDER is a bare git repository on this machine, say a mirror of a public one. It is served over HTTPS on loopback,
fetched in the cage, and opened and read in the process apart. Prints what was found, what was refused and why, warnings
by kind, and the share that was taken.
"""

import argparse
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import django
from django.conf import settings

if not settings.configured:
    settings.configure(OUTSIDE_PRIVATE_HOSTS=None)
    django.setup()

from agents.tests.git_kit import GitServer, git_server
from automatos.errors import AppError
from automatos.skill_format.git import Limits
from marketplace.packages.intake import take_repository
from marketplace.packages.package import Refusal


def take(server: GitServer, name: str, folder: Path) -> tuple[int, list[Refusal]]:
    """How many packages of a repository were taken, and why others were not."""
    served = f"{name.replace('/', '-')}.git"
    (server.root / served).symlink_to(folder.resolve())
    began = time.monotonic()
    try:
        reading = take_repository(server.url(served), network=server.network(), limits=Limits(disk_bytes=500_000_000))
    except AppError as error:
        print(f"{name}: refused ({error.code}) {error.message}")
        return 0, [Refusal(error.code, "", error.message)]
    counts: Counter[str] = Counter()
    for package in reading.packages:
        counts.update(package.counts)
    found = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    seconds = time.monotonic() - began
    print(f"{name} at {reading.commit[:10]}: {len(reading.packages)} packages ({found}), {seconds:.1f} s")
    for refusal in reading.refusals:
        print(f"  refused ({refusal.code}) {refusal.entry}: {refusal.sentence}")
    warned = Counter(warning.code for package in reading.packages for warning in package.warnings)
    print("  warnings: " + ", ".join(f"{number} {code}" for code, number in warned.most_common()))
    return len(reading.packages), list(reading.refusals)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repositories", nargs="+", metavar="NAME=FOLDER")
    options = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="automatos-served-"))
    taken = 0
    refusals: list[Refusal] = []
    try:
        with git_server(root) as server:
            for one in options.repositories:
                name, _, folder = one.partition("=")
                number, more = take(server, name, Path(folder))
                taken, refusals = taken + number, refusals + more
    finally:
        shutil.rmtree(root, ignore_errors=True)
    share = taken / max(taken + len(refusals), 1)
    print(f"{taken} packages taken, {len(refusals)} refused: {share:.1%}")
    for code, number in Counter(refusal.code for refusal in refusals).most_common():
        print(f"  {number:4} x {code}")


if __name__ == "__main__":
    main()
