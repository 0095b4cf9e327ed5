"""When and from where each session was last used, and when it has to end."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.deprecation import MiddlewareMixin

from automatos import events
from workspaces.accounts import devices
from workspaces.accounts.session_store import SessionStore, stored_key
from workspaces.models import Membership, User
from workspaces.scope.client_address import client_ip
from workspaces.scope.tenancy import person_scope

STARTED, PROLONGED = "signed_in_at", "prolonged_at"
# Noting every request would make each read a write.
PRECISION = timedelta(minutes=1)
PROLONG_EVERY = 3600.0


class SessionActivityMiddleware(MiddlewareMixin):
    """Notes a signed-in browser's last use, prolongs its session while it is used, ends it at its longest life."""

    def process_request(self, request: HttpRequest) -> None:
        """Before the view, so that a session that is too old opens nothing any more."""
        if request.session.session_key is None or SESSION_KEY not in request.session:
            return
        now = time.time()
        started = request.session.get(STARTED)
        if started is None:
            begin(request)
        elif now - started > settings.SESSION_LONGEST_AGE:
            user = request.user
            end(request)
            logout(request)
            if isinstance(user, User):
                tell_viewers(user.pk)
            return
        elif now - request.session.get(PROLONGED, started) > PROLONG_EVERY:
            request.session[PROLONGED] = now
        _note_use(request)


def begin(request: HttpRequest) -> None:
    """The session's longest life counts from now."""
    request.session[STARTED] = request.session[PROLONGED] = time.time()


def end(request: HttpRequest) -> None:
    """The session is no longer listed."""
    UserSession.objects.filter(session_key=key_of(request)).delete()


def key_of(request: HttpRequest) -> str:
    """What the database has in place of the key of this browser's session; empty where it has none."""
    return stored_key(request.session.session_key) if request.session.session_key else ""


def note(request: HttpRequest) -> None:
    """The session of whoever just signed in is listed; once, even where two requests say so at once."""
    values = {"ip": client_ip(request), "user_agent": _agent(request)}
    row = UserSession(user=cast(Any, request.user), session_key=key_of(request), **values)
    UserSession.objects.bulk_create([row], ignore_conflicts=True)


def sessions_of(user: User) -> list[UserSession]:
    """The user's sessions that still let them in; what is listed of others goes."""
    listed = list(UserSession.objects.filter(user=user))
    rows = Session.objects.filter(session_key__in=[one.session_key for one in listed], expire_date__gt=timezone.now())
    good = {row.session_key for row in rows if _lets_in(user, row)}
    gone = [one.pk for one in listed if one.session_key not in good]
    UserSession.objects.filter(pk__in=gone).delete()
    return [one for one in listed if one.session_key in good]


@dataclass(frozen=True)
class SignedIn:
    """A place where somebody is signed in. here: it is the one that asks. device: browser and system, in words."""

    id: int
    here: bool
    device: str
    handheld: bool
    ip: str
    created_at: datetime
    last_seen_at: datetime


def signed_in(request: HttpRequest, user: User) -> list[SignedIn]:
    """Every place that still lets the user in: this request's first, then what was used last."""
    here = key_of(request)
    found = sorted(sessions_of(user), key=lambda one: (one.session_key != here, -one.last_seen_at.timestamp()))
    return [
        SignedIn(
            id=one.pk,
            here=one.session_key == here,
            device=devices.device(one.user_agent),
            handheld=devices.is_handheld(one.user_agent),
            ip=one.ip,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
        )
        for one in found
    ]


def _lets_in(user: User, row: Session) -> bool:
    """Whether the password is still the one it was begun with."""
    found = str(SessionStore().decode(row.session_data).get(HASH_SESSION_KEY, ""))
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(found, one) for one in hashes)


def end_others(request: HttpRequest | None, user: User) -> int:
    """Sign the user out everywhere but in this request's session, if there is one; how many sessions that ended."""
    return end_all(UserSession.objects.filter(user=user).exclude(session_key=key_of(request) if request else ""))


def end_all(sessions: Iterable[UserSession]) -> int:
    """End these sessions at once; how many they were."""
    ended = list(sessions)
    for session in ended:
        session.end()
    for user_id in {session.user_id for session in ended}:
        tell_viewers(user_id)
    return len(ended)


def tell_viewers(user_id: UUID) -> None:
    """Once committed, the sockets this person holds ask anew whether they may go on: a session of theirs ended."""
    with person_scope(user_id):
        for workspace_id in Membership.objects.filter(user_id=user_id).values_list("workspace_id", flat=True):
            events.access_changed_on_commit(workspace_id)


def _note_use(request: HttpRequest) -> None:
    now = timezone.now()
    mine = UserSession.objects.filter(session_key=key_of(request))
    last = mine.values_list("last_seen_at", flat=True).first()
    if last is None:
        if request.user.is_authenticated:
            note(request)
    elif now - last > PRECISION:
        mine.update(last_seen_at=now, ip=client_ip(request), user_agent=_agent(request))


def _agent(request: HttpRequest) -> str:
    return request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length]
