"""REST: websites, whose pages are documents."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.knowledge import queries
from agents.knowledge import site_services as services
from agents.models import DocumentSite
from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors


class SiteOut(serializers.Serializer[DocumentSite]):
    """A website. Its pages are documents with this `site_id`."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="The page it begins at.")
    below = serializers.CharField(help_text="Pages are taken whose address begins like this one.")
    most_pages = serializers.IntegerField()
    page_count = serializers.IntegerField()
    refreshed_at = serializers.DateTimeField(help_text="When its pages were last asked for.")
    created_at = serializers.DateTimeField()


class SiteStateOut(serializers.Serializer[queries.SiteState]):
    """Its pages by how they stand, and what the last refresh changed."""

    pages = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Not read yet.")
    failed = serializers.IntegerField(help_text="They could not be read; the text of before is still found.")
    added = serializers.IntegerField(help_text="New since the last refresh began.")
    changed = serializers.IntegerField(help_text="With another text since the last refresh began.")
    left_out_by_robots = serializers.IntegerField(help_text="Addresses that robots.txt asks not to read, each once.")
    left_out_for_room = serializers.IntegerField(help_text="Addresses beyond `most_pages`, each once; at most 5,000.")


class SiteDetailOut(SiteOut):
    """A website with the state of its pages."""

    state = serializers.SerializerMethodField()

    @extend_schema_field(SiteStateOut)
    def get_state(self, site: DocumentSite) -> dict[str, Any]:
        """Its pages by how they stand."""
        return dict(SiteStateOut(queries.state_of(site)).data)


class SiteIn(InputSerializer):
    """Where a website begins."""

    url = serializers.CharField(help_text="Pages below it on the same host are read, as far as links lead to them.")
    most_pages = serializers.IntegerField(required=False, help_text="1 to 200, by default 50.")


class SiteList(WorkspaceView):
    """The workspace's websites."""

    needs = {"GET": "knowledge:read", "POST": "knowledge:write"}
    starts_work = True

    @extend_schema(
        operation_id="document_sites_list",
        parameters=[WORKSPACE_HEADER, *list_parameters()],
        responses={200: page_of(SiteOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        return listing(request, searched(queries.sites_of(self.workspace), request, ["url"]), SiteOut)

    @extend_schema(
        operation_id="document_sites_create",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=SiteIn,
        responses={201: SiteDetailOut, **errors(404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new one, read page by page by workers; one that is there already is refreshed."""
        body = SiteIn(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = dict(body.validated_data)
        site = services.add_site(workspace=self.workspace, user=self.caller, **given)
        row = queries.site(workspace=self.workspace, site_id=site.pk)
        return Response(SiteDetailOut(row).data, status=201, headers={"Location": f"/api/document-sites/{row.pk}"})


class SiteDetail(WorkspaceView):
    """One website."""

    needs = {"GET": "knowledge:read", "DELETE": "knowledge:delete"}

    @extend_schema(
        operation_id="document_sites_get",
        parameters=[WORKSPACE_HEADER],
        responses={200: SiteDetailOut, **errors(404)},
    )
    def get(self, request: Request, site_id: UUID) -> Response:
        """The website with the state of its pages."""
        return Response(SiteDetailOut(queries.site(workspace=self.workspace, site_id=site_id)).data)

    @extend_schema(
        operation_id="document_sites_delete", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, site_id: UUID) -> Response:
        """Out of sight with all its pages; for 30 days each of these can be brought back as a document."""
        services.delete_site(workspace=self.workspace, site_id=site_id)
        return Response(status=204)


class SiteRefresh(WorkspaceView):
    """Reading a website again."""

    needs = {"POST": "knowledge:write"}
    starts_work = True

    @extend_schema(
        operation_id="document_sites_refresh",
        parameters=[WORKSPACE_HEADER, ONCE_HEADER],
        request=None,
        responses={202: SiteDetailOut, **errors(404)},
    )
    def post(self, request: Request, site_id: UUID) -> Response:
        """All its pages, and those they lead to by now; until each is read, its text of before is found.

        Agents that have all pages get new ones, too. Between two pages as much time passes as `Crawl-delay` of its
        robots.txt asks for, at most 30 seconds.
        """
        services.refresh_site(workspace=self.workspace, site_id=site_id)
        return Response(SiteDetailOut(queries.site(workspace=self.workspace, site_id=site_id)).data, status=202)
