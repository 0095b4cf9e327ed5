"""Goals to begin with, each with its shape as a small drawing: circles and lines in a field of 48 by 24 pixels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A goal. shape: in words; dots: centres of circles; lines: an SVG path."""

    goal: str
    shape: str
    dots: tuple[tuple[int, int], ...]
    lines: str = ""


EXAMPLES = (
    Example("Summarise the water cycle for a child in five lines.", "One subtask", ((24, 12),)),
    Example(
        "Explain why the sea has tides. Say why that matters for harbours. Keep one sentence of it.",
        "Three in a row",
        ((6, 12), (24, 12), (42, 12)),
        "M10 12H20M28 12H38",
    ),
    Example(
        "Compare solar power and wind power on price and risk, then recommend one for a small island.",
        "Two at once, then one",
        ((6, 12), (24, 5), (24, 19), (42, 12)),
        "M9 10L20 6M9 14L20 18M28 6L39 10M28 18L39 14",
    ),
    Example(
        "Describe five city parks of Europe, each in a paragraph, and rank them for families.",
        "Many at once, then one",
        ((8, 3), (8, 12), (8, 21), (42, 12)),
        "M12 4L38 11M12 12H38M12 20L38 13",
    ),
)
