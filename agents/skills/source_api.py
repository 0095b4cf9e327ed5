"""REST: where skills come from, and the updates that wait to be accepted."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from agents.models import SkillSource
from agents.skills import queries
from agents.skills import source_services as services
from agents.skills.changes import ChangedSkill
from agents.skills.update_page import PART, TEXTS, WIDTH, part_of
from automatos.api import DiffLineOut, InputSerializer, JsonParser, refuse_unknown
from automatos.errors import NotFound
from automatos.rest_lists import FARTHEST, list_parameters, listing, number, page_of, paging, searched
from automatos.skill_format.beside import KINDS
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors


class BesideOut(serializers.Serializer[Any]):
    """Things of one kind beside the skills."""

    kind = serializers.ChoiceField(choices=KINDS)
    names = serializers.ListField(child=serializers.CharField(), help_text="The first hundred.")
    count = serializers.IntegerField()


class SourceOut(serializers.Serializer[SkillSource]):
    """A source of skills, pinned to a commit. status: active, syncing or error, whose reason `error` says."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=SkillSource.Kind.choices)
    name = serializers.CharField()
    url = serializers.CharField()
    ref = serializers.CharField(help_text="Branch, tag or commit; empty for the default branch.")
    folder = serializers.CharField(help_text="Only what is in this folder; empty for all.")
    credential_id = serializers.UUIDField(allow_null=True, help_text="What opens a private repository.")
    commit_sha = serializers.CharField(help_text="What is in use: a commit, or of an upload the SHA-256 of its file.")
    status = serializers.ChoiceField(choices=SkillSource.Status.choices)
    error = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    beside = BesideOut(many=True, help_text="What it holds that is no skill and is not taken.")
    auto_update = serializers.BooleanField(help_text="Looks for updates by itself; people accept them.")
    frequency_hours = serializers.IntegerField()
    synced_at = serializers.DateTimeField(allow_null=True)
    next_sync_at = serializers.DateTimeField(allow_null=True)
    pending_commit = serializers.CharField(help_text="An update that waits to be accepted; empty when none does.")
    skill_count = serializers.IntegerField()
    chosen_count = serializers.IntegerField(help_text="Skills that are enabled.")
    created_at = serializers.DateTimeField()


class SourceIn(InputSerializer):
    """A git repository to get skills from, as JSON; or a ZIP file or SKILL.md as `file` of a multipart form."""

    url = serializers.CharField(help_text="https://…, or git@host:path and ssh://… with an SSH key.")
    ref = serializers.CharField(required=False, allow_blank=True, help_text="Branch, tag or commit.")
    folder = serializers.CharField(required=False, allow_blank=True, help_text="Only what is in this folder.")
    credential_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="An HTTP credential for its host, for a private repository."
    )
    name = serializers.CharField(required=False, allow_blank=True)
    auto_update = serializers.BooleanField(required=False)
    frequency_hours = serializers.IntegerField(required=False, help_text="1 to 720.")


class SourceFileIn(serializers.Serializer[Any]):
    """A ZIP file of skills, or a SKILL.md."""

    file = serializers.FileField()
    name = serializers.CharField(required=False, allow_blank=True)


class SourceChangeIn(InputSerializer):
    """What changes about a source. skill_ids: exactly the skills of it that are to be enabled."""

    name = serializers.CharField(required=False, allow_blank=True)
    ref = serializers.CharField(required=False, allow_blank=True)
    credential_id = serializers.UUIDField(required=False, allow_null=True)
    auto_update = serializers.BooleanField(required=False)
    frequency_hours = serializers.IntegerField(required=False)
    skill_ids = serializers.ListField(child=serializers.UUIDField(), required=False)


class CommitIn(InputSerializer):
    """The update that was looked at."""

    commit = serializers.CharField()


class ChangedTextOut(serializers.Serializer[Any]):
    """A file compared: its first lines, or a page of them."""

    text = serializers.IntegerField(source="text.number", help_text="Its number, for `?text=`.")
    path = serializers.CharField(source="text.file.path")
    kind = serializers.CharField(source="text.file.kind", help_text="added, removed or changed")
    lines = DiffLineOut(many=True, help_text=f"A line of more than {WIDTH} characters comes as several.")
    total_lines = serializers.IntegerField(source="total")


class ChangedSkillOut(serializers.Serializer[Any]):
    """A skill compared. agents: who has it."""

    name = serializers.CharField()
    files = serializers.SerializerMethodField(help_text="Those on this page; SKILL.md is the first of all.")
    tools_added = serializers.ListField(child=serializers.CharField(), help_text="Newly asked for; grants nothing.")
    moved_to = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())
    agents = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(ChangedTextOut(many=True))
    def get_files(self, skill: ChangedSkill) -> Any:
        """Its texts among those that are shown."""
        return ChangedTextOut([one for one in self.context["shown"] if one.text.skill is skill], many=True).data


class UpdateOut(serializers.Serializer[Any]):
    """A page of an update that waits: of its texts, or with `text` of the lines of one."""

    commit = serializers.CharField()
    found_at = serializers.DateTimeField()
    warnings = serializers.ListField(child=serializers.CharField())
    changed = ChangedSkillOut(many=True)
    added = ChangedSkillOut(many=True)
    removed = ChangedSkillOut(many=True)
    total = serializers.IntegerField(help_text="Texts in all; with `text` its lines.")
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()
    next = serializers.CharField(allow_null=True, help_text="Address of the next page.")
    previous = serializers.CharField(allow_null=True, help_text="Address of the page before.")


class SourceView(WorkspaceView):
    """What the views of one source share."""

    def answer(self, source_id: UUID, **more: Any) -> Response:
        """The source as it is now."""
        row = queries.source(workspace=self.workspace, source_id=source_id)
        return Response(SourceOut(row).data, **more)


class SourceList(SourceView):
    """The workspace's sources of skills."""

    needs = {"GET": "skills:read", "POST": "skills:write"}
    starts_work = True
    parser_classes = [JsonParser, MultiPartParser]

    @extend_schema(
        operation_id="skill_sources_list",
        parameters=[WORKSPACE_HEADER, *list_parameters()],
        responses={200: page_of(SourceOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = searched(queries.sources_of(self.workspace), request, ["name", "url"])
        return listing(request, rows, SourceOut)

    @extend_schema(
        operation_id="skill_sources_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request={"application/json": SourceIn, "multipart/form-data": SourceFileIn},
        responses={201: SourceOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new one. A repository is fetched by a worker: read it until its status is no longer `syncing`."""
        if file := request.FILES.get("file"):
            refuse_unknown([*request.POST, *request.FILES], list(SourceFileIn().fields))
            name = str(request.POST.get("name", ""))
            services.check_size(file.size or 0)
            row = services.add_upload(
                workspace=self.workspace, user=self.caller, data=file.read(), filename=file.name or "", name=name
            )
        else:
            body = SourceIn(data=request.data)
            body.is_valid(raise_exception=True)
            row = services.add_repository(workspace=self.workspace, user=self.caller, **body.validated_data)
        return self.answer(row.pk, status=201, headers={"Location": f"/api/skill-sources/{row.pk}"})


class SourceDetail(SourceView):
    """One source."""

    needs = {"GET": "skills:read", "PATCH": "skills:write", "DELETE": "skills:delete"}

    @extend_schema(
        operation_id="skill_sources_read", parameters=[WORKSPACE_HEADER], responses={200: SourceOut, **errors(404)}
    )
    def get(self, request: Request, source_id: UUID) -> Response:
        """The source; its skills are at /api/skills?source=…."""
        return self.answer(source_id)

    @extend_schema(
        operation_id="skill_sources_change",
        parameters=[WORKSPACE_HEADER],
        request=SourceChangeIn,
        responses={200: SourceOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, source_id: UUID) -> Response:
        """Only what is sent changes."""
        body = SourceChangeIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        chosen = values.pop("skill_ids", None)
        services.change_source(workspace=self.workspace, source_id=source_id, **values)
        if chosen is not None:
            services.choose_skills(workspace=self.workspace, source_id=source_id, skill_ids=chosen)
        return self.answer(source_id)

    @extend_schema(
        operation_id="skill_sources_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, source_id: UUID) -> Response:
        """Out of use at once, with its skills; for 30 days /restore brings it back."""
        services.delete_source(workspace=self.workspace, source_id=source_id)
        return Response(status=204)


class SourceRestore(SourceView):
    """Bringing a removed source back."""

    needs = {"POST": "skills:delete"}

    @extend_schema(
        operation_id="skill_sources_restore",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={200: SourceOut, **errors(404)},
    )
    def post(self, request: Request, source_id: UUID) -> Response:
        """The source and its skills, which go back to the agents that had them."""
        services.restore_source(workspace=self.workspace, source_id=source_id)
        return self.answer(source_id)


class SourceSync(SourceView):
    """Looking for an update."""

    needs = {"POST": "skills:write"}
    starts_work = True

    @extend_schema(
        operation_id="skill_sources_sync",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=None,
        responses={200: SourceOut, **errors(404, 409)},
    )
    def post(self, request: Request, source_id: UUID) -> Response:
        """Start it; what it finds waits at /pending and takes effect when it is accepted."""
        services.request_sync(workspace=self.workspace, source_id=source_id)
        return self.answer(source_id)


class SourcePending(SourceView):
    """The update that waits."""

    needs = {"GET": "skills:read"}

    @extend_schema(
        operation_id="skill_sources_pending",
        parameters=[
            WORKSPACE_HEADER,
            OpenApiParameter("limit", int, description=f"1 to {TEXTS} texts, by default all of these; or lines."),
            OpenApiParameter("offset", int, description="How many texts, or lines, to leave out from the start."),
            OpenApiParameter("text", int, description=f"The number of one text, for up to {PART:,} of its lines."),
        ],
        responses={200: UpdateOut, **errors(404)},
    )
    def get(self, request: Request, source_id: UUID) -> Response:
        """What it would change: the first lines of each text, or with `text` the lines of one; 404 when none waits."""
        update = queries.update_of(workspace=self.workspace, source_id=source_id)
        one = number(request, "text", 0, low=1, high=FARTHEST)
        most = PART if one else TEXTS
        limit = number(request, "limit", most, low=1, high=most)
        offset = number(request, "offset", 0, low=0, high=FARTHEST)
        if update is None:
            raise NotFound()
        found = part_of(update, one, slice(offset, offset + limit))
        answer = {
            **{name: getattr(update, name) for name in ("commit", "found_at", "warnings")},
            **{kind: found.skills(kind) for kind in ("changed", "added", "removed")},
            **paging(request, found.total, limit, offset),
        }
        return Response(UpdateOut(answer, context={"shown": found.texts}).data)


class SourceDecision(SourceView):
    """Deciding about the update that waits."""

    needs = {"POST": "skills:write"}
    decide: Any = None

    @extend_schema(parameters=[WORKSPACE_HEADER], request=CommitIn, responses={200: SourceOut, **errors(404, 409, 415)})
    def post(self, request: Request, source_id: UUID) -> Response:
        """`commit` names the update that was looked at; 409 when it is another by now."""
        body = CommitIn(data=request.data)
        body.is_valid(raise_exception=True)
        type(self).decide(workspace=self.workspace, source_id=source_id, commit=body.validated_data["commit"])
        return self.answer(source_id)


class SourceAccept(SourceDecision):
    """Letting the update take effect."""

    decide = staticmethod(services.accept_update)


class SourceDismiss(SourceDecision):
    """Staying with what there is."""

    decide = staticmethod(services.dismiss_update)
