"""Composio's door for signed messages."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from automatos.api import ErrorAnswer
from tools.composio import messages


class MessageReceivedOut(serializers.Serializer[Any]):
    """What became of a message."""

    outcome = serializers.ChoiceField(choices=["applied", "again", "ignored"])


class ComposioWebhookDoor(APIView):
    """Where Composio tells of events. The signature is the credential; no other one is looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="composio_webhook",
        auth=[],
        request={"application/json": {"type": "object"}},
        responses={
            200: MessageReceivedOut,
            **{status: OpenApiResponse(ErrorAnswer) for status in (400, 401, 406, 413)},
        },
    )
    def post(self, request: Request) -> Response:
        """Take in one message, once; it is delivered again until it is answered with 200."""
        body = request._request.body
        headers = {name.lower(): value for name, value in request.headers.items()}
        return Response({"outcome": messages.receive(body, headers)})
