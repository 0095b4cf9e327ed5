"""Addresses: pages under /w/<workspace>/, the API under /api/, sockets."""

from django.urls import URLPattern, URLResolver

pages: list[URLPattern | URLResolver] = []
api: list[URLPattern | URLResolver] = []
sockets: list[URLPattern | URLResolver] = []
