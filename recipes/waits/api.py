"""REST: side effects that wait for a person, and the files of runs."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import choice, list_parameters, listing, page_of
from recipes.models import Approval
from recipes.runs.api import RUN, RunView
from recipes.runs.files import download, files_of
from recipes.waits import services
from recipes.waits.queries import address_of, title_of, waits_of
from recipes.waits.questions import reach_in_words
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

WAITED_FOR = [kind for kind in Approval.Kind.values if kind != Approval.Kind.TIMER]
FILTERS = {"status": Approval.Status.values, "kind": WAITED_FOR}
APPROVAL = OpenApiParameter("approval_id", UUID, OpenApiParameter.PATH)


class ApprovalOut(serializers.Serializer[Approval]):
    """What a step waits for: a person's word, or a signed message."""

    id = serializers.UUIDField()
    execution_id = serializers.UUIDField(source="step.execution_id")
    recipe_name = serializers.CharField(source="step.execution.recipe_name")
    step = serializers.IntegerField(source="step.order")
    agent_name = serializers.CharField(source="step.agent_name")
    kind = serializers.ChoiceField(choices=Approval.Kind.choices)
    tool = serializers.CharField(help_text="Empty where a step of the recipe asks; of a question, the tool under way.")
    arguments = serializers.DictField()
    arguments_schema = serializers.DictField(
        allow_null=True, help_text="What a tool's call takes: arguments that are changed have to fit it."
    )
    origins = serializers.ListField(
        child=serializers.CharField(), help_text="What was read before the call and is not trusted."
    )
    status = serializers.ChoiceField(choices=Approval.Status.choices)
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is no longer asked.")
    answer = serializers.DictField(
        allow_null=True,
        help_text="What a person filled in; of a tool's call all its arguments, where a person changed some.",
    )
    question = serializers.SerializerMethodField()
    address = serializers.SerializerMethodField(
        help_text="Of the kind webhook: where the signed message is sent; empty for others."
    )
    reach = serializers.SerializerMethodField(
        help_text="Which calls for_run would allow, or did; empty where each is asked about."
    )
    allowance_id = serializers.UUIDField(
        allow_null=True, help_text="The word for the run's rest that it was decided by, with or without being asked."
    )
    comment = serializers.CharField(help_text="What whoever decided said to it.")
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.EmailField(source="decided_by.email", default=None, allow_null=True)

    def get_question(self, one: Approval) -> str:
        """What is asked, in words."""
        return title_of(one)

    def get_reach(self, one: Approval) -> str:
        """In words."""
        return reach_in_words(one.reach) if one.reach else ""

    def get_address(self, one: Approval) -> str:
        """Of a wait for a message."""
        view: WorkspaceView = self.context["view"]
        path = address_of(one)
        return view.request.build_absolute_uri(path) if path else ""


class ApprovalList(WorkspaceView):
    """The workspace's approvals."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        operation_id="approvals_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False, filters=FILTERS)],
        responses={200: page_of(ApprovalOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Those asked for last first."""
        rows = waits_of(self.workspace)
        if status := choice(request, "status", Approval.Status.values):
            rows = rows.filter(status=status)
        if kind := choice(request, "kind", WAITED_FOR):
            rows = rows.filter(kind=kind)
        return listing(request, rows, ApprovalOut, context={"view": self})


class _Decision(WorkspaceView):
    needs = {"POST": "approvals:decide"}

    def decide(self, approval_id: UUID, *, approve: bool, body: Mapping[str, Any]) -> Response:
        """Note the decision and show what was decided."""
        services.decide(
            workspace=self.workspace,
            approval_id=approval_id,
            approve=approve,
            user=self.caller,
            answer=body.get("answer"),
            arguments=body.get("arguments"),
            comment=body.get("comment", ""),
            for_run=body.get("for_run", False),
        )
        found = waits_of(self.workspace).get(pk=approval_id)
        return Response(ApprovalOut(found, context={"view": self}).data)


class RejectIn(InputSerializer):
    """What a person says to it."""

    comment = serializers.CharField(
        required=False, allow_blank=True, max_length=services.LONGEST_COMMENT, help_text="Why; kept with the decision."
    )


class ApproveIn(RejectIn):
    """What a person fills in where a step of the recipe or a server asks."""

    answer = serializers.DictField(required=False, help_text="By field, as arguments.fields or arguments.schema asks.")
    arguments = serializers.DictField(
        required=False,
        help_text="Of a tool's call: arguments that are to be others than the agent wrote, by name; the rest stays.",
    )
    for_run = serializers.BooleanField(
        default=False, help_text="Calls like this one, as `reach` says, need not be asked about in the rest of the run."
    )


class ApprovalApprove(_Decision):
    """Allowing a side effect, or answering a step that asks."""

    @extend_schema(
        parameters=[WORKSPACE_HEADER, APPROVAL],
        request=ApproveIn,
        responses={200: ApprovalOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        """The step goes on once everything it waits for is decided; 409 when it was decided before."""
        body = ApproveIn(data=request.data)
        body.is_valid(raise_exception=True)
        return self.decide(approval_id, approve=True, body=body.validated_data)


class ApprovalReject(_Decision):
    """Refusing a side effect."""

    @extend_schema(
        parameters=[WORKSPACE_HEADER, APPROVAL],
        request=RejectIn,
        responses={200: ApprovalOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, approval_id: UUID) -> Response:
        """An agent is told, and goes on; a step that asks fails as its error handling says; 409 when it was decided."""
        body = RejectIn(data=request.data)
        body.is_valid(raise_exception=True)
        return self.decide(approval_id, approve=False, body=body.validated_data)


class RunFileOut(serializers.Serializer[Any]):
    """A file of a run."""

    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    modified = serializers.DateTimeField()


class RunFilesOut(serializers.Serializer[Any]):
    """All files of a run; there are never many."""

    items = RunFileOut(many=True)


class ExecutionFiles(RunView):
    """What a run keeps."""

    needs = {"GET": "executions:read"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RUN], responses={200: RunFilesOut, **errors(404)})
    def get(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """The files by name."""
        run = self.bare(execution_id, recipe_id)
        return Response(RunFilesOut({"items": files_of(run.workspace_id, run.pk)}).data)


class ExecutionFile(RunView):
    """One file of a run."""

    needs = {"GET": "executions:read"}

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RUN],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, **errors(404)},
    )
    def get(self, request: Request, execution_id: UUID, name: str, recipe_id: str | None = None) -> HttpResponse:
        """Its bytes, always as a download."""
        run = self.bare(execution_id, recipe_id)
        return download(run.workspace_id, run.pk, name)
