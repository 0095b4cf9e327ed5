"""An address of a model vendor, and how to enter."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider is and how to enter. setting: what holds the key or address, for those who have to check it.

    label: the server's name for people. preset: which kind of server it is, where that was told.
    """

    provider: str
    label: str
    base_url: str
    key: str = field(repr=False)
    setting: str
    preset: str = ""

    @property
    def where(self) -> str:
        """Host and port, never a user or password."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
