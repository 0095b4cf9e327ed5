"""REST: moderators take reviews away."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from marketplace.moderation import review_services
from marketplace.moderation.staff import StaffView
from workspaces.doors.endpoints import errors


class TakeAwayIn(InputSerializer):
    """Why a review goes."""

    reason = serializers.CharField(help_text="Its workspace finds it in its audit log.")


class ReviewTakeAway(StaffView):
    """A review that has to go."""

    @extend_schema(operation_id="reviews_take_away", request=TakeAwayIn, responses={204: None, **errors(404, 415)})
    def post(self, request: Request, review_id: UUID) -> Response:
        """Remove what a workspace says of a plugin or a listing, for everybody."""
        body = TakeAwayIn(data=request.data)
        body.is_valid(raise_exception=True)
        review_services.take_away(review_id=review_id, **body.validated_data)
        return Response(status=204)
