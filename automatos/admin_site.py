"""The admin site: moderators work on every workspace's rows here, and nowhere else."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import path, reverse

from marketplace.moderation import review_views, shared_views, trust_views, views
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.client_address import client_ip
from workspaces.scope.tenancy import Purpose, system_scope

# Models that libraries would show there: keys of running sessions, and secrets of second factors.
KEPT_OUT = {"usersessions.usersession", "mfa.authenticator"}


class ModerationSite(AdminSite):
    """Every page runs in the system scope for moderation, once it is clear that the person is staff."""

    site_header = site_title = "Automatos moderation"

    def register(self, model_or_iterable: Any, *args: Any, **options: Any) -> None:
        """Show a model, unless it would let staff sign in as somebody else."""
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        shown = [model for model in models if model._meta.label_lower not in KEPT_OUT]
        super().register(shown, *args, **options)

    def get_urls(self) -> list[Any]:
        """The desk of moderators beside Django's own pages."""
        desk = [
            path("moderation/queue/", views.queue, name="moderation_queue"),
            path("moderation/next/", views.next_version, name="moderation_next"),
            path("moderation/bulk/", views.bulk, name="moderation_bulk"),
            path("moderation/reports/<uuid:report_id>/", views.report, name="moderation_report"),
            path("moderation/rescans/<uuid:scan_id>/", views.seen, name="moderation_seen"),
            path("moderation/listings/", shared_views.listing_queue, name="moderation_listings"),
            path("moderation/listings/<uuid:version_id>/", shared_views.listing_review, name="moderation_listing"),
            path("moderation/reviews/", review_views.review_list, name="moderation_reviews"),
            path(
                "moderation/reviews/<uuid:review_id>/",
                review_views.review_take_away,
                name="moderation_review_take_away",
            ),
            path("moderation/<uuid:version_id>/", views.review, name="moderation_review"),
            path("moderation/<uuid:version_id>/scan/", views.rescan, name="moderation_rescan"),
            path("moderation/<uuid:version_id>/verify/", trust_views.verify, name="moderation_verify"),
            path("moderation/<uuid:version_id>/set-aside/", trust_views.set_aside, name="moderation_set_aside"),
            path("moderation/<uuid:version_id>/feature/", views.feature, name="moderation_feature"),
        ]
        for pattern in desk:
            pattern.callback = self.admin_view(pattern.callback)
        return [*desk, *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What the sidebar and the first page list: the desk first."""
        found = super().get_app_list(request, app_label)
        if app_label:
            return found
        queue = reverse("admin:moderation_queue")
        places = {"Queue": queue, "Reports of users": f"{queue}?tab=reports", "Other rules": f"{queue}?tab=rescans"}
        places["Agents, recipes and skills"] = reverse("admin:moderation_listings")
        places["Reviews"] = reverse("admin:moderation_reviews")
        models: list[dict[str, Any]] = [
            {"name": name, "object_name": name, "perms": {}, "admin_url": url, "add_url": None, "view_only": True}
            for name, url in places.items()
        ]
        moderation = {"name": "Moderation", "app_label": "moderation", "app_url": queue, "has_module_perms": True}
        return [{**moderation, "models": models}, *found]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The view, guarded as Django does, in one transaction that sees every workspace."""
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                return guarded(request, *args, **kwargs)
            with acting_as(moderator(request)), system_scope(Purpose.MODERATION):
                response = guarded(request, *args, **kwargs)
                return response.render() if isinstance(response, TemplateResponse) else response

        return inner


def moderator(request: HttpRequest) -> Actor:
    """The staff member of this request."""
    return Actor(user_id=request.user.pk, name=str(request.user), via="session", ip=client_ip(request))
