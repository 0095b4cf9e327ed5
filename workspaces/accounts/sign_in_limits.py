"""How often one may try to sign in, sign up, reset, be sent a mail or enter a code; enforced before any view runs.

The library's own limiter is switched off: it refuses callers who wait a second for its lock, breaks with a 500 when
Redis is away, and cannot say when to come back.
"""

import logging
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.stagekit import unstash_login
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin
from redis import RedisError

from automatos.errors import TooMany, Unavailable
from workspaces.limits import throttling
from workspaces.limits.throttling import Bucket, Exhausted, Taken
from workspaces.scope.client_address import client_ip, network_of

logger = logging.getLogger(__name__)

MINUTE, DAY = 60, 86_400
RETRY_WHEN_DOWN = 30
# The request's attribute that holds what was counted for it.
TAKEN = "sign_in_taken"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` in any `seconds` for one "ip", "address" (typed into the form), both at once, or "person"."""

    by: str
    amount: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Guard:
    """Limits with counters of their own. field: where the form has the address. failures_only: success is free."""

    name: str
    limits: tuple[Limit, ...]
    field: str = ""
    failures_only: bool = False
    methods: tuple[str, ...] = ("POST",)


CODE = Guard(
    "code",
    (Limit("person", 5, 5 * MINUTE), Limit("person", 50, DAY), Limit("ip", 30, 5 * MINUTE)),
    failures_only=True,
)
PASSWORD = Guard("password", (Limit("person", 10, 5 * MINUTE),), failures_only=True)

# By name of the address that is called.
GUARDS = {
    "account_login": Guard(
        "sign-in",
        # Counted by who asks too, so that wrong passwords from elsewhere do not keep an address's owner out; over all
        # networks there is a wider limit against guessing from many at once.
        (Limit("address_ip", 10, 5 * MINUTE), Limit("address", 100, 5 * MINUTE), Limit("ip", 30, 5 * MINUTE)),
        field="login",
        failures_only=True,
    ),
    "account_signup": Guard("sign-up", (Limit("address", 5, 10 * MINUTE), Limit("ip", 20, 10 * MINUTE)), field="email"),
    "account_reset_password": Guard(
        "reset", (Limit("address", 5, 10 * MINUTE), Limit("ip", 20, 10 * MINUTE)), field="email"
    ),
    "account_reset_password_from_key": Guard("reset-key", (Limit("ip", 20, 10 * MINUTE),)),
    "account_email": Guard("mail", (Limit("address", 5, 10 * MINUTE), Limit("person", 15, 10 * MINUTE)), field="email"),
    "account_change_password": PASSWORD,
    "account_set_password": PASSWORD,
    "account_reauthenticate": PASSWORD,
    "mfa_authenticate": CODE,
    "mfa_reauthenticate": CODE,
    "mfa_activate_totp": CODE,
    # A passkey cannot be guessed; this bounds the work and the sessions that anyone can cause.
    "mfa_login_webauthn": Guard("passkey", (Limit("ip", 60, 5 * MINUTE),), methods=("GET", "POST")),
    "mfa_reauthenticate_webauthn": Guard("passkey-again", (Limit("person", 20, 5 * MINUTE),)),
}


class SignInLimitsMiddleware(MiddlewareMixin):
    """Refuses with 429 and Retry-After what is over a limit, and with 503 while the counters are out of reach."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Count the attempt; the refusal, or None to go on."""
        guard = GUARDS.get(_name_of(request))
        if guard is None or request.method not in guard.methods:
            return None
        try:
            taken = throttling.take(_buckets(guard, request))
        except Exhausted as exhausted:
            return _too_many(request, exhausted.retry_after)
        except RedisError as error:
            return _out_of_reach(request, error)
        if guard.failures_only:
            setattr(request, TAKEN, taken)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Every form here leads on by a redirect when it was right: then the attempt was no failure."""
        taken: Taken | None = getattr(request, TAKEN, None)
        if taken and 300 <= response.status_code < 400:
            give_back(taken)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Redis going away halfway through a sign-in is told in the same words.

        Of two presses of the button that turns the app on, the later one finds it on.
        """
        if isinstance(exception, IntegrityError) and _name_of(request) == "mfa_activate_totp":
            return redirect("mfa_index")
        guarded = _name_of(request) in GUARDS
        return _out_of_reach(request, exception) if guarded and isinstance(exception, RedisError) else None


def take(guard: Guard, request: HttpRequest) -> Taken:
    """Count an attempt at the API, which the caller gives back when it succeeded. Raises TooMany or Unavailable."""
    try:
        return throttling.take(_buckets(guard, request))
    except Exhausted as exhausted:
        wait = exhausted.retry_after
        raise TooMany(f"Too many attempts. Try again in {_in_words(wait)}.", retry_after=wait) from None
    except RedisError as error:
        logger.error("An attempt is refused because Redis, which counts attempts, does not answer: %s", error)
        raise Unavailable("Attempts cannot be counted right now. Try again in half a minute.") from error


def give_back(taken: Taken) -> None:
    """An attempt that succeeded was no failure."""
    try:
        throttling.give_back(taken)
    except RedisError as error:
        logger.warning("An attempt that succeeded stays counted: %s", error)


def _name_of(request: HttpRequest) -> str:
    return str(request.resolver_match.view_name) if request.resolver_match else ""


def _buckets(guard: Guard, request: HttpRequest) -> list[Bucket]:
    who = {
        "ip": lambda: network_of(client_ip(request)),
        "address": lambda: _address(request.POST.get(guard.field, "")),
        "address_ip": lambda: _with_network(_address(request.POST.get(guard.field, "")), request),
        "person": lambda: _person(request),
    }
    found = [(limit, who[limit.by]()) for limit in guard.limits]
    return [
        Bucket(f"{guard.name}:{limit.by}:{name}", limit.amount, limit.seconds)
        for limit, name in found
        # A form without an address is refused by the form; without a person it leads to the sign-in page.
        if name
    ]


def _address(text: str) -> str:
    """One spelling of an address, coarser than any by which accounts are told apart."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _with_network(address: str, request: HttpRequest) -> str:
    return f"{address} from {network_of(client_ip(request))}" if address else ""


def _person(request: HttpRequest) -> str:
    """Who is signed in, or has given the password and is asked for a code."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    login = unstash_login(request, peek=True)
    return str(login.user.pk) if login and login.user else ""


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    return _refusal(request, 429, seconds)


def _out_of_reach(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("Sign-in is refused because Redis, which counts attempts, does not answer: %s", error)
    return _refusal(request, 503, RETRY_WHEN_DOWN)


def _refusal(request: HttpRequest, status: int, seconds: int) -> HttpResponse:
    context = {"status": status, "wait": _in_words(seconds)}
    response = render(request, "account/throttled.html", context, status=status)
    response.headers["Retry-After"] = str(seconds)
    return response


def _in_words(seconds: int) -> str:
    """A time to wait, rounded up: "40 seconds", "1 minute", "3 hours"."""
    units = ((3600, "hour"), (60, "minute"), (1, "second"))
    size, unit = next((size, unit) for size, unit in units if seconds > size or size == 1)
    count = -(-seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'}"
