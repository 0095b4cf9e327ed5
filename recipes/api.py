"""REST: recipes, their versions, and cooking them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from automatos.api import InputSerializer, JsonParser, WordField
from automatos.errors import Conflict
from automatos.rest_lists import choice, list_parameters, listing, ordered, page_of, searched
from recipes import queries, services
from recipes.cook_forms import digests, of_parts
from recipes.editor import body as bodies
from recipes.editor import services as drafts
from recipes.editor.body import STARTS
from recipes.engine.attachments import Upload
from recipes.kinds import USABLE
from recipes.models import ErrorHandling, Recipe, RecipeStep, StepKind, Trigger
from recipes.runs.links import LinksOut, links_of
from recipes.runs.services import Cause
from recipes.services import RecipeInput
from recipes.triggers import config_services as starts
from recipes.triggers.queries import with_starts
from recipes.validation import StepInput
from workspaces.doors.endpoints import ONCE_HEADER, WORKSPACE_HEADER, WorkspaceView, errors
from workspaces.doors.idempotency import HEADER, once
from workspaces.models import Workspace

ORDERINGS = ("name", "created_at", "updated_at")
STATES = ("live", "deleted")
RECIPE = OpenApiParameter("recipe_id", str, OpenApiParameter.PATH, description="The recipe's UUID or template_id.")


UNDER = "The step_id of the condition in whose branch the step stands; empty for none."


class StepIn(InputSerializer):
    """One task for one agent, or a step of another kind. Times in seconds."""

    shown_only = ("agent_name",)

    step_id = serializers.CharField(required=False, allow_blank=True)
    order = serializers.IntegerField(required=False, allow_null=True, help_text="Steps are renumbered by it from 1.")
    name = serializers.CharField(required=False, allow_blank=True)
    kind = WordField(required=False, help_text=", ".join(USABLE))
    config = serializers.DictField(required=False, allow_null=True, help_text='Of a condition: {"expression": "…"}')
    under = serializers.CharField(required=False, allow_blank=True, help_text=UNDER)
    branch = serializers.CharField(required=False, allow_blank=True, help_text="then or else")
    agent_id = serializers.UUIDField(required=False, allow_null=True, help_text="Of the kind agent, required.")
    prompt_template = serializers.CharField(required=False, trim_whitespace=False, allow_blank=True)
    output_key = serializers.CharField(required=False, allow_blank=True, help_text="By default step_<order>.")
    error_handling = WordField(required=False, help_text=", ".join(ErrorHandling.values))
    max_retries = serializers.IntegerField(required=False, allow_null=True)
    max_iterations = serializers.IntegerField(required=False)
    timeout = serializers.FloatField(required=False, allow_null=True)


class RecipeIn(InputSerializer):
    """What is decided about a recipe."""

    shown_only = ("id", "version", "has_draft", "secrets", "created_at", "updated_at")

    template_id = serializers.CharField(required=False, allow_blank=True, help_text="By default made from the name.")
    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    inputs = serializers.DictField(
        required=False,
        help_text="{name: {type, required, default, options, description, untrusted}}; required unless false.",
    )
    outputs = serializers.DictField(required=False, help_text="{field: {type}}")
    steps = StepIn(many=True)
    execution_config = serializers.DictField(
        required=False,
        help_text="mode, timeout_per_step, total_timeout, max_retries, retry_delay, backoff; times in seconds.",
    )
    schedule_config = serializers.DictField(
        required=False,
        help_text="What starts it: type manual, cron or trigger, further ones in also. Without it that stays as it is.",
    )
    publish = serializers.BooleanField(
        required=False, default=True, help_text="false: into the draft, which may be unfinished; nothing is checked."
    )


class ChangedRecipeIn(RecipeIn):
    """A recipe's new values. Each change is its next version."""

    version = serializers.IntegerField(
        required=False, help_text="The version the change was made from; 409 when it is not the newest any more."
    )
    changelog = serializers.CharField(required=False, allow_blank=True, help_text="What changed, in a line.")


class StepOut(serializers.Serializer[RecipeStep]):
    """One task for one agent, or a step of another kind."""

    step_id = serializers.CharField()
    order = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=StepKind.choices)
    config = serializers.DictField(allow_null=True)
    under = serializers.CharField(help_text=UNDER)
    branch = serializers.CharField()
    agent_id = serializers.UUIDField(allow_null=True)
    agent_name = serializers.CharField(source="agent.name", default="")
    prompt_template = serializers.CharField()
    output_key = serializers.CharField()
    error_handling = serializers.ChoiceField(choices=ErrorHandling.choices)
    max_retries = serializers.IntegerField()
    max_iterations = serializers.IntegerField()
    timeout = serializers.FloatField()


SECRETS = "Of webhooks that this call made, by the ids of the triggers. They are not shown again."
NO_SECRETS: Mapping[str, str] = {}


class RecipeOut(serializers.Serializer[Recipe]):
    """A recipe."""

    id = serializers.UUIDField()
    template_id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    inputs = serializers.DictField(source="ordered_inputs")
    outputs = serializers.DictField()
    steps = StepOut(many=True)
    execution_config = serializers.DictField()
    version = serializers.IntegerField(help_text="The published one; 0 while there is none.")
    schedule_config = serializers.SerializerMethodField(help_text="What starts it: manual, cron or trigger, and also.")
    has_draft = serializers.SerializerMethodField(help_text="Whether something is written and not published.")
    secrets = serializers.SerializerMethodField(help_text=SECRETS)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_schedule_config(self, recipe: Recipe) -> dict[str, Any]:
        """In the shape in which it is written, with the ids of the schedules and triggers."""
        return starts.config_of(recipe)

    def get_secrets(self, recipe: Recipe) -> dict[str, str]:
        return dict(self.context.get("secrets", {}))

    def get_has_draft(self, recipe: Recipe) -> bool:
        return getattr(recipe, "draft", None) is not None


# What is sent with a recipe and is no part of its versions.
NO_INPUT = ("version", "changelog", "publish", STARTS)


def drafted(start: bodies.Body, values: Mapping[str, Any]) -> bodies.Body:
    """The draft with the values that were sent over it."""
    sent = {**values, "steps": [_plain(step) for step in values.get("steps", ())]}
    fresh = bodies.of_saved(sent)
    return {**start, **{name: fresh[name] for name in fresh if name in values}}


def _plain(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name == "agent_id" and value else value for name, value in step.items()}


def input_of(start: RecipeInput | None, values: Mapping[str, Any]) -> RecipeInput:
    """The values over those of `start`."""
    given = {name: value for name, value in values.items() if name not in NO_INPUT}
    if "steps" in given:
        given["steps"] = [StepInput(**step) for step in given["steps"]]
    return RecipeInput(**given) if start is None else replace(start, **given)


class _WritingView(WorkspaceView):
    def started_by(self, recipe: Recipe, values: Mapping[str, Any]) -> dict[str, Any]:
        """The answer, with what starts the recipe as it was sent, by who may decide about that."""
        secrets: Mapping[str, str] = {}
        if values.get(STARTS):
            self.access.require("triggers:write")
            secrets = starts.put_config(recipe=recipe, user=self.caller, config=values[STARTS])
        return written(self.workspace, recipe, secrets)


def written(workspace: Workspace, recipe: Recipe, secrets: Mapping[str, str] = NO_SECRETS) -> dict[str, Any]:
    """The recipe as it is now, for whoever wrote it. secrets: of webhooks that came with it, by their ids."""
    found = queries.recipe(workspace=workspace, key=recipe.pk)
    return dict(RecipeOut(found, context={"secrets": secrets}).data)


class RecipeList(_WritingView):
    """The workspace's recipes."""

    needs = {"GET": "recipes:read", "POST": "recipes:write"}

    @extend_schema(
        operation_id="recipes_list",
        parameters=[WORKSPACE_HEADER, *list_parameters(orderings=ORDERINGS, filters={"tag": (), "state": STATES})],
        responses={200: page_of(RecipeOut), **errors(404)},
    )
    def get(self, request: Request) -> Response:
        """Recipes, by name unless ordered otherwise; `search` looks at name, description and template_id.

        With state=deleted those that can still be brought back.
        """
        gone = choice(request, "state", STATES) == "deleted"
        recipes = queries.deleted_recipes(self.workspace) if gone else queries.recipes_of(self.workspace)
        rows = searched(with_starts(recipes), request, ["name", "description", "template_id"])
        if tag := request.query_params.get("tag"):
            rows = rows.filter(tags__contains=[tag])
        return listing(request, ordered(rows, request, ORDERINGS), RecipeOut)

    @extend_schema(
        operation_id="recipes_create",
        parameters=[WORKSPACE_HEADER],
        request=RecipeIn,
        responses={201: RecipeOut, **errors(402, 404, 415)},
    )
    def post(self, request: Request) -> Response:
        """A new recipe; it can be cooked at once, unless it is only drafted."""
        body = RecipeIn(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if values["publish"]:
            made = services.create_recipe(workspace=self.workspace, user=self.caller, data=input_of(None, values))
            answer = self.started_by(made, values)
        else:
            draft = drafted(bodies.blank(), values)
            made = drafts.create_unpublished(workspace=self.workspace, user=self.caller, body=draft)
            answer = written(self.workspace, made)
        location = f"/api/workflow-recipes/{made.template_id}"
        return Response(answer, status=201, headers={"Location": location})


class RecipeDetail(_WritingView):
    """One recipe."""

    needs = {"GET": "recipes:read", "PUT": "recipes:write", "PATCH": "recipes:write", "DELETE": "recipes:delete"}

    @extend_schema(parameters=[WORKSPACE_HEADER, RECIPE], responses={200: RecipeOut, **errors(404)})
    def get(self, request: Request, recipe_id: str) -> Response:
        """The recipe with its steps."""
        return Response(RecipeOut(queries.recipe(workspace=self.workspace, key=recipe_id)).data)

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=ChangedRecipeIn,
        responses={200: RecipeOut, **errors(404, 409, 415)},
    )
    def put(self, request: Request, recipe_id: str) -> Response:
        """Everything new, as the next version or the draft; what is left out goes back to the defaults."""
        return self._change(request, recipe_id, partial=False)

    @extend_schema(
        parameters=[WORKSPACE_HEADER, RECIPE],
        request=ChangedRecipeIn,
        responses={200: RecipeOut, **errors(404, 409, 415)},
    )
    def patch(self, request: Request, recipe_id: str) -> Response:
        """Only what is sent changes, as the next version or in the draft; `steps` are replaced as a whole."""
        return self._change(request, recipe_id, partial=True)

    @extend_schema(parameters=[WORKSPACE_HEADER, RECIPE], responses={204: None, **errors(404)})
    def delete(self, request: Request, recipe_id: str) -> Response:
        """Out of sight; its past runs stay readable."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        services.delete_recipe(recipe=recipe, user=self.caller)
        return Response(status=204)

    def _change(self, request: Request, recipe_id: str, *, partial: bool) -> Response:
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        body = ChangedRecipeIn(data=request.data, partial=partial)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        if not values.get("publish", True):
            return self._draft(recipe, values, partial=partial)
        if partial:  # what is not sent stays as it is by now: two changes at once keep each other's fields
            recipe = services.lock_recipe(recipe)
        saved = services.update_recipe(
            recipe=recipe,
            user=self.caller,
            data=input_of(services.as_input(recipe) if partial else None, values),
            changelog=values.get("changelog", ""),
            expected_version=values.get("version"),
        )
        return Response(self.started_by(saved, values))

    def _draft(self, recipe: Recipe, values: Mapping[str, Any], *, partial: bool) -> Response:
        recipe = services.lock_recipe(recipe)
        if "version" in values and values["version"] != recipe.version:
            raise Conflict(f"{recipe.name} is at version {recipe.version} by now. Load it again.")
        start = drafts.body_now(recipe, drafts.draft_of(recipe)) if partial else bodies.blank()
        writing = drafts.Writing(user=self.caller, what="changed the draft over the API")
        drafts.replace_body(recipe=recipe, body=drafted(start, values), writing=writing)
        return Response(written(self.workspace, recipe))


class _ExecuteIn(InputSerializer):
    priority = serializers.IntegerField(
        required=False,
        help_text="-10 to 10; higher goes first among what waits in the workspace. Without it the recipe's own.",
    )
    untrusted_inputs = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Names of inputs that somebody else wrote. Text in them taints the run as a web page does.",
    )


class ExecuteIn(_ExecuteIn):
    """What the run starts with."""

    input_data = serializers.DictField(required=False)


class ExecuteFilesIn(_ExecuteIn):
    """The same with files: each a part of the name of its input, beside input_data as JSON text."""

    input_data = serializers.CharField(required=False, help_text="An object as JSON text.")


class StartedOut(serializers.Serializer[Any]):
    """A run that was started."""

    execution_id = serializers.UUIDField()
    recipe_id = serializers.UUIDField()
    status = serializers.CharField()
    total_steps = serializers.IntegerField()
    links = LinksOut()


class RecipeExecute(WorkspaceView):
    """Cooking a recipe."""

    needs = {"POST": "executions:run"}
    parser_classes = [JsonParser, MultiPartParser]

    @extend_schema(
        operation_id="recipes_execute",
        parameters=[WORKSPACE_HEADER, RECIPE, ONCE_HEADER],
        request={"application/json": ExecuteIn, "multipart/form-data": ExecuteFilesIn},
        responses={202: StartedOut, **errors(404, 409, 415)},
    )
    def post(self, request: Request, recipe_id: str) -> Response:
        """Start a run and answer at once; a worker cooks it."""
        recipe = queries.recipe(workspace=self.workspace, key=recipe_id)
        parts = request.data if isinstance(request.data, QueryDict) else None
        body = ExecuteIn(data=request.data if parts is None else of_parts(parts, request.FILES))
        body.is_valid(raise_exception=True)
        files = {name: Upload(sent.name or name, sent.read()) for name, sent in request.FILES.items()}
        status, answer = once(
            workspace=self.workspace,
            user=self.caller,
            route=f"execute:{recipe.pk}",
            key=request.headers.get(HEADER),
            body=request.data if parts is None else {"given": body.initial_data, "files": digests(files)},
            act=lambda: (202, self._start(request, recipe, {**body.validated_data, "files": files})),
        )
        return Response(answer, status=status, headers={"Location": answer["links"]["self"]})

    def _start(self, request: Request, recipe: Recipe, given: Mapping[str, Any]) -> dict[str, Any]:
        execution = services.cook(
            workspace=self.workspace,
            recipe=recipe,
            input_data=given.get("input_data", {}),
            user=self.caller,
            trigger=Trigger.API,
            priority=given.get("priority"),
            uploads=given["files"],
            cause=Cause(untrusted=services.marked_inputs(recipe, given.get("untrusted_inputs", ()))),
        )
        return {
            "execution_id": str(execution.pk),
            "recipe_id": str(recipe.pk),
            "status": execution.status,
            "total_steps": execution.total_steps,
            "links": links_of(request, execution, self.workspace.slug),
        }
