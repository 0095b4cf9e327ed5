"""REST: the skills of a workspace."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.models import Skill
from agents.skills import queries, services
from automatos.api import InputSerializer
from automatos.errors import wrong_field
from automatos.rest_lists import choice, list_parameters, listing, ordered, page_of, searched
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

ORDERINGS = ("name", "created_at", "updated_at")


class SkillOut(serializers.Serializer[Skill]):
    """A skill, chosen for use in the workspace or only found."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="The name the model calls it by.")
    name = serializers.CharField()
    description = serializers.CharField()
    source_id = serializers.UUIDField()
    source_name = serializers.CharField(source="source.name")
    path = serializers.CharField(help_text="Its folder in the source.")
    is_enabled = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())
    digest = serializers.CharField(help_text="SHA-256 over all its files.")
    metadata_tokens = serializers.IntegerField(help_text="Estimated cost in every prompt of an agent that has it.")
    body_tokens = serializers.IntegerField(help_text="Estimated cost when it is loaded.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SkillFileOut(serializers.Serializer[Any]):
    """A file that comes with a skill."""

    path = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    is_text = serializers.BooleanField()
    tokens = serializers.IntegerField(help_text="Estimated cost when an agent reads it whole; 0 for what is no text.")


class SkillUserOut(serializers.Serializer[Any]):
    """An agent that has the skill."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class SkillDetailOut(SkillOut):
    """A skill with its text, its files and who has it."""

    body = serializers.CharField()
    allowed_tools = serializers.ListField(
        child=serializers.CharField(), source="metadata.allowed_tools", help_text="What its author asks for; no grant."
    )
    files = serializers.SerializerMethodField()
    agents = serializers.SerializerMethodField()

    def get_files(self, skill: Skill) -> list[dict[str, Any]]:
        """By path, without their contents."""
        rows = SkillFileOut(list(skill.files.defer("content")), many=True).data
        return [dict(row) for row in rows]

    def get_agents(self, skill: Skill) -> list[dict[str, Any]]:
        """By name."""
        return [dict(row) for row in SkillUserOut(queries.users_of([skill])[skill.pk], many=True).data]


class SkillChangeIn(InputSerializer):
    """Whether agents may have it."""

    is_enabled = serializers.BooleanField()


class SkillList(WorkspaceView):
    """The workspace's skills."""

    needs = {"GET": "skills:read"}

    @extend_schema(
        operation_id="skills_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(orderings=ORDERINGS, filters={"source": (), "enabled": ("true", "false")}),
        ],
        responses={200: page_of(SkillOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """By name; `search` looks at names and descriptions, `source` is a source's id."""
        rows = searched(queries.skills_of(self.workspace), request, ["name", "slug", "description"])
        if source := request.query_params.get("source"):
            rows = rows.filter(source_id=_uuid("source", source))
        if enabled := choice(request, "enabled", ("true", "false")):
            rows = rows.filter(is_enabled=enabled == "true")
        return listing(request, ordered(rows, request, ORDERINGS), SkillOut)


class SkillDetail(WorkspaceView):
    """One skill."""

    needs = {"GET": "skills:read", "PATCH": "skills:write"}

    @extend_schema(
        operation_id="skills_read", parameters=[WORKSPACE_HEADER], responses={200: SkillDetailOut, **errors(404)}
    )
    def get(self, request: Request, skill_id: UUID) -> Response:
        """The skill with its text."""
        return Response(SkillDetailOut(queries.skill(workspace=self.workspace, skill_id=skill_id)).data)

    @extend_schema(
        operation_id="skills_change",
        parameters=[WORKSPACE_HEADER],
        request=SkillChangeIn,
        responses={200: SkillDetailOut, **errors(404, 415)},
    )
    def patch(self, request: Request, skill_id: UUID) -> Response:
        """Enable it for the workspace's agents, or take it out of use."""
        body = SkillChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        services.enable_skill(workspace=self.workspace, skill_id=skill_id, **body.validated_data)
        return Response(SkillDetailOut(queries.skill(workspace=self.workspace, skill_id=skill_id)).data)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise wrong_field(name, "Write the id of a source, as /api/skill-sources lists them.") from None
