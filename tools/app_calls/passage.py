"""The three that must say yes before an action is used: the workspace's connection, the agent's app, the action.

Whatever cannot be found out counts as a no.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from automatos.errors import AppError
from tools.assignments.lookup import switches_for
from tools.assignments.switches import Switches
from tools.composio.access import key_state
from tools.models import ComposioActionCache, ComposioConnection, in_catalogue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of them says. ms: how long it took to find out."""

    name: str
    is_open: bool
    says: str
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """The answers in their order, and what a call needs when all say yes."""

    answers: tuple[Answer, ...]
    action: ComposioActionCache | None = None
    connection: ComposioConnection | None = None

    @property
    def is_open(self) -> bool:
        """Whether the action may be used."""
        return all(answer.is_open for answer in self.answers)

    @property
    def refusal(self) -> str:
        """The first no, in words a model can act on."""
        return next((answer.says for answer in self.answers if not answer.is_open), "")


@dataclass(slots=True)
class _Look:
    """What was found on the way."""

    workspace_id: UUID
    agent_id: UUID | None
    app: str
    action: str
    row: ComposioActionCache | None = None
    connection: ComposioConnection | None = None
    switches: Switches | None = None


def passage(workspace_id: UUID, agent_id: UUID | None, app: str, action: str) -> Passage:
    """Ask all three, in the workspace's scope. agent_id: None for a person, who needs no assignment."""
    look = _Look(workspace_id, agent_id, app, action)
    checks = [("Workspace connection", _connection), ("Agent", _agent), ("Action", _action)]
    answers = tuple(_asked(name, check, look) for name, check in checks)
    return Passage(answers, look.row, look.connection)


def _asked(name: str, check: Callable[[_Look], str], look: _Look) -> Answer:
    begun = time.perf_counter()
    try:
        says, is_open = check(look), True
    except AppError as refusal:
        says, is_open = refusal.message, False
    except Exception:
        logger.exception("Whether %s may be used could not be found out", look.action)
        says, is_open = "It could not be found out, so it is a no.", False
    return Answer(name, is_open, says, (time.perf_counter() - begun) * 1000)


def _connection(look: _Look) -> str:
    state = key_state(look.workspace_id)
    if not state.has_key:
        raise AppError("Apps are not set up: there is no key of Composio.")
    catalogue = in_catalogue(state.catalogue(look.workspace_id))
    rows = ComposioActionCache.objects.filter(catalogue, app__slug=look.app, action=look.action)
    look.row = rows.select_related("app").defer("embedding", "words", "response_schema").first()
    if look.row is None:
        raise AppError(f"There is no action {look.action[:80]} of {look.app[:60]}.")
    name = look.row.app.display_name
    if look.row.no_auth or look.row.app.no_auth:
        return f"{name} needs no connection"
    look.connection = ComposioConnection.objects.filter(workspace_id=look.workspace_id, app=look.app).first()
    status = look.connection.status if look.connection else "added"
    if status == "active" and look.connection and look.connection.credential_id == state.credential_id:
        return f"{name} is connected"
    words = {
        "active": f"{name} was connected under another Composio key. A person has to reconnect it under Apps.",
        "error": f"{name} needs reconnecting; a person does that under Apps.",
        "pending": f"{name} waits for somebody to allow the connection.",
        "added": f"{name} is not connected; a person does that under Apps.",
    }
    raise AppError(words[status])


def _agent(look: _Look) -> str:
    if look.agent_id is None:
        return "A person tries it"
    look.switches = switches_for(look.workspace_id, look.agent_id, look.app)
    if not look.switches.has_app:
        raise AppError(f"This agent may not use {look.app}.")
    return f"It may use {look.app}"


def _action(look: _Look) -> str:
    if look.row is None:
        raise AppError(f"There is no action {look.action[:80]} of {look.app[:60]}.")
    if look.row.status != "active":
        raise AppError(f"{look.action} is no longer offered by the app.")
    if look.agent_id is None:
        return "A person tries it"
    if look.switches is None or not look.switches.action(look.action, look.row.category).is_on:
        raise AppError(f"{look.action} is switched off for this agent.")
    return f"{look.action} is on"
