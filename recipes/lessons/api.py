"""REST: what runs of a recipe are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from recipes import queries
from recipes.api import RECIPE
from recipes.lessons import services
from recipes.models import Lesson, Recipe
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

LESSON = OpenApiParameter("lesson_id", UUID, OpenApiParameter.PATH)


class LessonOut(serializers.Serializer[Lesson]):
    """A lesson."""

    id = serializers.UUIDField()
    text = serializers.CharField()
    taught_by = serializers.ChoiceField(choices=Lesson.Source.choices, source="source")
    execution_id = serializers.UUIDField(allow_null=True, help_text="The run it comes from.")
    agent_id = serializers.UUIDField(allow_null=True, help_text="Whose other recipes are told it, too.")
    origins = serializers.ListField(
        child=serializers.CharField(),
        help_text="Where untrusted text in it came from; a run that is told it is tainted, unless somebody vouches.",
    )
    vouched_by = serializers.CharField(source="voucher", help_text="Who read it and answers for it; empty: nobody.")
    vouched_at = serializers.SerializerMethodField()
    seen = serializers.IntegerField(help_text="How many runs taught it.")
    is_pinned = serializers.BooleanField()
    is_edited = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_vouched_at(self, row: Lesson) -> datetime | None:
        """null where nobody answers for it as it reads now."""
        return row.vouched_at if row.is_vouched else None


class LessonIn(InputSerializer):
    """A lesson by a person."""

    text = serializers.CharField(help_text="At most 2,000 characters.")


class VouchIn(InputSerializer):
    """What was read."""

    text = serializers.CharField(help_text="The lesson's text as you read it; 409 where it reads otherwise by now.")


class LessonChangeIn(InputSerializer):
    """What changes; what is left out stays."""

    text = serializers.CharField(required=False)
    is_pinned = serializers.BooleanField(required=False)


class _LessonView(WorkspaceView):
    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return queries.recipe(workspace=self.workspace, key=recipe_id)


class LessonList(_LessonView):
    """A recipe's lessons."""

    needs = {"GET": "recipes:read", "POST": "recipes:write"}

    @extend_schema(
        operation_id="lessons_list",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters()],
        responses={200: page_of(LessonOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """Pinned ones first, then the newest; forgotten ones are not among them."""
        rows = Lesson.objects.filter(recipe=self.recipe(recipe_id), forgotten_at=None)
        rows = rows.select_related("vouched_by").defer("embedding")
        return listing(
            request, searched(rows, request, ["text"]).order_by("-is_pinned", "-updated_at", "id"), LessonOut
        )

    @extend_schema(
        operation_id="lessons_create",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=LessonIn,
        responses={201: LessonOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """A lesson of your own; the next run is told it."""
        body = LessonIn(data=request.data)
        body.is_valid(raise_exception=True)
        lesson = services.add_lesson(recipe=self.recipe(recipe_id), user=self.caller, text=body.validated_data["text"])
        return Response(LessonOut(lesson).data, status=201)


class LessonDetail(_LessonView):
    """One lesson."""

    needs = {"GET": "recipes:read", "PATCH": "recipes:write", "DELETE": "recipes:write"}

    @extend_schema(
        operation_id="lessons_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        responses={200: LessonOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """The lesson."""
        found = services.lesson_at(recipe=self.recipe(recipe_id), lesson_id=lesson_id)
        return Response(LessonOut(found).data)

    @extend_schema(
        operation_id="lessons_change",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        request=LessonChangeIn,
        responses={200: LessonOut, **errors(404, 415)},
    )
    def patch(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """Another text, or pinned: a pinned lesson is told before all others."""
        body = LessonChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(body.validated_data)
        lesson = services.change_lesson(recipe=self.recipe(recipe_id), lesson_id=lesson_id, **values)
        return Response(LessonOut(lesson).data)

    @extend_schema(
        operation_id="lessons_forget",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """No run is told it any more."""
        services.forget_lesson(recipe=self.recipe(recipe_id), lesson_id=lesson_id)
        return Response(status=204)


class LessonRestore(_LessonView):
    """Taking forgetting back."""

    needs = {"POST": "recipes:write"}

    @extend_schema(
        operation_id="lessons_restore",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        request=None,
        responses={200: LessonOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """Runs are told it again."""
        lesson = services.restore_lesson(recipe=self.recipe(recipe_id), lesson_id=lesson_id)
        return Response(LessonOut(lesson).data)


class LessonVouch(_LessonView):
    """A member's word for a lesson with text from outside."""

    needs = {"POST": "approvals:decide", "DELETE": "approvals:decide"}

    @extend_schema(
        operation_id="lessons_vouch",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        request=VouchIn,
        responses={200: LessonOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """You read it and answer for it: it taints no run any more. Its origins stay; another text needs a new word."""
        body = VouchIn(data=request.data)
        body.is_valid(raise_exception=True)
        lesson = services.vouch_for_lesson(
            recipe=self.recipe(recipe_id), lesson_id=lesson_id, user=self.caller, text=body.validated_data["text"]
        )
        return Response(LessonOut(lesson).data)

    @extend_schema(
        operation_id="lessons_vouch_withdraw",
        parameters=[WORKSPACE_HEADER, RECIPE, LESSON],
        responses={200: LessonOut, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, lesson_id: UUID) -> Response:
        """Runs that begin from now on are tainted by it again."""
        lesson = services.withdraw_vouch(recipe=self.recipe(recipe_id), lesson_id=lesson_id)
        return Response(LessonOut(lesson).data)
