"""Addresses of workflows."""

from django.urls import URLPattern, URLResolver, path

from recipes.workflows import api as rest
from recipes.workflows import more_api, plan_api, prompt_api, prompt_views, run_api, views

api: list[URLPattern | URLResolver] = [
    path("workflows", rest.WorkflowList.as_view(), name="api_workflows"),
    path("workflows/stage-prompts", prompt_api.StagePrompts.as_view(), name="api_stage_prompts"),
    path("workflows/<uuid:workflow_id>", rest.WorkflowDetail.as_view(), name="api_workflow"),
    path("workflows/<uuid:workflow_id>/plan", plan_api.WorkflowPlan.as_view(), name="api_workflow_plan"),
    path("workflows/<uuid:workflow_id>/execute", rest.WorkflowExecute.as_view(), name="api_workflow_execute"),
    path("workflows/<uuid:workflow_id>/executions", run_api.WorkflowExecutions.as_view(), name="api_workflow_runs"),
    path("workflows/<uuid:workflow_id>/restore", more_api.WorkflowRestore.as_view(), name="api_workflow_restore"),
    path("workflows/<uuid:workflow_id>/hire", more_api.WorkflowHire.as_view(), name="api_workflow_hire"),
    path("workflows/<uuid:workflow_id>/executions/<uuid:execution_id>", run_api.WorkflowExecution.as_view()),
    path(
        "workflows/<uuid:workflow_id>/executions/<uuid:execution_id>/save-as-recipe",
        more_api.WorkflowRunAsRecipe.as_view(),
        name="api_workflow_save",
    ),
]
pages: list[URLPattern | URLResolver] = [
    path("workflows/", views.workflow_list, name="workflows"),
    path("workflows/new/", views.workflow_new, name="workflow_new"),
    path("workflows/prompts/", prompt_views.workflow_prompts, name="workflow_prompts"),
    path("workflows/<uuid:workflow_id>/", views.workflow_detail, name="workflow"),
    path("workflows/<uuid:workflow_id>/edit/", views.workflow_edit, name="workflow_edit"),
    path("workflows/<uuid:workflow_id>/plan/", views.workflow_plan, name="workflow_plan"),
    path("workflows/<uuid:workflow_id>/change/", views.workflow_change, name="workflow_change"),
    path("workflows/<uuid:workflow_id>/hire/", views.workflow_hire, name="workflow_hire"),
    path("workflows/<uuid:workflow_id>/start/", views.workflow_start, name="workflow_start"),
    path("workflows/<uuid:workflow_id>/status/", views.workflow_status, name="workflow_status"),
    path("workflows/<uuid:workflow_id>/delete/", views.workflow_delete, name="workflow_delete"),
    path("workflows/<uuid:workflow_id>/restore/", views.workflow_restore, name="workflow_restore"),
    path("runs/<uuid:execution_id>/save/", views.workflow_save_recipe, name="workflow_save_recipe"),
]
