"""Addresses: evaluation sets and evaluations, under those of a recipe."""

from django.urls import URLPattern, URLResolver, path

from recipes.evaluations import api as rest
from recipes.evaluations import case_api, evaluation_api

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
