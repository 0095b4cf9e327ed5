"""Each rule is tried on the texts that stand beside it in the table."""

import pytest

from marketplace.packages.package import Package, PackageFile
from marketplace.packages.reading import read_package
from marketplace.scanning.report import CLASSES, Finding
from marketplace.scanning.rules.table import RULES
from marketplace.scanning.scale import LEAST
from marketplace.scanning.scan import scan

HEAD = "---\nname: helper\ndescription: Helps with the work.\n---\n"
HOSTILE = [(rule.id, text) for rule in RULES.values() for text in rule.hostile]
BENIGN = [(rule.id, text) for rule in RULES.values() for text in rule.benign]
# Downloading a program or calling an unknown host is a hint, which counts together with others.
HINTS = frozenset(("A-05",))


def package_with(text: str) -> Package:
    """A package of one skill that holds a text, or that names the file which holds it. First line: the file's path."""
    path, _, content = text.partition("\n")
    front = "" if content.startswith("---") else HEAD
    skill = f"{front}{content}" if path == "SKILL.md" else f"{HEAD}Then use {path}.\n"
    files = {"SKILL.md": skill, path: skill if path == "SKILL.md" else content}
    (package,) = read_package([PackageFile(name, body.encode()) for name, body in files.items()], name="helper")
    return package


def found(text: str) -> tuple[bool, list[Finding]]:
    report = scan(package_with(text))
    return report.asks_person, list(report.findings)


@pytest.mark.parametrize(("rule", "text"), HOSTILE, ids=lambda value: value[:24])
def test_finds_its_hostile_text(rule: str, text: str) -> None:
    asks, findings = found(text)
    assert rule in {finding.rule for finding in findings}, findings
    assert asks or rule in HINTS, findings


@pytest.mark.parametrize(("rule", "text"), BENIGN, ids=lambda value: value[:24])
def test_is_calm_about_its_benign_text(rule: str, text: str) -> None:
    asks, findings = found(text)
    assert not asks, findings
    assert not [finding for finding in findings if finding.rule == rule and finding.points >= LEAST["medium"]]


def test_each_rule_says_why_and_how_to_clear_it() -> None:
    for rule in RULES.values():
        assert rule.threat in CLASSES, rule.id
        assert rule.title, rule.id
        assert rule.why.endswith("."), rule.id
        assert rule.cure.endswith("."), rule.id
        assert rule.benign, rule.id
