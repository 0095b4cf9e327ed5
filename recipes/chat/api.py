"""REST: talking with an agent, and the conversations that come of it."""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from agents import queries as agent_queries
from agents.models import Agent, Conversation
from automatos.api import InputSerializer, JsonParser
from automatos.errors import InvalidInput
from automatos.rest_lists import FARTHEST, MOST, address, list_parameters, listing, number, page_of, searched
from recipes.chat import services
from recipes.chat.services import Saying
from recipes.chat.stream import followed_answer
from recipes.engine.attachments import Upload
from recipes.live.api import EventStreamRenderer
from recipes.live.following import Followed
from recipes.models import Execution, Trigger
from recipes.runs.links import LinksOut, links_of
from recipes.runs.step_out import FINISH
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.doors.idempotency import HEADER, once

CONVERSATION = OpenApiParameter("conversation_id", UUID, OpenApiParameter.PATH)


class BigJsonParser(JsonParser):
    """A body that may hold files in base64."""

    most = 32_000_000


class AttachmentIn(InputSerializer):
    """A file: its text, or its bytes in base64."""

    name = serializers.CharField()
    content = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    data = serializers.CharField(required=False, help_text="base64")  # type: ignore[assignment]  # only read by name


class ChatIn(InputSerializer):
    """What is said to the agent."""

    message = serializers.CharField(allow_blank=True, trim_whitespace=False)
    conversation_id = serializers.UUIDField(required=False, allow_null=True, help_text="Without one it is begun.")
    parent = serializers.UUIDField(  # type: ignore[assignment]  # only read by name
        required=False,
        allow_null=True,
        help_text="The answer (execution_id) this follows; several may follow one. Left out, it is the conversation's "
        "newest; null starts again at the beginning.",
    )
    model = serializers.CharField(required=False, allow_blank=True, help_text="provider:model for this answer alone")
    attachments = AttachmentIn(many=True, required=False)


class ChatOut(serializers.Serializer[Any]):
    """An answer that was begun."""

    execution_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField()
    status = serializers.CharField()
    links = LinksOut()


class AgentChat(WorkspaceView):
    """Talking with an agent."""

    needs = {"POST": "executions:run"}
    parser_classes = (BigJsonParser,)
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @extend_schema(
        operation_id="agents_chat",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=ChatIn,
        responses={
            202: ChatOut,
            (200, "text/event-stream"): OpenApiResponse(
                OpenApiTypes.STR, "`started`, the run's events, `text` with its offset, and `final`."
            ),
            **errors(402, 404, 409, 415),
        },
    )
    def post(self, request: Request, agent_id: UUID) -> HttpResponseBase:
        """Ask, and follow the answer as an event stream; without `Accept: text/event-stream` the links to it."""
        agent = agent_queries.agent(workspace=self.workspace, agent_id=agent_id)
        body = ChatIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        talk = None
        if values.get("conversation_id"):
            key = values["conversation_id"]
            talk = services.conversation(workspace=self.workspace, conversation_id=key, agent=agent)
        saying = Saying(
            text=values["message"],
            conversation=talk,
            parent=values["parent"] if "parent" in values else services.newest_answer(talk),
            model=values.get("model", ""),
            uploads=[_upload(index, one) for index, one in enumerate(values.get("attachments", ()))],
        )
        status, begun = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"chat:{agent.pk}",
            key=request.headers.get(HEADER),
            body=request.data,
            act=lambda: (202, self._begun(request, agent, saying)),
        )
        if request.accepted_renderer.media_type == EventStreamRenderer.media_type:
            followed = Followed(UUID(begun["execution_id"]), self.workspace.pk, self.still_allowed())
            first = {name: begun[name] for name in ("execution_id", "conversation_id")}
            return event_stream(followed_answer(followed, first))
        return Response(begun, status=status, headers={"Location": begun["links"]["self"]})

    def _begun(self, request: Request, agent: Agent, saying: Saying) -> dict[str, Any]:
        execution = services.say(
            workspace=self.workspace, agent=agent, saying=saying, user=self.caller, trigger=Trigger.API
        )
        return {
            "execution_id": str(execution.pk),
            "conversation_id": str(execution.conversation_id),
            "status": execution.status,
            "links": links_of(request, execution, self.workspace.slug),
        }


def event_stream(pieces: Any) -> StreamingHttpResponse:
    """An answer of Server-Sent Events that nobody on the way keeps back."""
    response = StreamingHttpResponse(pieces, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"
    return response


def _upload(index: int, one: dict[str, str]) -> Upload:
    if "content" in one:
        return Upload(one["name"], one["content"].encode("utf-8", "surrogatepass"))
    try:
        return Upload(one["name"], base64.b64decode(one.get("data", ""), validate=True))
    except binascii.Error:
        text = "This is not base64."
        raise InvalidInput(text, fields={f"attachments.{index}.data": [text]}) from None


class ConversationOut(serializers.Serializer[Conversation]):
    """A conversation."""

    id = serializers.UUIDField()
    agent_id = serializers.UUIDField()
    title = serializers.CharField()
    is_kept = serializers.BooleanField(help_text="One that is not goes 30 days after its last message.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AnswerOut(serializers.Serializer[Execution]):
    """A message and what was answered."""

    execution_id = serializers.UUIDField(source="id")
    parent = serializers.CharField(source="follows", allow_null=True)  # type: ignore[assignment]  # only written by name
    message = serializers.CharField(source="said")
    status = serializers.CharField()
    answer = serializers.CharField(source="told")
    finish_reason = serializers.SerializerMethodField(help_text=FINISH)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.FloatField(help_text="US dollars.")
    created_at = serializers.DateTimeField()

    def get_finish_reason(self, answer: Execution) -> str:
        """Of its only step."""
        return answer.steps.all()[0].finish_reason


class ConversationDetailOut(ConversationOut):
    """A conversation with what was said."""

    answers = AnswerOut(
        many=True, source="answers_shown", help_text="Those of the page, branches too, the oldest first."
    )
    answers_total = serializers.IntegerField(help_text="How many there are in all.")
    earlier = serializers.CharField(allow_null=True, help_text="Address of the answers before these.")


class NewConversationIn(InputSerializer):
    """A conversation to keep."""

    agent_id = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)


class ConversationChange(InputSerializer):
    """What is left out stays."""

    title = serializers.CharField(required=False, allow_blank=True)
    is_kept = serializers.BooleanField(required=False)


class ConversationList(WorkspaceView):
    """The workspace's conversations."""

    needs = {"GET": "executions:read", "POST": "executions:run"}

    @extend_schema(
        operation_id="conversations_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(filters={"agent": ()})],
        responses={200: page_of(ConversationOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Those changed last first; `agent` takes a UUID."""
        rows = searched(services.conversations_of(self.workspace), request, ["title"])
        if agent := request.query_params.get("agent"):
            rows = rows.filter(agent_id=_uuid("agent", agent))
        return listing(request, rows, ConversationOut)

    @extend_schema(
        operation_id="conversations_create",
        parameters=[WORKSPACE_HEADER],
        request=NewConversationIn,
        responses={201: ConversationOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """An empty conversation that is kept."""
        body = NewConversationIn(data=request.data)
        body.is_valid(raise_exception=True)
        agent = agent_queries.agent(workspace=self.workspace, agent_id=body.validated_data["agent_id"])
        title = body.validated_data["title"]
        made = services.begin(workspace=self.workspace, agent=agent, user=self.caller, title=title)
        headers = {"Location": f"/api/conversations/{made.pk}"}
        return Response(ConversationOut(made).data, status=201, headers=headers)


class ConversationDetail(WorkspaceView):
    """One conversation."""

    needs = {"GET": "executions:read", "PATCH": "executions:run", "DELETE": "executions:run"}

    @extend_schema(
        parameters=[WORKSPACE_HEADER, CONVERSATION, *list_parameters(search=False)],
        responses={200: ConversationDetailOut, **errors(404)},
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The conversation with its newest answers, `limit` of them; `offset` leaves out the newest ones."""
        talk: Any = self._found(conversation_id)
        limit = number(request, "limit", MOST, low=1, high=MOST)
        offset = number(request, "offset", 0, low=0, high=FARTHEST)
        talk.answers_total = talk.answers.count()
        talk.answers_shown = services.newest_answers(talk, offset, limit)
        more = offset + limit < talk.answers_total
        talk.earlier = address(request, limit, offset + limit) if more else None
        return Response(ConversationDetailOut(talk).data)

    @extend_schema(
        parameters=[WORKSPACE_HEADER, CONVERSATION],
        request=ConversationChange,
        responses={200: ConversationOut, **errors(404, 415)},
    )
    def patch(self, request: Request, conversation_id: UUID) -> Response:
        """Another title, or whether it is kept."""
        body = ConversationChange(data=request.data)
        body.is_valid(raise_exception=True)
        changed = services.change(conversation=self._found(conversation_id), **body.validated_data)
        return Response(ConversationOut(changed).data)

    @extend_schema(parameters=[WORKSPACE_HEADER, CONVERSATION], responses={204: None, **errors(404)})
    def delete(self, request: Request, conversation_id: UUID) -> Response:
        """Out of sight; its answers stay readable as runs."""
        services.delete(conversation=self._found(conversation_id))
        return Response(status=204)

    def _found(self, conversation_id: UUID) -> Conversation:
        return services.conversation(workspace=self.workspace, conversation_id=conversation_id)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput(f"{name}: This is not a UUID.", fields={name: ["This is not a UUID."]}) from None
