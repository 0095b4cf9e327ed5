"""What is being written at a recipe and not published yet."""

from django.db import models
from django.utils import timezone

from recipes.models.recipe import Recipe
from workspaces.models import User, Workspace


class RecipeDraft(models.Model):
    """The one draft of a recipe: everything as it was typed, right or not, shared by all who edit the recipe.

    Its texts are JSON kept as text, because jsonb would sort the names of inputs. past, future: earlier and taken-back
    bodies for undo and redo, each with what was done. touched: by part, who wrote it last and when, and which page
    sent it. trials: by step_id, the newest trial run. pins: by variable, the values that trials use.
    """

    recipe = models.OneToOneField(Recipe, models.CASCADE, primary_key=True, related_name="draft")
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="+", db_constraint=False)
    body = models.TextField()
    base_version = models.PositiveIntegerField(help_text="The published version it began from; 0 for none.")
    revision = models.PositiveIntegerField(default=1)
    past = models.TextField(default="[]")
    future = models.TextField(default="[]")
    touched = models.JSONField(default=dict)
    trials = models.JSONField(default=dict)
    pins = models.JSONField(default=dict)
    work = models.JSONField(default=dict)
    updated_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "recipe_drafts"

    def __str__(self) -> str:
        return f"Draft of {self.recipe_id}"
