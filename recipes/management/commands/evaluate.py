"""`manage.py evaluate`: run an evaluation set and say whether it passed, for people and for CI.

Exit status 0: it passed with every variant. 1: it did not. 2: it could not be run to its end.
"""

import json
import sys
import time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos import words
from automatos.errors import AppError
from automatos.ids import as_uuid
from recipes.evaluations import queries, start_services
from recipes.evaluations.evaluation_api import EvaluationTableOut
from recipes.evaluations.start_services import DRAFT, Wish
from recipes.live.terminal import clean
from recipes.management.commands.cook import chosen_recipe, chosen_workspace, suggestion
from recipes.models import Evaluation, EvaluationSet, Recipe
from workspaces.models import Workspace
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import workspace_scope

PASSED, FAILED, UNUSABLE = 0, 1, 2
# Seconds between two looks.
PAUSE = 1.0


class Command(BaseCommand):
    help = "Run an evaluation set. Exits with 0 when it passed, 1 when it did not, 2 when it could not be run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("recipe", metavar="RECIPE", help="its template id or its UUID")
        parser.add_argument("set", metavar="SET", nargs="?", default="", help="name or UUID; the only one by default")
        parser.add_argument("--workspace", metavar="SLUG", help="as for `cook`")
        many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
        parser.add_argument("--versions", metavar="N", help='numbers, or "draft"; by default what is published', **many)
        parser.add_argument("--models", metavar="PROVIDER:MODEL", help="in place of the agents' own", **many)
        parser.add_argument("--budget", metavar="DOLLARS", help="by default the set's")
        parser.add_argument("--at-once", type=int, default=10, metavar="N", help="runs that cook at once")
        parser.add_argument("--timeout", type=float, default=3600, metavar="SECONDS", help="then it is stopped")
        parser.add_argument("--json", action="store_true", help="the table as the API gives it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kitchen = chosen_workspace(options["workspace"])
            wish = wished(options)
            with workspace_scope(kitchen.pk), acting_as(OPERATOR):
                recipe = chosen_recipe(kitchen, options["recipe"])
                one = chosen_set(recipe, options["set"])
                made = start_services.start_evaluation(recipe=recipe, set_id=one.pk, user=None, wish=wish)
        except CommandError as error:
            raise CommandError(str(error), returncode=UNUSABLE) from None
        except AppError as error:
            raise CommandError(explained(error), returncode=UNUSABLE) from None
        try:
            is_over = self._follow(kitchen, made.pk, options["timeout"], quiet=options["json"])
        except KeyboardInterrupt:
            is_over = False
        if not is_over:
            stop(kitchen, recipe, made.pk)
            raise CommandError("It was stopped before its end.", returncode=UNUSABLE)
        self._tell(kitchen, recipe, made.pk, as_json=options["json"])

    def _follow(self, kitchen: Workspace, key: UUID, seconds: float, *, quiet: bool) -> bool:
        """Wait until it is over; False when it takes longer."""
        end, before = time.monotonic() + seconds, -1
        while time.monotonic() < end:
            with workspace_scope(kitchen.pk):
                evaluation = Evaluation.objects.get(pk=key)
                total = queries.cells_of(evaluation).count()
                done = queries.cells_of(evaluation).filter(status="done").count()
            if not quiet and done != before:
                self.stderr.write(f"{done} of {total} done")
            if evaluation.status != Evaluation.Status.RUNNING:
                return True
            before = done
            time.sleep(PAUSE)
        return False

    def _tell(self, kitchen: Workspace, recipe: Recipe, key: UUID, *, as_json: bool) -> None:
        with workspace_scope(kitchen.pk):
            table = queries.table_of(queries.evaluation_of(recipe, key))
            shown = dict(EvaluationTableOut(table).data)
        if as_json:
            self.stdout.write(json.dumps(shown, default=str, indent=2))
        else:
            self._tell_lines(table)
        if table.evaluation.status != Evaluation.Status.COMPLETED or table.not_run:
            sys.exit(UNUSABLE)
        sys.exit(PASSED if table.has_passed else FAILED)

    def _tell_lines(self, table: queries.Table) -> None:
        for line in table.lines:
            rate = line.rate
            share = f"{rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%})" if rate and rate.low is not None else "-"
            cost = words.money(line.mean_cost) if line.mean_cost is not None else "-"
            quality = f"{line.quality.value:.2f}" if line.quality else "-"
            left = f", {line.not_run} not run" if line.not_run else ""
            self.stdout.write(
                f"{line.variant.label:<12} {clean(line.variant.model) or 'own models':<36} "
                f"{line.passed} of {table.evaluation.cases} passed{left}, {share}, quality {quality}, {cost} a case"
            )
        for row in table.rows:
            for cell in row.cells:
                if cell.verdict != "passed":
                    why = cell.reason or "; ".join(one["detail"] for one in cell.checks if one["passed"] is not True)
                    where = f"{row.case.number} {row.case.name}"
                    told = f"  {cell.get_verdict_display()}: {where} ({cell.variant}): {why}"
                    self.stdout.write(clean(told))
        verdict = "Passed" if table.has_passed else "Not passed"
        self.stdout.write(
            f"{verdict}: {table.needed} of {table.evaluation.cases} have to. {words.money(table.spent)} spent."
        )


def wished(options: dict[str, Any]) -> Wish:
    """What the options ask for; CommandError for a number that is none."""
    versions: list[int | str] = []
    for text in options["versions"]:
        if text != DRAFT and not (text.isascii() and text.isdigit() and len(text) < 10):
            raise CommandError(f'--versions {text}: use a number, or "{DRAFT}".')
        versions.append(text if text == DRAFT else int(text))
    try:
        budget = Decimal(options["budget"]) if options["budget"] else None
    except InvalidOperation:
        raise CommandError(f"--budget {options['budget']}: use an amount in US dollars.") from None
    return Wish(versions=versions, models=options["models"] or ("",), budget=budget, at_once=options["at_once"])


def chosen_set(recipe: Recipe, key: str) -> EvaluationSet:
    """The recipe's set of this name or id, or its only one; CommandError says which there are."""
    sets = list(queries.sets_of(recipe))
    uuid = as_uuid(key)
    found = [one for one in sets if not key or one.pk == uuid or one.name.casefold() == key.casefold()]
    if len(found) == 1:
        return found[0]
    if not sets:
        raise CommandError(f"{recipe.template_id} has no evaluation set yet.")
    names = [one.name for one in sets]
    if not key:
        raise CommandError(f"Which set? Name one of: {', '.join(names)}.")
    raise CommandError(f"There is no evaluation set {key}. {suggestion(key, names)}")


def stop(kitchen: Workspace, recipe: Recipe, key: UUID) -> None:
    """Nothing of it goes on; whether it was over already does not matter."""
    try:
        with workspace_scope(kitchen.pk), acting_as(OPERATOR):
            start_services.stop_evaluation(recipe=recipe, evaluation_id=key)
    except AppError:
        return


def explained(error: AppError) -> str:
    """An error with every field it names."""
    lines = [f"  {name}: {' '.join(texts)}" for name, texts in error.fields.items()]
    return "\n".join([f"It cannot be evaluated. {error.message}", *lines])
