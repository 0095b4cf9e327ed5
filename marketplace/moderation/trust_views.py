"""The desk: verifying a publisher, and setting a finding aside."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from automatos.errors import AppError
from marketplace.moderation import queries
from marketplace.moderation.trust_services import set_finding_aside, verify_publisher
from workspaces.models import User


@require_POST
def verify(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Say that the publisher of this version is known, or no longer."""
    verified = request.POST.get("verified") == "1"
    try:
        publisher = queries.version(version_id).plugin.publisher
        verify_publisher(publisher_id=publisher.pk, verified=verified, reason=request.POST.get("reason", ""))
        messages.success(request, f"{publisher.name} is {'verified' if verified else 'not verified any more'}.")
    except AppError as error:
        messages.error(request, error.message or "There is no such version.")
    return redirect("admin:moderation_review", version_id)


@require_POST
def set_aside(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Judge one finding harmless; the version is scanned again without it."""
    try:
        set_finding_aside(
            version=queries.version(version_id),
            key=request.POST.get("finding", ""),
            moderator=cast(User, request.user),
            reason=request.POST.get("reason", ""),
        )
        messages.success(request, "It is set aside for these very bytes; the version is being scanned again.")
    except AppError as error:
        messages.error(request, error.message or "There is no such finding.")
    return redirect("admin:moderation_review", version_id)
