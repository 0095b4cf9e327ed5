"""Rules over a whole file or package: concealment as such, bytecode, what does not fit together."""

import re
from collections.abc import Iterator
from dataclasses import replace

from marketplace.packages.package import Package
from marketplace.scanning import decoding
from marketplace.scanning.hits import LADDER, Hit, Reading, step
from marketplace.scanning.inventory import Inventory
from marketplace.scanning.report import ChainStep

CONFUSING = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]")
SPEECH = re.compile(r"[\u0370-\u03ff\u0400-\u04ff]{4,}")
BLANKS = 60


def file_hits(reading: Reading) -> Iterator[Hit]:
    """How a file keeps something from its reader, whatever it says."""
    foreign = sum(len(match) for match in SPEECH.findall(reading.source.text[:200_000])) > 200
    told: set[str] = set()
    for number, line in enumerate(reading.lines, 1):
        if line.isascii():
            continue
        for mark in decoding.marks(line):
            if mark in told or (foreign and "alphabets" in mark):
                continue
            told.add(mark)
            loud = mark.startswith(("invisible", "marks")) or (
                mark.startswith("letters") and reading.source.kind in ("python", "javascript", "shell")
            )
            yield Hit(
                "F-02",
                step(1, loud),
                number,
                line.strip()[:400],
                decoded=f"{mark}: {reading.plain[number - 1].strip()[:300]}",
                concealed=True,
            )
    yield from _padding(reading)


def _padding(reading: Reading) -> Iterator[Hit]:
    run = 0
    for number, line in enumerate(reading.lines, 1):
        if not line.strip():
            run += 1
            continue
        if (run >= BLANKS and reading.source.kind not in ("json", "text")) or decoding.PADDED.search(line):
            yield Hit("F-03", "medium", number, line.strip()[:400], concealed=True)
            return
        run = 0


def concealed(reading: Reading) -> None:
    """Hits on lines that are not written plainly take no discount and say how they read."""
    for place, hit in enumerate(reading.hits):
        if hit.concealed or not 0 < hit.line <= len(reading.lines):
            continue
        raw, plain = reading.lines[hit.line - 1], reading.plain[hit.line - 1]
        if (
            raw is not plain
            and (decoding.differs(raw, plain) or decoding.INSIDE_WORD.search(raw))
            and hit.strength not in ("capability",)
        ):
            reading.hits[place] = replace(
                hit,
                strength=step(LADDER.index(hit.strength), True),
                text=raw,
                role=1.0,
                voice=max(hit.voice, 0.6),
                kept=True,
                decoded=plain.strip()[:400],
                concealed=True,
            )


def package_hits(package: Package, inventory: Inventory, readings: dict[str, Reading]) -> Iterator[Hit]:
    """What only the whole shows."""
    names = {path.rpartition("/")[2] for path in readings}
    texts = [reading.source.text for reading in readings.values()]
    for path, what in inventory.unread.items():
        name = path.rpartition("/")[2].rpartition("!")[2]
        if what == "Python bytecode":
            stem = re.sub(r"(?:\.cpython-\d+)?(?:\.opt-\d)?\.py[co]$", "", name)
            if f"{stem}.py" not in names:
                yield Hit("G-03", "strong", 0, path, file=path, reach=1.0)
        elif what == "encrypted archive":
            yield Hit("A-03", "medium", 0, path, file=path, reach=1.0)
        elif what in ("binary", "serialised objects") and any(name in text for text in texts):
            run = any(
                re.search(rf"(?:exec|eval|load|decrypt|xor|open|run|python|bash|sh)[^\n]*{re.escape(name)}", text)
                for text in texts
            )
            yield Hit("G-04", step(1, run), 0, path, file=path, reach=1.0)
    yield from _across(readings)


def _across(readings: dict[str, Reading]) -> Iterator[Hit]:
    """One file reads secrets and another one sends: joined by the package, or by one naming the other."""
    reads = [
        (path, fact)
        for path, reading in readings.items()
        for fact in reading.facts
        if fact.kind == "read" and fact.labels & {"secret", "environment"}
    ]
    sends = [
        (path, fact)
        for path, reading in readings.items()
        for fact in reading.facts
        if fact.kind == "send"
        and fact.place is not None
        and fact.place.kind in ("unknown", "low_trust")
        and not fact.labels & {"secret", "environment"}
    ]
    for path, read in reads[:20]:
        for other, send in sends[:20]:
            if other == path:
                continue
            stem = other.rpartition("/")[2].rpartition(".")[0]
            mine = path.rpartition("/")[2].rpartition(".")[0]
            linked = (len(stem) > 2 and stem in readings[path].source.text) or (
                len(mine) > 2 and mine in readings[other].source.text
            )
            chain = (
                ChainStep(path, read.line, "reads something secret"),
                ChainStep(other, send.line, "sends to an address"),
            )
            place = send.place
            yield Hit(
                "B-09",
                step(3, linked),
                send.line,
                send.text,
                host=place.factor if place else 1.0,
                joined=0.7 if linked else 0.4,
                chain=chain,
                file=other,
            )
            return
