"""App registration."""

from django.apps import AppConfig


class RecipesConfig(AppConfig):
    name = "recipes"
    default_auto_field = "django.db.models.BigAutoField"
    sealed_tables = {"recipe_triggers": "trigger"}
    agent_work = "recipes.crew.work.AgentWork"
    budget_owners = {
        "workspace": "recipes.runs.budget_owners.WorkspaceOwner",
        "recipe": "recipes.runs.budget_owners.RecipeOwner",
        "agent": "recipes.runs.budget_owners.AgentOwner",
        "run": "recipes.runs.budget_owners.RunOwner",
    }
    stage_handlers = "recipes.workflows.stages.handlers.HANDLERS"
    # How a run begins that a step of another one cooks.
    sub_runs = "recipes.runs.sub_run_services.start"
    # What a run's first agent is told of earlier runs.
    recall = "recipes.lessons.recall.lessons_told"
