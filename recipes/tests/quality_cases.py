"""Forty runs, worked out by hand with fractions: what happened in them, and what that must come to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A step of such a run. duration and timeout in seconds; a step without a duration was not begun."""

    status: str = "completed"
    attempt: int = 1
    duration: float | None = 4
    timeout: float = 60
    output: str = "Words."
    code: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A run and its quality. present of declared fields have a value; tokens 0: none were reported."""

    name: str
    status: str
    steps: tuple[Step, ...]
    breakdown: tuple[float, float, float, float, float]
    score: float
    grade: str
    declared: int = 0
    present: int = 0
    duration: float | None = 10
    timeout: float = 600
    tokens: int = 1200


CASES = (
    Case("all well", "completed", (Step(), Step(), Step()), (1.0, 1.0, 1.0, 1.0, 0.9976), 0.99952, "A"),
    Case("one step", "completed", (Step(),), (1.0, 1.0, 1.0, 1.0, 0.9976), 0.99952, "A"),
    Case("no tokens reported", "completed", (Step(), Step()), (1.0, 1.0, 1.0, 1.0, 0.94), 0.988, "A", tokens=0),
    Case("many tokens", "completed", (Step(), Step()), (1.0, 1.0, 1.0, 1.0, 0.8), 0.96, "A", tokens=250000),
    Case("exactly all tokens", "completed", (Step(), Step()), (1.0, 1.0, 1.0, 1.0, 0.8), 0.96, "A", tokens=100000),
    Case("half the tokens", "completed", (Step(), Step()), (1.0, 1.0, 1.0, 1.0, 0.9), 0.98, "A", tokens=50000),
    Case("empty output", "completed", (Step(), Step(output=""), Step()), (0.9, 1.0, 1.0, 1.0, 0.8976), 0.95952, "A"),
    Case("all empty", "completed", (Step(output=""), Step(output="")), (0.7, 1.0, 1.0, 1.0, 0.6976), 0.87952, "B"),
    Case("retried once", "completed", (Step(), Step(attempt=2), Step()), (1.0, 1.0, 0.975, 0.97, 0.9476), 0.97852, "A"),
    Case(
        "retried four times",
        "completed",
        (Step(), Step(attempt=5), Step()),
        (1.0, 1.0, 0.9, 0.97, 0.7976),
        0.93352,
        "A",
    ),
    Case(
        "stubborn everywhere",
        "completed",
        (Step(attempt=6), Step(attempt=7)),
        (1.0, 1.0, 0.7, 0.94, 0.6976),
        0.86752,
        "B",
    ),
    Case(
        "slow step",
        "completed",
        (Step(), Step(duration=45), Step()),
        (1.0, 1.0, 0.95, 0.97, 0.9976),
        0.98352,
        "A",
        duration=60,
    ),
    Case(
        "slow steps",
        "completed",
        (Step(duration=31), Step(duration=45), Step(duration=59)),
        (1.0, 1.0, 0.85, 0.91, 0.9976),
        0.95152,
        "A",
        duration=140,
    ),
    Case(
        "exactly half the time",
        "completed",
        (Step(duration=30),),
        (1.0, 1.0, 1.0, 1.0, 0.9976),
        0.99952,
        "A",
        duration=300,
    ),
    Case(
        "just over half",
        "completed",
        (Step(duration=31),),
        (1.0, 1.0, 0.821416666667, 0.97, 0.9976),
        0.957803333333,
        "A",
        duration=301,
    ),
    Case(
        "at the time-out", "completed", (Step(duration=60),), (1.0, 1.0, 0.65, 0.97, 0.9976), 0.92352, "A", duration=600
    ),
    Case(
        "past the time-out",
        "completed",
        (Step(duration=61),),
        (1.0, 1.0, 0.3, 0.97, 0.9976),
        0.85352,
        "B",
        duration=601,
    ),
    Case(
        "not slow at 30 s",
        "completed",
        (Step(duration=30, timeout=300),),
        (1.0, 1.0, 1.0, 1.0, 0.9976),
        0.99952,
        "A",
        duration=30,
    ),
    Case(
        "declared and there",
        "completed",
        (Step(), Step()),
        (1.0, 1.0, 1.0, 1.0, 0.9976),
        0.99952,
        "A",
        declared=2,
        present=2,
    ),
    Case(
        "declared, half there",
        "completed",
        (Step(), Step()),
        (1.0, 0.85, 1.0, 1.0, 0.9976),
        0.96952,
        "A",
        declared=4,
        present=2,
    ),
    Case(
        "declared, none there",
        "completed",
        (Step(), Step()),
        (1.0, 0.7, 1.0, 1.0, 0.9976),
        0.93952,
        "A",
        declared=3,
        present=0,
    ),
    Case(
        "one skipped",
        "completed",
        (Step(), Step(status="skipped", output="", code="model_error"), Step()),
        (0.733333333333, 0.833333333333, 1.0, 1.0, 0.8976),
        0.892853333333,
        "B",
    ),
    Case(
        "two skipped",
        "completed",
        (
            Step(status="skipped", output="", code="model_error"),
            Step(status="skipped", output="", code="model_error"),
            Step(),
        ),
        (0.466666666667, 0.666666666667, 1.0, 1.0, 0.7976),
        0.786186666667,
        "B",
    ),
    Case(
        "skipped after retries",
        "completed",
        (Step(status="skipped", attempt=3, duration=9, output="", code="model_error"), Step()),
        (0.6, 0.75, 0.925, 0.97, 0.6976),
        0.78852,
        "B",
    ),
    Case(
        "failed at once",
        "failed",
        (
            Step(status="failed", output="", code="model_error"),
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
        ),
        (0.0, 0.3, 1.0, 0.12, 0.64),
        0.412,
        "D",
        tokens=0,
    ),
    Case(
        "failed in the middle",
        "failed",
        (
            Step(),
            Step(status="failed", output="", code="model_error"),
            Step(status="cancelled", duration=None, output=""),
        ),
        (0.266666666667, 0.55, 1.0, 0.27, 0.8476),
        0.586853333333,
        "D",
    ),
    Case(
        "failed at the end",
        "failed",
        (Step(), Step(), Step(status="failed", output="", code="model_error")),
        (0.533333333333, 0.633333333333, 1.0, 0.32, 0.8976),
        0.676853333333,
        "C",
    ),
    Case(
        "failed after retries",
        "failed",
        (Step(), Step(status="failed", attempt=4, duration=12, output="", code="model_error")),
        (0.4, 0.55, 0.8875, 0.24, 0.6226),
        0.54002,
        "D",
    ),
    Case(
        "failed and cut",
        "failed",
        (Step(), Step(status="failed", output="", code="model_error"), Step(status="cancelled", duration=7, output="")),
        (0.266666666667, 0.633333333333, 1.0, 0.32, 0.7976),
        0.60352,
        "C",
    ),
    Case(
        "two failed",
        "failed",
        (
            Step(status="failed", output="", code="model_error"),
            Step(status="failed", output="", code="model_error"),
            Step(status="cancelled", duration=7, output=""),
        ),
        (0.0, 0.466666666667, 1.0, 0.13, 0.6976),
        0.458853333333,
        "D",
    ),
    Case(
        "all failed",
        "failed",
        (
            Step(status="failed", attempt=4, duration=12, output="", code="model_error"),
            Step(status="failed", attempt=4, duration=12, output="", code="model_error"),
        ),
        (0.0, 0.3, 0.775, 0.0, 0.3976),
        0.29452,
        "F",
    ),
    Case(
        "overdue",
        "failed",
        (Step(duration=50), Step(status="cancelled", duration=55, output="")),
        (0.4, 0.8, 0.525, 0.45, 0.8476),
        0.60452,
        "C",
        duration=601,
    ),
    Case(
        "overdue before a step",
        "failed",
        (Step(status="cancelled", duration=None, output=""), Step(status="cancelled", duration=None, output="")),
        (0.0, 0.5, 0.65, 0.51, 0.64),
        0.46,
        "D",
        duration=None,
        tokens=0,
    ),
    Case(
        "cancelled before it began",
        "cancelled",
        (
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
        ),
        (0.0, 0.5, 0.65, 0.68, 0.64),
        0.494,
        "D",
        duration=None,
        tokens=0,
    ),
    Case(
        "cancelled in the first step",
        "cancelled",
        (
            Step(status="cancelled", duration=7, output=""),
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
        ),
        (0.0, 1.0, 1.0, 0.68, 0.6976),
        0.67552,
        "C",
    ),
    Case(
        "cancelled in the last step",
        "cancelled",
        (Step(), Step(), Step(status="cancelled", duration=7, output="")),
        (0.533333333333, 1.0, 1.0, 0.68, 0.8976),
        0.822186666667,
        "B",
    ),
    Case(
        "cancelled, slow",
        "cancelled",
        (Step(duration=40), Step(status="cancelled", attempt=2, duration=35, output="")),
        (0.4, 1.0, 0.8375, 0.59, 0.7726),
        0.72002,
        "C",
        duration=80,
    ),
    Case(
        "stopped",
        "stopped",
        (Step(), Step(), Step(status="cancelled", duration=7, output="")),
        (0.533333333333, 0.8, 1.0, 0.51, 0.72),
        0.712666666667,
        "C",
        tokens=90000,
    ),
    Case(
        "ten steps",
        "completed",
        (
            Step(duration=1),
            Step(duration=2),
            Step(duration=3),
            Step(),
            Step(attempt=2, duration=5),
            Step(duration=6),
            Step(duration=7),
            Step(duration=8),
            Step(duration=9),
            Step(attempt=2, duration=10),
        ),
        (1.0, 1.0, 0.985, 0.94, 0.903334),
        0.9656668,
        "A",
        duration=55,
        tokens=33333,
    ),
    Case(
        "ten steps, one failed",
        "failed",
        (
            Step(duration=1),
            Step(duration=2),
            Step(duration=3),
            Step(),
            Step(duration=5),
            Step(duration=6),
            Step(status="failed", output="", code="model_error"),
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
            Step(status="cancelled", duration=None, output=""),
        ),
        (0.48, 0.728571428571, 1.0, 0.377142857143, 0.915142857143),
        0.700171428571,
        "C",
        duration=40,
        tokens=21000,
    ),
)
