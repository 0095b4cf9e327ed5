"""Addresses of budgets."""

from django.urls import URLPattern, URLResolver, path

from workspaces.budgets import api as rest
from workspaces.budgets import views

# Under /w/<workspace>/.
pages: list[URLPattern | URLResolver] = [
    path("settings/budgets/", views.index, name="workspace_budgets"),
    path("settings/budgets/new/", views.new, name="budget_new"),
    path("settings/budgets/<uuid:budget_id>/", views.change, name="budget_change"),
    path("settings/budgets/<uuid:budget_id>/delete/", views.delete, name="budget_delete"),
]
# Under /api/.
api: list[URLPattern | URLResolver] = [
    path("budgets", rest.BudgetList.as_view(), name="api_budgets"),
    path("budgets/<uuid:budget_id>", rest.BudgetDetail.as_view(), name="api_budget"),
]
