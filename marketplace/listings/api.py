"""REST: shared agents, recipes and skills: sharing, reading, installing, updating, removing."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import choice, list_parameters, listing, page_of, searched
from marketplace.listings import queries, services
from marketplace.listings.kinds import Made, kind_of
from marketplace.models import InstalledListing, Listing, ListingVersion
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class ListingOut(serializers.Serializer[Listing]):
    """Something shared. current_version_id: null when it cannot be installed."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Listing.Kind.choices)
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    publisher = serializers.CharField(source="publisher.name")
    audience = serializers.ChoiceField(choices=Listing.Audience.choices)
    is_public = serializers.BooleanField()
    is_system = serializers.BooleanField()
    installs = serializers.IntegerField()
    current_version_id = serializers.UUIDField(allow_null=True)
    updated_at = serializers.DateTimeField()


class NeedOut(serializers.Serializer[Any]):
    """What an installation should have."""

    kind = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    is_met = serializers.BooleanField()
    href = serializers.CharField(help_text="Where the missing thing is got.")


class PartOut(serializers.Serializer[Any]):
    """An agent that comes along."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()


class ListingDetailOut(ListingOut):
    """With what would be installed."""

    version = serializers.SerializerMethodField()
    body = serializers.SerializerMethodField()
    needs = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()

    def get_version(self, row: Listing) -> int | None:
        """Its number."""
        version = self._version(row)
        return version.number if version else None

    def get_body(self, row: Listing) -> dict[str, Any] | None:
        """As its owning app packed it."""
        version = self._version(row)
        return dict(version.body) if version else None

    def get_needs(self, row: Listing) -> list[dict[str, Any]]:
        """In this workspace."""
        version = self._version(row)
        found = kind_of(row.kind).needs(self.context["workspace"], version.body) if version else []
        return [dict(one) for one in NeedOut(found, many=True).data]

    def get_parts(self, row: Listing) -> list[dict[str, Any]]:
        """Own agents can stand in for them, by their keys."""
        version = self._version(row)
        found = kind_of(row.kind).parts(self.context["workspace"], version.body) if version else []
        return [dict(one) for one in PartOut(found, many=True).data]

    def _version(self, row: Listing) -> ListingVersion | None:
        version: ListingVersion | None = self.context["version"]
        return version


class ShareIn(InputSerializer):
    """What is shared, and with whom. keep: keys of findings that stay in the copy; secrets never do."""

    kind = serializers.ChoiceField(choices=Listing.Kind.choices)
    source_id = serializers.UUIDField(help_text="Of the agent, recipe or skill.")
    audience = serializers.ChoiceField(choices=Listing.Audience.choices)
    name = serializers.CharField()
    description = serializers.CharField(required=False, allow_blank=True, default="")
    category = serializers.CharField(required=False, allow_blank=True, default="")
    notes = serializers.CharField(required=False, allow_blank=True, default="")
    keep = serializers.ListField(child=serializers.CharField(), required=False, default=list)


class SharedVersionOut(serializers.Serializer[ListingVersion]):
    """A version that was shared. removed: what was taken out of the copy, by kind and place."""

    id = serializers.UUIDField()
    listing_id = serializers.UUIDField()
    slug = serializers.CharField(source="listing.slug")
    kind = serializers.CharField(source="listing.kind")
    audience = serializers.CharField(source="listing.audience")
    number = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=ListingVersion.Status.choices)
    reason = serializers.CharField()
    removed = serializers.ListField(child=serializers.DictField())
    token = serializers.CharField(source="listing.token", help_text="Of the link; empty when it is not shared by one.")
    submitted_at = serializers.DateTimeField()


class InstallIn(InputSerializer):
    """choices: ids of own agents by the key of the part they stand in for. link: of what is shared by one."""

    choices = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False, default=dict)
    link = serializers.CharField(required=False, allow_blank=True, default="")


class InstalledOut(serializers.Serializer[Any]):
    """Something installed here. newer: the number of a version that waits, else 0."""

    id = serializers.UUIDField(source="row.id")
    listing = ListingOut(source="row.listing")
    number = serializers.IntegerField(source="row.number")
    newer = serializers.IntegerField()
    object_id = serializers.UUIDField(source="row.object_id")
    made = serializers.ListField(source="row.made", child=serializers.DictField())
    installed_at = serializers.DateTimeField(source="row.installed_at")


class InstallationOut(InstalledOut):
    """With what a person should know of it."""

    said = serializers.ListField(child=serializers.CharField())


class UpdateIn(InputSerializer):
    """number: the version that was looked at."""

    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class SaidOut(serializers.Serializer[Any]):
    """What was done."""

    said = serializers.ListField(child=serializers.CharField())


class ListingList(WorkspaceView):
    """What everybody may have."""

    needs = {"GET": "listings:read", "POST": "listings:share"}

    @extend_schema(
        operation_id="listings_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(filters={"kind": Listing.Kind.values})],
        responses={200: page_of(ListingOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Public ones and the workspace's own, the most installed first."""
        rows = searched(queries.listed(self.workspace), request, ["name", "slug", "description"])
        if kind := choice(request, "kind", Listing.Kind.values):
            rows = rows.filter(kind=kind)
        return listing(request, rows, ListingOut)

    @extend_schema(
        operation_id="listings_share",
        parameters=[WORKSPACE_HEADER],
        request=ShareIn,
        responses={201: SharedVersionOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request) -> Response:
        """Share a checked copy. With everybody, or by a link, takes an admin; with everybody, a moderator too."""
        body = ShareIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        if given["audience"] != Listing.Audience.WORKSPACE:
            self.access.require("listings:publish")
        kind, source_id, keep = given.pop("kind"), given.pop("source_id"), frozenset(given.pop("keep")[:500])
        offer = services.Offer(keep=keep, **given)
        version = services.share(
            workspace=self.workspace, user=self.caller, kind=kind, source_id=source_id, offer=offer
        )
        return Response(SharedVersionOut(version).data, status=201)


class ListingDetail(WorkspaceView):
    """One of them."""

    needs = {"GET": "listings:read"}

    @extend_schema(
        operation_id="listings_read",
        parameters=[WORKSPACE_HEADER, OpenApiParameter("link", str, description="The secret of one shared by link.")],
        responses={200: ListingDetailOut, **errors(404)},
    )
    def get(self, request: Request, listing: str) -> Response:
        """With its body and what it needs here."""
        token = str(request.query_params.get("link", ""))
        row = queries.listing(workspace=self.workspace, slug=listing, token=token)
        context = {"workspace": self.workspace, "version": queries.current_version(row)}
        return Response(ListingDetailOut(row, context=context).data)


class ListingInstall(WorkspaceView):
    """Installing one."""

    needs = {"POST": "listings:install"}

    @extend_schema(
        operation_id="listings_install",
        parameters=[WORKSPACE_HEADER],
        request=InstallIn,
        responses={201: InstallationOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request, listing: str) -> Response:
        """Make it here; what is missing stops its work, not its installation."""
        body = InstallIn(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        row = queries.listing(workspace=self.workspace, slug=listing, token=given["link"])
        installed, made = services.install(
            workspace=self.workspace, user=self.caller, listing=row, choices=given["choices"]
        )
        return Response(installation(installed, made), status=201)


class SharedList(WorkspaceView):
    """What the workspace shared."""

    needs = {"GET": "listings:read"}

    @extend_schema(
        operation_id="listings_shared",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(SharedVersionOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest version of each."""
        return listing(request, queries.shared_by(self.workspace), SharedVersionOut)


class SharedDetail(WorkspaceView):
    """One of them."""

    needs = {"DELETE": "listings:share"}

    @extend_schema(
        operation_id="listings_withdraw",
        parameters=[WORKSPACE_HEADER],
        responses={204: None, **errors(404, 409)},
    )
    def delete(self, request: Request, listing_version_id: UUID) -> Response:
        """Stop sharing it; who installed it keeps what they have."""
        services.withdraw(workspace=self.workspace, version_id=listing_version_id)
        return Response(status=204)


class InstalledList(WorkspaceView):
    """What the workspace installed."""

    needs = {"GET": "listings:read"}

    @extend_schema(
        operation_id="listings_installed",
        parameters=[WORKSPACE_HEADER],
        responses={200: InstalledOut(many=True), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """The newest 200, each with whether a newer version waits."""
        rows = queries.with_newest(list(queries.installed_in(self.workspace)[:200]))
        return Response(InstalledOut(rows, many=True).data)


class InstalledDetail(WorkspaceView):
    """One of them."""

    needs = {"PATCH": "listings:install", "DELETE": "listings:remove"}

    @extend_schema(
        operation_id="listings_update",
        parameters=[WORKSPACE_HEADER],
        request=UpdateIn,
        responses={200: InstallationOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, install_id: UUID) -> Response:
        """Bring it to its newest version; what was changed here stays."""
        body = UpdateIn(data=request.data)
        body.is_valid(raise_exception=True)
        made = services.update(workspace=self.workspace, user=self.caller, install_id=install_id, **body.validated_data)
        row = queries.installed(workspace=self.workspace, install_id=install_id)
        return Response(installation(row, made))

    @extend_schema(
        operation_id="listings_uninstall",
        parameters=[WORKSPACE_HEADER],
        responses={200: SaidOut, **errors(404)},
    )
    def delete(self, request: Request, install_id: UUID) -> Response:
        """Take away what it made; the answer says what went and what stays."""
        said = services.uninstall(workspace=self.workspace, user=self.caller, install_id=install_id)
        return Response(SaidOut({"said": said}).data)


def installation(row: InstalledListing, made: Made) -> dict[str, Any]:
    """The answer to an installation or an update."""
    (found,) = queries.with_newest([row])
    return {**dict(InstalledOut(found).data), "said": list(made.said)}
