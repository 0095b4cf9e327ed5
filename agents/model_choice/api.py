"""REST: models to choose from."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.llm.capabilities import Capabilities
from automatos.llm.registry import ModelChoice, catalogue, default_model
from workspaces.credentials.provider_keys import kept_for
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class CapabilitiesOut(serializers.Serializer[Capabilities]):
    """What a model can do and takes. null: not known."""

    max_output = serializers.IntegerField(allow_null=True, help_text="Tokens of one answer.")
    tools = serializers.BooleanField(allow_null=True)
    vision = serializers.BooleanField(allow_null=True)
    json_schema = serializers.BooleanField(allow_null=True, help_text="Whether answers keep to a schema.")
    thinking = serializers.BooleanField(allow_null=True)
    efforts = serializers.ListField(child=serializers.CharField())
    parameters = serializers.ListField(
        child=serializers.CharField(), help_text="Those of temperature, top_p and the two penalties that it takes."
    )


class ModelOut(serializers.Serializer[ModelChoice]):
    """A model an agent can think with. Prices in US dollars per million tokens."""

    id = serializers.CharField(help_text="provider:model")
    label = serializers.CharField()  # type: ignore[assignment]  # the framework's own attribute is on instances
    provider = serializers.CharField()
    context_window = serializers.IntegerField(allow_null=True, help_text="Tokens.")
    input_price = serializers.FloatField()
    output_price = serializers.FloatField()
    cache_read_price = serializers.FloatField()
    cache_write_price = serializers.FloatField()
    configured = serializers.BooleanField(help_text="Whether it can be called now.")
    cure = serializers.CharField(help_text="What to do when it cannot.")
    source = serializers.CharField(  # type: ignore[assignment]  # as `label`
        help_text="Whose key pays: workspace, installation, or empty."
    )
    capabilities = CapabilitiesOut()


class ModelsOut(serializers.Serializer[Any]):
    """The models, and the one used where none is named."""

    items = ModelOut(many=True)
    total = serializers.IntegerField()
    default = serializers.CharField()


class ModelList(WorkspaceView):
    """Models to choose from."""

    needs = {"GET": "agents:read"}

    @extend_schema(operation_id="models_list", parameters=[WORKSPACE_HEADER], responses={200: ModelsOut, **errors(404)})
    def get(self, request: Request) -> Response:
        """The local model first, each vendor's, then those of the workspace's own server, as its credential's last test
        found them. Other models of each can be named too.
        """
        models = catalogue(kept_for(self.workspace.pk))
        return Response(ModelsOut({"items": models, "total": len(models), "default": default_model()}).data)
