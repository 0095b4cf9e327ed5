"""From hits to findings with points, and from those to one number that hostile text can only raise."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from marketplace.scanning.hits import Hit, Reading, Rule
from marketplace.scanning.report import Finding
from marketplace.scanning.scale import BASE, CAPABILITIES, KEPT, QUOTE, RULES_VERSION, severity_of

MASKED = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{8,}|ghp_[A-Za-z0-9]{8,}|github_pat_\w{8,}|xox[abprs]-[\w-]{8,}|"
    r"AKIA[0-9A-Z]{12,}|AIza[\w-]{20,}|glpat-[\w-]{8,}|npm_\w{20,}|"
    r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+)"
)
SAME = re.compile(r"\W+")
ABSOLUTE = re.compile(r"\b(?:always|never|must)\b", re.IGNORECASE)
IN_A_FILE = 3


def findings(
    hits: Iterable[Hit],
    readings: Mapping[str, Reading],
    table: Mapping[str, Rule],
    *,
    raised: frozenset[str] = frozenset(),
) -> list[Finding]:
    """The hits as findings, the weightiest first: one for each rule and text, three for each rule and file.

    raised: files of a new version in which what is new weighs a step more.
    """
    made = [_finding(hit, readings.get(hit.file), table[hit.rule]) for hit in hits]
    made.sort(key=lambda finding: (-finding.points, finding.file, finding.line, finding.rule))
    found: list[Finding] = []
    texts: set[tuple[str, str]] = set()
    counted: dict[tuple[str, str], int] = defaultdict(int)
    places: set[tuple[str, str, int, str]] = set()
    for finding in made:
        text = (finding.rule, SAME.sub("", finding.quote.lower())[:160])
        place = (finding.threat, finding.file, finding.line, text[1][:60])
        if text in texts or counted[finding.rule, finding.file] >= IN_A_FILE or (finding.line and place in places):
            continue
        texts.add(text)
        places.add(place)
        counted[finding.rule, finding.file] += 1
        found.append(finding)
    return found


def _finding(hit: Hit, reading: Reading | None, rule: Rule) -> Finding:
    reach = hit.reach if hit.reach is not None else (reading.reach if reading is not None else 1.0)
    base = BASE[hit.strength]
    role, voice = (1.0, 1.0) if hit.kept else (hit.role, hit.voice)
    if hit.kept:
        reach = max(reach, 0.8)
    points = base * reach * role * voice * hit.host * hit.joined
    factors = {"base": base, "reach": reach, "role": role, "voice": voice, "host": hit.host, "joined": hit.joined}
    if hit.strength in ("strong", "decisive"):
        least = KEPT * base * hit.joined
        if points < least:
            factors["kept"] = round(least / points, 3) if points else 1.0
            points = least
    points = round(points, 2)
    quote = (
        hit.text
        if hit.text
        else (reading.lines[hit.line - 1] if reading is not None and 0 < hit.line <= len(reading.lines) else "")
    )
    return Finding(
        rule=rule.id,
        rule_version=RULES_VERSION,
        threat=rule.threat,
        severity=severity_of(points, trusted=rule.trusted and hit.strength == "decisive"),
        title=rule.title,
        points=points,
        factors={name: value for name, value in factors.items() if value != 1.0 or name == "base"},
        file=hit.file,
        line=hit.line,
        quote=escaped(quote)[:QUOTE],
        why=rule.why,
        cure=rule.cure,
        decoded=escaped(hit.decoded)[: 2 * QUOTE],
        chain=hit.chain,
        declared=hit.declared,
        concealed=hit.concealed,
    )


def escaped(text: str) -> str:
    """Text that can be shown: invisible characters as U+XXXX, secrets masked, nothing of control."""
    text = MASKED.sub(lambda match: f"{match.group()[:4]}…", text.replace("\x01", "…"))
    return "".join(
        char if char.isprintable() else " " if char in "\n\t\r" else f"U+{ord(char):04X}" for char in text.strip()
    )


def total(found: Iterable[Finding], tail: float) -> float:
    """T: for each class its best finding, a third of the second, some of the third; the tail beside them."""
    classes: dict[str, list[float]] = defaultdict(list)
    small = 0.0
    for finding in found:
        if finding.factors.get("base") == BASE["capability"]:
            small += finding.points
        else:
            classes[finding.threat].append(finding.points)
    whole = sum(_class_sum(sorted(points, reverse=True)) for points in classes.values())
    return whole + min(small, CAPABILITIES) + 1.5 * math.log(1 + tail)


def _class_sum(points: list[float]) -> float:
    weights = (1.0, 0.35, 0.15)
    # What comes after the third still counts a little, so that more of the same is never less and ties are rare.
    return sum(weight * item for weight, item in zip(weights, points, strict=False)) + 0.02 * sum(points[3:])


def tail_of(readings: Iterable[Reading], executables: int) -> dict[str, float]:
    """Small things that add up: undeclared hosts, outward and destructive orders, paths outside, absolute orders."""
    hosts, orders, paths, absolute = set(), 0, 0, 0
    for reading in readings:
        hosts |= {
            host.domain
            for sentence in reading.sentences
            for host in sentence.hosts
            if host.kind in ("unknown", "low_trust")
        }
        hosts |= {
            fact.place.domain
            for fact in reading.facts
            if fact.place is not None and fact.place.kind in ("unknown", "low_trust")
        }
        for sentence in reading.sentences:
            orders += bool(sentence.any("SEND") and sentence.target) + bool(
                sentence.any("DELETE") and sentence.any("BROAD")
            )
            orders += bool(sentence.any("STEALTH", "NOTELL", "UNASKED")) + bool(
                sentence.any("SECRET") and sentence.any("READ", "SEND")
            )
            paths += sum(
                word.kind == "path" and word.text.startswith(("~", "/etc", "/home", "/users", "$home"))
                for word in sentence.words
            )
            absolute += len(ABSOLUTE.findall(sentence.clean))
        orders += sum(fact.kind in ("send", "delete", "destroy", "run", "persist") for fact in reading.facts)
        paths += sum(
            fact.kind in ("write", "read") and fact.value.startswith(("~", "/etc", "$HOME")) for fact in reading.facts
        )
    return {
        "hosts": 0.1 * len(hosts),
        "orders": 0.1 * orders,
        "paths": 0.1 * paths,
        "executables": 0.1 * executables,
        "absolute": 0.02 * absolute,
    }
