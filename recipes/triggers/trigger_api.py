"""REST: a recipe's triggers, their secrets, and what came to them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, WordField
from automatos.rest_lists import list_parameters, listing, page_of, searched
from recipes.api import RECIPE
from recipes.models import Recipe, RecipeTrigger, TriggerDelivery, TriggerKind
from recipes.queries import recipe as recipe_at
from recipes.triggers import page, queries, trigger_services
from recipes.triggers.configs import MOST_A_MINUTE, WEBHOOK
from recipes.triggers.trigger_services import TriggerInput
from workspaces.doors.endpoints import WORKSPACE_HEADER, WorkspaceView, errors

TRIGGER = OpenApiParameter("recipe_trigger_id", UUID, OpenApiParameter.PATH)


class RecipeTriggerIn(InputSerializer):
    """What starts a recipe from outside."""

    shown_only = ("id", "address", "owner", "created_at", "updated_at")

    name = serializers.CharField()
    kind = WordField(required=False, help_text=", ".join(trigger_services.KINDS))
    config = serializers.DictField(
        required=False,
        help_text=f"Of a webhook: {', '.join(WEBHOOK)}. Of a form: audience, shows_output. Of a recipe: on. "
        "Of a wait: step, the step_id of a step that waits for a message, and those of a webhook.",
    )
    input_map = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="{input: place in the message, such as issue.title}; without it, by the inputs' own names.",
    )
    input_data = serializers.DictField(required=False, help_text="Fixed values of inputs.")
    per_minute = serializers.IntegerField(required=False, help_text=f"Messages taken in; 1 to {MOST_A_MINUTE:,}.")
    is_paused = serializers.BooleanField(required=False)
    listens_to = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Of the kind recipe: the recipe whose runs end; of the kind app: the id of an app's event.",
    )
    secret = serializers.CharField(
        required=False, write_only=True, help_text="The sender's own; without it one is made. Only at the beginning."
    )


class RecipeTriggerOut(serializers.Serializer[RecipeTrigger]):
    """A trigger."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=TriggerKind.choices)
    address = serializers.SerializerMethodField(
        help_text="Where messages are sent, or the form is; it stays as it is. A form's is told to whoever may edit it."
    )
    listens_to = serializers.SerializerMethodField(help_text="The id of what it listens to; empty where that has none.")
    config = serializers.DictField()
    input_map = serializers.DictField(child=serializers.CharField())
    input_data = serializers.DictField()
    per_minute = serializers.IntegerField()
    is_paused = serializers.BooleanField()
    owner = serializers.EmailField(source="owner.email", default=None, allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_address(self, trigger: RecipeTrigger) -> str:
        """Of a webhook; of a form where the caller may change triggers; empty for others."""
        view: WorkspaceView = self.context["view"]
        path = page.path_of(trigger, may_edit=view.access.allows("triggers:write"))
        return view.request.build_absolute_uri(path) if path else ""

    def get_listens_to(self, trigger: RecipeTrigger) -> str:
        """Of the recipe, or of the app's event."""
        return str(trigger.after_recipe_id or trigger.app_event_id or "")


class TriggerSecretOut(serializers.Serializer[Any]):
    """A secret, told once."""

    secret = serializers.CharField(help_text="Keep it now: it is not shown again.")


class RecipeTriggerMadeOut(RecipeTriggerOut):
    """A new trigger with its secret."""

    secret = serializers.CharField(help_text="Keep it now: it is not shown again.")


class TriggerSecretIn(InputSerializer):
    """A secret in place of the one there is."""

    secret = serializers.CharField(required=False, help_text="The sender's own; without it one is made.")


class DeliveryOut(serializers.Serializer[TriggerDelivery]):
    """What came, and what became of it."""

    id = serializers.UUIDField()
    known_by = serializers.CharField(source="dedupe_key")
    outcome = serializers.ChoiceField(choices=TriggerDelivery.Outcome.choices)
    reason = serializers.CharField()
    attempts = serializers.IntegerField()
    execution_id = serializers.UUIDField(allow_null=True)
    replay_of = serializers.UUIDField(source="replay_of_id", allow_null=True)
    received_at = serializers.DateTimeField()


class DeliveryBodyOut(DeliveryOut):
    """One of them with its body."""

    body = serializers.JSONField()


class TriggerView(WorkspaceView):
    """What operations on triggers share."""

    def recipe(self, recipe_id: str) -> Recipe:
        """The recipe of the address."""
        return recipe_at(workspace=self.workspace, key=recipe_id)

    def shown(self, trigger: RecipeTrigger) -> dict[str, Any]:
        """The trigger as the API shows it."""
        return dict(RecipeTriggerOut(trigger, context={"view": self}).data)


class TriggerList(TriggerView):
    """A recipe's triggers."""

    needs = {"GET": "triggers:read", "POST": "triggers:write"}

    @extend_schema(
        operation_id="triggers_list",
        parameters=[WORKSPACE_HEADER, RECIPE, *list_parameters()],
        responses={200: page_of(RecipeTriggerOut), **errors(404)},
    )
    def get(self, request: Request, recipe_id: str) -> Response:
        """The oldest first."""
        rows = searched(queries.triggers_of(self.recipe(recipe_id)), request, ["name"])
        return listing(request, rows, RecipeTriggerOut, context={"view": self})

    @extend_schema(
        operation_id="triggers_create",
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=RecipeTriggerIn,
        responses={201: RecipeTriggerMadeOut, **errors(404, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """A new trigger on your behalf; its secret is in this answer only."""
        body = RecipeTriggerIn(data=request.data)
        body.is_valid(raise_exception=True)
        made, secret = trigger_services.add_trigger(
            recipe=self.recipe(recipe_id), user=self.caller, data=TriggerInput(**body.validated_data)
        )
        return Response({**self.shown(made), "secret": secret}, status=201)


class TriggerDetail(TriggerView):
    """One trigger."""

    needs = {"GET": "triggers:read", "PATCH": "triggers:write", "DELETE": "triggers:write"}

    @extend_schema(
        operation_id="triggers_retrieve",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER],
        responses={200: RecipeTriggerOut, **errors(404)},
    )
    def get(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """The trigger, without its secret."""
        return Response(self.shown(queries.trigger_of(self.recipe(recipe_id), recipe_trigger_id)))

    @extend_schema(
        operation_id="triggers_change",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER],
        request=RecipeTriggerIn,
        responses={200: RecipeTriggerOut, **errors(404, 415)},
    )
    def patch(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """What is sent changes; address, kind and secret stay."""
        recipe = self.recipe(recipe_id)
        body = RecipeTriggerIn(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        now = trigger_services.as_input(trigger_services.held(recipe, recipe_trigger_id))
        data = replace(now, **{**body.validated_data, "secret": ""})
        changed = trigger_services.change_trigger(
            recipe=recipe, trigger_id=recipe_trigger_id, user=self.caller, data=data
        )
        return Response(self.shown(changed))

    @extend_schema(
        operation_id="triggers_remove",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER],
        responses={204: None, **errors(404)},
    )
    def delete(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """It starts nothing any more; runs under way go on."""
        trigger_services.remove_trigger(recipe=self.recipe(recipe_id), trigger_id=recipe_trigger_id)
        return Response(status=204)


class TriggerRestore(TriggerView):
    """Taking a removal back."""

    needs = {"POST": "triggers:write"}

    @extend_schema(
        operation_id="triggers_restore",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER],
        request=None,
        responses={200: RecipeTriggerOut, **errors(404)},
    )
    def post(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """The trigger is back, at the same address."""
        found = trigger_services.restore_trigger(recipe=self.recipe(recipe_id), trigger_id=recipe_trigger_id)
        return Response(self.shown(found))


class TriggerSecret(TriggerView):
    """A trigger's secret."""

    needs = {"POST": "triggers:write"}

    @extend_schema(
        operation_id="triggers_rotate",
        parameters=[WORKSPACE_HEADER, RECIPE, TRIGGER],
        request=TriggerSecretIn,
        responses={200: TriggerSecretOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str, recipe_trigger_id: UUID) -> Response:
        """A new secret, in this answer only; the old one is good for a day more."""
        body = TriggerSecretIn(data=request.data)
        body.is_valid(raise_exception=True)
        secret = trigger_services.rotate_secret(
            recipe=self.recipe(recipe_id), trigger_id=recipe_trigger_id, secret=body.validated_data.get("secret", "")
        )
        return Response(TriggerSecretOut({"secret": secret}).data)
