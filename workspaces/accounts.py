"""What sign-up and sign-in do beyond the library: a personal workspace, and the way there."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest

from workspaces.models import User
from workspaces.queries import memberships_of
from workspaces.services import create_personal_workspace


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Hooks of django-allauth."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """The new user and their personal workspace, both or neither."""
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                create_personal_workspace(user=saved)
        return saved

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The address of the person's own workspace."""
        membership = memberships_of(request.user).first() if isinstance(request.user, User) else None
        return f"/w/{membership.workspace.slug}/" if membership else "/"

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same after sign-up."""
        return self.get_login_redirect_url(request)
