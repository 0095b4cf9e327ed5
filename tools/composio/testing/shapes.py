"""The shapes of Composio's answers, and made-up catalogues of any size."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
VERSION = "20251027_00"
OLD_VERSION = "20250909_00"
CATEGORIES = ("communication", "productivity", "developer tools", "crm", "marketing", "finance", "analytics")
OUTPUT: Json = {
    "type": "object",
    "title": "ResponseWrapper",
    "required": ["data", "successful"],
    "properties": {
        "data": {"type": "object", "additionalProperties": True},
        "successful": {"type": "boolean"},
        "error": {"type": "string", "nullable": True, "default": None},
    },
}


def now() -> str:
    """The time as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tool(
    slug: str,
    app: str,
    description: str,
    properties: Mapping[str, Json],
    required: Sequence[str] = (),
    *,
    tags: Sequence[str] = (),
    no_auth: bool = False,
    name: str = "",
) -> Json:
    """An action as GET /tools lists it."""
    return {
        "slug": slug,
        "name": name or slug.partition("_")[2].replace("_", " ").capitalize(),
        "description": description,
        "human_description": description,
        "toolkit": {"slug": app, "name": app.title(), "logo": ""},
        "input_parameters": {
            "type": "object",
            "title": f"{slug.title()}Request",
            "properties": dict(properties),
            "required": list(required),
        },
        "output_parameters": OUTPUT,
        "version": VERSION,
        "available_versions": [OLD_VERSION, VERSION],
        "scopes": [],
        "scope_requirements": None,
        "tags": list(tags),
        "no_auth": no_auth,
        "is_deprecated": False,
        "deprecated": {
            "available_versions": ["latest"],
            "displayName": slug,
            "is_deprecated": False,
            "toolkit": {"logo": ""},
            "version": VERSION,
        },
    }


def toolkit(
    slug: str,
    name: str,
    *,
    tools: int,
    schemes: Sequence[str] = ("OAUTH2",),
    managed: Sequence[str] = ("OAUTH2",),
    category: str = "developer tools",
    triggers: int = 0,
    description: str = "",
    logo: str = "",
    updated_at: str = "2026-10-27T00:00:00.000Z",
) -> Json:
    """An app as GET /toolkits lists it."""
    return {
        "slug": slug,
        "name": name,
        "type": "native",
        "auth_schemes": list(schemes),
        "composio_managed_auth_schemes": list(managed),
        "no_auth": not schemes,
        "is_local_toolkit": False,
        "deprecated": {"toolkitId": str(uuid.uuid5(uuid.NAMESPACE_DNS, slug))},
        "meta": {
            "description": description or f"{name}: its things, for agents.",
            "logo": logo,
            "categories": [{"id": category.replace(" ", "-"), "name": category}],
            "tools_count": tools,
            "triggers_count": triggers,
            "version": VERSION,
            "app_url": f"https://{slug.replace('_', '-')}.example",
            "created_at": "2024-05-03T11:44:32.061Z",
            "updated_at": updated_at,
        },
    }


def trigger_type(slug: str, app: str, description: str, config: Mapping[str, Json] | None = None) -> Json:
    """An event as GET /triggers_types lists it."""
    return {
        "slug": slug,
        "name": slug.partition("_")[2].replace("_", " ").capitalize(),
        "description": description,
        "instructions": "",
        "toolkit": {"slug": app, "name": app.title(), "logo": ""},
        "type": "webhook",
        "version": VERSION,
        "config": {"type": "object", "properties": dict(config or {}), "required": list(config or {})},
        "payload": {"type": "object", "properties": {"id": {"type": "string"}}},
    }


TEXT: Json = {"type": "string"}
FEW_TOOLS = [
    tool(
        "GITHUB_CREATE_AN_ISSUE",
        "github",
        "Creates a new issue in a GitHub repository.",
        {
            "owner": {"type": "string", "description": "Who owns the repository."},
            "repo": {"type": "string", "description": "Name of the repository."},
            "title": {"type": "string", "description": "Title of the issue.", "maxLength": 256},
            "body": {"type": "string", "nullable": True, "default": None},
            "labels": {"type": "array", "items": {"type": "string"}},
        },
        ["owner", "repo", "title"],
        tags=["important", "openWorldHint"],
    ),
    tool(
        "GITHUB_GET_A_REPOSITORY",
        "github",
        "Gets a repository.",
        {"owner": TEXT, "repo": TEXT},
        ["owner", "repo"],
        tags=["readOnlyHint"],
    ),
    tool(
        "GITHUB_DELETE_A_REPOSITORY",
        "github",
        "Deletes a repository for good.",
        {"owner": TEXT, "repo": TEXT},
        ["owner", "repo"],
        tags=["destructiveHint"],
    ),
    *(
        tool(
            f"GITHUB_LIST_THINGS_{number:02d}",
            "github",
            f"Lists things of kind {number}.",
            {"page": {"type": "integer", "default": 1}},
        )
        for number in range(24)
    ),
    tool(
        "SLACK_SEND_MESSAGE",
        "slack",
        "Posts a message to a channel.",
        {"channel": TEXT, "text": TEXT},
        ["channel", "text"],
        tags=["important"],
    ),
    tool(
        "JIRA_GET_ISSUE",
        "jira",
        "Reads one issue by its key.",
        {"key": TEXT},
        ["key"],
        tags=["readOnlyHint"],
    ),
    tool(
        "HACKERNEWS_GET_FRONTPAGE",
        "hackernews",
        "Reads the stories of the front page.",
        {"min_points": {"type": "integer", "nullable": True}},
        no_auth=True,
    ),
]
FEW_APPS = [
    toolkit("github", "GitHub", tools=27, triggers=1),
    toolkit("slack", "Slack", tools=1, schemes=["OAUTH2", "BEARER_TOKEN"], category="communication"),
    toolkit("jira", "Jira", tools=1, schemes=["API_KEY"], managed=[], category="productivity"),
    toolkit("hackernews", "Hacker News", tools=1, schemes=[], managed=[]),
]
FEW_TRIGGERS = [
    trigger_type("GITHUB_COMMIT_EVENT", "github", "A commit was pushed.", {"owner": TEXT, "repo": TEXT}),
]
VERBS = ("CREATE", "GET", "LIST", "UPDATE", "DELETE")
NOUNS = ("ORDER", "TICKET", "CONTACT", "INVOICE")


def many(apps: int, each: int) -> tuple[list[Json], list[Json]]:
    """A catalogue with so many apps and so many actions in each."""
    kits, tools = [], []
    for number in range(apps):
        slug = f"app_{number:04d}"
        category = CATEGORIES[number % len(CATEGORIES)]
        kits.append(toolkit(slug, f"App {number:04d}", tools=each, category=category))
        for place in range(each):
            verb, noun = VERBS[place % len(VERBS)], NOUNS[place // len(VERBS) % len(NOUNS)]
            name = f"{slug.upper()}_{verb}_{noun}" + (f"_{place}" if place >= 20 else "")
            text = f"{verb.capitalize()}s {noun.lower()} entries of App {number:04d}."
            tools.append(tool(name, slug, text, {"id": TEXT, "name": TEXT}, ["id"]))
    return kits, tools


def digest(text: str) -> str:
    """A short name that is the same for the same text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
