"""REST: what moderators feature."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from marketplace.moderation import queries
from marketplace.moderation.featured_services import set_featured
from marketplace.moderation.staff import StaffView
from marketplace.plugins.serializers import PluginOut
from workspaces.doors.endpoints import errors


class FeatureIn(InputSerializer):
    """Whether a plugin is featured."""

    featured = serializers.BooleanField()
    note = serializers.CharField(required=False, allow_blank=True, default="", help_text="Why; everybody reads it.")


class Feature(StaffView):
    """Featuring a plugin."""

    @extend_schema(
        operation_id="plugins_feature", request=FeatureIn, responses={200: PluginOut, **errors(404, 409, 415)}
    )
    def post(self, request: Request, desk_id: UUID) -> Response:
        """Put it in front of the list, or stop that."""
        body = FeatureIn(data=request.data)
        body.is_valid(raise_exception=True)
        version = queries.version(queries.meant(desk_id, waiting=False))
        return Response(PluginOut(set_featured(version=version, **body.validated_data)).data)
