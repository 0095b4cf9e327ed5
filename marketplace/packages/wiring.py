"""Hooks and MCP servers: what a package wants started or called. It is read, shown and judged; nothing of it runs."""

from collections.abc import Iterator
from typing import Any

from marketplace.packages.notes import Notes, shown
from marketplace.packages.package import Hook, HookKind, McpServer, Transport
from marketplace.packages.values import line, seconds, texts, words

EVENTS = words(
    "SessionStart Setup UserPromptSubmit UserPromptExpansion PreToolUse PermissionRequest PermissionDenied "
    "PostToolUse PostToolUseFailure PostToolBatch Notification MessageDisplay SubagentStart SubagentStop "
    "TaskCreated TaskCompleted Stop StopFailure TeammateIdle InstructionsLoaded ConfigChange CwdChanged "
    "DirectoryAdded FileChanged WorktreeCreate WorktreeRemove PreCompact PostCompact PreModelSwitch "
    "PostModelSwitch Elicitation ElicitationResult SessionEnd"
)
# Ours, as `marketplace/hooks/events.py` explains them.
OWN_EVENTS = words(
    "run_start run_end step_start step_end prompt_submitted before_model_call after_model_call before_tool_call "
    "after_tool_call"
)
KINDS: dict[str, HookKind] = {
    "command": "command",
    "http": "http",
    "mcp_tool": "mcp_tool",
    "prompt": "prompt",
    "agent": "agent",
    # Ours: they need nothing but a text.
    "context": "context",
    "refuse": "refuse",
    "ask": "ask",
}
# Where each kind of handler says what it does.
ACTIONS = ("command", "url", "tool", "prompt", "action", "script", "text")
TRANSPORTS: dict[str, Transport] = {
    "stdio": "stdio",
    "http": "http",
    "streamable-http": "http",
    "streamableHttp": "http",
    "sse": "sse",
    "ws": "ws",
    "websocket": "ws",
}
LONGEST_ACTION = 4_000
MOST_HOOKS, MOST_SERVERS, MOST_ARGUMENTS = 500, 200, 200


def read_hooks(value: Any, path: str, notes: Notes) -> list[Hook]:
    """The hooks of a file or manifest, one for each handler. path: where it stands."""
    events = value.get("hooks", value) if isinstance(value, dict) else value
    if isinstance(events, list):
        found = [hook for item in events for hook in _listed_hook(item, path, notes)]
    elif isinstance(events, dict):
        found = [hook for event, groups in events.items() for hook in _of_event(event, groups, path, notes)]
    else:
        notes.warn("hooks", path, f"The hooks in {shown(path)} should be an object: event names with lists.")
        return []
    if len(found) > MOST_HOOKS:
        notes.warn("hooks", path, f"{shown(path)} has {len(found):,} hooks; {MOST_HOOKS} are kept.")
    return found[:MOST_HOOKS]


def read_servers(value: Any, path: str, notes: Notes) -> list[McpServer]:
    """The MCP servers of a file or manifest. path: where they stand."""
    named = value.get("mcpServers", value.get("servers", value)) if isinstance(value, dict) else None
    if not isinstance(named, dict):
        notes.warn("mcp_servers", path, f"The MCP servers in {shown(path)} should be an object: names with settings.")
        return []
    if len(named) > MOST_SERVERS:
        notes.warn("mcp_servers", path, f"{shown(path)} has {len(named):,} MCP servers; {MOST_SERVERS} are kept.")
    listed = list(named.items())[:MOST_SERVERS]
    return [server for name, settings in listed if (server := _server(name, settings, path, notes))]


def _of_event(event: str, groups: Any, path: str, notes: Notes) -> Iterator[Hook]:
    if event in ("description", "$schema", "version", "name") and not isinstance(groups, list):
        return
    if event not in EVENTS and event not in OWN_EVENTS:
        notes.warn("unknown_event", path, f"{shown(event)} in {shown(path)} is no event that hooks can wait for.")
    for group in groups if isinstance(groups, list) else [groups]:
        if not isinstance(group, dict):
            notes.warn("hooks", path, f"A hook of {shown(event)} in {shown(path)} is no object and was passed over.")
            continue
        handlers = group.get("hooks", [group] if _action(group) else [])
        for handler in handlers if isinstance(handlers, list) else [handlers]:
            if isinstance(handler, dict):
                yield _hook(event, group, handler, path, notes)
            else:
                notes.warn(
                    "hooks", path, f"A hook of {shown(event)} in {shown(path)} is no object and was passed over."
                )


def _listed_hook(item: Any, path: str, notes: Notes) -> Iterator[Hook]:
    """A hook of a plain list, as a `manifest.json` may have it."""
    event = line(item.get("event") or item.get("name")) if isinstance(item, dict) else ""
    if event:
        yield from _of_event(event, [{**item, "hooks": [item]}] if "hooks" not in item else [item], path, notes)
    else:
        notes.warn("hooks", path, f"A hook in {shown(path)} names no event and was passed over.")


def _hook(event: str, group: dict[str, Any], handler: dict[str, Any], path: str, notes: Notes) -> Hook:
    if not _action(handler):
        notes.warn("hooks", path, f"A hook of {shown(event)} in {shown(path)} does not say what it does.")
    if "timeout" in handler and not seconds(handler["timeout"]):
        notes.warn("hooks", path, f"The timeout of a hook of {shown(event)} in {shown(path)} is no number of seconds.")
    name = line(handler.get("type"))
    kind = KINDS.get(name) or ("other" if name else "command" if handler.get("command") else "other")
    taken = {"type", "timeout", "hooks", "matcher", "event", *ACTIONS}
    return Hook(
        event=line(event, 100),
        matcher=line(group.get("matcher", handler.get("matcher", ""))),
        kind=kind,
        action=_action(handler),
        path=path,
        timeout=seconds(handler.get("timeout")),
        extra={key: value for key, value in handler.items() if key not in taken},
    )


def _action(handler: dict[str, Any]) -> str:
    """The command with its arguments, or whatever else the handler is to do."""
    for name in ACTIONS:
        if isinstance(text := handler.get(name), str) and text:
            arguments = handler.get("args") if name == "command" else None
            words = [text, *(line(word) for word in arguments)] if isinstance(arguments, list) else [text]
            return " ".join(words)[:LONGEST_ACTION]
    return ""


def _server(name: str, settings: Any, path: str, notes: Notes) -> McpServer | None:
    if isinstance(settings, str):
        return McpServer(line(name, 100), "bundle", path, url=line(settings))
    if not isinstance(settings, dict):
        notes.warn("mcp_servers", path, f"The MCP server {shown(name)} in {shown(path)} is no object; passed over.")
        return None
    if not (settings.get("command") or settings.get("url")):
        notes.warn("mcp_servers", path, f"The MCP server {shown(name)} in {shown(path)} has neither command nor url.")
    for field, kind in (("args", list), ("env", dict), ("headers", dict)):
        value = settings.get(field)
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        if value is not None and (not isinstance(value, kind) or not all(isinstance(item, str) for item in inside)):
            notes.warn(
                "mcp_servers", path, f"`{field}` of the MCP server {shown(name)} in {shown(path)} should hold texts."
            )
    arguments = settings.get("args")
    given = [line(word, LONGEST_ACTION) for word in arguments] if isinstance(arguments, list) else []
    return McpServer(
        name=line(name, 100),
        transport=_transport(settings),
        path=path,
        command=line(settings.get("command"), LONGEST_ACTION),
        args=tuple(given[:MOST_ARGUMENTS]),
        url=line(settings.get("url"), LONGEST_ACTION),
        environment=texts(settings.get("env")),
        headers=texts(settings.get("headers")),
        description=line(settings.get("description")),
    )


def _transport(settings: dict[str, Any]) -> Transport:
    said = TRANSPORTS.get(line(settings.get("type") or settings.get("transport")))
    return said or ("http" if settings.get("url") else "stdio" if settings.get("command") else "unknown")
