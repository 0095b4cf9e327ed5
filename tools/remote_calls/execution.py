"""One call of a tool of a server or an API: allowed, sent once, told in words a model can act on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from automatos.errors import AppError
from tools import arguments as reading
from tools.contract import UNCERTAIN, Decide, Onlookers, RunFiles, Schema, ToolProblem, ToolResult
from tools.mcp import client
from tools.mcp.connections import endpoint_of, note_answer, note_failure
from tools.mcp.oauth.tokens import is_ending, note_wanted, refresh_if_due
from tools.mcp.results import told
from tools.mcp.terms import Changed, Endpoint, McpProblem, Watched
from tools.models import RemoteService, RemoteTool
from tools.openapi import calling
from tools.openapi.calling import Sending
from tools.remote import pins
from tools.remote_calls.lookup import Looked, look_up
from workspaces.scope.tenancy import workspace_scope

WOULD_BE_SENT = "It would be sent."


@dataclass(frozen=True, slots=True)
class RemoteCall:
    """What is to be done. agent_id: None when a person tries it."""

    workspace_id: UUID
    agent_id: UUID | None
    tool_id: UUID
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """A call that may be made. arguments: checked against the accepted schema. sending: of an API's operation."""

    call: RemoteCall
    name: str
    digest: str
    service: RemoteService
    endpoint: Endpoint
    is_reading: bool
    arguments: Mapping[str, Any]
    sending: Sending | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to. is_uncertain: nobody knows whether it took effect. is_sent: whether it went out at all."""

    result: ToolResult
    is_sent: bool = True
    is_uncertain: bool = False

    @property
    def status(self) -> str:
        """The word the log has for it."""
        if not self.is_sent:
            return "refused"
        if self.is_uncertain:
            return "uncertain"
        return "failed" if self.result.is_error else "done"


def prepare(call: RemoteCall) -> Ready:
    """Ask the service, the tool and the agent's assignment. Raises ToolProblem with the first no."""
    with workspace_scope(call.workspace_id):
        found = look_up(call.workspace_id, call.agent_id, call.tool_id)
        if found is None:
            raise ToolProblem("This tool was taken away.")
        if refusal := refusal_of(found.tool) or _unassigned(call, found):
            raise ToolProblem(refusal)
        is_due = found.sign_in is not None and found.tool.service.credential_id is None and is_ending(found.sign_in)
        endpoint = None if is_due else _endpoint(found)
    if endpoint is None:
        refresh_if_due(call.workspace_id, found.tool.service_id)
        with workspace_scope(call.workspace_id):
            endpoint = _endpoint(look_up(call.workspace_id, call.agent_id, call.tool_id) or found)
    tool = found.tool
    values = reading.read(call.arguments, tool.offer.get("schema") or {})
    sending = None
    if tool.service.kind == RemoteService.Kind.OPENAPI:
        request = tool.document.get("request")
        if request is None:
            raise ToolProblem(f"{tool.name} cannot be called: the document does not say how.")
        sending = calling.request_of(tool.service.base_url, request, values)
    return Ready(call, tool.name, tool.digest, tool.service, endpoint, tool.is_reading, values, sending)


def _endpoint(found: Looked) -> Endpoint:
    service = found.tool.service
    try:
        return endpoint_of(service, found.sign_in)
    except AppError as problem:
        raise ToolProblem(f"The credential of {service.name} cannot be used. {problem.message}") from None


def _unassigned(call: RemoteCall, found: Looked) -> str:
    if call.agent_id is None or found.has_it:
        return ""
    return f"This agent may not use {found.tool.name} of {found.tool.service.name}."


def refusal_of(tool: RemoteTool) -> str:
    """Why the tool cannot be used now, by whomever; empty when it can."""
    if not tool.service.is_enabled:
        return f"{tool.service.name} is switched off."
    if tool.state == RemoteTool.State.SUSPENDED:
        return f"{tool.service.name} changed {tool.name}; it is off until a person has looked at the change."
    if tool.state == RemoteTool.State.GONE:
        return f"{tool.service.name} no longer offers {tool.name}."
    return "" if tool.is_usable else f"{tool.name} is switched off in this workspace."


def misfit(arguments: Mapping[str, Any], schema: Schema) -> str:
    """Why a call with these arguments would be refused; empty when they fit."""
    try:
        reading.read(arguments, schema)
    except ToolProblem as problem:
        return str(problem)
    return ""


async def perform(
    ready: Ready, decide: Decide, files: RunFiles | None = None, onlookers: Onlookers | None = None
) -> Outcome:
    """Send it once. files: where pictures and long results go. onlookers: who is asked and told meanwhile."""
    origin = ready.service.origin
    if ready.sending is not None:
        return await _perform_request(ready, ready.sending, files)
    try:
        watched = Watched(ready.service.name, onlookers) if onlookers else None
        result = await client.call(ready.endpoint, ready.name, ready.arguments, digest=ready.digest, watched=watched)
    except Changed as change:
        await decide(_suspend, ready, change)
        return Outcome(ToolResult(change.message, is_error=True), is_sent=False)
    except McpProblem as problem:
        await decide(_note_silence, ready, problem)
        if problem.is_uncertain and not ready.is_reading:
            text = f"{problem.message} {UNCERTAIN}"
            return Outcome(ToolResult(text, is_error=True, origin=origin), is_uncertain=True)
        return Outcome(ToolResult(problem.message, is_error=True, origin=origin, retryable=problem.retryable))
    except AppError as refusal:
        return Outcome(ToolResult(refusal.message, is_error=True, retryable=refusal.retryable), is_sent=False)
    if ready.service.state == RemoteService.State.ERROR:
        await decide(_note_answer, ready)
    return Outcome(await told(result, tool=ready.name, origin=origin, files=files))


async def _perform_request(ready: Ready, sending: Sending, files: RunFiles | None) -> Outcome:
    """The same for an operation of an API."""
    origin, secrets = ready.service.origin, ready.endpoint.headers
    try:
        answer = await calling.send(sending, secrets)
        result = await calling.told(answer, calling.secrets_in(secrets), tool=ready.name, origin=origin, files=files)
    except AppError as problem:
        is_uncertain = calling.is_silence(problem) and not ready.is_reading and sending.method not in ("GET", "HEAD")
        if is_uncertain:
            text = f"{problem.message} {UNCERTAIN}"
            return Outcome(ToolResult(text, is_error=True, origin=origin), is_uncertain=True)
        is_sent = calling.is_silence(problem)
        return Outcome(ToolResult(problem.message, is_error=True, retryable=problem.retryable), is_sent=is_sent)
    return Outcome(result)


def _suspend(ready: Ready, change: Changed) -> None:
    with workspace_scope(ready.call.workspace_id):
        tool = pins.tool_of(ready.call.workspace_id, ready.call.tool_id)
        if tool is not None:
            pins.suspend(tool, change.document)


def _note_silence(ready: Ready, problem: McpProblem) -> None:
    """A server that does not answer calls, or wants more access for this one, is shown as such."""
    if problem.is_silence or problem.wants:
        with workspace_scope(ready.call.workspace_id):
            if problem.is_silence:
                note_failure(ready.service, problem.message)
            note_wanted(ready.service.pk, problem.wants)


def _note_answer(ready: Ready) -> None:
    """A server that answers again is no longer shown as one that does not."""
    with workspace_scope(ready.call.workspace_id):
        note_answer(ready.service)
