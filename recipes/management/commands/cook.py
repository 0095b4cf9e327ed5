"""`manage.py cook`: start a recipe and follow it in the terminal. Exit status 0 only when the run completed."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from django.urls import reverse

from automatos import env, words
from automatos.errors import AppError, NotFound
from recipes import queries
from recipes.engine.attachments import Upload
from recipes.live.following import Followed
from recipes.live.terminal import Screen, clean
from recipes.live.watching import Watch
from recipes.models import Execution, ExecutionStatus, Recipe, Trigger
from recipes.services import cook
from tools.files import LARGEST
from workspaces.models import Workspace
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.resolution import resolve
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope

MOST_LISTED = 15


class Command(BaseCommand):
    help = "Cook a recipe and follow it. Exits with 0 when the run completed, otherwise with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "recipe", metavar="RECIPE", help="its template id, for example explain-a-topic, or its UUID"
        )
        parser.add_argument(
            "--input",
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME=VALUE",
            help="what the recipe starts with; numbers, lists and the like are written as JSON",
        )
        parser.add_argument(
            "--file",
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME=PATH",
            help="a file for an input of the type file",
        )
        parser.add_argument(
            "--workspace",
            metavar="SLUG",
            help="by default that of WORKSPACE_ID, the only one there is, or the demo kitchen",
        )

    def handle(self, *args: Any, recipe: str, workspace: str | None, **options: Any) -> None:
        values, sent = pairs(options["input"]), files(options["file"])
        try:
            kitchen = chosen_workspace(workspace)
            with workspace_scope(kitchen.pk), acting_as(OPERATOR):
                found = chosen_recipe(kitchen, recipe)
                execution = cook(
                    workspace=kitchen, recipe=found, input_data=values, user=None, trigger=Trigger.COMMAND,
                    uploads=sent,
                )  # fmt: skip
        except AppError as error:
            raise CommandError(explained(error, recipe)) from None
        address = kitchen_address(kitchen, execution)
        self.stdout.ending = ""
        screen = Screen(self.stdout)
        screen.line(f"Cooking {clean(found.name)} in {clean(kitchen.name)}, run {execution.short_id}: {address}")
        try:
            over = Watch(Followed(execution.pk, kitchen.pk), screen).until_over()
        except KeyboardInterrupt:
            screen.close()
            raise CommandError(f"Not followed any more, but still cooking. Watch or stop it at {address}") from None
        except AppError as error:
            screen.close()
            raise CommandError(f"{error.message} The run is at {address}") from None
        screen.close()
        self._tell_end(over, screen, address)

    def _tell_end(self, over: Execution, screen: Screen, address: str) -> None:
        """The last lines; CommandError unless the run completed."""
        if over.status != ExecutionStatus.COMPLETED:
            reason = clean((over.error or {}).get("message", ""))
            raise CommandError(f"{over.get_status_display()} after {spent(over)}. {reason}\nLook closer at {address}")
        if not screen.live:
            screen.line("\n" + clean((over.output_data or {}).get("final_output", "")).strip() + "\n")
        screen.line(f"{screen.bar(1, 1)} done in {spent(over)}: {address}")


def pairs(texts: Sequence[str], option: str = "--input", example: str = "topic=volcanoes") -> dict[str, str]:
    """NAME=VALUE texts as a dict; CommandError for one that is not, or comes twice."""
    values: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise CommandError(f"{option} {text}: write it as NAME=VALUE, for example {example}.")
        if name in values:
            raise CommandError(f"{option} {name} is given twice; keep one.")
        values[name] = value
    return values


def files(texts: Sequence[str]) -> dict[str, Upload]:
    """NAME=PATH texts as the files they name; CommandError for one that cannot be read."""
    found: dict[str, Upload] = {}
    for name, path in pairs(texts, "--file", "report=./report.csv").items():
        try:
            with Path(path).open("rb") as file:
                found[name] = Upload(Path(path).name, file.read(LARGEST + 1))
        except (OSError, ValueError) as error:
            raise CommandError(f"--file {name}={path} cannot be read: {error}") from None
    return found


def chosen_workspace(slug: str | None) -> Workspace:
    """The workspace of this slug; without one that of WORKSPACE_ID, the only one, or the demo. Else CommandError."""
    with system_scope(Purpose.OPERATOR):
        everywhere = Workspace.objects.filter(deleted_at=None).order_by("slug")
        slugs = list(everywhere.values_list("slug", flat=True))
        if not slugs:
            raise CommandError("There is no workspace yet. Sign up, or run `manage.py seed --demo`.")
        return _named(everywhere, slug, slugs) if slug is not None else _meant(everywhere, slugs)


def _named(everywhere: QuerySet[Workspace], slug: str, slugs: list[str]) -> Workspace:
    found = everywhere.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no workspace {slug}. {suggestion(slug, slugs)}")
    return found


def _meant(everywhere: QuerySet[Workspace], slugs: list[str]) -> Workspace:
    usual = everywhere if len(slugs) == 1 else everywhere.filter(is_demo=True)
    workspace_id = resolve(
        header=None,
        query=None,
        bound=None,
        configured=settings.WORKSPACE_ID,
        personal=usual.values_list("pk", flat=True).first,
        default=settings.DEFAULT_TENANT_ID or UUID(int=0),
    )
    found = everywhere.filter(pk=workspace_id).first()
    if found is None and settings.WORKSPACE_ID:
        raise CommandError(
            f"WORKSPACE_ID names no workspace. Change it, or add --workspace with one of: {listed(slugs)}."
        )
    if found is None:
        raise CommandError(f"Which workspace? Add --workspace with one of: {listed(slugs)}.")
    return found


def chosen_recipe(workspace: Workspace, key: str) -> Recipe:
    """The workspace's recipe; CommandError suggests near names."""
    try:
        return queries.recipe(workspace=workspace, key=key)
    except NotFound:
        recipes: QuerySet[Recipe] = queries.recipes_of(workspace)
        known = list(recipes.order_by("template_id").values_list("template_id", flat=True))
        cure = suggestion(key, known) if known else "It has no recipes yet."
        raise CommandError(f"There is no recipe {key} in the workspace {workspace.slug}. {cure}") from None


def suggestion(wrong: str, known: Sequence[str]) -> str:
    """What a mistyped name may have meant, or what there is."""
    near = difflib.get_close_matches(wrong.lower(), known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {listed(known)}."


def listed(names: Sequence[str]) -> str:
    """The names, the first ones when there are many."""
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def explained(error: AppError, recipe: str) -> str:
    """An error with every field it names, in the words of the command line."""
    inputs = {
        name.removeprefix("input_data."): texts
        for name, texts in error.fields.items()
        if name.startswith("input_data.")
    }
    if not inputs:
        return "\n".join([f"{recipe} cannot be cooked. {error.message}"])
    lines = [f"  --input {name}=…: {' '.join(texts)}" for name, texts in inputs.items()]
    return "\n".join([f"{recipe} cannot be cooked with these inputs:", *lines])


def kitchen_address(workspace: Workspace, execution: Execution) -> str:
    """Where the run is seen in a browser."""
    base = settings.PUBLIC_URL or f"http://127.0.0.1:{env.integer('PORT', 8000, low=1, high=65535)}"
    return urljoin(base, reverse("run", kwargs={"workspace": workspace.slug, "execution_id": execution.id}))


def spent(over: Execution) -> str:
    """Time, tokens and cost of the whole run."""
    end, start = over.completed_at, over.started_at or over.created_at
    taken = words.duration((end - start).total_seconds() * 1000) if end else "an unknown time"
    whole = over.whole
    tokens = f"{words.compact(whole.input_tokens)} tokens in, {words.compact(whole.output_tokens)} out"
    return f"{taken}, {tokens}, {words.money(whole.cost)}"
