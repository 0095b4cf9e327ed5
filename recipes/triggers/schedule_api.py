"""REST: a recipe's schedules, when they are due, and what became of their ticks."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.rest_lists import list_parameters, listing, page_of, searched
from recipes.api import RECIPE
from recipes.models import MissedPolicy, Recipe, Schedule, ScheduleTick
from recipes.queries import recipe as recipe_at
from recipes.triggers import cron, queries, schedule_services
from recipes.triggers.schedule_services import ScheduleInput
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

SCHEDULE = OpenApiParameter("schedule_id", UUID, OpenApiParameter.PATH)
STATES = ("active", "paused", "suspended")


class ScheduleIn(InputSerializer):
    """When a recipe starts by itself, and with what."""

    shown_only = ("id", "state", "suspended", "explained", "next_times", "owner", "created_at", "updated_at")

    cron = serializers.CharField(help_text=f"Five fields: {cron.FIELDS}.")
    time_zone = serializers.CharField(required=False, help_text="An IANA name, such as Europe/Berlin; UTC by default.")
    name = serializers.CharField(required=False, allow_blank=True)
    missed_policy = WordField(required=False, help_text=", ".join(MissedPolicy.values))
    input_data = serializers.DictField(required=False)
    is_paused = serializers.BooleanField(required=False, help_text="False lets a suspended one go on, too.")


class ScheduleOut(serializers.Serializer[Schedule]):
    """A schedule."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    cron = serializers.CharField()
    explained = serializers.SerializerMethodField(help_text="The cron expression in words.")
    time_zone = serializers.CharField()
    missed_policy = serializers.ChoiceField(choices=MissedPolicy.choices)
    input_data = serializers.DictField()
    is_paused = serializers.BooleanField()
    state = serializers.ChoiceField(choices=STATES)
    suspended = serializers.CharField(help_text="Why it stopped by itself; empty when it did not.")
    next_times = serializers.SerializerMethodField(help_text="The next five times in UTC; none while it stands still.")
    owner = serializers.EmailField(source="owner.email", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_explained(self, schedule: Schedule) -> str:
        """In words."""
        return cron.explained(schedule.cron)

    @extend_schema_field(serializers.ListField(child=serializers.DateTimeField()))
    def get_next_times(self, schedule: Schedule) -> list[datetime]:
        """From the first tick that is still to come."""
        return queries.times_of(schedule)


class TickOut(serializers.Serializer[ScheduleTick]):
    """What became of a tick."""

    due_at = serializers.DateTimeField()
    outcome = serializers.ChoiceField(choices=ScheduleTick.Outcome.choices)
    reason = serializers.CharField()
    missed = serializers.IntegerField(help_text="How many earlier ticks were passed over with it.")
    execution_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class TimesOut(serializers.Serializer[Any]):
    """When a cron expression is due."""

    explained = serializers.CharField()
    next_times = serializers.ListField(child=serializers.DateTimeField())


class _ScheduleView(WorkspaceView):
    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return recipe_at(workspace=self.workspace, key=recipe_id)


class ScheduleList(_ScheduleView):
    """A recipe's schedules."""

    needs = {"GET": "triggers:read", "POST": "triggers:write"}

    @extend_schema(
        operation_id="schedules_list",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters()],
        responses={200: page_of(ScheduleOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """The oldest first."""
        rows = queries.schedules_of(self.recipe(recipe_id))
        return listing(request, searched(rows, request, ["name", "cron", "time_zone"]), ScheduleOut)

    @extend_schema(
        operation_id="schedules_create",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=ScheduleIn,
        responses={201: ScheduleOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """A new schedule on your behalf: it starts runs for as long as you may."""
        body = ScheduleIn(data=request.data)
        body.is_valid(raise_exception=True)
        data = ScheduleInput(**body.validated_data)
        made = schedule_services.add_schedule(recipe=self.recipe(recipe_id), user=self.caller, data=data)
        return Response(ScheduleOut(made).data, status=201)


class ScheduleDetail(_ScheduleView):
    """One schedule."""

    needs = {"GET": "triggers:read", "PATCH": "triggers:write", "DELETE": "triggers:write"}

    @extend_schema(
        operation_id="schedules_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, SCHEDULE],
        responses={200: ScheduleOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, schedule_id: UUID) -> Response:
        """The schedule with its next five times."""
        return Response(ScheduleOut(queries.schedule_of(self.recipe(recipe_id), schedule_id)).data)

    @extend_schema(
        operation_id="schedules_change",
        parameters=[WORKSPACE_HEADER, RECIPE, SCHEDULE],
        request=ScheduleIn,
        responses={200: ScheduleOut, **errors(404, 415)},
    )
    def patch(self, request: Request, recipe_id: str, schedule_id: UUID) -> Response:
        """What is sent changes; `"is_paused": false` lets a paused or suspended one go on, from the next time on."""
        recipe = self.recipe(recipe_id)
        body = ScheduleIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        data = replace(schedule_services.as_input(schedule_services.held(recipe, schedule_id)), **body.validated_data)
        changed = schedule_services.change_schedule(recipe=recipe, schedule_id=schedule_id, user=self.caller, data=data)
        return Response(ScheduleOut(changed).data)

    @extend_schema(
        operation_id="schedules_remove",
        parameters=[WORKSPACE_HEADER, RECIPE, SCHEDULE],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, schedule_id: UUID) -> Response:
        """It starts nothing any more; runs under way go on."""
        schedule_services.remove_schedule(recipe=self.recipe(recipe_id), schedule_id=schedule_id)
        return Response(status=204)


class ScheduleRestore(_ScheduleView):
    """Taking a removal back."""

    needs = {"POST": "triggers:write"}

    @extend_schema(
        operation_id="schedules_restore",
        parameters=[WORKSPACE_HEADER, RECIPE, SCHEDULE],
        request=None,
        responses={200: ScheduleOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, schedule_id: UUID) -> Response:
        """The schedule is back, from its next time on."""
        found = schedule_services.restore_schedule(recipe=self.recipe(recipe_id), schedule_id=schedule_id)
        return Response(ScheduleOut(found).data)


class ScheduleTicks(_ScheduleView):
    """What became of a schedule's ticks."""

    needs = {"GET": "triggers:read"}

    @extend_schema(
        operation_id="schedules_ticks",
        parameters=[WORKSPACE_HEADER, RECIPE, SCHEDULE, *list_parameters(search=False)],
        responses={200: page_of(TickOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, schedule_id: UUID) -> Response:
        """The newest first."""
        schedule = queries.schedule_of(self.recipe(recipe_id), schedule_id)
        return listing(request, queries.ticks_of(schedule), TickOut)


class ScheduleTimes(_ScheduleView):
    """When a cron expression is due, before it is a schedule."""

    needs = {"GET": "triggers:read"}

    @extend_schema(
        operation_id="schedules_times",
        parameters=[
            WORKSPACE_HEADER,
            RECIPE,
            OpenApiParameter("cron", str, required=True),
            OpenApiParameter("time_zone", str, description="UTC by default."),
        ],
        responses={200: TimesOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """The expression in words, and its next five times in UTC."""
        self.recipe(recipe_id)
        asked = request.query_params
        expression, zone = schedule_services.checked_times(asked.get("cron", ""), asked.get("time_zone") or "UTC")
        found = cron.next_times(expression, zone, timezone.now())
        return Response(TimesOut({"explained": cron.explained(expression), "next_times": found}).data)
