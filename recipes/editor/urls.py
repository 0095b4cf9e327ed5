"""Addresses of the editor, under those of a recipe."""

from django.urls import URLPattern, URLResolver, path

from recipes.editor import api as rest
from recipes.editor import (
    draft_run_views,
    files_api,
    proposal_api,
    start_views,
    suggestion_api,
    suggestion_views,
    trial_api,
    validate_api,
    views,
)

editor_api: list[URLPattern | URLResolver] = [
    path("draft", rest.RecipeDraftDetail.as_view(), name="api_recipe_draft"),
    path("draft/pins", trial_api.DraftPins.as_view(), name="api_recipe_draft_pins"),
    path("draft/steps/<str:step>/try", trial_api.StepTrial.as_view(), name="api_recipe_try"),
    path("draft/execute", trial_api.DraftExecute.as_view(), name="api_recipe_draft_execute"),
    path("draft/proposal", proposal_api.RecipeProposal.as_view(), name="api_recipe_proposal"),
    path("draft/undo", rest.RecipeDraftUndo.as_view(), name="api_recipe_draft_undo"),
    path("export", files_api.RecipeExport.as_view(), name="api_recipe_export"),
    path("validate", validate_api.RecipeValidate.as_view(), name="api_recipe_validate"),
    path("publish", rest.RecipePublish.as_view(), name="api_recipe_publish"),
    path("suggestions", suggestion_api.SuggestionList.as_view()),
    path("suggestions/<uuid:suggestion_id>/accept", suggestion_api.SuggestionAccept.as_view()),
    path("suggestions/<uuid:suggestion_id>/dismiss", suggestion_api.SuggestionDismiss.as_view()),
    path("versions", rest.RecipeVersions.as_view(), name="api_versions"),
    path("versions/<int:old>/compare/<int:new>", rest.VersionCompare.as_view(), name="api_versions_compare"),
    path("versions/<int:version>/restore", rest.VersionRestore.as_view(), name="api_versions_restore"),
]
# Beside the recipes: their words are reserved in `recipes/services.py`.
beside_api: list[URLPattern | URLResolver] = [
    path("recipe-proposals", proposal_api.RecipeProposals.as_view(), name="api_recipe_proposals"),
    path("workflow-recipes/import", files_api.RecipeImport.as_view(), name="api_recipe_import"),
]
beside_pages: list[URLPattern | URLResolver] = [
    path("recipes/new/", start_views.recipe_new, name="recipe_new"),
]
editor_pages: list[URLPattern | URLResolver] = [
    path("recipes/<slug:key>/edit/", views.recipe_edit, name="recipe_edit"),
    path("recipes/<slug:key>/proposal/", start_views.recipe_proposal, name="recipe_proposal"),
    path("recipes/<slug:key>/test/", draft_run_views.recipe_test, name="recipe_test"),
    path("recipes/<slug:key>/changes/", suggestion_views.recipe_changes, name="recipe_changes"),
    path(
        "recipes/<slug:key>/suggestions/<uuid:suggestion_id>/",
        suggestion_views.suggestion_decide,
        name="suggestion_decide",
    ),
    path("recipes/<slug:key>/export/", views.recipe_export, name="recipe_export"),
]
