"""Addresses: what starts a recipe by itself."""

from django.urls import URLPattern, URLResolver, path

from recipes.triggers import schedule_api, views

pages: list[URLPattern | URLResolver] = [
    path("schedules/", views.schedule_list, name="schedules"),
    path("recipes/<slug:key>/triggers/", views.recipe_triggers, name="recipe_triggers"),
    path("recipes/<slug:key>/schedules/new/", views.schedule_new, name="schedule_new"),
    path("recipes/<slug:key>/schedules/times/", views.schedule_times, name="schedule_times"),
    path("recipes/<slug:key>/schedules/<uuid:schedule_id>/", views.schedule_edit, name="schedule_edit"),
    path("recipes/<slug:key>/schedules/<uuid:schedule_id>/change/", views.schedule_change, name="schedule_change"),
]
_SCHEDULES = "workflow-recipes/<slug:recipe_id>/schedules"
api: list[URLPattern | URLResolver] = [
    path(_SCHEDULES, schedule_api.ScheduleList.as_view()),
    path(f"{_SCHEDULES}/times", schedule_api.ScheduleTimes.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>", schedule_api.ScheduleDetail.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>/restore", schedule_api.ScheduleRestore.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>/ticks", schedule_api.ScheduleTicks.as_view()),
]
