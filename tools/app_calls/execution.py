"""One call of an action: allowed by all three, sent once, told in words a model can act on."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from tools.app_calls.passage import Passage, passage
from tools.composio.access import Access, access_of
from tools.composio.client import Account, Executed, Request, execute
from tools.composio.connections import FRESH, ComposioEntityManager
from tools.composio.problems import ComposioProblem
from tools.contract import LONGEST_CONTENT, UNCERTAIN, Decide, RunFiles, Schema, ToolProblem, ToolResult
from tools.models import ComposioConnection
from workspaces.scope.tenancy import workspace_scope

logger = logging.getLogger(__name__)

SECONDS = 60.0
# What the service says of a connection that is no good; its own words for it.
BROKEN = ("ConnectedAccount_NotActive", "ConnectedAccount_ResourceNotFound", "ActionExecute_ConnectedAccountNotFound")


@dataclass(frozen=True, slots=True)
class AppCall:
    """What is to be done. agent_id: None when a person tries it."""

    workspace_id: UUID
    agent_id: UUID | None
    app: str
    action: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may be made."""

    access: Access
    request: Request
    app_name: str
    is_reading: bool
    connection: ComposioConnection | None
    schema: Schema


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to. remote_id: the service's name for it. is_uncertain: nobody knows whether it took effect."""

    result: ToolResult
    remote_id: str = ""
    is_uncertain: bool = False


def prepare(call: AppCall) -> Ready:
    """Ask the three, and look at a connection that was not looked at lately. Raises ToolProblem with the first no."""
    with workspace_scope(call.workspace_id):
        found = passage(call.workspace_id, call.agent_id, call.app, call.action)
        if not found.is_open or found.action is None:
            raise ToolProblem(found.refusal)
        access = access_of(found.own)
    _look_again(call, found)
    request = Request(
        action=found.action.action,
        version=found.action.version,
        user_id=str(call.workspace_id),
        account_id=found.connection.account_id if found.connection else None,
        arguments=call.arguments,
    )
    is_reading = found.action.category == "reads"
    schema: Schema = found.action.parameters
    return Ready(access, request, found.action.app.display_name, is_reading, found.connection, schema)


def _look_again(call: AppCall, found: Passage) -> None:
    row = found.connection
    if row is None or (row.checked_at is not None and row.checked_at > timezone.now() - FRESH):
        return
    try:
        checked = ComposioEntityManager(call.workspace_id).check(call.app)
    except ComposioProblem as problem:
        logger.info("The connection %s could not be looked at before its use: %s", row.pk, problem.message)
        return  # it counts as it was known; the call itself will tell
    if checked.status != ComposioConnection.Status.ACTIVE:
        raise ToolProblem(f"{call.app} needs reconnecting; a person does that under Apps. {checked.problem}".strip())


async def perform(ready: Ready, decide: Decide, files: RunFiles | None = None) -> Outcome:
    """Send it once. files: where a result goes that is too long to be read whole."""
    try:
        done = await execute(ready.access, ready.request, seconds=SECONDS)
    except ComposioProblem as problem:
        if problem.slug in BROKEN and ready.connection is not None:
            await decide(_note_broken, ready.connection, problem)
        return _failed(ready, problem)
    return Outcome(await _told(ready, done, files), done.log_id)


def _note_broken(row: ComposioConnection, problem: ComposioProblem) -> None:
    """A call found the connection broken: everybody is told before the next one."""
    with workspace_scope(row.workspace_id):
        told = Account(row.account_id, str(row.workspace_id), row.app, "EXPIRED", problem.message)
        ComposioEntityManager(row.workspace_id).note(row, told)


def _failed(ready: Ready, problem: ComposioProblem) -> Outcome:
    """A failure as the model reads it: what is wrong with the arguments line by line, or whether to try again."""
    if problem.is_uncertain and not ready.is_reading:
        text = f"{problem.message} {UNCERTAIN}"
        return Outcome(ToolResult(text, is_error=True, origin=_origin(ready)), is_uncertain=True)
    lines = "".join(f"\n- {line}" for line in problem.details)
    mend = "\nCorrect the arguments and call again." if lines else ""
    text = f"{ready.request.action} was not done. {problem.message}{lines}{mend}"
    origin = _origin(ready) if problem.status else ""
    return Outcome(ToolResult(text, is_error=True, retryable=problem.retryable, origin=origin))


async def _told(ready: Ready, done: Executed, files: RunFiles | None) -> ToolResult:
    text = orjson.dumps(dict(done.data), option=orjson.OPT_INDENT_2, default=str).decode()
    if not done.successful:
        reason = done.error or "The app did not say why."
        return ToolResult(f"{ready.app_name} said no: {reason}\n{text}", is_error=True, origin=_origin(ready))
    if len(text) <= LONGEST_CONTENT - 500:
        return ToolResult(text, origin=_origin(ready))
    note = f"\n\n[Cut: {len(text):,} characters, of which the first part is shown."
    names: tuple[str, ...] = ()
    if files is not None:
        name = f"{ready.request.action.lower()}.json"
        await files.write(name, text.encode())
        note, names = f"{note} The whole is in the file {name}; read it with file_read or json_query.", (name,)
    return ToolResult(text[: LONGEST_CONTENT - 500] + note + "]", origin=_origin(ready), artefacts=names)


def _origin(ready: Ready) -> str:
    return f"app {ready.app_name}"
