"""The account area beside what the library has: profile, sessions, and deleting the account."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.base.views import IndexView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from automatos.errors import NotFound
from automatos.local_time import browser_zone
from workspaces.accounts import events, session_activity
from workspaces.accounts.forms import ProfileForm
from workspaces.accounts.services import choose_time_zone, delete_account, last_owner_of, rename_person
from workspaces.doors.pages import PersonRequest, person_page
from workspaces.models import Membership, User, Workspace
from workspaces.queries import memberships_of
from workspaces.scope import tenancy


@person_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    """Name, time zone, address, workspaces, and the way to delete the account."""
    posted = request.POST if request.method == "POST" else None
    form = ProfileForm(posted, user=request.user, browser=str(browser_zone(request)))
    if form.is_bound and form.is_valid():
        rename_person(user=request.user, name=form.cleaned_data["name"])
        if "time_zone" in form.data:
            choose_time_zone(user=request.user, time_zone=form.cleaned_data["time_zone"])
        messages.success(request, "Your profile is saved.")
        return redirect("account_profile")
    shown = {
        "form": form,
        "address": EmailAddress.objects.get_primary(request.user),
        "memberships": _memberships(request.user),
    }
    return render(request, "account/profile.html", shown, status=422 if form.errors else 200)


class SecurityView(IndexView):  # type: ignore[misc]
    """Password, second factors, passkeys and recovery codes, each with its state."""

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """unconfirmed: an address is not confirmed, which holds up a second factor."""
        unconfirmed = EmailAddress.objects.filter(user_id=self.request.user.pk, verified=False).exists()
        return {**super().get_context_data(**given), "unconfirmed": unconfirmed}


@person_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: PersonRequest) -> HttpResponse:
    """Where the person is signed in; POST signs out everywhere else."""
    if request.method == "POST":
        ended = session_activity.end_others(request, request.user)
        _tell_ended(request, ended)
        return redirect("usersessions_list")
    shown = session_activity.signed_in(request, request.user)
    others = sum(not one.here for one in shown)
    return render(request, "usersessions/usersession_list.html", {"sessions": shown, "others": others})


@person_page
@require_POST
def end_session(request: PersonRequest, session_id: int) -> HttpResponse:
    """Sign one other device out."""
    found = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if found is None:
        raise NotFound()
    if found.session_key == session_activity.key_of(request):
        return redirect("account_logout")
    _tell_ended(request, session_activity.end_all([found]))
    return redirect("usersessions_list")


@person_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required()  # type: ignore[untyped-decorator]
def delete(request: PersonRequest) -> HttpResponse:
    """Say what is lost; POST deletes the account."""
    user = request.user
    if request.method == "POST":
        delete_account(user=user)
        events.account_deleted(request, user)
        logout(request)
        return render(request, "account/deleted.html")
    memberships = _memberships(user)
    personal = [found.workspace for found in memberships if found.workspace.kind == Workspace.Kind.PERSONAL]
    shown = {"personal": personal, "shared": len(memberships) - len(personal), "owned": last_owner_of(user)}
    return render(request, "account/delete.html", shown)


def _memberships(user: User) -> list[Membership]:
    with tenancy.person_scope(user.pk):
        return list(memberships_of(user))


def _tell_ended(request: PersonRequest, number: int) -> None:
    events.sessions_ended(request, request.user, number)
    text = "That device is signed out." if number == 1 else f"{number} other devices are signed out."
    messages.success(request, text if number else "You were signed in nowhere else.")
