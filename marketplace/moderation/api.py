"""REST for moderators: upload, what waits, one version with all that is known, and the decisions."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, JsonParser
from automatos.errors import NotFound
from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from marketplace.models import PluginImport, PluginReport, PluginScan, PluginVersion
from marketplace.moderation import counts, queries, services
from marketplace.moderation.staff import StaffView
from marketplace.plugins.api import PackageIn, read_upload, submitted_answer
from marketplace.plugins.import_api import ImportIn, import_answer, request_import
from marketplace.plugins.serializers import (
    AnswerOut,
    DecisionOut,
    FileTextOut,
    PluginFileOut,
    PluginImportOut,
    PluginVersionOut,
    ReportOut,
    ScanOut,
    SubmittedOut,
)
from marketplace.plugins.services import request_scan, upload_as_staff
from marketplace.versions import contents, difference
from workspaces.doors.endpoints import errors


class TouchedOut(serializers.Serializer[Any]):
    """Who has a version: what a deactivation takes away."""

    workspaces = serializers.IntegerField()
    agents = serializers.IntegerField()


class DeskVersionOut(PluginVersionOut):
    """A version as moderators see it."""

    publisher = serializers.CharField(source="plugin.publisher.name")
    workspace_id = serializers.UUIDField(allow_null=True)
    workspace_name = serializers.CharField(source="workspace.name", default="")
    submitted_by = serializers.CharField(source="submitted_by.email", default="")
    notes = serializers.CharField()
    first_reviewer = serializers.CharField(source="first_reviewer.email", default="")


class ChangeOut(serializers.Serializer[Any]):
    """What is new beside the version approved before: permissions, tools, hosts and so on, and files."""

    against = serializers.CharField(help_text="The version it is compared with; empty if there is none.")
    added = serializers.ListField(child=serializers.DictField())
    removed = serializers.ListField(child=serializers.DictField())
    files = serializers.ListField(child=serializers.DictField())


class DeskDetailOut(DeskVersionOut):
    """A version with its scans, decisions, answers, and what is new in it."""

    scan = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()
    answers = serializers.SerializerMethodField()
    touched = serializers.SerializerMethodField()
    difference = serializers.SerializerMethodField()
    needs_second = serializers.SerializerMethodField()

    def get_scan(self, version: PluginVersion) -> dict[str, Any] | None:
        """The newest one."""
        scan = queries.scans_of(version).first()
        return dict(ScanOut(scan).data) if scan else None

    def get_decisions(self, version: PluginVersion) -> list[dict[str, Any]]:
        """Newest first."""
        return [dict(row) for row in DecisionOut(version.decisions.order_by("-created_at"), many=True).data]

    def get_answers(self, version: PluginVersion) -> list[dict[str, Any]]:
        """Those that were sent."""
        return [dict(row) for row in AnswerOut(list(version.answers.filter(sent_at__isnull=False)), many=True).data]

    def get_touched(self, version: PluginVersion) -> dict[str, Any]:
        """Who has it now."""
        return counts.touched_by(version).to_json()

    def get_difference(self, version: PluginVersion) -> dict[str, Any]:
        """Beside the version approved before it."""
        return dict(ChangeOut(difference.summary(version)).data)

    def get_needs_second(self, version: PluginVersion) -> bool:
        """Whether approving it takes two moderators."""
        return version.verdict == "review_required" and services.takes_two()


class DecideIn(InputSerializer):
    """The reason in the moderator's own words."""

    reason = serializers.CharField(required=False, allow_blank=True, default="")


class DecidedOut(DeskVersionOut):
    """The version after a decision."""

    needs_second = serializers.BooleanField(help_text="Approved by one; another moderator has to agree.")
    touched = TouchedOut(allow_null=True, help_text="What was taken away.")


class ResolveIn(InputSerializer):
    """What comes of a report."""

    state = serializers.ChoiceField(choices=[("resolved", "Something was done"), ("dismissed", "Nothing is wrong")])
    resolution = serializers.CharField(help_text="Whoever reported it reads this.")


class RescanOut(serializers.Serializer[PluginScan]):
    """A scan by other rules that came to something else about an approved version."""

    id = serializers.UUIDField()
    version_id = serializers.UUIDField()
    slug = serializers.CharField(source="version.plugin.slug")
    version = serializers.CharField(source="version.version")
    rules_version = serializers.CharField()
    difference = serializers.DictField()
    finished_at = serializers.DateTimeField(allow_null=True)


class PluginUpload(StaffView):
    """Uploading for the installation."""

    parser_classes = [MultiPartParser, JsonParser]

    @extend_schema(
        operation_id="plugins_upload",
        request={"multipart/form-data": PackageIn},
        responses={201: SubmittedOut, 200: SubmittedOut, **errors(409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Take the package in; it is scanned and waits for approval as any other."""
        status, body = submitted_answer(upload_as_staff(user=self.caller, **read_upload(request)))
        return Response(body, status=status)


class DeskImports(StaffView):
    """Repositories fetched for the installation."""

    @extend_schema(
        operation_id="plugins_import", request=ImportIn, responses={202: PluginImportOut, **errors(409, 415)}
    )
    def post(self, request: Request) -> Response:
        """Have a public git repository fetched; read it until its state is `done`."""
        body = ImportIn(data=request.data)
        body.is_valid(raise_exception=True)
        status, answer = import_answer(request_import(None, self.caller, body.validated_data))
        return Response(answer, status=status)


class DeskImport(StaffView):
    """One of them."""

    @extend_schema(operation_id="plugins_import_read", responses={200: PluginImportOut, **errors(404)})
    def get(self, request: Request, import_id: UUID) -> Response:
        """How far it is, whoever asked for it."""
        row = PluginImport.objects.filter(pk=import_id).first()
        if row is None:
            raise NotFound()
        return Response(PluginImportOut(row).data)


class PendingList(StaffView):
    """What waits for a moderator."""

    @extend_schema(
        operation_id="plugins_pending",
        parameters=list_parameters(filters={"order": tuple(queries.ORDERINGS)}),
        responses={200: page_of(DeskVersionOut), **errors()},
    )
    def get(self, request: Request) -> Response:
        """By the worst finding, then the oldest; `order` is risk, age or newest."""
        order = choice(request, "order", tuple(queries.ORDERINGS)) or "risk"
        rows = queries.search(queries.queue(order), request.query_params.get("search", ""))
        return listing(request, rows, DeskVersionOut)


class DeskDetail(StaffView):
    """One version on the desk."""

    @extend_schema(operation_id="plugins_review", responses={200: DeskDetailOut, **errors(404)})
    def get(self, request: Request, desk_id: UUID) -> Response:
        """`id` is a version's, or a plugin's: then the version that waits, or the newest."""
        return Response(DeskDetailOut(queries.version(queries.meant(desk_id, waiting=True))).data)


class DeskFiles(StaffView):
    """The files of a version on the desk."""

    @extend_schema(
        operation_id="plugins_review_files",
        parameters=list_parameters(),
        responses={200: page_of(PluginFileOut), **errors(404)},
    )
    def get(self, request: Request, desk_id: UUID) -> Response:
        """By path."""
        version = queries.version(queries.meant(desk_id, waiting=True))
        return listing(request, searched(version.files.order_by("path"), request, ["path"]), PluginFileOut)


class DeskFile(StaffView):
    """One file of a version on the desk."""

    @extend_schema(operation_id="plugins_review_file", responses={200: FileTextOut, **errors(404)})
    def get(self, request: Request, desk_id: UUID, path: str) -> Response:
        """With its text, as it was submitted."""
        version = queries.version(queries.meant(desk_id, waiting=True))
        row = contents.file_row(version, path)
        return Response({**PluginFileOut(row).data, "text": contents.text_of(row)})


class Decide(StaffView):
    """Deciding about a version. `id` is a version's, or a plugin's: then the version that is meant."""

    act: ClassVar[Callable[..., services.Done]]
    waiting: ClassVar[bool] = True

    def post(self, request: Request, desk_id: UUID) -> Response:
        """Decide; of two at once the second gets 409 with what the first decided."""
        body = DecideIn(data=request.data)
        body.is_valid(raise_exception=True)
        version_id = queries.meant(desk_id, waiting=self.waiting)
        done = type(self).act(version_id=version_id, moderator=self.caller, **body.validated_data)
        shown = DeskVersionOut(queries.version(done.version.pk)).data
        touched = done.touched.to_json() if done.touched else None
        return Response({**shown, "needs_second": done.needs_second, "touched": touched})


def decision(name: str) -> Callable[[type[Decide]], type[Decide]]:
    """Documents a decision under this name."""
    schema = extend_schema(operation_id=name, request=DecideIn, responses={200: DecidedOut, **errors(404, 409, 415)})
    return extend_schema_view(post=schema)


@decision("plugins_approve")
class Approve(Decide):
    """Letting everybody have it. Against `review_required` it takes a reason, and two moderators if there are two."""

    act = staticmethod(services.approve)


@decision("plugins_reject")
class Reject(Decide):
    """Refusing it. The reason is required; its author reads it."""

    act = staticmethod(services.reject)


@decision("plugins_request_changes")
class RequestChanges(Decide):
    """Asking for a better version."""

    act = staticmethod(services.request_changes)


@decision("plugins_deactivate")
class Deactivate(Decide):
    """Taking an approved version away from everybody. The reason is required."""

    act = staticmethod(services.deactivate)
    waiting = False


@decision("plugins_block")
class Block(Decide):
    """Stopping a version everywhere at once. The reason is required."""

    act = staticmethod(services.block)
    waiting = False


@decision("plugins_reopen")
class Reopen(Decide):
    """Putting it back into the queue."""

    act = staticmethod(services.reopen)
    waiting = False


class Scan(StaffView):
    """Having a version scanned once more."""

    @extend_schema(operation_id="plugins_scan", request=None, responses={202: ScanOut, **errors(404, 409)})
    def post(self, request: Request, desk_id: UUID) -> Response:
        """The same bytes under the same rules are not read by the same model twice: that part comes from the record."""
        version = queries.version(queries.meant(desk_id, waiting=True))
        scan = request_scan(version=version, user=self.caller, trigger=PluginScan.Trigger.REQUESTED)
        return Response(ScanOut(scan).data, status=202)


class DeskReports(StaffView):
    """What users reported."""

    @extend_schema(
        operation_id="plugins_reports",
        parameters=list_parameters(search=False),
        responses={200: page_of(ReportOut), **errors()},
    )
    def get(self, request: Request) -> Response:
        """Open ones, the oldest first."""
        return listing(request, queries.open_reports(), ReportOut)


class DeskReport(StaffView):
    """Closing a report."""

    @extend_schema(
        operation_id="plugins_reports_resolve", request=ResolveIn, responses={200: ReportOut, **errors(404, 409, 415)}
    )
    def post(self, request: Request, report_id: UUID) -> Response:
        """With a word to whoever reported it."""
        body = ResolveIn(data=request.data)
        body.is_valid(raise_exception=True)
        row: PluginReport = services.resolve_report(report_id=report_id, moderator=self.caller, **body.validated_data)
        return Response(ReportOut(row).data)


class Rescans(StaffView):
    """What other rules found in approved versions."""

    @extend_schema(
        operation_id="plugins_rescans",
        parameters=list_parameters(search=False),
        responses={200: page_of(RescanOut), **errors()},
    )
    def get(self, request: Request) -> Response:
        """Those nobody has taken note of, the newest first."""
        return listing(request, queries.rescans(), RescanOut)


class RescanSeen(StaffView):
    """Taking note of one."""

    @extend_schema(operation_id="plugins_rescans_seen", request=None, responses={204: None, **errors(404)})
    def post(self, request: Request, scan_id: UUID) -> Response:
        """It leaves the list."""
        services.acknowledge(scan_id=scan_id, moderator=self.caller)
        return Response(status=204)
