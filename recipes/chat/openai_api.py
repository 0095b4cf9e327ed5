"""The chat completions of OpenAI's API, with agents as models: any client of it can talk to an agent.

https://platform.openai.com/docs/api-reference/chat: what an agent decides for itself (temperature, max_tokens, top_p,
seed, stop and their like) is taken and left aside; what would change the shape of the answer is refused.
"""

import asyncio
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries as agent_queries
from agents.models import Agent
from automatos.api import understood
from automatos.errors import AppError, wrong_field
from automatos.later import LaterResponse
from recipes.chat import openai_pictures, services
from recipes.chat.api import BigJsonParser, event_stream
from recipes.chat.openai_answers import Asked, chunks, completion, error_body, problem
from recipes.chat.openai_body import ChatRequest, as_saying, read_request
from recipes.chat.openai_pictures import Picture
from recipes.chat.services import Saying
from recipes.chat.stream import stop
from recipes.live.following import Followed
from recipes.models import Execution, Trigger
from recipes.runs.links import ONCE_HEADER
from workspaces.doors.endpoints import WorkspaceView
from workspaces.doors.idempotency import HEADER, once

PREFIX = "agent:"


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
    return {status: OpenApiResponse(OpenAiError) for status in (400, 401, 403, 404, 406, 429, *statuses)}


class OpenAiView(WorkspaceView):
    """An operation in OpenAI's shapes."""

    def handle_exception(self, exc: Exception) -> Response:
        """The error in OpenAI's shape."""
        answer = super().handle_exception(exc)
        told = answer.data["error"]
        error = AppError(told["message"], code=told["code"], fields=told.get("fields"))
        error.http_status = answer.status_code
        answer.data = error_body(error)
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
    parser_classes = (BigJsonParser,)

    @extend_schema(
        operation_id="openai_chat_completions",
        parameters=[ONCE_HEADER],
        request=OpenApiTypes.OBJECT,
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "With `stream`: chunks, then [DONE]."),
            **_errors(409, 413, 415, 502, 503, 504),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Answer the last message. Nobody waits in a thread for it.

        A client that leaves stops the run; with an Idempotency-Key the run goes on, and the same request again gets
        its answer.
        """
        wanted = read_request(request.data)
        agent = self.agent(wanted.model)
        pictures = wanted.pictures
        if pictures and not services.sees(model := agent.agent_model_config.model):
            raise wrong_field(
                pictures[0].field, f"{wanted.model} answers with {model}, which does not see. Leave it out."
            )
        key = request.headers.get(HEADER)
        # All work is done where it is awaited: a client that left before that has begun nothing.
        return LaterResponse(lambda: self._answered(agent, wanted, key))

    async def _answered(self, agent: Agent, wanted: ChatRequest, key: str | None) -> Any:
        """The answer, outside of any transaction: pictures from elsewhere and the run itself take their time."""
        try:
            pictures = await openai_pictures.fetched(wanted.pictures)
            execution = await self._begun(agent, wanted, pictures, key)
        except Exception as error:
            return problem(understood(error))
        asked = Asked.of(execution, wanted.model, stays=key is not None)
        if wanted.stream:
            return event_stream(chunks(asked, include_usage=wanted.include_usage))
        return await completion(asked)

    async def _begun(self, agent: Agent, wanted: ChatRequest, pictures: list[Picture], key: str | None) -> Execution:
        """The run. A client that leaves while it is begun stops it, unless it brought a key to come back with."""
        beginning = asyncio.ensure_future(database_sync_to_async(self._begin)(agent, wanted, pictures, key))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            if key is None:
                begun = await beginning
                await stop(Followed(begun.pk, begun.workspace_id))
            raise

    def _begin(self, agent: Agent, wanted: ChatRequest, pictures: list[Picture], key: str | None) -> Execution:
        saying = as_saying(wanted, pictures)
        with self.entered():
            _, begun = once(
                workspace=self.workspace,
                user=self.caller,
                route=f"completions:{agent.pk}",
                key=key,
                body=self.request.data,
                act=lambda: (200, {"execution_id": str(self._say(agent, saying).pk)}),
            )
            return Execution.objects.get(pk=begun["execution_id"])

    def _say(self, agent: Agent, saying: Saying) -> Execution:
        return services.say(
            workspace=self.workspace, agent=agent, saying=saying, user=self.caller, trigger=Trigger.CHAT
        )
