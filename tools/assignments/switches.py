"""How switches and policies are read: an action's own word before its group's, a group's before the app's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tools.models import AgentAppAssignment, ToolPolicy
from tools.models.assignments import Level

GROUPS = ("reads", "changes", "destroys")
# What holds for a group where nobody said anything: an app that is given to an agent can be used, but nothing of it
# destroyed.
ALLOWED = {"reads": True, "changes": True, "destroys": False}
ASKS = {"reads": "never", "changes": "first_time", "destroys": "always"}
Place = tuple[str, str]
APP: Place = (Level.APP, "")


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether something is on. is_own: it was set for this very thing, and does not follow what stands above it."""

    is_on: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class Switches:
    """The switches of one agent for one app."""

    rows: Mapping[Place, bool] = field(default_factory=dict)

    @property
    def has_app(self) -> bool:
        """Whether the app is given to the agent at all."""
        return self.rows.get(APP, False)

    def group(self, group: str) -> Switch:
        """A group's switch; off where the agent does not have the app."""
        own = self.rows.get((Level.GROUP, group))
        return Switch(self.has_app and (ALLOWED[group] if own is None else own), own is not None)

    def action(self, action: str, group: str) -> Switch:
        """An action's switch."""
        own = self.rows.get((Level.ACTION, action))
        return Switch(self.has_app and (self.group(group).is_on if own is None else own), own is not None)


@dataclass(frozen=True, slots=True)
class Asking:
    """When a tool asks a person. is_own: as in Switch."""

    asks: str
    is_own: bool

    @property
    def label(self) -> str:
        """As pages say it."""
        return str(ToolPolicy.Asks(self.asks).label)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of one app in one workspace."""

    rows: Mapping[Place, str] = field(default_factory=dict)

    def group(self, group: str) -> Asking:
        """A group's policy, else the app's, else what is usual for such a group."""
        own = self.rows.get((Level.GROUP, group))
        return Asking(own or self.rows.get(APP) or ASKS[group], own is not None)

    def action(self, action: str, group: str) -> Asking:
        """An action's policy."""
        own = self.rows.get((Level.ACTION, action))
        return Asking(own or self.group(group).asks, own is not None)


def asks_person(policy: str, group: str, *, was_allowed: bool) -> bool:
    """Whether a call waits for a person. was_allowed: a person allowed this tool of this agent before."""
    if policy == "always":
        return True
    if policy == "first_time":
        return not was_allowed
    return policy == "destructive" and group == "destroys"


def switches_of(rows: Iterable[AgentAppAssignment]) -> Switches:
    """The switches in these rows."""
    return Switches({(row.level, row.name): row.allowed for row in rows})


def policies_of(rows: Iterable[ToolPolicy]) -> Policies:
    """The policies in these rows."""
    return Policies({(row.level, row.name): row.asks for row in rows})
