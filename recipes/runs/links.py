"""Where a run is found, for every answer that names one."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from recipes.models import Execution


class LinksOut(serializers.Serializer[Any]):
    """Where the run can be followed."""

    self = serializers.URLField()
    events = serializers.URLField()
    socket = serializers.URLField()
    kitchen = serializers.URLField()


def links_of(request: Request, execution: Execution, workspace_slug: str) -> dict[str, str]:
    """Where a run can be followed."""
    own = request.build_absolute_uri(reverse("api_execution", args=[execution.pk]))
    kitchen = reverse("run", kwargs={"workspace": workspace_slug, "execution_id": execution.pk})
    site = request.build_absolute_uri("/").rstrip("/")
    return {
        "self": own,
        "events": f"{own}/events",
        "socket": f"ws{site.removeprefix('http')}/ws/executions/{execution.pk}/",
        "kitchen": f"{site}{kitchen}",
    }
