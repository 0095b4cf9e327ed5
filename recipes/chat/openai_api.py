"""The chat completions of OpenAI's API, with agents as models: any client of it can talk to an agent.

https://platform.openai.com/docs/api-reference/chat: what an agent decides for itself (temperature, top_p, seed and
their like) is taken and left aside; a client's tools are handed out to it, beside those the agent uses by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_401_UNAUTHORIZED

from agents import queries as agent_queries
from agents.models import Agent
from automatos.api import understood
from automatos.errors import AppError, NotFound, wrong_field
from automatos.later import LaterResponse
from recipes.chat import openai_pictures, services
from recipes.chat import openai_shapes as shapes
from recipes.chat.api import BigJsonParser, event_stream
from recipes.chat.openai_answers import Asked, chunks, completion, error_body, problem
from recipes.chat.openai_body import ChatRequest, as_saying, read_request
from recipes.chat.openai_pictures import Picture
from recipes.chat.services import Saying
from recipes.chat.stream import stop
from recipes.live.following import Followed
from recipes.models import Execution, Trigger
from workspaces.doors.endpoints import ONCE_HEADER, WorkspaceView
from workspaces.doors.idempotency import HEADER, once

PREFIX = "agent:"
SayingOf = Callable[[list[Picture]], Saying]
AnswerOf = Callable[[Asked, Execution], Awaitable[HttpResponseBase]]
WRONG_KEY = (
    "Incorrect API key provided. Create one under the workspace's settings, API keys, and send it as "
    "`Authorization: Bearer …`, which clients of OpenAI do with their api_key."
)


class ModelMissing(NotFound):
    """No agent of this name."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code, self.fields = "model_not_found", {"model": ["There is no such model."]}


class OpenAiProblem(serializers.Serializer[Any]):
    """What went wrong, in OpenAI's words."""

    message = serializers.CharField()
    type = serializers.CharField()
    param = serializers.CharField(allow_null=True)
    code = serializers.CharField()


class OpenAiError(serializers.Serializer[Any]):
    """The shape of every answer from 400 up here."""

    error = OpenAiProblem()


def openai_errors(*statuses: int) -> dict[int, OpenApiResponse]:
    return {status: OpenApiResponse(OpenAiError) for status in (400, 401, 403, 404, 406, 429, *statuses)}


class OpenAiView(WorkspaceView):
    """An operation in OpenAI's shapes."""

    # Clients that also speak to other servers of this API add names of their own: `api-version`, `beta`.
    query_too = None

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """JSON whatever a client accepts, as at OpenAI's: clients of event streams ask for those alone."""
        return JSONRenderer(), JSONRenderer.media_type

    def handle_exception(self, exc: Exception) -> Response:
        """The error in OpenAI's shape."""
        answer = super().handle_exception(exc)
        told = answer.data["error"]
        code, message = told["code"], told["message"]
        if answer.status_code == HTTP_401_UNAUTHORIZED:
            code, message = "invalid_api_key", WRONG_KEY
        error = AppError(message, code=code, fields=told.get("fields"))
        error.http_status = answer.status_code
        answer.data = error_body(error)
        return answer

    def agent(self, model: str) -> Agent:
        """The agent a model's name means. Raises ModelMissing naming those there are."""
        slug = model.removeprefix(PREFIX)
        agents = agent_queries.agents_of(self.workspace)
        found = agents.filter(slug=slug).first() if model.startswith(PREFIX) else None
        if found is None:
            known = ", ".join(f"{PREFIX}{one}" for one in agents.values_list("slug", flat=True)[:10])
            raise ModelMissing(
                f"The model {model[:80]!r} does not exist or you do not have access to it. "
                f"There are: {known or 'no agents yet'}."
            )
        return found

    def shown(self, agent: Agent) -> dict[str, Any]:
        """An agent as a model."""
        created = int(agent.created_at.timestamp())
        return {"id": f"{PREFIX}{agent.slug}", "object": "model", "created": created, "owned_by": self.workspace.slug}


class ModelIndex(OpenAiView):
    """The agents as models."""

    needs = {"GET": "agents:read"}

    @extend_schema(operation_id="openai_models", responses={200: shapes.OpenAiModelsOut, **openai_errors()})
    def get(self, request: Request) -> Response:
        """Every agent of the key's workspace."""
        agents = agent_queries.agents_of(self.workspace)
        return Response({"object": "list", "data": [self.shown(agent) for agent in agents]})


class ModelOne(OpenAiView):
    """One agent as a model."""

    needs = {"GET": "agents:read"}

    @extend_schema(
        operation_id="openai_model",
        parameters=[OpenApiParameter("agent_slug", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={200: shapes.OpenAiModelOut, **openai_errors()},
    )
    def get(self, request: Request, agent_slug: str) -> Response:
        """The agent of this name, as in the list."""
        return Response(self.shown(self.agent(f"{PREFIX}{agent_slug}")))


@csrf_exempt
def no_model(request: HttpRequest, model: str) -> JsonResponse:
    """Any name that is not an agent's."""
    return problem(ModelMissing(f"The model {model[:80]!r} does not exist. Agents are called {PREFIX}<slug>."))


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Any other address under /v1/, in OpenAI's shape."""
    error = NotFound(f"Unknown request URL: {request.method} {request.path[:200]}. Check the spelling.")
    error.code = "unknown_url"
    return problem(error)


class AnswerView(OpenAiView):
    """An operation that an agent answers."""

    needs = {"POST": "executions:run"}
    parser_classes = (BigJsonParser,)
    # What an Idempotency-Key holds for.
    route = ""

    def answered(self, wanted: ChatRequest, saying: SayingOf, answer: AnswerOf) -> LaterResponse:
        """What `answer` makes of the run that is begun. Nobody waits for it in a thread.

        saying: what is said to the agent, once the pictures are there.
        """
        agent = self.agent(wanted.model)
        pictures = wanted.pictures
        if pictures and not services.sees(model := agent.agent_model_config.model):
            raise wrong_field(
                pictures[0].field, f"{wanted.model} answers with {model}, which does not see. Leave it out."
            )
        key = self.request.headers.get(HEADER)

        async def later() -> Any:
            # Outside of any transaction: pictures from elsewhere and the run itself take their time. A client that
            # left before has begun nothing.
            try:
                said = saying(await openai_pictures.fetched(pictures))
                execution = await self._begun(agent, said, key)
            except Exception as error:
                return problem(understood(error))
            stops, allowed = wanted.wishes.stops, self.still_allowed()
            return await answer(
                Asked.of(execution, wanted.model, stays=key is not None, stops=stops, allowed=allowed), execution
            )

        return LaterResponse(later)

    async def _begun(self, agent: Agent, saying: Saying, key: str | None) -> Execution:
        """The run. A client that leaves while it is begun stops it, unless it brought a key to come back with."""
        beginning = asyncio.ensure_future(database_sync_to_async(self._begin)(agent, saying, key))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            if key is None:
                begun = await beginning
                await stop(Followed(begun.pk, begun.workspace_id))
            raise

    def _begin(self, agent: Agent, saying: Saying, key: str | None) -> Execution:
        with self.entered():
            _, begun = once(
                workspace=self.workspace,
                user=self.caller,
                route=f"{self.route}:{agent.pk}",
                key=key,
                body=self.request.data,
                act=lambda: (200, {"execution_id": str(self._say(agent, saying).pk)}),
            )
            return Execution.objects.get(pk=begun["execution_id"])

    def _say(self, agent: Agent, saying: Saying) -> Execution:
        return services.say(
            workspace=self.workspace, agent=agent, saying=saying, user=self.caller, trigger=Trigger.CHAT
        )


class ChatCompletions(AnswerView):
    """One answer of an agent."""

    route = "completions"

    @extend_schema(
        operation_id="openai_chat_completions",
        parameters=[ONCE_HEADER],
        request=shapes.ChatCompletionIn,
        responses={
            (200, "application/json"): shapes.ChatCompletionOut,
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, "With `stream`: chunks, then [DONE]."),
            **openai_errors(409, 413, 415, 502, 503, 504),
        },
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Answer the last message. Nobody waits in a thread for it.

        A client that leaves stops the run; with an Idempotency-Key the run goes on, and the same request again gets
        its answer.
        """
        wanted = read_request(request.data)

        async def answer(asked: Asked, execution: Execution) -> HttpResponseBase:
            if wanted.stream:
                return event_stream(chunks(asked, include_usage=wanted.include_usage))
            return await completion(asked)

        return self.answered(wanted, lambda pictures: as_saying(wanted, pictures), answer)
