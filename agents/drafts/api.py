"""REST: drafts of agents, as the wizard keeps them. Each belongs to one person, and nobody else sees it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api import AgentOut
from agents.drafts import services
from agents.drafts.editing import DraftEditor, blank_values, template_values
from agents.drafts.queries import draft_at, drafts_of
from agents.drafts.steps import LISTS, MOST_CHOSEN, STEPS, clean, is_running, was_lost
from agents.models import AgentDraft
from automatos.api import InputSerializer
from automatos.errors import Conflict, InvalidInput
from automatos.rest_lists import list_parameters, listing, page_of
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors

STEP_OF = {name: step for step in STEPS for name in step.fields}


class DraftValuesIn(InputSerializer):
    """Fields as the wizard's form has them, whatever they are: what is wrong with them stands in `problems`."""

    values = serializers.DictField(
        required=False,
        help_text=f"Texts and numbers; of {', '.join(LISTS)} lists of texts. Fields: {', '.join(STEP_OF)}.",
    )

    def validate_values(self, values: dict[str, Any]) -> dict[str, Any]:
        """The same as the form would send them."""
        wrong = {str(name): [text] for name, value in values.items() if (text := _problem(str(name), value))}
        if wrong:
            raise serializers.ValidationError(wrong)
        return {str(name): _typed(value) for name, value in values.items()}


class NewDraftIn(DraftValuesIn):
    """A new draft: blank, or from one of template and sentence. Values that are sent too stand over it."""

    template = serializers.CharField(required=False, allow_blank=True)
    sentence = serializers.CharField(
        required=False, allow_blank=True, help_text="What the agent is for. A model then proposes a better draft."
    )


class DraftJobOut(serializers.Serializer[Any]):
    """What the background does for a draft. Of a trial `text` is the answer, of a proposal why it failed."""

    state = serializers.ChoiceField(choices=("running", "lost", "done", "failed", "rules"))
    model = serializers.CharField(default="")
    text = serializers.SerializerMethodField()
    cost = serializers.CharField(default="", help_text="US dollars.")
    tokens = serializers.IntegerField(default=None, allow_null=True)
    took = serializers.CharField(default="")

    def get_text(self, job: Mapping[str, Any]) -> str:
        return str(job.get("text") or job.get("why") or "")


class AgentDraftOut(serializers.Serializer[AgentDraft]):
    """A draft of an agent."""

    id = serializers.UUIDField()
    values = serializers.DictField(help_text="Fields of the wizard's form, as typed.")
    revision = serializers.IntegerField(help_text="How often its fields changed.")
    agent_id = serializers.UUIDField(allow_null=True, help_text="The agent that was made of it.")
    trial = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(DraftJobOut(allow_null=True))
    def get_trial(self, draft: AgentDraft) -> Any:
        return _job(draft.work.get("trial"))

    @extend_schema_field(DraftJobOut(allow_null=True))
    def get_proposal(self, draft: AgentDraft) -> Any:
        return _job(draft.work.get("proposal"))


class JudgedDraftOut(AgentDraftOut):
    """A draft and what is wrong with it."""

    problems = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.ListField(child=serializers.CharField())))
    def get_problems(self, draft: AgentDraft) -> dict[str, list[str]]:
        """By field; empty once an agent can be made of it."""
        if draft.agent_id is not None:
            return {}
        return _problems(DraftEditor(draft, STEPS[0].slug))


class _DraftView(WorkspaceView):
    def draft(self, draft_id: UUID, *, discarded: bool = False) -> AgentDraft:
        found = draft_at(workspace=self.workspace, user=self.caller, draft_id=draft_id, discarded=discarded)
        found.workspace = self.workspace
        return found

    def open_draft(self, draft_id: UUID) -> AgentDraft:
        """One of which no agent was made yet."""
        found = self.draft(draft_id)
        if found.agent_id is not None:
            raise Conflict("An agent was made of this draft. Change the agent.", code="finished")
        return found

    def shown(self, draft: AgentDraft, status: int = 200) -> Response:
        draft.workspace = self.workspace
        headers = {"Location": f"/api/agent-drafts/{draft.pk}"} if status == 201 else None
        return Response(JudgedDraftOut(draft).data, status=status, headers=headers)


class AgentDraftList(_DraftView):
    """The caller's drafts."""

    needs = {"GET": "agents:write", "POST": "agents:write"}
    starts_work = True

    @extend_schema(
        operation_id="agent_drafts_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(AgentDraftOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """One's own drafts that are neither finished nor discarded, the last touched first."""
        return listing(request, drafts_of(self.workspace, self.caller), AgentDraftOut)

    @extend_schema(
        operation_id="agent_drafts_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=NewDraftIn,
        responses={201: JudgedDraftOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """A draft; from a sentence it is filled in by rules at once, and a model's proposal follows (`proposal`)."""
        body = NewDraftIn(data=request.data)
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        given: dict[str, Any] = {"workspace": self.workspace, "user": self.caller}
        if sent.get("sentence") and sent.get("template"):
            raise InvalidInput("Send a template or a sentence, not both.", fields={"template": ["Leave one out."]})
        if sent.get("sentence"):
            values = {**blank_values(self.workspace), **sent.get("values", {})}
            return self.shown(services.start_from_sentence(**given, values=values, sentence=sent["sentence"]), 201)
        start = blank_values(self.workspace)
        if template := sent.get("template"):
            found = template_values(self.workspace, template)
            if found is None:
                raise InvalidInput("There is no such template.", fields={"template": ["There is no such template."]})
            start = found
        return self.shown(services.start_draft(**given, values={**start, **sent.get("values", {})}), 201)


class AgentDraftDetail(_DraftView):
    """One draft."""

    needs = {"GET": "agents:write", "PATCH": "agents:write", "DELETE": "agents:write"}

    @extend_schema(
        operation_id="agent_drafts_retrieve",
        parameters=[WORKSPACE_HEADER],
        responses={200: JudgedDraftOut, **errors(404)},
    )
    def get(self, request: Request, draft_id: UUID) -> Response:
        """The draft, what is wrong with it, and how its trial and its proposal stand."""
        return self.shown(self.draft(draft_id))

    @extend_schema(
        operation_id="agent_drafts_partial_update",
        parameters=[WORKSPACE_HEADER],
        request=DraftValuesIn,
        responses={200: JudgedDraftOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, draft_id: UUID) -> Response:
        """The fields that are sent; the others stay. A field may be unfinished: `problems` says what is missing."""
        draft = self.open_draft(draft_id)
        body = DraftValuesIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data.get("values", {})
        for step in STEPS:
            if own := {name: value for name, value in values.items() if STEP_OF[name] is step}:
                draft = services.save_draft(draft=draft, values=own, step=step.slug)
        return self.shown(draft)

    @extend_schema(
        operation_id="agent_drafts_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, draft_id: UUID) -> Response:
        """Put away; for 30 days it can be brought back."""
        services.discard_draft(draft=self.draft(draft_id))
        return Response(status=204)


class AgentDraftRestore(_DraftView):
    """A discarded draft."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agent_drafts_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: JudgedDraftOut, **errors(404)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        """The draft back."""
        services.restore_draft(draft=self.draft(draft_id, discarded=True))
        return self.shown(self.draft(draft_id))


class AgentDraftTrial(_DraftView):
    """Trying a draft's model."""

    needs = {"POST": "agents:write"}
    starts_work = True

    @extend_schema(
        operation_id="agent_drafts_trial",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=None,
        responses={202: JudgedDraftOut, **errors(404, 409)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        """Ask the draft's model one short question; read the draft again for its `trial`. One at a time."""
        return self.shown(services.try_model(draft=self.open_draft(draft_id)), 202)


class AgentDraftProposal(_DraftView):
    """What a model proposes for a draft."""

    needs = {"DELETE": "agents:write"}

    @extend_schema(
        operation_id="agent_drafts_proposal_dismiss",
        parameters=[WORKSPACE_HEADER],
        responses={204: None, **errors(404, 409)},
    )
    def delete(self, request: Request, draft_id: UUID) -> Response:
        """Wait for it no more; what was filled in stays."""
        services.dismiss_proposal(draft=self.open_draft(draft_id))
        return Response(status=204)


class AgentDraftFinish(_DraftView):
    """The agent of a draft."""

    needs = {"POST": "agents:write"}

    @extend_schema(
        operation_id="agent_drafts_finish",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={201: AgentOut, **errors(402, 404)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        """Make the agent; sent again it answers with the same one. 400 names each field that is not right yet."""
        draft = self.draft(draft_id)
        if draft.agent is None:
            editor = DraftEditor(draft, STEPS[0].slug)
            if found := _problems(editor):
                raise InvalidInput("The draft is not finished yet.", fields=found)
            agent = services.create_from_draft(
                draft=draft, user=self.caller, data=editor.found.data(), outside=editor.found.outside
            )
        else:
            agent = draft.agent
        return Response(AgentOut(agent).data, status=201, headers={"Location": f"/api/agents/{agent.pk}"})


def _problems(editor: DraftEditor) -> dict[str, list[str]]:
    wrong = editor.found.form.errors
    return {name: [str(text) for text in wrong[name]] for name in wrong}


def _job(job: Mapping[str, Any] | None) -> Any:
    if not job:
        return None
    state = "running" if is_running(job) else "lost" if was_lost(job) else job.get("state", "")
    return DraftJobOut({**job, "state": state}).data


def _problem(name: str, value: Any) -> str:
    """Why no form could send this; empty when one could."""
    if name not in STEP_OF:
        return f"There is no such field. Fields: {', '.join(STEP_OF)}."
    if name in LISTS:
        is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "" if is_list else "Send a list of texts."
    return "Send a text or a number." if isinstance(value, bool) or not isinstance(value, str | int | float) else ""


def _typed(value: Any) -> Any:
    """The value as a form would send it."""
    return [clean(one)[:100] for one in value[:MOST_CHOSEN]] if isinstance(value, list) else clean(str(value))
