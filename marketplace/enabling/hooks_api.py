"""REST: the hooks of a workspace's plugin, and whether they may call addresses."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from marketplace.enabling import plugin_page, queries, services
from marketplace.hooks.calling import secret_of
from marketplace.models import EnabledPlugin
from workspaces.doors.endpoints import WorkspaceView, errors


class CallsIn(InputSerializer):
    """Whether the plugin's hooks may call their addresses."""

    allows_calls = serializers.BooleanField()


class ListenerOut(serializers.Serializer[Any]):
    """A hook that listens here."""

    when = serializers.CharField()
    does = serializers.CharField()
    tools = serializers.CharField(help_text="Which tools it is about; empty for all.")
    text = serializers.CharField(help_text="Its words, or the address it calls.")


class InertOut(serializers.Serializer[Any]):
    """A part that has no effect here."""

    name = serializers.CharField()
    why = serializers.CharField()


class PluginHooksOut(serializers.Serializer[Any]):
    """The hooks of a plugin."""

    items = ListenerOut(many=True)
    inert = InertOut(many=True)
    allows_calls = serializers.BooleanField()
    secret = serializers.CharField(help_text="What calls are signed with; empty for those who may not allow them.")


class PluginHooks(WorkspaceView):
    """The hooks of a plugin."""

    needs = {"GET": "plugins:read", "PUT": "plugins:enable"}

    @extend_schema(operation_id="workspace_plugin_hooks_read", responses={200: PluginHooksOut, **errors(404)})
    def get(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """Which listen, which are inert and why, and whether they may call addresses."""
        return self._shown(queries.enabled_or_404(self.workspace, plugin_id))

    @extend_schema(
        operation_id="workspace_plugin_hooks_change",
        request=CallsIn,
        responses={200: PluginHooksOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, workspace_id: UUID, plugin_id: UUID) -> Response:
        """Let them call their addresses, or no more; 409 where none calls one."""
        body = CallsIn(data=request.data)
        body.is_valid(raise_exception=True)
        allow = body.validated_data["allows_calls"]
        services.allow_calls(workspace=self.workspace, plugin_id=plugin_id, allow=allow)
        return self._shown(queries.enabled_or_404(self.workspace, plugin_id))

    def _shown(self, row: EnabledPlugin) -> Response:
        may = self.access.allows("plugins:enable") and bool(services.called_by(row))
        shown = {
            "items": plugin_page.listeners_of(row.version.package),
            "inert": [one for one in plugin_page.inert_of(row.version.package) if one.name.startswith("Hook ")],
            "allows_calls": row.allows_calls,
            "secret": secret_of(self.workspace.pk, row.plugin_id) if may else "",
        }
        return Response(PluginHooksOut(shown).data)
