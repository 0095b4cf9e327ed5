"""REST: the plugins of a workspace, their versions, and what workspaces say of plugins."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, listing, page_of, searched
from marketplace.enabling import agent_services, queries, services
from marketplace.listings.review_api import ReviewIn
from marketplace.models import EnabledPlugin, PluginReview, VersionStatus
from marketplace.plugins.serializers import ContentsOut, PackagePermissionOut
from marketplace.versions import difference
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class EnableIn(InputSerializer):
    """A plugin to enable."""

    plugin_id = serializers.UUIDField()
    version = serializers.CharField(required=False, allow_blank=True, help_text="By default the newest approved one.")


class VersionIn(InputSerializer):
    """The version to move to, or an update to put off."""

    version = serializers.CharField(help_text="An approved version, newer or older.")
    put_off_days = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Do not move, and do not remind of this version: 7 or 30 days; 0: until there is another one.",
    )


class EnabledPluginOut(serializers.Serializer[EnabledPlugin]):
    """A plugin of the workspace."""

    plugin_id = serializers.UUIDField()
    slug = serializers.CharField(source="plugin.slug")
    name = serializers.CharField(source="plugin.name")
    description = serializers.CharField(source="plugin.description")
    version = serializers.CharField(source="version.version")
    status = serializers.ChoiceField(
        source="version.status", choices=VersionStatus.choices, help_text="Only an approved one has any effect."
    )
    contents = ContentsOut(source="version.contents")
    permissions = PackagePermissionOut(source="version.permissions", many=True)
    token_estimate = serializers.IntegerField(source="version.token_estimate")
    earlier_version = serializers.CharField(source="earlier", help_text="What it had before, to go back to.")
    put_off = serializers.CharField(help_text="The version of an update that was put off.")
    put_off_until = serializers.DateTimeField(allow_null=True)
    newest_version = serializers.SerializerMethodField()
    enabled_at = serializers.DateTimeField()

    def get_newest_version(self, row: EnabledPlugin) -> str:
        """The version an update would bring; empty without one."""
        update: queries.Update | None = getattr(row, "update", None)
        return update.version.version if update else ""


def with_updates(rows: Sequence[EnabledPlugin]) -> Sequence[EnabledPlugin]:
    """The same rows, each with the newer version that waits as `update`."""
    found = queries.updates_of(rows)
    for row in rows:
        row.update = found.get(row.plugin_id)  # type: ignore[attr-defined]
    return rows


def _shown(row: EnabledPlugin) -> Any:
    return EnabledPluginOut(with_updates([row])[0]).data


class AskedOut(serializers.Serializer[Any]):
    """One thing a version asks for."""

    kind = serializers.CharField()
    value = serializers.CharField()
    path = serializers.CharField()
    line = serializers.IntegerField()
    declared = serializers.BooleanField()


class PluginChangedFileOut(serializers.Serializer[Any]):
    """A file that differs."""

    path = serializers.CharField()
    kind = serializers.CharField(help_text="added, removed or changed")


class PluginDifferenceOut(serializers.Serializer[Any]):
    """What another version asks for and holds, beside the one the workspace has."""

    added = AskedOut(many=True)
    removed = AskedOut(many=True)
    same = AskedOut(many=True)
    files = PluginChangedFileOut(many=True)


class PluginReviewOut(serializers.Serializer[PluginReview]):
    """What a workspace says of a plugin it has."""

    id = serializers.UUIDField()
    workspace_name = serializers.CharField()
    version = serializers.CharField()
    stars = serializers.IntegerField()
    text = serializers.CharField()
    updated_at = serializers.DateTimeField()


class WorkspacePlugins(WorkspaceView):
    """The plugins a workspace's agents may have."""

    needs = {"GET": "plugins:read", "POST": "plugins:enable"}

    @extend_schema(
        operation_id="workspace_plugins_list",
        parameters=list_parameters(),
        responses={200: page_of(EnabledPluginOut), **errors(404)},
    )
    def get(self, request: Request, workspace_id: UUID) -> Response:
        """By name, blocked ones too."""
        rows = searched(queries.enabled_in(self.workspace), request, ["plugin__name", "plugin__slug"])
        return listing(request, rows, EnabledPluginOut, prepare=with_updates)

    @extend_schema(
        operation_id="workspace_plugins_enable",
        request=EnableIn,
        responses={201: EnabledPluginOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, workspace_id: UUID) -> Response:
        """Enable a plugin: 404 unless it is approved and active, 409 if it is enabled already."""
        body = EnableIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.enable_plugin(workspace=self.workspace, user=self.caller, **body.validated_data)
        return Response(_shown(row), status=201)


class WorkspacePlugin(WorkspaceView):
    """One plugin of a workspace."""

    needs = {"GET": "plugins:read", "PATCH": "plugins:enable", "DELETE": "plugins:enable"}

    @extend_schema(operation_id="workspace_plugins_read", responses={200: EnabledPluginOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """With its version, and the newest one if that is another."""
        return Response(_shown(queries.enabled_or_404(self.workspace, plugin_id)))

    @extend_schema(
        operation_id="workspace_plugins_change",
        request=VersionIn,
        responses={200: EnabledPluginOut, **errors(404, 415)},
    )
    def patch(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """Accept an update, go back, or put an update off."""
        body = VersionIn(data=request.data)
        body.is_valid(raise_exception=True)
        days, version = body.validated_data.get("put_off_days"), body.validated_data["version"]
        if days is None:
            services.change_version(workspace=self.workspace, user=self.caller, plugin_id=plugin_id, version=version)
        else:
            services.put_update_off(workspace=self.workspace, plugin_id=plugin_id, version=version, days=days)
        return Response(_shown(queries.enabled_or_404(self.workspace, plugin_id)))

    @extend_schema(
        operation_id="workspace_plugins_disable",
        responses={
            200: inline_serializer(
                "DisabledPlugin", {"agents": serializers.IntegerField(help_text="How many agents lost it.")}
            ),
            **errors(404),
        },
    )
    def delete(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """Take it out, also of every agent here."""
        return Response({"agents": services.disable_plugin(workspace=self.workspace, plugin_id=plugin_id)})


class WorkspacePluginDifference(WorkspaceView):
    """What a version would change."""

    needs = {"GET": "plugins:read"}

    @extend_schema(operation_id="workspace_plugins_difference", responses={200: PluginDifferenceOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, plugin_id: UUID, version: str) -> Response:
        """Beside the one the workspace has: permissions, tools, hosts, and which files."""
        row = queries.enabled_or_404(self.workspace, plugin_id)
        found = difference.compare_versions(row.version, queries.approved_version(row.plugin, version))
        return Response(PluginDifferenceOut(found).data)


class TemplateIn(InputSerializer):
    """The agent to make."""

    name = serializers.CharField(help_text="As the plugin names it.")


class MappedOut(serializers.Serializer[Any]):
    """What a template comes to here."""

    tools = serializers.ListField(child=serializers.CharField())
    model = serializers.CharField(help_text="provider:model; empty for the default one")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What it asks for and does not get.")


class TemplateOut(serializers.Serializer[Any]):
    """An agent that comes with a plugin."""

    name = serializers.CharField()
    description = serializers.CharField()
    path = serializers.CharField()
    mapped = MappedOut()


class TemplatesOut(serializers.Serializer[Any]):
    """The agents of a plugin's version."""

    items = TemplateOut(many=True)
    total = serializers.IntegerField()


class MadeAgentOut(serializers.Serializer[Any]):
    """The draft that was made."""

    agent_id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField(help_text="Of the plugin.")
    notes = serializers.ListField(child=serializers.CharField())


class PluginAgents(WorkspaceView):
    """The agents that come with a plugin of the workspace."""

    needs = {"GET": "plugins:read", "POST": "agents:write"}

    @extend_schema(operation_id="workspace_plugin_agents_list", responses={200: TemplatesOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """With the tools and the model each would have here."""
        own = queries.enabled_or_404(self.workspace, plugin_id)
        rows = agent_services.templates_of(self.workspace, own.version)
        return Response(TemplatesOut({"items": rows, "total": len(rows)}).data)

    @extend_schema(
        operation_id="workspace_plugin_agents_install",
        request=TemplateIn,
        responses={201: MadeAgentOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """Make one as a draft; 404 unless the plugin is enabled, approved and has such an agent."""
        body = TemplateIn(data=request.data)
        body.is_valid(raise_exception=True)
        row, made = agent_services.install_agent(
            workspace=self.workspace, user=self.caller, plugin_id=plugin_id, name=body.validated_data["name"]
        )
        shown = {"agent_id": row.agent_id, "name": made.made[0]["name"], "version": row.version, "notes": made.said}
        return Response(MadeAgentOut(shown).data, status=201)


class PluginReviews(WorkspaceView):
    """What workspaces say of a plugin."""

    needs = {"GET": "plugins:read", "PUT": "plugins:review", "DELETE": "plugins:review"}

    @extend_schema(
        operation_id="plugin_reviews_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(PluginReviewOut), **errors(404)},
    )
    def get(self, request: Request, plugin_id: UUID) -> Response:
        """The newest first."""
        plugin = services.visible_plugin(self.workspace, plugin_id)
        return listing(request, queries.reviews_of(plugin), PluginReviewOut)

    @extend_schema(
        operation_id="plugin_reviews_change",
        parameters=[WORKSPACE_HEADER],
        request=ReviewIn,
        responses={200: PluginReviewOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, plugin_id: UUID) -> Response:
        """The workspace's own; 409 unless it has the plugin."""
        body = ReviewIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.review_plugin(
            workspace=self.workspace, user=self.caller, plugin_id=plugin_id, **body.validated_data
        )
        return Response(PluginReviewOut(row).data)

    @extend_schema(
        operation_id="plugin_reviews_remove", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, plugin_id: UUID) -> Response:
        """Take the workspace's own back."""
        services.remove_review(workspace=self.workspace, plugin_id=plugin_id)
        return Response(status=204)
