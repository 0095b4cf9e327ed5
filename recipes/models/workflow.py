"""Workflows: a goal and the agents that may work on it; a run of one has nine stages instead of written steps."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from agents.models import Agent
from workspaces.models import User, Workspace


class WorkflowStatus(models.TextChoices):
    """Where a workflow is. Only an active one, or a draft, is cooked."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    ARCHIVED = "archived", "Archived"


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    """Named selections."""

    def visible(self) -> "WorkflowQuerySet":
        """Those not deleted."""
        return self.filter(deleted_at=None)


class Workflow(models.Model):
    """A goal. lead: the agent whose model plans, aggregates and answers; None: the first active agent by name.

    agent_ids: who may be picked; empty: every active agent of the workspace. stages: what a person changed of a stage,
    by its name: {"prompt", "on_error"}. plan: the newest plan, as `workflows/plans.py` reads it; plan_run_id: the dry
    run that made it or makes one now; plan_version: counts the changes of the plan, so that a late edit is noticed.
    max_cost in US dollars; total_timeout in seconds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="workflows", db_index=False)
    name = models.CharField(max_length=160)
    goal = models.TextField()
    description = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=WorkflowStatus, default=WorkflowStatus.DRAFT)
    lead = models.ForeignKey(Agent, models.SET_NULL, null=True, related_name="+", db_index=False)
    agent_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    stages = models.JSONField(default=dict, blank=True)
    max_cost = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    total_timeout = models.FloatField(default=1800)
    plan = models.JSONField(null=True)
    plan_run_id = models.UUIDField(null=True)
    plan_version = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        db_table = "workflows"
        indexes = (models.Index(fields=["workspace", "-updated_at"], name="workflows_newest"),)

    def __str__(self) -> str:
        return self.name


class StagePrompt(models.Model):
    """A workspace's words for the model of a stage, in place of the usual ones; a workflow's own go before them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="stage_prompts", db_index=False)
    stage = models.CharField(max_length=40)
    prompt = models.TextField()
    edited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "stage_prompts"
        constraints = (models.UniqueConstraint(fields=["workspace", "stage"], name="stage_prompts_once"),)

    def __str__(self) -> str:
        return self.stage
