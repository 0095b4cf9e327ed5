"""The numbers of the scan, in one place. A change of any of them, or of a rule, raises RULES_VERSION."""

import math
from typing import Literal

RULES_VERSION = "2026.11.7"

Severity = Literal["critical", "high", "medium", "low", "info"]
Strength = Literal["capability", "weak", "medium", "strong", "decisive"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")
BASE: dict[Strength, float] = {"capability": 0.5, "weak": 2.0, "medium": 5.0, "strong": 9.0, "decisive": 14.0}
# Points from which a finding has a severity; critical asks besides for a rule that is trusted to block.
LEAST: dict[Severity, float] = {"critical": 14.0, "high": 8.0, "medium": 4.0, "low": 1.5, "info": 0.0}
# What strong and decisive evidence keeps of its base, whatever surrounds it.
KEPT = 0.35
CAPABILITIES = 3.0
# How far a package's total may go before a person has to look.
ASKING_TOTAL = 24.0
# The same for a single file, since what is hostile stands together and what is harmless lies about.
ASKING_FILE = 10.0
# How strongly two facts are joined, by what joins them.
JOINED = {"flow": 1.0, "block": 0.8, "reference": 0.7, "package": 0.4}
BLOCK_LINES = 40

FILE_SECONDS = 2.0
PACKAGE_SECONDS = 20.0
MEMORY = 300 * 1024 * 1024
TEXT_LIMIT = 1_000_000
QUOTE = 200


def severity_of(points: float, *, trusted: bool) -> Severity:
    """The severity of a finding with these points; trusted: whether its rule may block."""
    if points >= LEAST["critical"] and trusted:
        return "critical"
    return next(name for name in SEVERITIES[1:] if points >= LEAST[name])


def static_score(total: float) -> float:
    """0 to 100 with two decimals, from the sum over the classes."""
    return round(100.0 * (1.0 - math.exp(-total / 20.0)), 2)
