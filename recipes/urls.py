"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from recipes import api as rest
from recipes import copies_api, views
from recipes.analytics import api as usage_api
from recipes.analytics import views as usage_views
from recipes.chat import api as chat_api
from recipes.chat import openai_api as completions_api
from recipes.chat import openai_embeddings_api, openai_responses_api
from recipes.chat import views as playground_views
from recipes.crew.urls import agent_api, agent_pages
from recipes.editor.urls import beside_api, beside_pages, editor_api, editor_pages
from recipes.evaluations.urls import api as evaluations_api
from recipes.evaluations.urls import pages as evaluations_pages
from recipes.kitchen import compare_api, more_views, retention_views, saved_views
from recipes.kitchen import run_views as run_list_views
from recipes.kitchen import views as runs_views
from recipes.lessons import api as lessons_api
from recipes.lessons import context_api
from recipes.lessons import views as lessons_views
from recipes.live import api as events_api
from recipes.live import consumers
from recipes.quality import api as quality_api
from recipes.quality import rating_api
from recipes.quality import views as quality_views
from recipes.runs import api as executions_api
from recipes.runs import removal_api, replay_api, rerun_api, retention_api
from recipes.triggers.urls import api as triggers_api
from recipes.triggers.urls import outside as triggers_outside
from recipes.triggers.urls import pages as triggers_pages
from recipes.waits import allowing_api
from recipes.waits import api as approvals_api
from recipes.waits import views as approvals_views
from recipes.workflows.urls import api as workflow_api
from recipes.workflows.urls import pages as workflow_pages

pages: list[URLPattern | URLResolver] = [
    path("", runs_views.dashboard, name="dashboard"),
    path("runs/", run_list_views.run_index, name="runs"),
    path("runs/export.csv", run_list_views.run_csv, name="runs_csv"),
    path("runs/bulk/", run_list_views.run_bulk, name="runs_bulk"),
    path("runs/restore/", run_list_views.run_restore, name="runs_restore"),
    path("runs/views/", saved_views.save, name="run_views_save"),
    path("runs/views/<uuid:view_id>/remove/", saved_views.remove, name="run_view_remove"),
    path("runs/<uuid:execution_id>/", runs_views.run, name="run"),
    path("runs/compare/", more_views.runs_compare, name="runs_compare"),
    path("runs/<uuid:execution_id>/rerun/", more_views.rerun, name="run_rerun"),
    path("runs/<uuid:execution_id>/download/", more_views.run_download, name="run_download"),
    path("runs/<uuid:execution_id>/replay/", more_views.run_replay, name="run_replay"),
    path("runs/<uuid:execution_id>/stop/", runs_views.stop, name="run_stop"),
    path("runs/<uuid:execution_id>/pause/", runs_views.pause, name="run_pause"),
    path("runs/<uuid:execution_id>/resume/", runs_views.resume, name="run_resume"),
    path("runs/<uuid:execution_id>/retry/", runs_views.retry, name="run_retry"),
    path("runs/<uuid:execution_id>/begin/", runs_views.begin_at, name="run_begin"),
    path("runs/<uuid:execution_id>/again/", runs_views.cook_again, name="run_again"),
    path("runs/<uuid:execution_id>/files/<str:name>", approvals_views.run_file, name="run_file"),
    path("agents/<slug:key>/playground/", playground_views.playground, name="agent_playground"),
    path("agents/<slug:key>/playground/<uuid:execution_id>/stop/", playground_views.stop, name="playground_stop"),
    path("agents/<slug:key>/playground/<uuid:conversation_id>/keep/", playground_views.keep, name="playground_keep"),
    path(
        "agents/<slug:key>/playground/<uuid:conversation_id>/delete/", playground_views.delete, name="playground_delete"
    ),
    path("conversations/<uuid:conversation_id>/restore/", playground_views.restore, name="conversation_restore"),
    path("approvals/", approvals_views.approval_list, name="approvals"),
    path("approvals/open.json", approvals_views.approvals_open, name="approvals_open"),
    path("approvals/<uuid:approval_id>/", approvals_views.decide, name="approval_decide"),
    path(
        "runs/<uuid:execution_id>/allowances/<uuid:allowance_id>/revoke/",
        approvals_views.revoke,
        name="allowance_revoke",
    ),
    path("settings/retention/", retention_views.retention, name="workspace_retention"),
    path("settings/usage/", usage_views.page, name="workspace_usage"),
    *agent_pages,
    *workflow_pages,
    path("recipes/", views.recipe_list, name="recipes"),
    path("recipes/bulk/", views.recipe_bulk, name="recipe_bulk"),
    *beside_pages,
    path("recipes/<uuid:recipe_id>/restore/", views.recipe_restore, name="recipe_restore"),
    path("recipes/<slug:key>/", views.recipe_detail, name="recipe_detail"),
    path("runs/<uuid:execution_id>/rate/", quality_views.run_rate, name="run_rate"),
    path("recipes/<slug:key>/quality/", quality_views.recipe_quality, name="recipe_quality"),
    path("recipes/<slug:key>/lessons/", lessons_views.recipe_lessons, name="recipe_lessons"),
    path("recipes/<slug:key>/lessons/<uuid:lesson_id>/", lessons_views.lesson_change, name="lesson_change"),
    *triggers_pages,
    *evaluations_pages,
    *editor_pages,
    path("recipes/<slug:key>/cook/", views.recipe_cook, name="recipe_cook"),
    path("recipes/<slug:key>/copy/", views.recipe_copy, name="recipe_copy"),
    path("recipes/<slug:key>/versions/", views.recipe_versions, name="recipe_versions"),
    path("recipes/<slug:key>/versions/restore/", views.recipe_take_back, name="recipe_take_back"),
    path("recipes/<slug:key>/delete/", views.recipe_delete, name="recipe_delete"),
]
# What can be asked of a run, under its recipe and by itself.
of_a_run: list[URLPattern | URLResolver] = [
    path("<uuid:execution_id>", executions_api.ExecutionDetail.as_view(), name="api_execution"),
    path("<uuid:execution_id>/cancel", executions_api.ExecutionCancel.as_view(), name="api_cancel"),
    path("<uuid:execution_id>/pause", executions_api.ExecutionPause.as_view(), name="api_pause"),
    path("<uuid:execution_id>/resume", executions_api.ExecutionResume.as_view(), name="api_resume"),
    path("<uuid:execution_id>/retry", rerun_api.ExecutionRetry.as_view(), name="api_retry"),
    path("<uuid:execution_id>/rerun", rerun_api.ExecutionRerun.as_view(), name="api_rerun"),
    path("<uuid:execution_id>/fork", rerun_api.ExecutionFork.as_view(), name="api_fork"),
    path("<uuid:execution_id>/replay", replay_api.ExecutionReplay.as_view(), name="api_replay"),
    path("<uuid:execution_id>/steps/<str:place>", executions_api.ExecutionStepDetail.as_view(), name="api_step"),
    path("<uuid:execution_id>/events", events_api.ExecutionEvents.as_view(), name="api_events"),
    path("<uuid:execution_id>/rating", rating_api.ExecutionRating.as_view(), name="api_rating"),
    path("<uuid:execution_id>/files", approvals_api.ExecutionFiles.as_view(), name="api_run_files"),
    path("<uuid:execution_id>/files/<str:name>/content", approvals_api.ExecutionFile.as_view(), name="api_run_file"),
]
api: list[URLPattern | URLResolver] = [
    path("workflow-recipes", rest.RecipeList.as_view(), name="api_recipes"),
    *beside_api,
    path("workflow-recipes/<uuid:recipe_id>/restore", copies_api.RecipeRestore.as_view(), name="api_recipe_restore"),
    path("workflow-recipes/<slug:recipe_id>/duplicate", copies_api.RecipeDuplicate.as_view(), name="api_recipe_copy"),
    path("workflow-recipes/<slug:recipe_id>", rest.RecipeDetail.as_view(), name="api_recipe"),
    path("workflow-recipes/<slug:recipe_id>/", include(editor_api)),
    path("workflow-recipes/<slug:recipe_id>/execute", rest.RecipeExecute.as_view(), name="api_execute"),
    path("workflow-recipes/<slug:recipe_id>/executions", executions_api.RecipeExecutions.as_view()),
    path("workflow-recipes/<slug:recipe_id>/executions/", include(of_a_run)),
    path("workflow-recipes/<slug:recipe_id>/assess-quality", quality_api.RecipeAssessQuality.as_view()),
    path("workflow-recipes/<slug:recipe_id>/learn", quality_api.RecipeLearn.as_view()),
    path("workflow-recipes/<slug:recipe_id>/assembled-context", context_api.RecipeContext.as_view()),
    path("workflow-recipes/<slug:recipe_id>/lessons", lessons_api.LessonList.as_view()),
    path("workflow-recipes/<slug:recipe_id>/lessons/<uuid:lesson_id>", lessons_api.LessonDetail.as_view()),
    path("workflow-recipes/<slug:recipe_id>/lessons/<uuid:lesson_id>/restore", lessons_api.LessonRestore.as_view()),
    path("workflow-recipes/<slug:recipe_id>/lessons/<uuid:lesson_id>/vouch", lessons_api.LessonVouch.as_view()),
    *triggers_api,
    *evaluations_api,
    path("workflow-recipes/<slug:recipe_id>/stats", quality_api.RecipeStats.as_view()),
    path("workspaces/<uuid:workspace_id>/retention", retention_api.WorkspaceRetention.as_view(), name="api_retention"),
    path("workspaces/<uuid:workspace_id>/usage", usage_api.WorkspaceUsage.as_view(), name="api_usage"),
    path("agents/<uuid:agent_id>/chat", chat_api.AgentChat.as_view(), name="api_agent_chat"),
    path("conversations", chat_api.ConversationList.as_view(), name="api_conversations"),
    path("conversations/<uuid:conversation_id>", chat_api.ConversationDetail.as_view(), name="api_conversation"),
    path("executions/<uuid:execution_id>/allowances", allowing_api.RunAllowances.as_view(), name="api_allowances"),
    path(
        "executions/<uuid:execution_id>/allowances/<uuid:allowance_id>",
        allowing_api.RunAllowance.as_view(),
        name="api_allowance",
    ),
    path("approvals", approvals_api.ApprovalList.as_view(), name="api_approvals"),
    path("approvals/<uuid:approval_id>/approve", approvals_api.ApprovalApprove.as_view(), name="api_approve"),
    path("approvals/<uuid:approval_id>/reject", approvals_api.ApprovalReject.as_view(), name="api_reject"),
    *agent_api,
    *workflow_api,
    path("executions", executions_api.ExecutionList.as_view(), name="api_executions"),
    path("executions/<uuid:execution_id>/diff/<uuid:other_id>", compare_api.ExecutionDiff.as_view(), name="api_diff"),
    path("executions/csv", executions_api.ExecutionCsv.as_view(), name="api_executions_csv"),
    path("executions/<uuid:execution_id>/restore", removal_api.ExecutionRestore.as_view(), name="api_run_restore"),
    path("executions/", include(of_a_run)),
]
# Where whoever stands outside knocks.
outside: list[URLPattern | URLResolver] = [*triggers_outside]
# Where OpenAI's clients look.
openai: list[URLPattern | URLResolver] = [
    path("models", completions_api.ModelIndex.as_view(), name="openai_models"),
    path("embeddings", openai_embeddings_api.Embeddings.as_view(), name="openai_embeddings"),
    path("models/agent:<slug:agent_slug>", completions_api.ModelOne.as_view(), name="openai_model"),
    path("models/<path:model>", completions_api.no_model, name="openai_no_model"),
    path("chat/completions", completions_api.ChatCompletions.as_view(), name="openai_chat_completions"),
    path("responses", openai_responses_api.Responses.as_view(), name="openai_responses"),
    path("responses/resp_<uuid:execution_id>", openai_responses_api.ResponseOne.as_view(), name="openai_response"),
    path(
        "responses/resp_<uuid:execution_id>/input_items",
        openai_responses_api.ResponseItems.as_view(),
        name="openai_response_items",
    ),
    re_path(r"^(?P<rest>.*)$", completions_api.nothing_here),
]
sockets: list[URLPattern | URLResolver] = [
    path("ws/executions/<str:execution_id>/", consumers.ExecutionConsumer.as_asgi()),
    re_path(r"", consumers.NothingHere.as_asgi()),
]
