"""REST: what workspaces say of agents, recipes and skills that they installed."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer
from automatos.rest_lists import list_parameters, page_of
from automatos.rest_lists import listing as page_of_rows
from marketplace.listings import queries, review_services
from marketplace.models import ListingReview
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors


class ReviewIn(InputSerializer):
    """What the workspace thinks of it."""

    stars = serializers.IntegerField(help_text="1 to 5.")
    text = serializers.CharField(required=False, allow_blank=True, default="")


class ListingReviewOut(serializers.Serializer[ListingReview]):
    """What a workspace says of a listing that it installed."""

    id = serializers.UUIDField()
    workspace_name = serializers.CharField()
    version = serializers.IntegerField(source="number")
    stars = serializers.IntegerField()
    text = serializers.CharField()
    updated_at = serializers.DateTimeField()


class ListingReviews(WorkspaceView):
    """What workspaces say of a listing."""

    needs = {"GET": "listings:read", "PUT": "listings:review", "DELETE": "listings:review"}

    @extend_schema(
        operation_id="listing_reviews_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(search=False)],
        responses={200: page_of(ListingReviewOut), **errors(404)},
    )
    def get(self, request: Request, listing: str) -> Response:
        """The newest first."""
        row = queries.listing(workspace=self.workspace, slug=listing)
        return page_of_rows(request, queries.reviews_of(row), ListingReviewOut)

    @extend_schema(
        operation_id="listing_reviews_change",
        parameters=[WORKSPACE_HEADER],
        request=ReviewIn,
        responses={200: ListingReviewOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, listing: str) -> Response:
        """The workspace's own; 409 unless it installed the listing."""
        body = ReviewIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = queries.listing(workspace=self.workspace, slug=listing)
        review = review_services.review_listing(
            workspace=self.workspace, user=self.caller, listing=row, **body.validated_data
        )
        return Response(ListingReviewOut(review).data)

    @extend_schema(
        operation_id="listing_reviews_remove", parameters=[WORKSPACE_HEADER], responses={204: None, **errors(404)}
    )
    def delete(self, request: Request, listing: str) -> Response:
        """Take the workspace's own back."""
        row = queries.listing(workspace=self.workspace, slug=listing)
        review_services.remove_review(workspace=self.workspace, listing=row)
        return Response(status=204)
