"""Hints for a task: which of an agent's actions would do it, with what they take, in lines a model can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tools.assignments.lookup import switches_for_agent
from tools.assignments.switches import GROUPS, Switches
from tools.composio.access import key_state
from tools.hints.search import Found, Where, search
from tools.models import ComposioActionCache, ComposioAppCache, ComposioConnection, in_catalogue
from workspaces.scope.tenancy import workspace_scope

MOST_APPS, MOST_ACTIONS, MOST_PARAMETERS = 12, 6, 5
# Actions in all: what an agent with a thousand has before its eyes.
DOZEN = 12
LONGEST_NOTE = 100
LONGEST_VALUE = 40
NONE = "No action of an app fits this task."


@dataclass(frozen=True, slots=True)
class Hint:
    """An action that fits. parameters: what it takes, those that are needed first."""

    action: str
    app: str
    app_name: str
    category: str
    description: str
    parameters: tuple[str, ...]

    @property
    def line(self) -> str:
        """As a model reads it."""
        takes = f" Takes {', '.join(self.parameters)}." if self.parameters else ""
        return f"- {self.action} ({self.app_name}): {self.description}{takes}"


@dataclass(frozen=True, slots=True)
class Hints:
    """What fits a task. apps: those allowed. strategy: how to go about it, in a sentence."""

    hints: tuple[Hint, ...]
    apps: tuple[str, ...]
    strategy: str

    @property
    def lines(self) -> tuple[str, ...]:
        """One line an action."""
        return tuple(hint.line for hint in self.hints)

    @property
    def actions(self) -> tuple[str, ...]:
        """The matched actions, best first."""
        return tuple(hint.action for hint in self.hints)


class ComposioHintService:
    """Hints for one agent of a workspace: only connected and assigned apps, only actions that are switched on."""

    def __init__(self, workspace_id: UUID, agent_id: UUID) -> None:
        self.workspace_id, self.agent_id = workspace_id, agent_id

    def hint(self, task: str, limit: int = DOZEN) -> Hints:
        """The actions that fit the task. limit: of them all; six of an app, twelve apps at most."""
        with workspace_scope(self.workspace_id):
            switches = self.usable_switches()
            where = self._where(switches)
            found = spread(self._allowed(search(task, where, limit * 4), switches), limit)
            schemas = _schemas([one.id for one in found])
        hints = tuple(hint_of(one, schemas.get(one.id, {})) for one in found)
        return Hints(hints, tuple(where.apps), _strategy(hints))

    def usable_switches(self) -> Mapping[str, Switches]:
        """The agent's apps that can be used now, with their switches. Needs the workspace's scope."""
        switches = switches_for_agent(self.workspace_id, self.agent_id)
        state = key_state(self.workspace_id)
        if not state.has_key or not switches:
            return {}
        connected = ComposioConnection.objects.filter(
            workspace_id=self.workspace_id, app__in=list(switches), status="active", credential_id=state.credential_id
        )
        free = ComposioAppCache.objects.filter(
            in_catalogue(state.catalogue(self.workspace_id)), slug__in=list(switches), no_auth=True
        )
        usable = {*connected.values_list("app", flat=True), *free.values_list("slug", flat=True)}
        return {app: own for app, own in switches.items() if app in usable}

    def _where(self, switches: Mapping[str, Switches]) -> Where:
        catalogue = key_state(self.workspace_id).catalogue(self.workspace_id)
        off = [
            name for own in switches.values() for (level, name), on in own.rows.items() if level == "action" and not on
        ]
        return Where(catalogue, list(switches), off)

    def _allowed(self, found: Sequence[Found], switches: Mapping[str, Switches]) -> list[Found]:
        return [one for one in found if switches[one.app].action(one.action, one.category).is_on]


def groups_on(switches: Switches) -> tuple[str, ...]:
    """The groups of an app's actions that are switched on."""
    return tuple(group for group in GROUPS if switches.group(group).is_on)


def hint_of(one: Found, schema: Mapping[str, object]) -> Hint:
    """A found action as a hint. schema: of its arguments."""
    about = _short(one.description or one.name, LONGEST_NOTE)
    return Hint(one.action, one.app, one.app_name, one.category, about, _parameters(schema))


def spread(found: Sequence[Found], limit: int) -> list[Found]:
    """The best, of each app and of all no more than the limits."""
    kept: list[Found] = []
    numbers: dict[str, int] = {}
    for one in found:
        if len(kept) == limit or (one.app not in numbers and len(numbers) == MOST_APPS):
            continue
        if numbers.get(one.app, 0) < MOST_ACTIONS:
            numbers[one.app] = numbers.get(one.app, 0) + 1
            kept.append(one)
    return kept


def _schemas(ids: Sequence[int]) -> dict[int, dict[str, object]]:
    return dict(ComposioActionCache.objects.filter(pk__in=list(ids)).values_list("pk", "parameters"))


def _parameters(schema: Mapping[str, object]) -> tuple[str, ...]:
    """What an action takes, as `name (type, needed)`, at most five."""
    properties = schema.get("properties")
    required = schema.get("required")
    if not isinstance(properties, dict):
        return ()
    needed = set(required) if isinstance(required, list) else set()
    names = sorted(properties, key=lambda name: name not in needed)
    told = []
    for name in names[:MOST_PARAMETERS]:
        part = properties[name] if isinstance(properties[name], dict) else {}
        kind = part.get("type", "any")
        kind = " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
        told.append(f"{' '.join(str(name).split())[:LONGEST_VALUE]} ({kind}{', needed' if name in needed else ''})")
    if len(names) > MOST_PARAMETERS:
        told.append(f"{len(names) - MOST_PARAMETERS} more")
    return tuple(told)


def _short(text: str, longest: int) -> str:
    """The first sentence, or its beginning, on one line."""
    line = " ".join(text.split())
    first = line.split(". ")[0].rstrip(".")
    return f"{first if len(first) <= longest else first[: longest - 1] + '…'}."


def _strategy(hints: Sequence[Hint]) -> str:
    """How to go about it."""
    if not hints:
        return NONE
    categories = {hint.category for hint in hints[:3]}
    if categories == {"reads"}:
        return "Read first; nothing of this changes anything."
    if "reads" in {hint.category for hint in hints}:
        return "Look up the ids you need with a reading action first, then make the change once."
    return "Make the change once, and check the answer before you go on."
