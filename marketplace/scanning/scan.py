"""The static scan: every file read, rules applied, one number. Nothing of a package is run, rendered or fetched."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from marketplace.packages.package import Package
from marketplace.scanning.card import changes, permission_card
from marketplace.scanning.hits import LADDER, Hit, Reading
from marketplace.scanning.hosts import Known, known_from
from marketplace.scanning.inventory import Inventory, take_inventory
from marketplace.scanning.reach import reaches
from marketplace.scanning.reading import read_source
from marketplace.scanning.report import CardRow, CoverageRow, StaticReport
from marketplace.scanning.rules.automatic import automatic_hits, installed_names
from marketplace.scanning.rules.code import code_hits
from marketplace.scanning.rules.shapes import shape_hits
from marketplace.scanning.rules.table import RULES
from marketplace.scanning.rules.whole import concealed, file_hits, package_hits
from marketplace.scanning.scale import PACKAGE_SECONDS, RULES_VERSION, static_score
from marketplace.scanning.score import findings, tail_of, total


def scan(package: Package, previous: Package | None = None) -> StaticReport:
    """What the rules say of a package. previous: the version that was approved last, to say what is new.

    Costs up to 20 seconds and 300 MB; call it through `confined.scan_confined`, in a process of its own.
    """
    began = time.process_time()
    readings, inventory, known = _readings(package, began + PACKAGE_SECONDS)
    hits = list(_hits(package, inventory, readings, known))
    card = permission_card(package, inventory, readings)
    news: tuple[str, ...] = ()
    if previous is not None:
        hits, news = _raised(hits, package, previous, card)
    found = findings(hits, readings, RULES)
    tail = tail_of(readings.values(), sum(file.executable for file in package.files))
    whole = round(total(found, sum(tail.values())), 4)
    return StaticReport(
        rules_version=RULES_VERSION,
        digest=package.digest,
        findings=tuple(found),
        card=card,
        coverage=tuple(_coverage(inventory, readings)),
        total=whole,
        static_score=static_score(whole),
        seconds=round(time.process_time() - began, 3),
        changes=news,
        tail={name: round(value, 3) for name, value in tail.items()},
    )


def _readings(package: Package, deadline: float) -> tuple[dict[str, Reading], Inventory, Known]:
    known = known_from(
        (package.slug, package.name, package.description, package.author, *(skill.name for skill in package.skills)),
        (package.homepage, package.repository, package.author_url, package.author_email.rpartition("@")[2]),
    )
    inventory = take_inventory(package)
    reach = reaches(package, inventory.sources)
    readings: dict[str, Reading] = {}
    # What runs by itself or instructs is read first, so that a package cannot use up the time before it.
    for source in sorted(inventory.sources, key=lambda source: (-reach[source.path][0], source.size)):
        if time.process_time() > deadline:
            inventory.coverage.append(
                CoverageRow(
                    source.path, source.kind, source.size, "unread", "the time for one package was used up", gap=True
                )
            )
            continue
        reading = read_source(source, known, deadline)
        reading.reach, reading.entry = reach[source.path]
        readings[source.path] = reading
    return readings, inventory, known


def _hits(package: Package, inventory: Inventory, readings: dict[str, Reading], known: Known) -> Iterator[Hit]:
    for path, reading in readings.items():
        reading.hits += code_hits(reading)
        reading.hits += shape_hits(reading, {hit.rule for hit in reading.hits})
        reading.hits += installed_names(reading)
        concealed(reading)
        reading.hits += file_hits(reading)
        yield from (hit.at(path) for hit in reading.hits)
    yield from automatic_hits(package, readings, known)
    yield from package_hits(package, inventory, readings)


def _coverage(inventory: Inventory, readings: dict[str, Reading]) -> Iterator[CoverageRow]:
    for row in inventory.coverage:
        reading = readings.get(row.file)
        yield replace(row, reason=reading.failed, gap=True) if reading is not None and reading.failed else row


def _raised(
    hits: list[Hit], package: Package, previous: Package, card: Iterable[CardRow]
) -> tuple[list[Hit], tuple[str, ...]]:
    """Hits on lines that the version before did not have weigh a step more when what they rest on is new too."""
    readings, inventory, _ = _readings(previous, time.process_time() + PACKAGE_SECONDS / 2)
    news = changes(card, permission_card(previous, inventory, readings))
    old = {(path, line.strip()) for path, reading in readings.items() for line in reading.lines}
    fresh = [
        replace(hit, strength=LADDER[min(LADDER.index(hit.strength) + 1, 4)])
        if news and hit.strength != "capability" and (hit.file, hit.text.strip()) not in old and _new(hit, old)
        else hit
        for hit in hits
    ]
    return fresh, news


def _new(hit: Hit, old: set[tuple[str, str]]) -> bool:
    return not any(file == hit.file and hit.text.strip() and hit.text.strip() in line for file, line in old)
