"""Addresses of triggers: a signed message starts a run, or lets a step go on that waits for it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automatos.api import ErrorAnswer
from recipes.triggers import hook_services

HOOK = OpenApiParameter("hook_id", UUID, OpenApiParameter.PATH, description="The trigger's id.")


class HookOut(serializers.Serializer[Any]):
    """What became of a message."""

    delivery_id = serializers.UUIDField()
    execution_id = serializers.UUIDField(help_text="The run it started, now or when it came the first time.")
    outcome = serializers.ChoiceField(choices=["started", "again"])


WAIT = OpenApiParameter("wait_id", UUID, OpenApiParameter.PATH, description="The id of the wait, as approvals list it.")
REFUSED = {status: OpenApiResponse(ErrorAnswer) for status in (400, 401, 403, 404, 406, 409, 413, 429)}


class ResumedOut(HookOut):
    """What became of a message for a step that waits."""

    outcome = serializers.ChoiceField(choices=["resumed", "again"])


def _received(request: Request, hook_id: UUID, word: str, wait_id: UUID | None = None) -> Response:
    headers = {name.lower(): value for name, value in request.headers.items()}
    taken = hook_services.receive(hook_id, request._request.body, headers, wait_id)
    row, outcome = taken.delivery, "again" if taken.again else word
    return Response({"delivery_id": row.pk, "execution_id": row.execution_id, "outcome": outcome}, status=202)


class Hook(APIView):
    """Where a sender brings its messages. The signature is the credential; no other one is looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="hooks_receive",
        auth=[],
        parameters=[HOOK],
        request={"application/json": {"type": "object"}},
        responses={202: HookOut, **REFUSED},
    )
    def post(self, request: Request, hook_id: UUID) -> Response:
        """Take in one signed message and start a run; the same message again is answered with the same run."""
        return _received(request, hook_id, "started")


class HookForWait(APIView):
    """Where a sender brings the message that a step waits for. The signature is the only credential."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="hooks_resume",
        auth=[],
        parameters=[HOOK, WAIT],
        request={"application/json": {"type": "object"}},
        responses={202: ResumedOut, **REFUSED},
    )
    def post(self, request: Request, hook_id: UUID, wait_id: UUID) -> Response:
        """Take in one signed message: the step goes on with it; the same message again is answered the same."""
        return _received(request, hook_id, "resumed", wait_id)
