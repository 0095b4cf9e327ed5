"""The chat completions of OpenAI's API, with agents as models: any client of it can talk to an agent.

https://platform.openai.com/docs/api-reference/chat: what an agent decides for itself (temperature, max_tokens, top_p,
seed, stop and their like) is taken and left aside; what would change the shape of the answer is refused.
"""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from django.http import HttpResponseBase, JsonResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries as agent_queries
from agents.models import Agent
from automatos.errors import AppError, wrong_field
from automatos.later import LaterResponse
from recipes import conversations
from recipes.api_chat import event_stream
from recipes.chat_stream import Ended, ended, pieces, whole
from recipes.completion_body import ChatRequest, read_request
from recipes.conversations import Saying
from recipes.following import Followed
from recipes.models import Execution, Trigger
from workspaces.auth import BearerKeyAuthentication, brings_bearer_key
from workspaces.endpoints import WorkspaceView

PREFIX = "agent:"
KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
STATUS_OF = {"approval_required": 409, "rate_limited": 429, "overloaded": 503, "cancelled": 409}


class OpenAiProblem(serializers.Serializer[Any]):
    """What went wrong, in OpenAI's words."""

    message = serializers.CharField()
    type = serializers.CharField()
    param = serializers.CharField(allow_null=True)
    code = serializers.CharField()


class OpenAiError(serializers.Serializer[Any]):
    """The shape of every answer from 400 up here."""

    error = OpenAiProblem()


def _errors(*statuses: int) -> dict[int, OpenApiResponse]:
    return {status: OpenApiResponse(OpenAiError) for status in (400, 401, 403, 404, 429, *statuses)}


class OpenAiView(WorkspaceView):
    """An operation in OpenAI's shapes; a key may also come as `Authorization: Bearer atm_…`."""

    def get_authenticators(self) -> list[BaseAuthentication]:
        """A bearer that is one of our keys is only ever taken for one."""
        if self.request is not None and brings_bearer_key(self.request):
            return [BearerKeyAuthentication()]
        return super().get_authenticators()

    def handle_exception(self, exc: Exception) -> Response:
        """The error in OpenAI's shape."""
        answer = super().handle_exception(exc)
        error = answer.data["error"]
        param = next(iter(error.get("fields", {})), None)
        answer.data = error_body(answer.status_code, error["message"], error["code"], param)
        return answer

    def agent(self, model: str) -> Agent:
        """The agent a model's name means. Raises InvalidInput naming those there are."""
        slug = model.removeprefix(PREFIX)
        agents = agent_queries.agents_of(self.workspace)
        found = agents.filter(slug=slug).first() if model.startswith(PREFIX) else None
        if found is None:
            known = ", ".join(f"{PREFIX}{one}" for one in agents.values_list("slug", flat=True)[:10])
            raise wrong_field("model", f"There is no model {model[:80]!r} here. There are: {known or 'no agents yet'}.")
        return found


class ModelIndex(OpenAiView):
    """The agents as models."""

    needs = {"GET": "agents:read"}

    @extend_schema(operation_id="openai_models", responses={200: OpenApiTypes.OBJECT, **_errors()})
    def get(self, request: Request) -> Response:
        """Every agent of the key's workspace."""
        agents = agent_queries.agents_of(self.workspace)
        data = [
            {
                "id": f"{PREFIX}{agent.slug}",
                "object": "model",
                "created": int(agent.created_at.timestamp()),
                "owned_by": self.workspace.slug,
            }
            for agent in agents
        ]
        return Response({"object": "list", "data": data})


class ChatCompletions(OpenAiView):
    """One answer of an agent."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="openai_chat_completions",
        request=OpenApiTypes.OBJECT,
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "With `stream`: chunks, then [DONE]."),
            **_errors(409, 415, 503),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Answer the last message. Nobody waits in a thread for it, and a client that leaves stops the run."""
        wanted = read_request(request.data)
        agent = self.agent(wanted.model)
        saying = Saying(text=wanted.text, messages=wanted.before)
        execution = conversations.say(
            workspace=self.workspace, agent=agent, saying=saying, user=self.caller, trigger=Trigger.CHAT
        )
        followed = Followed(execution.pk, execution.workspace_id)
        head = _head(wanted, execution)
        if wanted.stream:
            return event_stream(_chunks(followed, head, wanted))
        return LaterResponse(lambda: _completion(followed, head))


def _head(wanted: ChatRequest, execution: Execution) -> dict[str, Any]:
    return {"id": f"chatcmpl-{execution.pk.hex}", "created": int(time.time()), "model": wanted.model}


async def _completion(followed: Followed, head: Mapping[str, Any]) -> JsonResponse:
    try:
        end = await whole(followed)
    except AppError as error:
        return JsonResponse(error_body(error.http_status, error.message, error.code), status=error.http_status)
    if end.error:
        status = STATUS_OF.get(end.error["code"], 502)
        return JsonResponse(error_body(status, end.error["message"], end.error["code"]), status=status)
    message = {"role": "assistant", "content": end.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return JsonResponse({**head, "object": "chat.completion", "choices": [choice], "usage": _usage(end)})


async def _chunks(followed: Followed, head: Mapping[str, Any], wanted: ChatRequest) -> AsyncIterator[bytes]:
    usage = {"usage": None} if wanted.include_usage else {}

    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _data({**head, "object": "chat.completion.chunk", "choices": [choice], **usage})

    yield chunk({"role": "assistant", "content": ""})
    try:
        async for text in pieces(followed):
            yield chunk({"content": text}) if text else b": waiting\n\n"
    except AppError as error:
        yield _data(error_body(error.http_status, error.message, error.code))
        return
    end = await ended(followed)
    if end.error:
        yield _data(error_body(STATUS_OF.get(end.error["code"], 502), end.error["message"], end.error["code"]))
        return
    yield chunk({}, "stop")
    if wanted.include_usage:
        yield _data({**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(end)})
    yield b"data: [DONE]\n\n"


def _data(body: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(body) + b"\n\n"


def _usage(end: Ended) -> dict[str, int]:
    total = end.input_tokens + end.output_tokens
    return {"prompt_tokens": end.input_tokens, "completion_tokens": end.output_tokens, "total_tokens": total}


def error_body(status: int, message: str, code: str, param: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's shape."""
    kind = KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
