"""One row in every table of a workspace, a marker in every column that holds text: what a leak would show."""

import json
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVector
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from automatos.llm import embeddings
from workspaces.api_keys.services import create_api_key
from workspaces.credentials import services as credentials
from workspaces.models import Invitation, Role, User, Workspace
from workspaces.services import create_workspace, set_role

APPS = ("workspaces", "tools", "marketplace", "agents", "recipes")
# Of nobody or of everybody, or made in another way below.
NOT_PLANTED = {
    "User",
    "Workspace",
    "Membership",
    "CredentialType",
    "KeyCheck",
    "ClerkEvent",
    "ClerkState",
    "Worker",
    "AuditHead",
    "AuditEntry",
    "Credential",
    "PluginCategory",
}
# A vector as a question may have it.
ASKED = [1.0, *[0.0] * (embeddings.DIMENSIONS[embeddings.LOCAL] - 1)]
SKILL = {"name": "%s", "description": "%s", "license": "%s", "allowed_tools": ["%s"], "warnings": [], "resources": []}
DRAFT_TEXTS = {"name": "%s", "description": "%s", "template_id": ""}
PAUSE = {"step_id": "pause", "kind": "wait", "config": {"for": "time", "seconds": 60}, "agent_id": None}
DRAFT_LISTS: dict[str, Any] = {"steps": [PAUSE], **{name: [] for name in ("tags", "inputs", "outputs")}}
DRAFT = json.dumps({**DRAFT_TEXTS, **DRAFT_LISTS, "execution_config": {}})
# Values that must mean something to the product. A text is given the marker with %s.
VALUES: dict[str, Any] = {
    "AgentModelConfig.provider": "local",
    "AgentModelConfig.model_id": "smollm2-135m-instruct",
    "AgentModelConfig.fallback_model_id": "anthropic:claude-sonnet-4-5",
    "AgentModelConfig.response_schema": None,
    "Agent.tool_ids": [],
    "Execution.conversation": None,
    "Execution.parent_step": None,
    "Execution.source": None,
    "Execution.paused_at": None,
    "Execution.held_steps": 0,
    "ExecutionStep.scope": None,
    "ExecutionStep.state": None,
    "ExecutionStep.grown": 0,
    "ExecutionStep.path": None,
    "Execution.status": "running",
    "Execution.input_data": {"topic": "%s"},
    "Execution.output_data": {"final_output": "%s"},
    "Execution.error": None,
    "Execution.above": [],
    "RunJudgement.verdict": {"score": 4, "summary": "%s", "points": [], "orders": [], "left_out": 0},
    "Execution.last_seq": 1,
    "ExecutionStep.started_at": timezone.now(),
    "ExecutionStep.error": {"code": "failed", "message": "%s"},
    "Call.error": {"code": "failed", "message": "%s"},
    "StepAttempt.error": {"code": "failed", "message": "%s"},
    "Call.kind": "tool",
    "Call.path": "0",
    "Call.data": {"arguments": {"text": "%s"}},
    "Event.type": "step.started",
    "Event.data": {"text": "%s"},
    "Approval.arguments": {"path": "%s"},
    "Approval.reach": {"tool": "%s"},
    "Approval.allowance_id": None,
    "Allowance.reach": {"tool": "%s"},
    "Allowance.revoked_at": None,
    "SavedView.query": "q=%s",
    "ApiKey.scopes": [],
    "Budget.scope": "workspace",
    **dict.fromkeys(("ModelUsage.day", "AgentUsage.day"), timezone.now().date()),
    "Budget.limit": 1000,
    "Reservation.amount": 1,
    "Invitation.accepted_by": None,
    "IdempotentRequest.body": {"text": "%s"},
    "Workflow.agent_ids": [],
    "Workflow.stages": {},
    "Workflow.plan": None,
    "Workflow.status": "draft",
    "Recipe.inputs": {},
    "Recipe.execution_config": {},
    "Recipe.outputs": {},
    "RecipeDraft.body": DRAFT,
    "RecipeDraft.past": "[]",
    "RecipeDraft.future": "[]",
    "RecipeDraft.trials": {},
    "RecipeDraft.touched": {},
    "RecipeDraft.work": {},
    "Lesson.origins": [],
    "Schedule.cron": "0 9 * * *",
    "Schedule.time_zone": "UTC",
    "Schedule.input_data": {},
    "RecipeTrigger.config": {"scheme": "standard", "known_by": "id"},
    "RecipeTrigger.input_map": {},
    "RecipeTrigger.key_id": "",
    "RecipeTrigger.input_data": {},
    "RecipeTrigger.after_recipe": None,
    "TriggerDelivery.replay_of": None,
    "Lesson.embedding_model": "",
    "EvaluationCase.number": 1,
    "EvaluationCase.input_data": {},
    "EvaluationCase.expectations": [{"type": "contains", "text": "%s"}],
    "EvaluationSet.judge_model": "",
    "Evaluation.pass_at": 0.9,
    **{f"EvaluationSet.{name}": value for name, value in (("cron", "0 9 * * *"), ("time_zone", "UTC"))},
    "EvaluationVariant.version": 1,
    "EvaluationVariant.body": None,
    "EvaluationCell.checks": [{"type": "contains", "passed": True, "detail": "%s"}],
    "RecipeSuggestion.type": "prompt_rewrite",
    "StepFigures.errors": {"%s": 1},
    "RecipeVersion.body": {"name": "%s", "steps": [PAUSE]},
    "AgentVersion.snapshot": {"name": "%s"},
    "AgentDraft.values": {"name": "%s"},
    "AgentDraft.agent": None,
    "Skill.is_enabled": True,
    "SkillSource.kind": "git",
    "SkillSource.status": "active",
    "SkillSource.url": "https://example.org/%s.git",
    "SkillSource.pending": {"found_at": "2026-11-24T00:00:00+00:00", "warnings": [], "skills": []},
    "SkillSource.pending_commit": "f" * 40,
    "Skill.metadata": SKILL,
    "DocumentSite.url": "https://example.org/%s",
    "DocumentSite.below": "https://example.org/%s/",
    "DocumentSite.robots": "# %s",
    "DocumentSite.left_out": {"robots": 1},
    "Document.kind": "url",
    "Document.url": "https://example.org/%s",
    "Document.status": "ready",
    "Document.chunk_count": 1,
    "Document.change": None,
    "Document.embedding_model": "",
    "Chunk.embedding_model": embeddings.LOCAL,
    "Memory.embedding_model": embeddings.LOCAL,
    "Persona.suggested_models": [],
    "ComposioAppCache.logo_url": "https://example.org/%s.png",
    "ComposioActionCache.parameters": {"type": "object", "properties": {"text": {"description": "%s"}}},
    "ComposioActionCache.embedding_model": "",
    "ComposioAppLogo.media_type": "image/png",
    "ComposioSyncJob.status": "completed",
    "ComposioConnection.status": "active",
    "ComposioConnection.state_hash": "",
    "ComposioTrigger.config": {"text": "%s"},
    "AgentAppAssignment.name": "",
    "ToolPolicy.name": "",
    "RemoteService.kind": "mcp",
    "RemoteService.transport": "http",
    "RemoteService.url": "https://example.org/%s",
    "RemoteService.credential_id": None,
    "RemoteService.failures": [{"at": "2026-11-24T00:00:00+00:00", "text": "%s"}],
    "McpSignIn.state": "pending",
    "McpSignIn.state_hash": "",
    "RemoteTool.document": {"name": "%s", "description": "%s"},
    "RemoteTool.offer": {"description": "%s", "schema": {}},
    "RemoteTool.pending": {"name": "%s", "description": "%s now"},
    "RemoteTool.state": "active",
    "RemoteTool.pending_digest": "f",
    "ToolPolicy.asks": "always",
    "ToolExecutionLog.source": "app",
    "ToolExecutionLog.status": "done",
    "WorkspaceSlug.slug": "old-%s",
    "PluginVersion.version": "1.0.0",
    "PluginVersion.contents": {"skills": 1},
    "PluginVersion.permissions": [{"kind": "host", "value": "%s", "path": "SKILL.md"}],
    "PluginFile.path": "SKILL.md",
    "PluginScan.reasons": ["%s"],
    "PluginImport.version_ids": [],
    "PluginVersion.package": {"slug": "%s", "name": "%s", "files": []},
    "PluginVersion.verdict": "review_required",
    "PluginScan.findings": [],
    "PluginAnswer.finding": "",
}


class Company:
    """A workspace with a member of each role and a row of every kind. marker: stands in all its texts.

    rows: the row of each model by its name. people: its members by role. common: a workspace they all see, too.
    provider: of which they keep a key. is_second: their runs are shorter, and their texts farther from a question.
    """

    def __init__(self, common: Workspace | None = None, provider: str = "openai", *, is_second: bool = False) -> None:
        word = uuid4().hex[:10]
        self.is_second = is_second
        self.marker = f"LEAK-{word}"
        self.people = {role: User.objects.create_user(f"{self.marker}-{role}@example.org") for role in Role}
        User.objects.filter(pk__in=[user.pk for user in self.people.values()]).update(name=self.marker)
        self.workspace = create_workspace(name=self.marker, owner=self.people[Role.OWNER])
        for role, person in self.people.items():
            person.name = self.marker
            set_role(workspace=self.workspace, user=person, role=role)
            if common:
                set_role(workspace=common, user=person, role=Role.VIEWER)
        self.rows: dict[str, Any] = {"Workspace": self.workspace}
        for model in planted_models():
            self.rows[model.__name__] = model._default_manager.create(**self._values(model))
        self.rows["User"] = self._guest(common)
        self.rows["Credential"] = credentials.create(
            workspace=self.workspace,
            user=self.people[Role.OWNER],
            type_slug=provider,
            name=self.marker,
            fields={"api_key": self.marker},
        )
        # A server of its own, which is not asked: its address is private.
        credentials.create(
            workspace=self.workspace,
            user=self.people[Role.OWNER],
            type_slug="composio",
            name=f"{self.marker}-apps",
            fields={"api_key": self.marker, "base_url": "https://127.0.0.1:1"},
        )
        for name in ("Chunk", "Memory"):
            # As the worker does it, so that a search finds the text by its words.
            row = self.rows[name]
            vector = [*ASKED[:1], float(is_second), *ASKED[2:]]
            found = SearchVector("text", config="english")
            type(row)._base_manager.filter(pk=row.pk).update(words=found, embedding=vector)
        self._plant_more()
        folder = f"runs/{self.workspace.pk}/{self.id('Execution')}"
        default_storage.save(f"{folder}/notes.txt", ContentFile(self.marker.encode()))

    def id(self, name: str) -> str:
        """The id of the row of this model, as addresses write it."""
        return str(self.rows[name].pk)

    def _plant_more(self) -> None:
        """Further rows of some kinds: what was deleted, a run that is over, and a passage more."""
        for name in ("Agent", "Credential", "Document", "Recipe", "SkillSource"):
            gone = self.plant_again(name, deleted_at=timezone.now())
            if name == "Agent":
                self.plant_again("AgentModelConfig", agent=gone)
        began = timezone.now() - timedelta(days=1)
        over = began + (timedelta(seconds=9) if self.is_second else timedelta(hours=9))
        self.plant_again("Execution", status="completed", started_at=began, completed_at=over)
        self.plant_again("Chunk", position=2)

    def plant_again(self, name: str, **columns: Any) -> Any:
        """A further row of this kind, like the first but for these columns."""
        row = type(self.rows[name])._base_manager.get(pk=self.rows[name].pk)
        key = row._meta.pk
        row.pk = key.get_default() if key.has_default() else None
        for column, value in columns.items():
            setattr(row, column, value)
        row.save(force_insert=True)
        return row

    def _guest(self, common: Workspace | None) -> User:
        """A member who has a key and an open invitation here, and in the common workspace, too."""
        guest = User.objects.create_user(f"{self.marker}-guest@example.org", name=self.marker)
        for workspace in filter(None, (self.workspace, common)):
            set_role(workspace=workspace, user=guest, role=Role.EDITOR)
            create_api_key(workspace=workspace, user=guest, name=self.marker, role=Role.VIEWER)
            Invitation.objects.create(
                workspace=workspace,
                email=f"{self.marker}-{workspace.pk}@example.org",
                token_hash=uuid4().hex,
                invited_by=guest,
                expires_at=timezone.now() + timedelta(days=1),
            )
        return guest

    def _values(self, model: type[models.Model]) -> dict[str, Any]:
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        found = {field.name: self._value(model, field) for field in fields}
        return {name: value for name, value in found.items() if value is not models.NOT_PROVIDED}

    def _value(self, model: type[models.Model], field: Any) -> Any:
        name = f"{model.__name__}.{field.name}"
        if name in VALUES:
            return marked(VALUES[name], self.marker)
        if name.endswith("_refs"):
            return None  # the value stands in its column
        if field.is_relation:
            return self._related(field)
        if getattr(field, "choices", None):
            return field.get_default() if field.has_default() else field.choices[0][0]
        return self._plain(field)

    def _related(self, field: Any) -> Any:
        other = field.related_model
        if other is User:
            return self.people[Role.OWNER]
        return self.rows.get(other.__name__, models.NOT_PROVIDED)

    def _plain(self, field: Any) -> Any:
        now = timezone.now()
        match field:
            case models.SlugField():
                return self.marker.lower()
            case models.EmailField():
                return f"{self.marker}-invited@example.org"
            case models.CharField() | models.TextField():
                fits = field.max_length is None or field.max_length >= len(self.marker)
                return self.marker if fits else models.NOT_PROVIDED
            case ArrayField():
                return [self.marker] if isinstance(field.base_field, models.CharField) else []
            case models.JSONField():
                return {"text": self.marker} if not field.has_default() or field.default is dict else []
            case models.DateTimeField():
                return models.NOT_PROVIDED if field.null or field.has_default() else now + timedelta(days=1)
            case models.BinaryField():
                return self.marker.encode()
            case models.UUIDField():
                return models.NOT_PROVIDED if field.has_default() or field.null else uuid4()
            case models.IntegerField() | models.DecimalField():
                return models.NOT_PROVIDED if field.has_default() or field.null else 1
        return models.NOT_PROVIDED


def marked(value: Any, marker: str) -> Any:
    """The value with the marker in place of each %s."""
    if isinstance(value, str):
        return value.replace("%s", marker)
    if isinstance(value, dict):
        return {name: marked(inner, marker) for name, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, marker) for inner in value]
    return value


def planted_models() -> list[type[models.Model]]:
    """Every table of ours that is planted, what is pointed to before what points to it."""
    known = [model for label in APPS if apps.is_installed(label) for model in apps.get_app_config(label).get_models()]
    chosen = {model for model in known if model.__name__ not in NOT_PLANTED}
    graph = {
        model: {
            field.related_model
            for field in model._meta.concrete_fields
            # What the database itself does not hold together may point in a circle: a step's run, a run's calling step.
            if field.is_relation and field.related_model in chosen and field.related_model is not model
            if getattr(field, "db_constraint", True) or not field.null
        }
        for model in sorted(chosen, key=lambda model: model.__name__)
    }
    return list(TopologicalSorter(graph).static_order())
