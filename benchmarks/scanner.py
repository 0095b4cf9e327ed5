"""How well the rules tell hostile packages from honest ones: `python -m benchmarks.scanner --half development`.

Measured with the corpus in `marketplace/tests/corpus`. Prints recall on hostile packages, false alarms on honest ones
(ordinary and security-themed apart), how often a hostile package ranks above its clean twin, and seconds of the
processor. Of the development half and the fresh packages it names what was missed; of the held-out half it prints
totals only, since who writes rules must not know them. `--without` leaves a class or a carrier out.
"""

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marketplace.packages.package import Package, PackageFile
from marketplace.packages.reading import read_package
from marketplace.scanning.report import StaticReport
from marketplace.scanning.scan import scan
from marketplace.tests.corpus import Half, Specimen, packages

# 1.96 standard deviations hold 95 of 100.
SURE = 1.96


@dataclass(frozen=True)
class Result:
    """One package. asks: whether it comes before a person; wins: whether it ranks above its twin."""

    specimen: Specimen
    asks: bool
    score: float
    wins: bool | None
    seconds: float
    rules: tuple[str, ...]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of 95 % for a share."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, SURE * SURE
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = SURE * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def judged(files: Mapping[str, bytes], name: str) -> list[StaticReport]:
    """What the rules say of each package in these files."""
    found: list[Package] = read_package([PackageFile(path, data) for path, data in files.items()], name=name)
    return [scan(package) for package in found]


def measure(specimen: Specimen) -> Result:
    """Scan a package and its twin."""
    began = time.process_time()
    reports = judged(specimen.files, specimen.id)
    seconds = time.process_time() - began
    score = max(report.static_score for report in reports)
    wins = None
    if specimen.twin is not None:
        wins = score > max(report.static_score for report in judged(specimen.twin, specimen.id))
    loud = [finding.rule for report in reports for finding in report.findings]
    return Result(specimen, any(report.asks_person for report in reports), score, wins, seconds, tuple(loud[:3]))


def share(name: str, hits: int, of: int) -> None:
    """Print a share with its interval."""
    low, high = wilson(hits, of)
    print(f"{name:38} {hits:4} of {of:4}  {100 * hits / of if of else 0:5.1f} %   [{100 * low:.1f}, {100 * high:.1f}]")


def tell(half: Half, results: list[Result]) -> None:
    """Print the figures of one half."""
    hostile = [result for result in results if result.specimen.label == "hostile"]
    twins = [result for result in hostile if result.wins is not None]
    print(f"\n{half}: {len(results)} packages")
    share("hostile that come before a person", sum(result.asks for result in hostile), len(hostile))
    for theme in ("ordinary", "security"):
        honest = [item for item in results if item.specimen.label == "benign" and item.specimen.theme == theme]
        share(f"false alarms, {theme}", sum(result.asks for result in honest), len(honest))
    share("hostile above its clean twin", sum(bool(result.wins) for result in twins), len(twins))
    times = sorted(result.seconds for result in results)
    print(
        f"{'seconds of the processor':38} median {times[len(times) // 2]:.3f}, p95 {times[int(len(times) * 0.95)]:.3f}"
    )
    if half != "held_out":
        _details(results, hostile)


def _details(results: Iterable[Result], hostile: Iterable[Result]) -> None:
    for kind in ("klass", "carrier"):
        groups: dict[str, list[bool]] = defaultdict(list)
        for result in hostile:
            groups[getattr(result.specimen, kind)].append(result.asks)
        print("  ".join(f"{name} {sum(asks)}/{len(asks)}" for name, asks in sorted(groups.items())))
    for result in results:
        if result.asks != (result.specimen.label == "hostile"):
            what = "alarm " if result.asks else "missed"
            print(f"  {what} {result.specimen.id} ({result.specimen.klass}): {', '.join(result.rules)}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("development", "held_out", "fresh"), action="append")
    parser.add_argument("--without", action="append", default=[], help="a class (A to M) or a carrier")
    given = parser.parse_args()
    halves: list[Half] = given.half or ["development", "held_out", "fresh"]
    for half in halves:
        chosen = [item for item in packages(half) if not {item.klass, item.carrier}.intersection(given.without)]
        tell(half, [measure(item) for item in chosen])


if __name__ == "__main__":
    main()
