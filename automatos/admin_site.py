"""The admin site: moderators work on every workspace's rows here, and nowhere else."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse

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
