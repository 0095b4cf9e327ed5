"""REST: what came to a trigger, and having it once more."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.rest_lists import list_parameters, listing, page_of
from recipes.api import RECIPE
from recipes.models import RecipeTrigger
from recipes.triggers import delivery_services, queries
from recipes.triggers.trigger_api import TRIGGER, DeliveryBodyOut, DeliveryOut, TriggerView
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, errors
from workspaces.doors.idempotency import HEADER, once

DELIVERY = OpenApiParameter("delivery_id", UUID, OpenApiParameter.PATH)


class DeliveryList(TriggerView):
    """What came to a trigger."""

    needs = {"GET": "triggers:read"}

    @extend_schema(
        operation_id="deliveries_list",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER, *list_parameters(search=False)],
        responses={200: page_of(DeliveryOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """The newest first; they are kept for 30 days."""
        trigger = queries.trigger_of(self.recipe(recipe_id), recipe_trigger_id)
        return listing(request, queries.deliveries_of(trigger), DeliveryOut)


class DeliveryDetail(TriggerView):
    """One of them."""

    needs = {"GET": "triggers:read"}

    @extend_schema(
        operation_id="deliveries_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER, DELIVERY],
        responses={200: DeliveryBodyOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, recipe_trigger_id: UUID, delivery_id: UUID) -> Response:
        """With its body, as it came."""
        trigger = queries.trigger_of(self.recipe(recipe_id), recipe_trigger_id)
        return Response(DeliveryBodyOut(queries.delivery_of(trigger, delivery_id)).data)


class DeliveryReplay(TriggerView):
    """Having a message once more."""

    needs = {"POST": "executions:run"}

    @extend_schema(
        operation_id="deliveries_replay",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER, DELIVERY, ONCE_HEADER],
        request=None,
        responses={202: DeliveryOut, **errors(404, 409)},
    )
    def post(self, request: Request, recipe_id: str, recipe_trigger_id: UUID, delivery_id: UUID) -> Response:
        """Start a run with the body as it came, through the trigger as it is now."""
        trigger = queries.trigger_of(self.recipe(recipe_id), recipe_trigger_id)
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"replay:{delivery_id}",
            key=request.headers.get(HEADER),
            body=None,
            act=lambda: (202, self._replay(trigger, delivery_id)),
        )
        return Response(answer, status=status)

    def _replay(self, trigger: RecipeTrigger, delivery_id: UUID) -> dict[str, Any]:
        taken = delivery_services.replay(trigger, delivery_id, self.caller)
        if taken.error is not None:
            raise taken.error
        shown = dict(DeliveryOut(taken.delivery).data)
        return {name: str(value) if isinstance(value, UUID) else value for name, value in shown.items()}
