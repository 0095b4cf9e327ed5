"""What runs came to, kept as each is assessed: figures, patterns, suggestions; and what members say of runs."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from recipes.models.execution import Execution
from recipes.models.recipe import Recipe
from workspaces.models import User, Workspace


class RecipeFigures(models.Model):
    """What the assessed runs of one version of a recipe came to, as sums."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="figures", db_index=False)
    version = models.PositiveIntegerField()
    runs = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    # Sums of the score and of its square, for the mean and its interval.
    quality_sum = models.FloatField(default=0)
    quality_squares = models.FloatField(default=0)
    # The same of duration and cost; null where runs were counted by a release that kept none.
    duration_squares = models.FloatField(null=True)
    cost_squares = models.FloatField(null=True)
    duration_ms = models.PositiveBigIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    stars_sum = models.PositiveIntegerField(default=0)
    stars_count = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "recipe_figures"
        ordering = ("-version",)
        constraints = (models.UniqueConstraint(fields=["recipe", "version"], name="one_row_of_figures_per_version"),)

    def __str__(self) -> str:
        return f"{self.recipe_id} v{self.version}: {self.runs} runs"


class StepFigures(models.Model):
    """What one step of a recipe came to with one agent, as sums. errors: how often each error's code was seen."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="step_figures", db_index=False)
    step_id = models.CharField(max_length=80)
    agent_id = models.UUIDField()
    agent_name = models.CharField(max_length=120)
    name = models.CharField(max_length=160, blank=True)
    order = models.PositiveIntegerField()
    runs = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveBigIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    errors = models.JSONField(default=dict)

    class Meta:
        db_table = "recipe_step_figures"
        ordering = ("order", "agent_name")
        constraints = (
            models.UniqueConstraint(fields=["recipe", "step_id", "agent_id"], name="one_row_of_figures_per_step"),
        )

    def __str__(self) -> str:
        return f"{self.recipe_id} {self.step_id}: {self.runs} runs"


class RecipePattern(models.Model):
    """A pattern that runs of a recipe showed, and how often. detail: of the last one."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="patterns", db_index=False)
    type = models.CharField(max_length=20)
    severity = models.CharField(max_length=6)
    step_id = models.CharField(max_length=80, blank=True)
    step = models.PositiveIntegerField(null=True)
    seen = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=200, blank=True)
    last_run = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "recipe_patterns"
        constraints = (models.UniqueConstraint(fields=["recipe", "type", "step_id"], name="one_row_per_pattern"),)

    def __str__(self) -> str:
        return f"{self.type} {self.step_id} seen {self.seen} times"


class RecipeSuggestion(models.Model):
    """What could be done better, as runs suggest it. accepted_version: the recipe's version that took it up.

    A drafted one stands in the draft of its recipe: publishing makes it an accepted one, and where it has not
    the change any more it is open again. An accepted or dismissed one stays so; when runs suggest the same anew, a new
    row is opened after an accepted one.
    """

    class Type(models.TextChoices):
        PROMPT_REWRITE = "prompt_rewrite", "Rewrite the prompt"
        MODEL_UPGRADE = "model_upgrade", "Use a stronger model"
        TOOL_ADDITION = "tool_addition", "Add a tool"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DRAFTED = "drafted", "In the draft"
        ACCEPTED = "accepted", "Accepted"
        DISMISSED = "dismissed", "Dismissed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    recipe = models.ForeignKey(Recipe, models.CASCADE, related_name="suggestions", db_index=False)
    type = models.CharField(max_length=20, choices=Type)
    priority = models.CharField(max_length=6)
    because = models.CharField(max_length=20)
    reason = models.CharField(max_length=300)
    step_id = models.CharField(max_length=80, blank=True)
    step = models.PositiveIntegerField(null=True)
    seen = models.PositiveIntegerField(default=1)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    last_run = models.ForeignKey(Execution, models.SET_NULL, null=True, related_name="+")
    accepted_version = models.PositiveIntegerField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "recipe_suggestions"
        constraints = (
            models.UniqueConstraint(
                fields=["recipe", "type", "step_id"],
                condition=~Q(status="accepted"),
                name="one_suggestion_of_a_kind_per_step",
            ),
        )
        indexes = (models.Index(fields=["recipe", "-updated_at"], name="suggestions_of_recipe"),)

    def __str__(self) -> str:
        return f"{self.type} {self.step_id} {self.status}"


class RunRating(models.Model):
    """What a member says of a run: 1 to 5 stars, a thumb up or down, and what should have been different."""

    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="ratings", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    stars = models.PositiveSmallIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(5)])
    thumb = models.SmallIntegerField(null=True, help_text="1 up, -1 down.")
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "run_ratings"
        constraints = (
            models.UniqueConstraint(fields=["execution", "user"], name="one_rating_per_member"),
            models.CheckConstraint(condition=Q(stars=None) | Q(stars__range=(1, 5)), name="one_to_five_stars"),
            models.CheckConstraint(condition=Q(thumb=None) | Q(thumb__in=(-1, 1)), name="thumb_up_or_down"),
        )

    def __str__(self) -> str:
        return f"{self.execution_id} {self.stars}"
