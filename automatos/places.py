"""What an app adds to every page's frame: entries of the navigation and of the command palette.

Each app lists its own in `places.py`; `automatos/context.py` joins them. An entry belongs to a section of the
navigation, and stands there in the order of its `order`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

# Sections of the navigation, from top to bottom; the first one has no heading.
SECTIONS = ("", "Build", "Run", "Extend", "Workspace")


@dataclass(frozen=True)
class NavEntry:
    """A page in the navigation.

    under: its address below the workspace's. count: rows whose number is shown beside it, or None; `hot` shows the
    number as something under way, and only when it is not 0.
    """

    section: str
    order: int
    label: str
    icon: str
    under: str
    count: Callable[[], QuerySet[Any]] | None = None
    hot: bool = False


@dataclass(frozen=True)
class PaletteEntry:
    """An action or a page that only the palette names. permission: shown to whoever has it; empty: to all."""

    label: str
    icon: str
    under: str
    permission: str = ""


@dataclass(frozen=True)
class Places:
    """Everything an app adds."""

    nav: Sequence[NavEntry] = ()
    actions: Sequence[PaletteEntry] = ()
    pages: Sequence[PaletteEntry] = ()
