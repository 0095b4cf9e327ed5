"""Addresses of the marketplace's list and its listings."""

from django.urls import URLPattern, URLResolver, path

from marketplace.browse import views

pages: list[URLPattern | URLResolver] = [
    path("marketplace/", views.index, name="marketplace"),
]
