"""Every way in there is: each operation of the OpenAPI document and each page, with what it takes to be asked.

What a new operation or page needs and this does not know fails the test: add it here and think of who may not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from workspaces.models import Role
from workspaces.scope.permissions import NEEDED_ROLE
from workspaces.tests.matrix_bodies import BODIES, FORMS

NOBODY = "00000000-0000-4000-8000-000000000000"
# What a parameter of an address names: the model whose id it is.
MODELS = {
    "workspace_id": "Workspace",
    "agent_id": "Agent",
    "credential_id": "Credential",
    "execution_id": "Execution",
    "other_id": "Execution",
    "recipe_id": "Recipe",
    "workflow_id": "Workflow",
    "key_id": "ApiKey",
    "user_id": "User",
    "invitation_id": "Invitation",
    "approval_id": "Approval",
    "allowance_id": "Allowance",
    "view_id": "SavedView",
    "wait_id": "Approval",
    "source_id": "SkillSource",
    "skill_id": "Skill",
    "document_id": "Document",
    "site_id": "DocumentSite",
    "memory_id": "Memory",
    "conversation_id": "Conversation",
    "draft_id": "AgentDraft",
    "persona_id": "Persona",
    "old_address": "WorkspaceSlug",
    "trigger_id": "ComposioTrigger",
    "log_id": "ToolExecutionLog",
    "plugin_id": "Plugin",
    "version_id": "PluginVersion",
    "desk_id": "PluginVersion",
    "notice_id": "PluginNotice",
    "publisher_key_id": "PublisherKey",
    "report_id": "PluginReport",
    "review_id": "PluginReview",
    "scan_id": "PluginScan",
    "lesson_id": "Lesson",
    "schedule_id": "Schedule",
    "recipe_trigger_id": "RecipeTrigger",
    "hook_id": "RecipeTrigger",
    "delivery_id": "TriggerDelivery",
    "suggestion_id": "RecipeSuggestion",
    "import_id": "PluginImport",
    "service_id": "RemoteService",
    "tool_id": "RemoteTool",
    "listing_version_id": "ListingVersion",
    "install_id": "InstalledListing",
    "shared_id": "Agent",
    "budget_id": "Budget",
    "evaluation_set_id": "EvaluationSet",
    "evaluation_id": "Evaluation",
}
# Parameters that name a row by its own word, by how the address begins.
SLUGS = {"agents": ("Agent", "slug"), "recipes": ("Recipe", "template_id"), "skills": ("Skill", "slug")}
# Parameters that name a row by its own word, wherever they stand.
BY_WORD = {
    "plugin": ("Plugin", "slug"),
    "listing": ("Listing", "slug"),
    "app": ("ComposioAppCache", "slug"),
    "action": ("ComposioActionCache", "action"),
}
# Parameters that name no row of a workspace.
FIXED = {
    "session_id": "999999999",
    "passkey_id": "999999999",
    "step": "skills",
    "order": "1",
    "place": "1",
    "name": "notes.txt",
    "kind": "openai",
    "number": "1",
    "version": "1",
    "old": "1",
    "new": "1",
    "after": "0",
    "state": "unknown",
    "listing_kind": "agent",
    "link_token": "unknown",
    "ticket": "unknown",
    "path": "SKILL.md",
}
# Pages that anybody in the workspace may read and that only these may send.
SENT_BY = {
    "workspace_settings": Role.ADMIN,
    "workspace_retention": Role.ADMIN,
    "workflow_prompts": Role.EDITOR,
    "agents": Role.EDITOR,
    "agent_documents": Role.EDITOR,
    "agent_playground": Role.EDITOR,
    "agent_skills": Role.EDITOR,
    "agent_status": Role.EDITOR,
    "agent_tools": Role.EDITOR,
    "agent_plugins": Role.EDITOR,
    "agent_apps": Role.EDITOR,
    "agent_app_actions": Role.EDITOR,
    "agent_remote_tools": Role.EDITOR,
    "approval_decide": NEEDED_ROLE["approvals:decide"],
    "allowance_revoke": NEEDED_ROLE["approvals:decide"],
    "skill_source": Role.EDITOR,
    "recipe_lessons": Role.EDITOR,
    "skill_update": Role.EDITOR,
    "plugin_update": NEEDED_ROLE["plugins:enable"],
}
# What has to be so for the operation to find its row: columns of that row, set before each request.
GONE = {"deleted_at": timezone.now}
API = {"kind": "openapi", "base_url": "https://example.org"}
RESPONSE = {"input_data": {"message": "Hello", "wishes": {"response": {"model": "agent:quill", "store": True}}}}
STATES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "credentials_restore": ("Credential", GONE),
    "credential_restore": ("Credential", GONE),
    "skill_sources_restore": ("SkillSource", GONE),
    "skill_source_restore": ("SkillSource", GONE),
    **dict.fromkeys(("conversation_restore", "conversations_restore"), ("Conversation", GONE)),
    **dict.fromkeys(("documents_restore", "document_restore"), ("Document", GONE)),
    **dict.fromkeys(("workspaces_restore", "workspace_restore"), ("Workspace", GONE)),
    **dict.fromkeys(("mcp_connect", "mcp_servers_sign_in"), ("RemoteService", {"url": "http://127.0.0.1:1/mcp"})),
    **dict.fromkeys(("agent_draft_restore", "agent_drafts_restore"), ("AgentDraft", {"discarded_at": timezone.now})),
    **dict.fromkeys(("agent_restore", "agents_restore"), ("Agent", GONE)),
    **dict.fromkeys(("persona_restore", "personas_restore"), ("Persona", GONE)),
    # Nobody waits for an answer.
    **dict.fromkeys(("openai_chat_completions", "openai_responses"), ("Agent", {"status": "paused"})),
    **dict.fromkeys(("openai_response", "openai_response_delete", "openai_response_items"), ("Execution", RESPONSE)),
    **dict.fromkeys(("recipe_restore", "recipes_restore"), ("Recipe", GONE)),
    **dict.fromkeys(("workflow_restore", "workflows_restore"), ("Workflow", GONE)),
    "executions_restore": ("Execution", GONE),
    "workspace_plugins_change": ("PluginVersion", {"status": "approved", "published_at": timezone.now}),
    **dict.fromkeys(
        (
            *("openapi_list", "openapi_read", "openapi_change", "openapi_remove", "openapi_tools_list"),
            *("openapi_tools_read", "openapi_tools_change", "openapi_tools_accept", "openapi_tools_try"),
            *("openapi_choose", "openapi_edit", "openapi_document", "openapi_act", "openapi_try"),
        ),
        ("RemoteService", API),
    ),
    "schedules_restore": ("Schedule", GONE),
    "triggers_restore": ("RecipeTrigger", GONE),
    "evaluation_sets_restore": ("EvaluationSet", GONE),
    "evaluation_cases_restore": ("EvaluationCase", {"removed_at": timezone.now}),
    "lessons_restore": ("Lesson", {"forgotten_at": timezone.now}),
    "lessons_vouch": ("Lesson", {"text": "A lesson.", "origins": ["https://example.org/"]}),
}
# Who may ask what stands outside of any workspace: everybody signed in, or everybody.
# STAFF: everybody here is refused, whatever they name.
PERSON, ANYONE, STAFF = "person", "anyone", "staff"
OUTSIDE = {
    **dict.fromkeys(
        (
            *("plugins_upload", "plugins_pending", "plugins_review", "plugins_review_files", "plugins_review_file"),
            *("plugins_approve", "plugins_reject", "plugins_request_changes", "plugins_deactivate", "plugins_block"),
            *("plugins_reopen", "plugins_scan", "plugins_reports", "plugins_reports_resolve", "plugins_rescans"),
            *("plugins_rescans_seen", "plugins_feature", "plugins_import", "plugins_import_read"),
            "reviews_take_away",
        ),
        STAFF,
    ),
    **dict.fromkeys(("me", "me_change", "me_sessions", "me_sessions_end_others"), PERSON),
    **dict.fromkeys(("me_sessions_end", "me_confirm"), PERSON),
    **dict.fromkeys(("me_second_factor", "me_totp_start", "me_totp_activate", "me_totp_remove"), PERSON),
    **dict.fromkeys(("me_recovery_codes", "me_passkey_remove"), PERSON),
    "workspaces_list": PERSON,
    "workspaces_create": PERSON,
    "invitations_accept": PERSON,
    "clerk_webhook": ANYONE,
    "composio_webhook": ANYONE,
    "hooks_receive": ANYONE,
    "hooks_resume": ANYONE,
}


@dataclass(frozen=True)
class Door:
    """One method of one address. role: the least that may; None outside of workspaces, where audience says who."""

    name: str
    method: str
    path: str
    role: Role | None = None
    audience: str = ""
    is_page: bool = False
    body: Any = None
    parameters: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def in_path(self) -> bool:
        """Whether the address itself names the workspace."""
        return self.is_page or "{workspace_id}" in self.path

    def model_of(self, parameter: str) -> tuple[str, str]:
        """The model and column a parameter names a row by; an empty model for one that names none."""
        if parameter in FIXED:
            return "", FIXED[parameter]
        if parameter == "workspace":
            return "Workspace", "slug"
        if parameter == "agent_slug":
            return "Agent", "slug"
        if parameter in BY_WORD:
            return BY_WORD[parameter]
        if parameter == "key":
            return SLUGS[self.path.removeprefix("/w/{workspace}/").split("/")[0]]
        return MODELS[parameter], "pk"

    @property
    def named(self) -> list[str]:
        """The parameters by which it names rows of the workspace."""
        names = [name for name in self.parameters if self.model_of(name)[0]]
        return [name for name in names if name not in ("workspace", "workspace_id")]


Doors = Callable[[], list[Door]]


@cache
def operations() -> list[Door]:
    """Each operation of the OpenAPI document."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    found = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found.append(_operation(path, method.upper(), operation))
    return found


def _operation(path: str, method: str, operation: dict[str, Any]) -> Door:
    name = operation["operationId"]
    parameters = tuple(re.findall(r"{(\w+)}", path))
    door = Door(name, method, path, parameters=parameters)
    sample = path
    for parameter in parameters:
        model, fixed = door.model_of(parameter)
        sample = sample.replace(f"{{{parameter}}}", NOBODY if model else fixed)
    view = resolve(sample).func
    needs = getattr(getattr(view, "cls", None), "needs", {})
    role = NEEDED_ROLE[needs[method]] if needs else None
    assert role or name in OUTSIDE, f"{name}: say in OUTSIDE who may ask it"
    audience = "" if role else OUTSIDE[name]
    if "requestBody" in operation:
        assert name in BODIES, f"{name}: add a body of it to BODIES, with a <Model> for each id in it"
    body = BODIES.get(name)
    return Door(name, method, path, role, audience, body=body, parameters=parameters)


@cache
def pages() -> list[Door]:
    """Each method of each page under /w/<workspace>/."""
    # An address the workspace had before leads its members to the one it has now.
    found = [Door("moved", "GET", "/w/{old_address}/", Role.VIEWER, is_page=True, parameters=("old_address",))]
    for path, pattern in addresses(get_resolver().url_patterns, "/"):
        if not path.startswith("/w/{workspace}/"):
            continue
        role = getattr(pattern.callback, "needed_role", None)
        assert role, f"{path} is not behind workspace_page"
        for method in methods_of(pattern):
            found.append(_page(path, pattern.name or path, method, role))
            if method == "GET" and pattern.name in LISTS_OF_DELETED:
                found.append(_page(path, f"{pattern.name}_deleted", method, role))
    return found


# Pages that list what was deleted in another way; what is asked of them then stands in matrix.QUERIES.
LISTS_OF_DELETED = ("agents", "recipes")
# What stands in addresses outside of workspaces: words that lead nowhere, and a workspace's id for whatever else.
WORDS = {"app_label": "workspaces", "url": "nowhere/", "uidb36": "1", "key": "unknown", "token": "unknown"}
WORDS |= {"session_id": "1", "pk": "1", "content_type_id": "1", "object_id": "{workspace_id}"}
SENT_OUTSIDE = ("workspace_new", "workspace_restore", "invitation")


@cache
def pages_outside() -> list[Door]:
    """Each page outside of workspaces: a person's account, invitations, the admin site."""
    found = []
    for raw, pattern in addresses(get_resolver().url_patterns, "/"):
        path = re.sub(r"\(\?P({\w+})[^)]*\)", r"\1", raw).replace("$", "")
        if path.startswith(("/w/{workspace}/", "/api/", "/v1/")):
            continue
        for word, value in WORDS.items():
            path = path.replace(f"{{{word}}}", value)
        for method in ("GET", "POST") if pattern.name in SENT_OUTSIDE else ("GET",):
            names = tuple(re.findall(r"{(\w+)}", path))
            body: Any = None if method == "GET" else {}
            found.append(Door(pattern.name or path, method, path, None, ANYONE, True, body, names))
    return found


def _page(path: str, name: str, method: str, role: Role) -> Door:
    is_form = method == "POST"
    return Door(
        name,
        method,
        path,
        SENT_BY.get(name, role) if is_form else role,
        is_page=True,
        body=FORMS.get(name, {}) if is_form else None,
        parameters=tuple(re.findall(r"{(\w+)}", path)),
    )


def methods_of(pattern: URLPattern) -> list[str]:
    """GET, POST or both, as the view's own decorator says."""
    request = Client().get("/").wsgi_request
    request.method = "OPTIONS"
    allowed = pattern.callback(request).headers.get("Allow", "")
    assert allowed, f"{pattern} does not say its methods"
    return [method for method in ("GET", "POST") if method in allowed]


def addresses(patterns: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
    """Every address under these patterns as a template with {parameter}, and its pattern."""
    for pattern in patterns:
        path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern).lstrip("^"))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        else:
            yield path, pattern
