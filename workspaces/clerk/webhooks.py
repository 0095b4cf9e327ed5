"""Clerk's door for webhook messages, signed by the Standard Webhooks scheme (https://www.standardwebhooks.com)."""

import json
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from standardwebhooks import Webhook, WebhookVerificationError

from automatos.api import ErrorAnswer
from automatos.errors import InvalidInput, NotFound, NotSignedIn
from workspaces.clerk.messages import receive

LONGEST_MESSAGE_ID = 255
PREFIXES = ("svix", "webhook")


class ReceivedOut(serializers.Serializer[Any]):
    """What became of a message."""

    outcome = serializers.ChoiceField(choices=["applied", "again", "ignored"])


class ClerkWebhook(APIView):
    """Where Clerk tells what changed. The signature is the credential; no other one is looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="clerk_webhook",
        auth=[],
        request={"application/json": {"type": "object"}},
        responses={200: ReceivedOut, **{status: OpenApiResponse(ErrorAnswer) for status in (400, 401, 404, 406, 413)}},
    )
    def post(self, request: Request) -> Response:
        """Take in one message, once. Needs CLERK_WEBHOOK_SECRET; without it this address does not exist."""
        if not settings.CLERK.webhook_secret:
            raise NotFound()
        body = request._request.body
        message_id = _verified_id(request, body)
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidInput("This message is not JSON.") from None
        return Response({"outcome": receive(message_id=message_id, message=message)})


def _verified_id(request: Request, body: bytes) -> str:
    """The message's id when its signature is ours and not older or newer than five minutes; else NotSignedIn."""
    prefix = next((prefix for prefix in PREFIXES if f"{prefix}-id" in request.headers), PREFIXES[0])
    given = {part: request.headers.get(f"{prefix}-{part}", "") for part in ("id", "timestamp", "signature")}
    named = {f"webhook-{part}": value for part, value in given.items()}
    try:
        Webhook(settings.CLERK.webhook_secret).verify(body, named, json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise NotSignedIn("The signature of this message is missing, wrong, or older than five minutes.") from None
    if len(given["id"]) > LONGEST_MESSAGE_ID:
        raise InvalidInput("The id of this message is too long.")
    return given["id"]
