"""The three that must say yes before an action is used: the workspace's connection, the agent's app, the action.

Whatever cannot be found out counts as a no.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from automatos.errors import AppError
from tools.app_calls.lookup import Looked, look_up
from tools.composio.access import state_of
from tools.models import ComposioActionCache, ComposioConnection
from workspaces.models import Credential

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
    """The answers in their order, and what a call needs when all say yes. own: the workspace's own key, sealed."""

    answers: tuple[Answer, ...]
    action: ComposioActionCache | None = None
    connection: ComposioConnection | None = None
    own: Credential | None = None

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
    """What was found on the way. found: None until somebody asked."""

    workspace_id: UUID
    agent_id: UUID | None
    app: str
    action: str
    found: Looked | None = None
    connection: ComposioConnection | None = None

    @property
    def known(self) -> Looked:
        """What the tables say; asked once."""
        if self.found is None:
            self.found = look_up(self.workspace_id, self.agent_id, self.app, self.action)
        return self.found

    def require_action(self) -> ComposioActionCache:
        """The action; AppError where there is none."""
        if self.known.action is None:
            raise AppError(f"There is no action {self.action[:80]} of {self.app[:60]}.")
        return self.known.action


def passage(workspace_id: UUID, agent_id: UUID | None, app: str, action: str) -> Passage:
    """Ask all three, in the workspace's scope. agent_id: None for a person, who needs no assignment."""
    look = _Look(workspace_id, agent_id, app, action)
    checks = [("Workspace connection", _connection), ("Agent", _agent), ("Action", _action)]
    answers = tuple(_asked(name, check, look) for name, check in checks)
    found = look.found or Looked()
    return Passage(answers, found.action, look.connection, found.own)


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
    state = state_of(look.known.own)
    if not state.has_key:
        raise AppError("Apps are not set up: there is no key of Composio.")
    action = look.require_action()
    name = action.app.display_name
    if action.no_auth or action.app.no_auth:
        return f"{name} needs no connection"
    look.connection = look.known.connection
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
    if not look.known.switches.has_app:
        raise AppError(f"This agent may not use {look.app}.")
    return f"It may use {look.app}"


def _action(look: _Look) -> str:
    action = look.require_action()
    if action.status != "active":
        raise AppError(f"{look.action} is no longer offered by the app.")
    if look.agent_id is None:
        return "A person tries it"
    if not look.known.switches.action(look.action, action.category).is_on:
        raise AppError(f"{look.action} is switched off for this agent.")
    return f"{look.action} is on"
