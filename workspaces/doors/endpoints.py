"""The ground every REST operation stands on: who calls, in which workspace, allowed to do what."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from hashlib import sha256
from typing import Any, ClassVar, cast
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automatos.api import EMPTY, ErrorAnswer, refuse_unknown
from automatos.checking import Problems, unstorable_text
from automatos.errors import InvalidInput, NotAllowed, NotFound
from automatos.rest_schema import query_names, takes_body
from workspaces.doors.idempotency import HEADER, once
from workspaces.doors.sockets import watcher_of
from workspaces.limits import rates as rate_limits
from workspaces.models import User, Workspace
from workspaces.queries import access_by_id, personal_workspace_id
from workspaces.scope.acting import Actor, acting_as
from workspaces.scope.client_address import client_ip
from workspaces.scope.permissions import Access
from workspaces.scope.presented import Presented
from workspaces.scope.resolution import resolve
from workspaces.scope.tenancy import person_scope, workspace_scope

# Plain text, because the generator of Python clients would put a UUID into the header as an object.
WORKSPACE_HEADER = OpenApiParameter(
    "X-Workspace-ID",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The id of the workspace meant (or `workspace_id` in the query); without it the key's own, or your "
    "personal one.",
)

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
ONCE_HEADER = OpenApiParameter(
    HEADER, OpenApiTypes.STR, OpenApiParameter.HEADER, description="Sent again, it starts nothing new."
)


def errors(*statuses: int) -> dict[int, OpenApiResponse]:
    """The documented error answers: those any operation can give, and the ones named.

    415 stands for an operation with a body, which may also be too long (413).
    """
    more = {413} if 415 in statuses else set()
    return {status: OpenApiResponse(ErrorAnswer) for status in sorted({400, 401, 403, 406, 429, *statuses, *more})}


def _sent(request: Request) -> Any:
    """What a request brought, as two of them are compared: the text of its fields, and the hashes of its files."""
    if not request.FILES:
        return request.data
    files = {name: [sha256(one.read()).hexdigest() for one in found] for name, found in request.FILES.lists()}
    for found in request.FILES.values():
        found.seek(0)
    return {"fields": {name: request.POST.getlist(name) for name in request.POST}, "files": files}


class SignedInView(APIView):
    """An operation for anyone who is signed in, outside of any workspace."""

    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # Names in the query that are taken beside an operation's documented ones; None for any name.
    query_too: ClassVar[tuple[str, ...] | None] = ()
    allowance: rate_limits.Allowance | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in one transaction with the caller's scope; a refusal or an error takes everything back."""
        self.scoped = False
        self.allowance = None
        with ExitStack() as self.inside:
            response = super().dispatch(request, *args, **kwargs)
            if self.scoped and getattr(response, "exception", False):
                transaction.set_rollback(True)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse query text no database can hold, before anything reads it."""
        super().initial(request, *args, **kwargs)
        self.allowance = rate_limits.count(self.caller, self.presented)
        if self.allowance:
            self.allowance.require()
        self.inside.enter_context(acting_as(self._actor(request)))
        self.enter_scope(request, kwargs)
        problems = Problems()
        for name, value in request.query_params.items():
            if problem := unstorable_text(f"{name}{value}"):
                problems.add(name.replace("\x00", "").encode("ascii", "replace").decode() or "query", problem)
        problems.raise_any()
        self._refuse_query(request)
        self._refuse_body(request)

    def _refuse_query(self, request: Request) -> None:
        """A filter with a mistyped name would filter nothing, and nobody would notice."""
        method = (request.method or "").upper()
        if request.query_params and self.query_too is not None:
            known = query_names(cast(Any, type(self)), "GET" if method == "HEAD" else method)
            refuse_unknown([name for name in request.query_params if name not in self.query_too], known)

    def _refuse_body(self, request: Request) -> None:
        """What is sent to an operation that takes nothing was meant to do something, and would do nothing."""
        method = request.method or ""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if method in ("GET", "HEAD") or length == "0" or takes_body(cast(Any, type(self)), method):
            return
        # A client that speaks in forms sends the end of one even where nothing is in it.
        is_form = (request.content_type or "").startswith(FORMS)
        sent = {**request._request.POST, **request._request.FILES} if is_form else request.data
        if isinstance(sent, Mapping):
            refuse_unknown([name for name, value in sent.items() if value not in EMPTY], ())
        elif sent not in EMPTY:
            raise InvalidInput("This takes no body. Send it without one.")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Say on every answer how many requests the caller has left."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.allowance.headers.items() if self.allowance else ():
            answer.headers[name] = value
        return answer

    def enter_scope(self, request: Request, kwargs: dict[str, Any]) -> None:
        """See the caller's own memberships, and nothing in any workspace."""
        self.inside.enter_context(person_scope(self.caller.pk))
        self.scoped = True

    def _actor(self, request: Request) -> Actor:
        return Actor(
            user_id=self.caller.pk,
            name=self.caller.email,
            via=self.presented.via,
            credential=self.presented.credential,
            ip=client_ip(request),
        )

    @property
    def caller(self) -> User:
        """The person, or the person whose key it is."""
        return cast(User, self.request.user)

    @property
    def presented(self) -> Presented:
        """What the caller brought to be let in."""
        return cast(Presented, self.request.auth)


class WorkspaceView(SignedInView):
    """An operation inside a workspace. `needs` says which action each method takes; a method it omits is refused."""

    needs: ClassVar[dict[str, str]] = {}
    query_too: ClassVar[tuple[str, ...] | None] = ("workspace_id",)
    # Whether it is also for workspaces that were deleted and can still be brought back.
    deleted_too: ClassVar[bool] = False
    # Its POST starts work: with an Idempotency-Key, sent again it answers as before and starts nothing new.
    starts_work: ClassVar[bool] = False
    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in, then look whether this is to be done once."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get(HEADER)
        if self.starts_work and request.method == "POST" and key is not None:
            # Looked up by its name once this returns.
            self.__dict__["post"] = partial(self._posted_once, key)

    def _posted_once(self, key: str, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The answer of the class's own `post`, or of the same request before."""

        def act() -> tuple[int, dict[str, Any]]:
            answer: Response = type(self).post(self, request, *args, **kwargs)  # type: ignore[attr-defined]
            shown = orjson.loads(JSONRenderer().render(answer.data))
            return answer.status_code, {"shown": shown, "location": answer.headers.get("Location")}

        status, kept = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"post:{sha256(request.path.encode()).hexdigest()}",
            key=key,
            body=_sent(request),
            act=act,
        )
        headers = {"Location": kept["location"]} if kept["location"] else None
        return Response(kept["shown"], status=status, headers=headers)

    def enter_scope(self, request: Request, kwargs: dict[str, Any]) -> None:
        """Find the workspace, enter its scope, then check the role: default deny."""
        method = (request.method or "").upper()
        if method.lower() not in self.http_method_names or not hasattr(self, method.lower()):
            self.http_method_not_allowed(request)
        workspace_id = self._meant(request, kwargs.get("workspace_id"))
        self.inside.enter_context(workspace_scope(workspace_id, self.caller.pk))
        self.scoped = True
        self.access = self._access(workspace_id)
        action = self.needs.get("GET" if method == "HEAD" else method)
        if action is None:
            raise NotAllowed("Nobody may do this here.")
        self.access.require(action)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The same scope and actor in a new transaction, for what an answer does once its own is over."""
        with acting_as(self._actor(self.request)), workspace_scope(self.workspace.pk, self.caller.pk):
            yield

    @property
    def workspace(self) -> Workspace:
        """The workspace this request is in."""
        return self.access.workspace

    def still_allowed(self) -> Callable[[], bool]:
        """What a long answer asks again and again: whether the caller may still do here what this request does."""
        watcher, workspace_id = watcher_of(self.request), self.workspace.pk
        action = self.needs[(self.request.method or "").upper()]
        return lambda: workspace_id in watcher.readable_workspaces(action)

    def _meant(self, request: Request, named: UUID | None) -> UUID:
        """The workspace this request is about; NotFound when the caller's key is bound to another one."""
        presented = self.presented
        workspace_id = named or resolve(
            header=request.headers.get("X-Workspace-ID"),
            query=request.query_params.get("workspace_id"),
            bound=presented.bound_to,
            configured=settings.WORKSPACE_ID,
            personal=self._own_workspace_id,
            default=settings.DEFAULT_TENANT_ID or UUID(int=0),
        )
        if presented.bound_to not in (None, workspace_id):
            raise NotFound()
        return workspace_id

    def _own_workspace_id(self) -> UUID | None:
        return self.presented.workspace_id or personal_workspace_id(self.caller)

    def _access(self, workspace_id: UUID) -> Access:
        """Resolving is not allowing: NotFound unless the caller is a member."""
        access = access_by_id(user=self.caller, workspace_id=workspace_id, deleted_too=self.deleted_too)
        return access.narrowed(self.presented.role, self.presented.scopes)
