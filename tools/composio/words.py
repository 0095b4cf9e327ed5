"""How a connection stands, in words."""

from dataclasses import dataclass

from tools.models import ComposioConnection

# The four words, with their icon and tone, by the connection's status.
WORDS = {
    "active": ("Connected", "circle-check", "ok"),
    "error": ("Needs reconnecting", "triangle-alert", "warn"),
    "pending": ("Waiting for approval", "hourglass", "info"),
    "added": ("Not connected", "circle", "line"),
}


@dataclass(frozen=True, slots=True)
class Word:
    """How a connection stands, as pages say it."""

    label: str
    icon: str
    tone: str


def word_of(connection: ComposioConnection | None) -> Word:
    """One of the four words; an app that was never connected is not connected."""
    return Word(*WORDS[connection.status if connection else "added"])
