"""What every answer carries (request id, policies for browsers) and how refusals become pages."""

import json
import math
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from automatos import request_id
from automatos.errors import AppError, NotFound, NotSignedIn
from automatos.later import LaterResponse

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class _Middleware:
    """Calls `before` and `after` around the view, whether the chain is synchronous or asynchronous."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self.is_async:
            return self._acall(request)
        self.before(request)
        return self.after(request, cast(HttpResponseBase, self.get_response(request)))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        self.before(request)
        return self.after(request, await cast(Awaitable[HttpResponseBase], self.get_response(request)))

    def before(self, request: HttpRequest) -> None:
        """Look at the request."""

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Complete the response."""
        return response


class RequestIdMiddleware(_Middleware):
    """X-Request-ID on every answer: the caller's own when well formed, else a new one."""

    def before(self, request: HttpRequest) -> None:
        request_id.begin(request.headers.get(request_id.HEADER))

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers[request_id.HEADER] = request_id.current()
        return response


class BrowserPolicyMiddleware(_Middleware):
    """What a browser may do with any answer: nothing inline, nothing from elsewhere, no reading by other sites."""

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Security-Policy", settings.CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        # Answers that CORS lets another site's page read say so themselves; to embed them is no reading.
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class CompressionMiddleware(_Middleware):
    """Pages and JSON leave compressed where the client takes that.

    Django's own does the work, with random bytes that hide a secret's length from whoever can add text to a page.
    Streams are left alone: their pieces would wait for the compressor. So are files and what is there only later.
    """

    KINDS = ("text/html", "application/json", "application/vnd.oai.openapi")

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or isinstance(response, LaterResponse) or kind not in self.KINDS:
            return response
        return _gzip.process_response(request, response)


_gzip = GZipMiddleware(lambda _: HttpResponse())


class AppErrorMiddleware(_Middleware):
    """A refusal raised in a page's view becomes a page of that status; for htmx, a message beside the page as it is."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to an AppError; None for anything else. The API answers its own."""
        if not isinstance(exception, AppError) or request.path.startswith("/api/"):
            return None
        if isinstance(exception, NotSignedIn):
            return to_sign_in(request)
        answer = toast_answer(exception) if request.headers.get("HX-Request") == "true" else _page(request, exception)
        if exception.retry_after is not None:
            answer.headers["Retry-After"] = str(math.ceil(exception.retry_after))
        return answer


def _page(request: HttpRequest, error: AppError) -> HttpResponse:
    # What is not found looks the same as an address that never existed.
    template = "errors/404.html" if isinstance(error, NotFound) else "errors/refused.html"
    return render(request, template, {"error": error}, status=error.http_status)


def toast_answer(error: AppError) -> HttpResponse:
    """Nothing is swapped; the page shows the error's sentence in a toast."""
    trigger = json.dumps({"toast": {"tone": "error", "text": error.message}})
    return HttpResponse(status=error.http_status, headers={"HX-Reswap": "none", "HX-Trigger": trigger})


def to_sign_in(request: HttpRequest) -> HttpResponse | HttpResponseRedirect:
    """To the sign-in page, and back here after it (htmx: back to the page the request came from)."""
    sign_in = reverse(settings.LOGIN_URL)
    if request.headers.get("HX-Request") != "true":
        return redirect(f"{sign_in}?{urlencode({'next': request.get_full_path()})}")
    return HttpResponse(status=401, headers={"HX-Redirect": sign_in})
