"""Addresses of workflows."""

from django.urls import URLPattern, URLResolver, path

from recipes.workflows import api as rest
from recipes.workflows import plan_api, run_api

api: list[URLPattern | URLResolver] = [
    path("workflows", rest.WorkflowList.as_view(), name="api_workflows"),
    path("workflows/<uuid:workflow_id>", rest.WorkflowDetail.as_view(), name="api_workflow"),
    path("workflows/<uuid:workflow_id>/plan", plan_api.WorkflowPlan.as_view(), name="api_workflow_plan"),
    path("workflows/<uuid:workflow_id>/execute", rest.WorkflowExecute.as_view(), name="api_workflow_execute"),
    path("workflows/<uuid:workflow_id>/executions", run_api.WorkflowExecutions.as_view(), name="api_workflow_runs"),
    path("workflows/<uuid:workflow_id>/executions/<uuid:execution_id>", run_api.WorkflowExecution.as_view()),
]
