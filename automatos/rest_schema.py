"""How operations stand in the OpenAPI document: summaries, shapes that generators of clients read, tags with words."""

import re
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema as LibraryAutoSchema

LONGEST_SUMMARY = 90
NULL = {"$ref": "#/components/schemas/NullEnum"}
# What each first part of an address is about.
TAGS = {
    "admin": "Moderation of the marketplace, for staff.",
    "agent-drafts": "Agents that somebody is still filling in.",
    "agents": "Agents: settings, versions, tools, chat.",
    "approvals": "What waits for a person.",
    "budgets": "Limits of money and tokens.",
    "composio": "Apps and their connections.",
    "conversations": "Talks with agents.",
    "credential-types": "Kinds of credentials.",
    "credentials": "Keys for services outside, sealed.",
    "documents": "Knowledge that agents find things in.",
    "document-sites": "Websites whose pages are documents.",
    "executions": "Runs: state, events, files, going on.",
    "hooks": "Signed messages that start or continue runs.",
    "invitations": "Invitations to workspaces.",
    "marketplace": "Plugins and shared agents, recipes and skills.",
    "mcp-servers": "MCP servers and their tools.",
    "me": "Who the caller is: name, time zone, sessions, second factor.",
    "memories": "What agents remember.",
    "models": "Models that agents can use.",
    "openapi-tools": "Tools made of OpenAPI documents.",
    "personas": "Personas for agents.",
    "recipe-proposals": "Recipes begun from a person's words.",
    "skill-sources": "Where skills come from.",
    "skills": "Skills.",
    "tool-logs": "Calls of tools.",
    "tool-policies": "When a person is asked before a tool is called.",
    "tools": "Tools that come with the product.",
    "v1": "OpenAI's API, with agents as models.",
    "webhooks": "Messages of sign-in and app services.",
    "workflow-recipes": "Recipes: drafts, versions, runs, lessons, triggers.",
    "workflows": "Goals that a run plans by itself.",
    "workspaces": "Workspaces, their members, keys and logs.",
}


class AutoSchema(LibraryAutoSchema):
    """Summaries out of the first sentence of an operation's words."""

    def get_summary(self) -> str | None:
        """The operation's own summary, or the first sentence of its description."""
        return super().get_summary() or summary_of(self.get_description())


@cache
def takes_body(view: Any, method: str) -> bool:
    """Whether an operation takes a body, as its own document says. view: its class; method: in capitals."""
    schema = getattr(getattr(view, method.lower(), None), "kwargs", {}).get("schema")
    if method not in ("POST", "PUT", "PATCH") or schema is None:
        return False
    inspector, asked = schema(), view()
    asked.request, asked.kwargs = None, {}
    inspector.view, inspector.method = asked, method
    return inspector.get_request_serializer() is not None


@cache
def query_names(view: Any, method: str) -> tuple[str, ...]:
    """The query parameters of an operation, as its own document says. view: its class; method: in capitals."""
    schema = getattr(getattr(view, method.lower(), None), "kwargs", {}).get("schema")
    if schema is None:
        return ()
    inspector, asked = schema(), view()
    asked.request, asked.kwargs = None, {}
    inspector.view, inspector.method = asked, method
    return tuple(name for name, place in inspector._process_override_parameters() if place == "query")


def summary_of(description: str) -> str:
    """The first sentence, at most 90 characters; cut at a word."""
    first = re.split(r"(?<=[\w)`\"])[.;:](?:\s|$)", " ".join(description.split()), maxsplit=1)[0].rstrip(".")
    return first if len(first) <= LONGEST_SUMMARY else f"{first[:LONGEST_SUMMARY].rpartition(' ')[0]} …"


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The last hand: nullable schemas with their type (OpenAPI 3.0.3), and the tags that are used, with words."""
    _type_nullables(result["components"])
    result["components"]["schemas"]["NullEnum"] = {"enum": [None]}
    operations = [found for methods in result["paths"].values() for found in methods.values()]
    for found in operations:
        # Without one, readers would ask for the document's own credential; these have signatures.
        found.setdefault("security", [])
    used = {tag for found in operations for tag in found.get("tags", ())}
    result["tags"] = [{"name": tag, "description": TAGS[tag]} for tag in sorted(used)]
    return result


def _type_nullables(node: Any) -> None:
    """`nullable` counts only beside `type`: what has none here is an object, or one of several of which one is null."""
    if isinstance(node, list):
        for one in node:
            _type_nullables(one)
    if not isinstance(node, dict):
        return
    if node.get("nullable") is True and "type" not in node:
        if "oneOf" in node or "allOf" in node:
            # One of them is null; generators of clients overlook `nullable` beside `allOf`.
            del node["nullable"]
            node["oneOf"] = [*node.pop("allOf", ()), *(one for one in node.get("oneOf", ()) if one != NULL), NULL]
        else:
            node["type"] = "object"
            node["additionalProperties"] = {}
    for one in list(node.values()):
        _type_nullables(one)
