"""Addresses: evaluation sets and evaluations, under those of a recipe."""

from django.urls import URLPattern, URLResolver, path

from recipes.evaluations import api as rest
from recipes.evaluations import case_api, evaluation_api, views

_SETS = "workflow-recipes/<slug:recipe_id>/evaluation-sets"
_SET = f"{_SETS}/<uuid:evaluation_set_id>"
_EVALUATION = "workflow-recipes/<slug:recipe_id>/evaluations/<uuid:evaluation_id>"
api: list[URLPattern | URLResolver] = [
    path(_SETS, rest.EvaluationSetList.as_view()),
    path(_SET, rest.EvaluationSetDetail.as_view()),
    path(f"{_SET}/restore", rest.EvaluationSetRestore.as_view()),
    path(f"{_SET}/cases", case_api.EvaluationCaseList.as_view()),
    path(f"{_SET}/cases/from-runs", case_api.EvaluationCasesFromRuns.as_view()),
    path(f"{_SET}/cases/import", case_api.EvaluationCasesFromCsv.as_view()),
    path(f"{_SET}/cases/<int:number>", case_api.EvaluationCaseDetail.as_view()),
    path(f"{_SET}/cases/<int:number>/restore", case_api.EvaluationCaseRestore.as_view()),
    path(f"{_SET}/evaluations", evaluation_api.EvaluationList.as_view()),
    path(_EVALUATION, evaluation_api.EvaluationDetail.as_view()),
    path(f"{_EVALUATION}/cells", evaluation_api.EvaluationCells.as_view()),
    path(f"{_EVALUATION}/cases/<int:number>", evaluation_api.EvaluationCaseDifference.as_view()),
    path(f"{_EVALUATION}/cancel", evaluation_api.EvaluationCancel.as_view()),
]
_PAGES = "recipes/<slug:key>/evaluations"
_SET_PAGE = f"{_PAGES}/<uuid:evaluation_set_id>"
_RESULT = f"{_PAGES}/results/<uuid:evaluation_id>"
pages: list[URLPattern | URLResolver] = [
    path(f"{_PAGES}/", views.recipe_evaluations, name="recipe_evaluations"),
    path(f"{_PAGES}/new/", views.evaluation_set_new, name="evaluation_set_new"),
    path(f"{_SET_PAGE}/", views.evaluation_set, name="evaluation_set"),
    path(f"{_SET_PAGE}/edit/", views.evaluation_set_edit, name="evaluation_set_edit"),
    path(f"{_SET_PAGE}/change/", views.evaluation_set_change, name="evaluation_set_change"),
    path(f"{_SET_PAGE}/start/", views.evaluation_start, name="evaluation_start"),
    path(f"{_SET_PAGE}/add/", views.evaluation_cases_add, name="evaluation_cases_add"),
    path(f"{_SET_PAGE}/cases/new/", views.evaluation_case_new, name="evaluation_case_new"),
    path(f"{_SET_PAGE}/cases/<int:number>/", views.evaluation_case_edit, name="evaluation_case_edit"),
    path(f"{_RESULT}/", views.evaluation, name="evaluation"),
    path(f"{_RESULT}/stop/", views.evaluation_stop, name="evaluation_stop"),
]
