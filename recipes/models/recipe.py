"""Recipes, their steps and versions."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from agents.models import Agent
from workspaces.models import User, Workspace


class RecipeQuerySet(models.QuerySet["Recipe"]):
    """Named selections."""

    def visible(self) -> "RecipeQuerySet":
        """Those not deleted."""
        return self.filter(deleted_at=None)


class Recipe(models.Model):
    """Steps in which agents work together. Also called a workflow template."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="recipes")
    template_id = models.SlugField(max_length=80)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    inputs = models.JSONField(default=dict, blank=True)
    # jsonb does not keep the order of names, and a form should ask in the order the author wrote.
    input_order = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    outputs = models.JSONField(default=dict, blank=True)
    execution_config = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="What is cooked; 0 while nothing is published.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = RecipeQuerySet.as_manager()

    class Meta:
        db_table = "recipes"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "template_id"], condition=Q(deleted_at=None), name="one_template_id_per_workspace"
            ),
        )
        indexes = (models.Index(fields=["workspace", "name"], name="recipes_by_name"),)

    def __str__(self) -> str:
        return self.name

    @property
    def ordered_inputs(self) -> dict[str, Any]:
        """The inputs in the order their author wrote them."""
        known = [name for name in self.input_order if name in self.inputs]
        return {name: self.inputs[name] for name in [*known, *(name for name in self.inputs if name not in known)]}


class ErrorHandling(models.TextChoices):
    """What happens when a step's attempt fails."""

    STOP = "stop", "Stop the run"
    SKIP = "skip", "Skip the step"
    RETRY = "retry", "Try again"
    FALLBACK = "fallback", "Use the fallback model"


class StepKind(models.TextChoices):
    """What a step does. The label is the word on the page."""

    AGENT = "agent", "Agent"
    CONDITION = "condition", "Condition"
    LOOP = "loop", "Loop"
    RECIPE = "recipe", "Recipe"
    WAIT = "wait", "Wait"
    TOOL = "tool", "Tool"
    STAGE = "stage", "Stage"


# How steps without a name and without an agent are called.
WAITS = {"person": "Ask a person", "webhook": "Wait for a message"}
KINDS = {StepKind.CONDITION: "Condition", StepKind.LOOP: "For each", StepKind.RECIPE: "Another recipe"}


def step_title(name: str, kind: str, config: Mapping[str, Any] | None, agent: str) -> str:
    """What people call a step everywhere: its name, or what it does; empty where nothing is known. agent: its name."""
    config = config or {}
    if name.strip():
        return name.strip()
    if kind == StepKind.TOOL:
        return f"Call {config.get('tool') or 'a tool'}"
    if kind == StepKind.WAIT:
        return WAITS.get(str(config.get("for")), "Wait")
    return KINDS.get(StepKind(kind), "") or (f"{agent} works" if agent else "")


class StepSettings(models.Model):
    """What a recipe's step and its copy in an execution have in common.

    config: what its kind needs beside the columns, see `recipes/kinds.py`. branch: the outcome of the step it stands
    under with which it runs; empty where it stands under none, or runs with any outcome.
    """

    kind = models.CharField(max_length=10, choices=StepKind, default=StepKind.AGENT, db_default=StepKind.AGENT)
    config = models.JSONField(null=True, blank=True)
    branch = models.CharField(max_length=10, blank=True, default="", db_default="")
    step_id = models.CharField(max_length=80)
    order = models.PositiveIntegerField()
    name = models.CharField(max_length=160, blank=True)
    prompt_template = models.TextField()
    output_key = models.CharField(max_length=80)
    error_handling = models.CharField(max_length=10, choices=ErrorHandling, default=ErrorHandling.STOP)
    max_retries = models.PositiveSmallIntegerField(default=1)
    max_iterations = models.PositiveSmallIntegerField(default=25)
    timeout = models.FloatField(default=300, help_text="Seconds.")

    class Meta:
        abstract = True

    @property
    def title(self) -> str:
        """What people call it: its name, or what it does."""
        agent = str(getattr(self, "agent_name", ""))
        return step_title(self.name, self.kind, self.config, agent) or self.step_id


class RecipeStep(StepSettings):
    """One task for one agent, or a step of another kind. under: the step_id of the step in whose branch it stands."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="steps")
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, related_name="recipe_steps")
    under = models.CharField(max_length=80, blank=True, default="", db_default="")

    class Meta:
        db_table = "recipe_steps"
        ordering = ("order",)
        constraints = (
            models.UniqueConstraint(
                fields=["recipe", "order"], name="one_step_per_order", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(
                fields=["recipe", "step_id"], name="one_step_per_step_id", deferrable=models.Deferrable.DEFERRED
            ),
        )

    def __str__(self) -> str:
        return f"{self.order}. {self.name or self.step_id}"

    @property
    def agent_name(self) -> str:
        """Of its agent; empty where it has none."""
        return self.agent.name if self.agent else ""


class RecipeVersion(models.Model):
    """A recipe as it read at one version, in the shape the API takes."""

    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    body = models.JSONField()
    changelog = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "recipe_versions"
        ordering = ("-version",)
        constraints = (models.UniqueConstraint(fields=["recipe", "version"], name="one_row_per_version"),)

    def __str__(self) -> str:
        return f"{self.recipe_id} v{self.version}"
