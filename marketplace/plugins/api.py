"""REST: plugins that can be had, what a workspace submits, reports and notices."""

import hashlib
from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, JsonParser, refuse_unknown
from automatos.errors import wrong_field
from automatos.rest_lists import choice, list_parameters, listing, ordered, page_of, searched
from marketplace.browse import queries as entries
from marketplace.browse.queries import ONLY, VERDICTS, Filters
from marketplace.models import PluginReport, PluginVersion, Verdict, VersionStatus
from marketplace.plugins import queries, services
from marketplace.plugins.serializers import (
    AnswerOut,
    CategoryOut,
    DecisionOut,
    FileTextOut,
    ListedPluginOut,
    NoticeOut,
    PluginFileOut,
    PluginOut,
    PluginVersionOut,
    RefusalOut,
    ReportOut,
    ScanOut,
    SubmittedOut,
)
from marketplace.versions import contents
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.doors.idempotency import HEADER, once

ORDERINGS = ("name", "installs", "changed_at", "rating")
SUBMISSION_ORDERINGS = ("submitted_at", "reviewed_at")


class PackageIn(InputSerializer):
    """A package as `file` of a multipart form: a ZIP file of one plugin, or of a collection."""

    file = serializers.FileField(help_text="ZIP, at most 10 MB.")
    category = serializers.CharField(required=False, allow_blank=True, help_text="Slug of a category.")
    notes = serializers.CharField(required=False, allow_blank=True, help_text="For the moderators.")
    signature = serializers.CharField(
        required=False, allow_blank=True, help_text="Ed25519 in Base64, by a key of the publisher."
    )


class PluginDetailOut(PluginOut):
    """A plugin with its versions."""

    versions = serializers.SerializerMethodField()

    def get_versions(self, plugin: Any) -> list[dict[str, Any]]:
        """Newest first."""
        rows = list(queries.versions_of(plugin, self.context["workspace"])[:50])
        return [dict(row) for row in PluginVersionOut(rows, many=True).data]


class SubmissionOut(PluginVersionOut):
    """A submitted version with its report, what was decided, and what was answered."""

    scan = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()

    def get_scan(self, version: PluginVersion) -> dict[str, Any] | None:
        """The newest one."""
        scan = queries.last_scan(version)
        return dict(ScanOut(scan).data) if scan else None

    def get_decisions(self, version: PluginVersion) -> list[dict[str, Any]]:
        """Newest first."""
        return [
            dict(row) for row in DecisionOut(queries.decisions_of(version, self.context["workspace"]), many=True).data
        ]

    def get_answers(self, version: PluginVersion) -> list[dict[str, Any]]:
        """By finding."""
        return [
            dict(row)
            for row in AnswerOut(list(queries.answers_of(version, self.context["workspace"]).values()), many=True).data
        ]


class AnswersIn(InputSerializer):
    """What the author says, by the findings' keys; the empty key is the whole report."""

    answers = serializers.DictField(child=serializers.CharField(allow_blank=True), allow_empty=True)
    send = serializers.BooleanField(required=False, default=False, help_text="Show them to the moderators.")


class ReportIn(InputSerializer):
    """What is wrong with a plugin."""

    kind = serializers.ChoiceField(choices=PluginReport.Kind.choices)
    text = serializers.CharField()


def read_upload(request: Request) -> dict[str, Any]:
    """The parts of a multipart upload. Raises InvalidInput naming what is missing."""
    file = request.FILES.get("file")
    if file is None:
        raise wrong_field("file", "Send the package as `file` of a multipart form.")
    services.check_size(file.size or 0)
    known = ("category", "notes", "signature")
    refuse_unknown([*request.POST, *request.FILES], ("file", *known))
    words = services.Words(**{name: str(request.POST.get(name, "")) for name in known})
    return {"data": file.read(), "filename": file.name or "", "words": words}


def submitted_answer(intake: services.Intake) -> tuple[int, dict[str, Any]]:
    """Status and body: the first version in full, the others beside it."""
    found = intake.submitted
    first = found[0]
    refusals = [dict(RefusalOut(each).data) for each in intake.refusals]
    body = dict(PluginVersionOut(first.version).data)
    others = [dict(PluginVersionOut(each.version).data) for each in found[1:]]
    more = {"is_new": first.is_new, "others": others, "refusals": refusals}
    return (201 if any(each.is_new for each in found) else 200), {**body, **more}


class CategoryList(WorkspaceView):
    """What plugins are for."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_categories",
        parameters=[WORKSPACE_HEADER],
        responses={200: CategoryOut(many=True), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """All of them, in their order."""
        return Response(CategoryOut(list(queries.categories()), many=True).data)


class PluginList(WorkspaceView):
    """Plugins that can be had; a workspace's own are submitted here."""

    needs = {"GET": "plugins:read", "POST": "plugins:submit"}
    parser_classes = [MultiPartParser, JsonParser]

    @extend_schema(
        operation_id="plugins_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(
                orderings=ORDERINGS,
                filters={
                    "category": (),
                    "publisher": (),
                    "verdict": tuple(VERDICTS),
                    "only": tuple(ONLY),
                    "featured": ("true",),
                },
            ),
        ],
        responses={200: page_of(ListedPluginOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Found by words and meaning, what fits best first; without `search` the most installed first."""
        given = request.query_params
        only = choice(request, "only", ONLY)
        filters = Filters(
            category=given.get("category", ""),
            publisher=given.get("publisher", ""),
            verdict=choice(request, "verdict", VERDICTS),
            only=[only] if only else (),
        )
        rows = entries.search("plugin", given.get("search", ""), filters)
        if choice(request, "featured", ("true",)):
            rows = rows.filter(is_featured=True)
        return listing(request, ordered(rows, request, ORDERINGS), ListedPluginOut)

    @extend_schema(
        operation_id="plugins_submit",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request={"multipart/form-data": PackageIn},
        responses={201: SubmittedOut, 200: SubmittedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Take the package in; it is scanned, then a moderator decides. Follow it at /api/marketplace/submissions."""
        parts = read_upload(request)
        said = {**asdict(parts["words"]), "data": hashlib.sha256(parts["data"]).hexdigest()}
        status, body = once(
            workspace=self.workspace,
            user=self.caller,
            route="plugins_submit",
            key=request.headers.get(HEADER),
            body=said,
            act=lambda: submitted_answer(services.submit_upload(workspace=self.workspace, user=self.caller, **parts)),
        )
        return Response(body, status=status)


class PluginDetail(WorkspaceView):
    """One plugin."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugins_read", parameters=[WORKSPACE_HEADER], responses={200: PluginDetailOut, **errors(404)}
    )
    def get(self, request: Request, plugin_id: UUID) -> Response:
        """With its versions, those that were approved at some time and the workspace's own."""
        row = queries.plugin(workspace=self.workspace, plugin_id=plugin_id)
        return Response(PluginDetailOut(row, context={"workspace": self.workspace}).data)


class PluginReports(WorkspaceView):
    """Saying that something is wrong with a plugin."""

    needs = {"POST": "plugins:report"}

    @extend_schema(
        operation_id="plugins_report",
        parameters=[WORKSPACE_HEADER],
        request=ReportIn,
        responses={201: ReportOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, plugin_id: UUID) -> Response:
        """The moderators see it at once."""
        body = ReportIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.report_plugin(
            workspace=self.workspace, user=self.caller, plugin_id=plugin_id, **body.validated_data
        )
        return Response(ReportOut(row).data, status=201)


class SubmissionList(WorkspaceView):
    """What the workspace submitted."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_submissions_list",
        parameters=[
            WORKSPACE_HEADER,
            *list_parameters(
                orderings=SUBMISSION_ORDERINGS, filters={"status": VersionStatus.values, "verdict": Verdict.values}
            ),
        ],
        responses={200: page_of(PluginVersionOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first."""
        rows = searched(queries.submissions_of(self.workspace), request, ["plugin__name", "plugin__slug", "version"])
        for name, values in (("status", VersionStatus.values), ("verdict", Verdict.values)):
            if value := choice(request, name, values):
                rows = rows.filter(**{name: value})
        return listing(request, ordered(rows, request, SUBMISSION_ORDERINGS), PluginVersionOut)


class SubmissionDetail(WorkspaceView):
    """One submitted version."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_submissions_read",
        parameters=[WORKSPACE_HEADER],
        responses={200: SubmissionOut, **errors(404)},
    )
    def get(self, request: Request, version_id: UUID) -> Response:
        """With the report, the decisions and the answers."""
        version = queries.submission(workspace=self.workspace, version_id=version_id)
        return Response(SubmissionOut(version, context={"workspace": self.workspace}).data)


class SubmissionAnswers(WorkspaceView):
    """Answering a report."""

    needs = {"PUT": "plugins:submit"}

    @extend_schema(
        operation_id="plugin_submissions_answer",
        parameters=[WORKSPACE_HEADER],
        request=AnswersIn,
        responses={200: SubmissionOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, version_id: UUID) -> Response:
        """Keep what is said; with `send`, the moderators see all of it."""
        body = AnswersIn(data=request.data)
        body.is_valid(raise_exception=True)
        version = services.answer(
            workspace=self.workspace, user=self.caller, version_id=version_id, **body.validated_data
        )
        return Response(SubmissionOut(version, context={"workspace": self.workspace}).data)


class SubmissionFiles(WorkspaceView):
    """The files of a submitted version."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_submissions_files",
        parameters=[WORKSPACE_HEADER, *list_parameters()],
        responses={200: page_of(PluginFileOut), **errors(404)},
    )
    def get(self, request: Request, version_id: UUID) -> Response:
        """By path."""
        version = queries.submission(workspace=self.workspace, version_id=version_id)
        return listing(request, searched(version.files.order_by("path"), request, ["path"]), PluginFileOut)


class SubmissionFile(WorkspaceView):
    """One file of a submitted version."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_submissions_file",
        parameters=[WORKSPACE_HEADER],
        responses={200: FileTextOut, **errors(404)},
    )
    def get(self, request: Request, version_id: UUID, path: str) -> Response:
        """With its text, as it was submitted."""
        version = queries.submission(workspace=self.workspace, version_id=version_id)
        row = contents.file_row(version, path)
        return Response({**PluginFileOut(row).data, "text": contents.text_of(row)})


class MyReports(WorkspaceView):
    """What people of the workspace reported."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_reports_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(ReportOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest first, with what was done about them."""
        return listing(request, queries.reports_of(self.workspace), ReportOut)


class NoticeList(WorkspaceView):
    """What the workspace is to be told."""

    needs = {"GET": "plugins:read"}

    @extend_schema(
        operation_id="plugin_notices_list",
        parameters=[WORKSPACE_HEADER],
        responses={200: NoticeOut(many=True), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Those nobody has put away, the newest first."""
        return Response(NoticeOut(list(queries.open_notices(self.workspace)), many=True).data)


class NoticeDismiss(WorkspaceView):
    """Putting a notice away."""

    needs = {"POST": "plugins:submit"}

    @extend_schema(
        operation_id="plugin_notices_dismiss",
        parameters=[WORKSPACE_HEADER],
        request=None,
        responses={204: None, **errors(404)},
    )
    def post(self, request: Request, notice_id: UUID) -> Response:
        """For everybody in the workspace."""
        services.dismiss_notice(workspace=self.workspace, user=self.caller, notice_id=notice_id)
        return Response(status=204)
