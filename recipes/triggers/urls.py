"""Addresses: what starts a recipe by itself."""

from django.urls import URLPattern, URLResolver, path

from recipes.triggers import delivery_api, form_views, hook_api, schedule_api, trigger_api, trigger_views, views

_TRIGGER = "recipes/<slug:key>/triggers/<uuid:recipe_trigger_id>"
pages: list[URLPattern | URLResolver] = [
    path("schedules/", views.schedule_list, name="schedules"),
    path("recipes/<slug:key>/triggers/", views.recipe_triggers, name="recipe_triggers"),
    path("recipes/<slug:key>/triggers/new/", trigger_views.trigger_new, name="trigger_new"),
    path(f"{_TRIGGER}/", trigger_views.trigger_edit, name="trigger_edit"),
    path(f"{_TRIGGER}/change/", trigger_views.trigger_change, name="trigger_change"),
    path(f"{_TRIGGER}/deliveries/", trigger_views.trigger_deliveries, name="trigger_deliveries"),
    path(f"{_TRIGGER}/deliveries/<uuid:delivery_id>/", trigger_views.delivery_replay, name="delivery_replay"),
    path("recipes/<slug:key>/schedules/new/", views.schedule_new, name="schedule_new"),
    path("recipes/<slug:key>/schedules/times/", views.schedule_times, name="schedule_times"),
    path("recipes/<slug:key>/schedules/<uuid:schedule_id>/", views.schedule_edit, name="schedule_edit"),
    path("recipes/<slug:key>/schedules/<uuid:schedule_id>/change/", views.schedule_change, name="schedule_change"),
]
_SCHEDULES = "workflow-recipes/<slug:recipe_id>/schedules"
_TRIGGERS = "workflow-recipes/<slug:recipe_id>/triggers"
_DELIVERIES = f"{_TRIGGERS}/<uuid:recipe_trigger_id>/deliveries"
api: list[URLPattern | URLResolver] = [
    path(_SCHEDULES, schedule_api.ScheduleList.as_view()),
    path(f"{_SCHEDULES}/times", schedule_api.ScheduleTimes.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>", schedule_api.ScheduleDetail.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>/restore", schedule_api.ScheduleRestore.as_view()),
    path(f"{_SCHEDULES}/<uuid:schedule_id>/ticks", schedule_api.ScheduleTicks.as_view()),
    path(_TRIGGERS, trigger_api.TriggerList.as_view()),
    path(f"{_TRIGGERS}/<uuid:recipe_trigger_id>", trigger_api.TriggerDetail.as_view()),
    path(f"{_TRIGGERS}/<uuid:recipe_trigger_id>/restore", trigger_api.TriggerRestore.as_view()),
    path(f"{_TRIGGERS}/<uuid:recipe_trigger_id>/rotate", trigger_api.TriggerSecret.as_view()),
    path(_DELIVERIES, delivery_api.DeliveryList.as_view()),
    path(f"{_DELIVERIES}/<uuid:delivery_id>", delivery_api.DeliveryDetail.as_view()),
    path(f"{_DELIVERIES}/<uuid:delivery_id>/replay", delivery_api.DeliveryReplay.as_view()),
]
# Where senders from outside bring their messages, outside of /api/.
outside: list[URLPattern | URLResolver] = [
    path("hooks/<uuid:hook_id>", hook_api.Hook.as_view(), name="hook"),
    path("hooks/<uuid:hook_id>/<uuid:wait_id>", hook_api.HookForWait.as_view(), name="hook_wait"),
    path("forms/<uuid:hook_id>/<str:link_token>/", form_views.form_fill, name="form_fill"),
    path("forms/<uuid:hook_id>/<str:link_token>/runs/<str:ticket>", form_views.form_run, name="form_run"),
]
