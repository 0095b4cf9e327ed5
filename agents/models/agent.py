"""Agents, the personas they wear and the models they think with."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from workspaces.models import User, Workspace


class Persona(models.Model):
    """A way of speaking and working, ready to put on. Global ones are seeded and belong to no workspace."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, blank=True, related_name="personas")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    system_prompt = models.TextField()
    voice_description = models.CharField(max_length=300, blank=True)
    category = models.CharField(max_length=40)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    suggested_temperature = models.FloatField(default=0.7)
    suggested_models = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "personas"
        ordering = ("category", "name")
        constraints = (
            models.UniqueConstraint(fields=["slug"], condition=Q(workspace=None), name="one_global_persona_slug"),
            models.UniqueConstraint(fields=["workspace", "slug"], name="one_persona_slug_per_workspace"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """`global` or `workspace`."""
        return "workspace" if self.workspace_id else "global"


class AgentType(models.TextChoices):
    """What an agent is for, as the platform sees it."""

    CUSTOM = "custom", "Custom"
    SYSTEM = "system", "System"
    SPECIALIZED = "specialized", "Specialized"
    CODE_ARCHITECT = "code_architect", "Code architect"
    SECURITY_EXPERT = "security_expert", "Security expert"
    PERFORMANCE_OPTIMIZER = "performance_optimizer", "Performance optimizer"
    DATA_ANALYST = "data_analyst", "Data analyst"
    INFRASTRUCTURE_MANAGER = "infrastructure_manager", "Infrastructure manager"
    ASSISTANT = "assistant", "Assistant"
    SUPPORT = "support", "Support"
    DEVOPS = "devops", "DevOps"


class Category(models.TextChoices):
    """What an agent is for, as a person picks it."""

    ANALYTICS = "analytics", "Analytics"
    BUSINESS = "business", "Business"
    COMMUNICATION = "communication", "Communication"
    DESIGN = "design", "Design"
    DEVELOPMENT = "development", "Development"
    EDUCATION = "education", "Education"
    GENERAL = "general", "General"
    HR = "hr", "HR"
    LEGAL = "legal", "Legal"
    MARKETING = "marketing", "Marketing"
    PRODUCTIVITY = "productivity", "Productivity"
    RESEARCH = "research", "Research"
    SALES = "sales", "Sales"
    SUPPORT = "support", "Support"
    WRITING = "writing", "Writing"
    CUSTOM = "custom", "Custom"


# A category implies a type; what is not listed is custom.
TYPE_OF_CATEGORY = {
    Category.ANALYTICS: AgentType.DATA_ANALYST,
    Category.GENERAL: AgentType.ASSISTANT,
    Category.SUPPORT: AgentType.SUPPORT,
}


class AgentStatus(models.TextChoices):
    """Where an agent is in its life; moves are in `services.ALLOWED_MOVES`."""

    DRAFT = "draft", "Draft"
    INACTIVE = "inactive", "Inactive"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    MAINTENANCE = "maintenance", "Maintenance"
    ERROR = "error", "Error"
    RETIRED = "retired", "Retired"


class AgentQuerySet(models.QuerySet["Agent"]):
    """Named selections."""

    def visible(self) -> "AgentQuerySet":
        """Those not deleted."""
        return self.filter(deleted_at=None)


class Agent(models.Model):
    """A worker: who it is, how it speaks, which model it thinks with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="agents")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=20, choices=Category, default=Category.GENERAL)
    agent_type = models.CharField(max_length=30, choices=AgentType, default=AgentType.ASSISTANT)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    persona = models.ForeignKey(Persona, models.SET_NULL, null=True, blank=True, related_name="agents")
    custom_prompt = models.TextField(blank=True)
    # Names of built-in tools, in the order the model sees them.
    tool_ids = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    status = models.CharField(max_length=12, choices=AgentStatus, default=AgentStatus.ACTIVE)
    # What it becomes by itself once no live run has work left for it; meanwhile no new run may name it.
    pending_status = models.CharField(max_length=12, choices=AgentStatus, blank=True, default="", db_default="")
    version = models.PositiveIntegerField(default=1, help_text="Counts the edits, so that a late one is noticed.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)
    edited_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AgentQuerySet.as_manager()

    class Meta:
        db_table = "agents"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "slug"], condition=Q(deleted_at=None), name="one_agent_slug_per_workspace"
            ),
        )
        indexes = (
            models.Index(fields=["workspace", "name"], name="agents_by_name"),
            models.Index(fields=["workspace"], condition=~Q(pending_status=""), name="agents_moving"),
        )

    def __str__(self) -> str:
        return self.name


class AgentModelConfig(models.Model):
    """The model an agent thinks with, and its parameters."""

    agent = models.OneToOneField(Agent, models.CASCADE, primary_key=True, related_name="agent_model_config")
    provider = models.CharField(max_length=40)
    model_id = models.CharField(max_length=160)
    temperature = models.FloatField(default=0.7, validators=[MinValueValidator(0), MaxValueValidator(2)])
    max_tokens = models.PositiveIntegerField(default=2000, validators=[MinValueValidator(1)])
    top_p = models.FloatField(default=1, validators=[MinValueValidator(0), MaxValueValidator(1)])
    frequency_penalty = models.FloatField(default=0, validators=[MinValueValidator(-2), MaxValueValidator(2)])
    presence_penalty = models.FloatField(default=0, validators=[MinValueValidator(-2), MaxValueValidator(2)])
    fallback_model_id = models.CharField(max_length=200, blank=True)
    effort = models.CharField(max_length=10, blank=True, help_text="How hard to think; empty leaves it to the model.")
    response_schema = models.JSONField(null=True, blank=True, help_text="A JSON Schema the answer must follow.")
    # Limits of one task; empty: only those of the recipe's step.
    max_task_tokens = models.PositiveIntegerField(null=True, blank=True)
    max_task_cost = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)

    class Meta:
        db_table = "agent_model_config"

    def __str__(self) -> str:
        return self.model

    @property
    def model(self) -> str:
        """The model's full name, `provider:model`."""
        return f"{self.provider}:{self.model_id}"
