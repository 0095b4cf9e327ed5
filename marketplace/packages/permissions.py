"""What a package asks for, gathered from all its parts, so that a person sees it in one list before saying yes."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from marketplace.packages.package import AgentTemplate, Command, Hook, McpServer, Part, Permission, Skill
from marketplace.packages.values import LONGEST_ITEM, line

VARIABLE = re.compile(r"\$\{?([A-Z][A-Z0-9_]{2,})\b")
# Places that Claude Code fills in; they are no secrets.
OWN_VARIABLES = ("CLAUDE_PLUGIN_", "CLAUDE_PROJECT_DIR")
MOST = 1_000


def permissions_of(
    *,
    skills: Sequence[Skill],
    commands: Sequence[Command],
    agents: Sequence[AgentTemplate],
    hooks: Sequence[Hook],
    servers: Sequence[McpServer],
    parts: Sequence[Part],
    manifest: dict[str, Any],
    manifest_path: str,
) -> tuple[Permission, ...]:
    """Every one, once, in the order of the parts."""
    found = [
        *(Permission("tool", tool, skill.path) for skill in skills for tool in skill.allowed_tools),
        *(Permission("tool", tool, command.path) for command in commands for tool in command.allowed_tools),
        *(Permission("tool", tool, agent.path) for agent in agents for tool in agent.tools),
        *(permission for hook in hooks for permission in _of_hook(hook)),
        *(permission for server in servers for permission in _of_server(server)),
        *(Permission("executable", part.path, part.path) for part in parts if part.kind == "executable"),
        *_of_settings(manifest.get("userConfig"), manifest_path),
        *_of_dependencies(manifest.get("dependencies"), manifest_path),
    ]
    return tuple(dict.fromkeys(found))[:MOST]


def _of_hook(hook: Hook) -> Iterator[Permission]:
    if hook.kind in ("command", "other") and hook.action:
        yield Permission("command", hook.action, hook.path)
    if hook.kind == "http":
        yield from _of_address(hook.action, hook.path)
    yield from _of_variables(hook.action, hook.path)


def _of_server(server: McpServer) -> Iterator[Permission]:
    if server.command:
        yield Permission("command", " ".join((server.command, *server.args)), server.path)
    yield from _of_address(server.url, server.path)
    for name, value in server.environment.items():
        yield Permission("environment", name, server.path)
        yield from _of_variables(value, server.path)
    yield from _of_variables(" ".join((*server.headers.values(), *server.args, server.url)), server.path)


def _of_address(url: str, path: str) -> Iterator[Permission]:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = url
    if host:
        yield Permission("host", host, path)


def _of_variables(text: str, path: str) -> Iterator[Permission]:
    for name in VARIABLE.findall(text):
        if not name.startswith(OWN_VARIABLES):
            yield Permission("environment", name, path)


def _of_settings(value: Any, path: str) -> Iterator[Permission]:
    for name, option in value.items() if isinstance(value, dict) else ():
        secret = isinstance(option, dict) and option.get("sensitive") is True
        yield Permission("secret_setting" if secret else "user_setting", line(name, LONGEST_ITEM), path)


def _of_dependencies(value: Any, path: str) -> Iterator[Permission]:
    for each in value if isinstance(value, list) else ():
        parts = (
            [line(each.get(key)) for key in ("name", "marketplace", "version")] if isinstance(each, dict) else [each]
        )
        text = " ".join(line(part) for part in parts if part)
        if text:
            yield Permission("dependency", text, path)
