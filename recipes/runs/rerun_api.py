"""REST: going on after a failure, and trying again from any step."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from recipes.api import StartedOut
from recipes.models import Execution, Trigger
from recipes.runs import rerun_services as services
from recipes.runs.api import RUN, RunView
from recipes.runs.links import links_of
from recipes.runs.rerun_services import Changes, StepChange
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, errors
from workspaces.doors.idempotency import HEADER, once


class StepChangeIn(InputSerializer):
    """What is different of a step this time; what is left out stays as it was."""

    prompt_template = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)
    agent_id = serializers.UUIDField(required=False, allow_null=True)
    model = serializers.CharField(required=False, allow_blank=True, help_text="provider:model, for this run alone.")
    arguments = serializers.DictField(
        required=False,
        allow_null=True,
        help_text="Of a tool step: all that its call is given, in place of what it was.",
    )


class OverridesIn(InputSerializer):
    """What is different this time."""

    input_data = serializers.DictField(required=False, help_text="Only the inputs that change.")
    steps = serializers.DictField(
        child=StepChangeIn(),
        required=False,
        help_text="By number or path: prompt_template, agent_id, model, arguments.",
    )


class RerunIn(InputSerializer):
    """Where to begin, and what is different."""

    from_step = serializers.CharField(help_text="The number of the step, or its path.")
    overrides = OverridesIn(required=False)

    @property
    def changes(self) -> Changes:
        """The overrides."""
        given = self.validated_data.get("overrides") or {}
        steps = {
            place: StepChange(**{name: value for name, value in one.items() if value not in (None, "")})
            for place, one in (given.get("steps") or {}).items()
        }
        return Changes(given.get("input_data") or {}, steps)


class _Starting(RunView):
    """A door that starts a run from another one."""

    needs = {"POST": "executions:run"}

    def started(self, request: Request, run: Execution, act: Callable[[], Execution], body: Any = None) -> Response:
        """Start it once, and tell where the new run is found. body: what was asked for."""
        route = f"{request.path.rsplit('/', 1)[-1]}:{run.pk}"
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=route,
            key=request.headers.get(HEADER),
            body=body or {},
            act=lambda: (202, self._told(request, act())),
        )
        return Response(answer, status=status, headers={"Location": answer["links"]["self"]})

    def _told(self, request: Request, made: Execution) -> dict[str, Any]:
        return {
            "execution_id": str(made.pk),
            "recipe_id": str(made.recipe_id),
            "status": made.status,
            "total_steps": made.total_steps,
            "links": links_of(request, made, self.workspace.slug),
        }


class ExecutionRetry(_Starting):
    """Going on after a failure."""

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RUN, ONCE_HEADER],
        request=None,
        responses={202: StartedOut, **errors(404, 409)},
    )
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """A new run that takes over what was finished and does the rest; 409 unless this one failed or was stopped."""
        run = self.bare(execution_id, recipe_id)
        return self.started(request, run, lambda: services.retry(execution=run, user=self.caller, trigger=Trigger.API))


class ExecutionRerun(_Starting):
    """Trying again from any step."""

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RUN, ONCE_HEADER],
        request=RerunIn,
        responses={202: StartedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, execution_id: UUID, recipe_id: str | None = None) -> Response:
        """A new run from this step on, with other inputs, prompts, agents, models or arguments; it keeps the rest."""
        body = RerunIn(data=request.data)
        body.is_valid(raise_exception=True)
        run, from_step = self.bare(execution_id, recipe_id), body.validated_data["from_step"]
        return self.started(
            request,
            run,
            lambda: services.rerun(
                execution=run, from_step=from_step, changes=body.changes, user=self.caller, trigger=Trigger.API
            ),
            request.data,
        )


class ExecutionFork(ExecutionRerun):
    """The same, of a run that went well."""
