"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver, path, re_path

from recipes import consumers, views_runs

pages: list[URLPattern | URLResolver] = [
    path("", views_runs.dashboard, name="dashboard"),
    path("runs/", views_runs.run_index, name="runs"),
    path("runs/<uuid:execution_id>/", views_runs.run, name="run"),
    path("runs/<uuid:execution_id>/stop/", views_runs.stop, name="run_stop"),
    path("runs/<uuid:execution_id>/again/", views_runs.cook_again, name="run_again"),
]
api: list[URLPattern | URLResolver] = []
sockets: list[URLPattern | URLResolver] = [
    path("ws/executions/<str:execution_id>/", consumers.ExecutionConsumer.as_asgi()),
    re_path(r"", consumers.NothingHere.as_asgi()),
]
