"""From what code does to what is wrong with it: the rules over facts of one file."""

import re
from collections.abc import Iterator
from typing import Any

from marketplace.scanning.code.semantics import own_vendor
from marketplace.scanning.hits import Fact, Hit, Reading, step
from marketplace.scanning.prose.outward import OUTLET
from marketplace.scanning.report import ChainStep
from marketplace.scanning.rules.acts import OTHERS_STORES
from marketplace.scanning.rules.code_effects import (
    delete_hits,
    destroy_hits,
    factor,
    fetched_from,
    guard_hits,
    hit,
    mine_hits,
    override_hits,
    persist_hits,
    unlock_hits,
    worked,
    write_hits,
)
from marketplace.scanning.scale import BLOCK_LINES

NEAR = 6
CARRIES = re.compile(r"\s-(?:d|F|T)\b|--(?:data|form|upload|json|post)")
AGAIN = re.compile(
    r"\b(?:after|before|with|on|upon|following) (?:any|each|every|all|the|completing|finishing)\b|\balways\b|"
    r"\bevery time\b|"
    r"\bafter (?:\w+ing)\b|\bmake sure to\b|\bautomatically\b",
    re.IGNORECASE,
)
PIPED = re.compile(r"curl|wget|bash|\bsh\b|iwr|irm", re.IGNORECASE)
QUIET_RUN = re.compile(r"\bnohup\b|\bdisown\b|\bsetsid\b|>\s*/dev/null 2>&1\s*&|&>\s*/dev/null\s*&|/dev/null 2>&1 &")
SENSITIVE = frozenset(("secret", "environment"))


def code_hits(reading: Reading) -> Iterator[Hit]:
    """Hits of all facts of a reading."""
    facts = sorted(reading.facts, key=lambda fact: fact.line)
    for fact in facts:
        finder = FINDERS.get(fact.kind)
        if finder is not None:
            yield from finder(reading, fact, facts)
    yield from _remote_shell(reading, facts)
    yield from _read_then_send(reading, facts)
    yield from _poll(reading, facts)
    yield from _named_then_sent(reading, facts)
    yield from _read_then_told(reading, facts)
    yield from _ordered_to_send(reading, facts)


def _send(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    labels, place = fact.labels, fact.place
    host = worked(reading, fact, place) if labels & SENSITIVE else factor(place)
    known = place is not None and place.kind in ("service", "registry")
    vendor = place is not None and place.kind == "own"
    if labels & SENSITIVE:
        strong = "environment" in labels or "secret" in labels
        chain = _source_chain(reading, fact, facts)
        if vendor and _own_store(facts, labels):
            yield hit("B-04", "medium", fact, host, chain=chain)
        elif known and "secret" in labels and place is not None and not fact.extra.get("layer"):
            yield hit("B-04", step(2, "environment" in labels), fact, host, chain=chain)
        else:
            yield hit("B-04", step(3, strong), fact, host, chain=chain)
        return
    variables = [label[4:] for label in labels if label.startswith("var:")]
    if "secretvar" in labels and not known and not (vendor and len(variables) < 3):
        if place is not None and all(own_vendor(name, place.name) for name in variables):
            return
        yield hit(
            "B-05",
            step(2, place is not None and place.kind in ("unknown", "low_trust", "declared"), len(variables) > 1),
            fact,
            host,
        )
        return
    if labels & {"private", "input"} and not known:
        yield hit(
            "B-06",
            step(
                2, "input" in labels and place is not None and place.outside and (not vendor or reading.entry == "hook")
            ),
            fact,
            host,
        )
    elif labels & {"file", "listing", "output"} and not known:
        quiet = QUIET_RUN.search(reading.plain[fact.line - 1] if fact.line <= len(reading.plain) else "")
        wired = bool(fact.extra.get("wire")) and place is not None and place.outside
        start = 0 if vendor and reading.entry != "hook" else 1
        yield hit(
            "B-06",
            step(start, place is not None and place.outside and not vendor, wired, quiet, quiet and wired),
            fact,
            host,
        )
    elif "system" in labels and not known and not vendor:
        strange = place is not None and place.kind in ("unknown", "low_trust")
        yield hit("B-07", step(1, strange, strange and reading.entry == "build"), fact, host)
    elif place is not None and place.kind == "low_trust":
        yield hit("B-08", "weak", fact, host)


def _own_store(facts: list[Fact], labels: frozenset[str]) -> bool:
    """Whether what is read is a file with a program's own key, as an honest client of its service has one."""
    reads = [item.value for item in facts if item.kind == "read" and "secret" in item.labels]
    return "environment" not in labels and bool(reads) and not any(OTHERS_STORES.search(value) for value in reads)


def _source_chain(reading: Reading, fact: Fact, facts: list[Fact]) -> tuple[ChainStep, ...]:
    source = next(
        (item for item in facts if item.kind == "read" and item.labels & SENSITIVE and item.line <= fact.line), None
    )
    if source is None or source.line == fact.line:
        return ()
    return (
        ChainStep(reading.path, source.line, "reads something secret"),
        ChainStep(reading.path, fact.line, "sends it away"),
    )


def _fetch(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    place = fact.place
    if place is not None and place.kind == "low_trust":
        yield hit("B-08", "weak", fact, place.factor)
    if "header:secretvar" in fact.labels and place is not None and place.kind == "low_trust":
        yield hit("B-05", "medium", fact, place.factor)


def _run(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    labels = fact.labels
    if "network" in labels:
        place = fact.place or fetched_from(fact, facts)
        # Programs of vendors are often installed that way; an author who takes their name has to do more to be loud.
        host = worked(reading, fact, place) * (
            0.9 if place is not None and place.kind == "own" and PIPED.search(fact.text) else 1.0
        )
        chain: tuple[ChainStep, ...] = ()
        source = next((item for item in reversed(facts) if item.kind == "fetch" and item.line <= fact.line), None)
        if source is not None and source.line != fact.line:
            chain = (ChainStep(reading.path, source.line, "fetches it"), ChainStep(reading.path, fact.line, "runs it"))
        pinned = any(
            re.search(r"sha(?:256|512)sum|shasum|--hash|checksum|gpg --verify|cosign verify|minisign", line)
            for line in reading.plain[max(fact.line - 8, 0) : fact.line + 2]
        )
        yield hit(
            "A-01",
            step(3, "decoded" in labels or fact.extra.get("layer"), fact.extra.get("looped")),
            fact,
            host * (0.4 if pinned else 1.0),
            chain=chain,
        )
    elif "decoded" in labels:
        yield hit("G-01", step(3, bool(fact.decoded), "environment" in labels), fact)
    elif "input" in labels and reading.entry == "hook":
        yield hit("I-05", "medium", fact)


def _unpack(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    if fact.labels & {"decoded", "network"}:
        yield hit("G-02", step(2, fact.extra.get("const"), "network" in fact.labels), fact)


def _shell(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    yield hit("K-01", "decisive", fact, worked(reading, fact, fact.place, 0.6))


def _install(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    place, text = fact.place, fact.value
    if place is None or place.kind not in ("unknown", "low_trust", "declared", "own", "hosted"):
        return
    index = re.search(r"--(?:extra-)?index-url|-i https?|--registry|--find-links|--trusted-host", text)
    yield hit("L-01", step(2, index, place.kind == "low_trust", fact.extra.get("auto")), fact, place.factor)


FINDERS = {
    "unlock": unlock_hits,
    "send": _send,
    "fetch": _fetch,
    "run": _run,
    "unpack": _unpack,
    "write": write_hits,
    "persist": persist_hits,
    "override": override_hits,
    "delete": delete_hits,
    "destroy": destroy_hits,
    "guard": guard_hits,
    "mine": mine_hits,
    "shell": _shell,
    "install": _install,
}


def _remote_shell(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """A socket whose ends become those of a shell."""
    joined = next((fact for fact in facts if fact.kind == "dup"), None)
    wired = next((fact for fact in facts if fact.kind == "send"), None)
    if joined is not None:
        place = wired.place if wired is not None else None
        chain = (
            ChainStep(reading.path, wired.line if wired else joined.line, "connects"),
            ChainStep(reading.path, joined.line, "joins the connection to a shell"),
        )
        yield hit("K-01", "decisive", joined, worked(reading, joined, place, 0.8), chain=chain)


def _read_then_send(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """A secret is read and something is sent in the same function, command line or fence, however it gets there."""
    for read in facts:
        if read.kind != "read" or not read.labels & SENSITIVE:
            continue
        for send in facts:
            if (
                send.kind != "send"
                or send.labels & SENSITIVE
                or abs(send.line - read.line) > BLOCK_LINES
                or send.block != read.block
            ):
                continue
            if send.place is None or send.place.kind not in ("unknown", "low_trust", "declared"):
                continue
            chain = (
                ChainStep(reading.path, read.line, "reads something secret"),
                ChainStep(reading.path, send.line, "sends to an address"),
            )
            certain = send.extra.get("by_line") or (send.place.kind != "declared" and "secret" in read.labels)
            yield hit("B-09", step(3, certain), send, send.place.factor, 0.8, chain)
            return


def _poll(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """Asks an address again and again and runs what it answers."""
    for fact in facts:
        if fact.kind == "run" and fact.extra.get("looped") and "network" in fact.labels:
            place = fact.place or fetched_from(fact, facts)
            if place is not None and place.kind == "registry":
                continue
            yield hit("K-03", "decisive", fact, factor(place))
            return


def _named_then_sent(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """Words name credential files, and a command beside them sends a file to a host nobody knows: in any language."""
    if reading.source.kind not in ("markdown", "text"):
        return
    named = [sentence.segment.line for sentence in reading.sentences if _names_secret_files(sentence)]
    for fact in facts:
        strange = fact.place is not None and fact.place.kind in ("unknown", "low_trust", "own", "hosted", "declared")
        if fact.kind != "send" or not strange or not fact.labels & {"file", "listing"}:
            continue
        line = next((line for line in named if abs(line - fact.line) <= NEAR), None)
        if line is not None:
            chain = (
                ChainStep(reading.path, line, "names files that hold credentials"),
                ChainStep(reading.path, fact.line, "sends a file to an address"),
            )
            yield hit("B-09", "decisive", fact, factor(fact.place), 0.8, chain)
            return


def _read_then_told(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """A command reads a secret, and the words beside it say to send it or to put it where others read."""
    if reading.source.kind not in ("markdown", "text"):
        return
    for fact in facts:
        if fact.kind != "read" or not fact.labels & SENSITIVE:
            continue
        for sentence in reading.sentences:
            near = abs(sentence.segment.line - fact.line) <= 3 and not sentence.any("THIRD")
            if near and sentence.any("SEND", "SENDISH") and (OUTLET.search(sentence.clean) or _strange(sentence)):
                chain = (
                    ChainStep(reading.path, fact.line, "reads something secret"),
                    ChainStep(reading.path, sentence.segment.line, "has it sent or shown"),
                )
                yield hit("B-02", "strong", fact, chain=chain)
                return


def _ordered_to_send(reading: Reading, facts: list[Fact]) -> Iterator[Hit]:
    """A command sends something to a stranger, and the words around it have that done every time."""
    if reading.source.kind not in ("markdown", "text"):
        return
    for fact in facts:
        if fact.kind != "send" or fact.place is None or fact.place.kind not in ("unknown", "low_trust"):
            continue
        if not (fact.labels & {"file", "listing", "output", "private", "system"} or CARRIES.search(fact.text)):
            continue
        for sentence in reading.sentences:
            near = -4 <= fact.line - sentence.segment.line <= 6
            asked = sentence.any("TRIGGER") or AGAIN.search(f"{sentence.segment.heading} {sentence.clean}")
            if near and asked and not sentence.chosen and not sentence.any("THIRD"):
                chain = (
                    ChainStep(reading.path, sentence.segment.line, "has it done every time"),
                    ChainStep(reading.path, fact.line, "sends something to an address"),
                )
                yield hit("M-01", "strong", fact, fact.place.factor, chain=chain)
                return


def _strange(sentence: Any) -> bool:
    return any(host.kind in ("unknown", "low_trust", "own", "hosted", "declared") for host in sentence.hosts)


def _names_secret_files(sentence: Any) -> bool:
    words = sentence.words
    return any(word.kind == "path" and "SECRET" in word.tags and word.text != ".env" for word in words)
