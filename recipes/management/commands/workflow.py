"""`manage.py workflow`: plan a goal, or run it through its stages and follow it in the terminal."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos import words
from automatos.errors import AppError
from recipes.live.following import Followed
from recipes.live.terminal import Screen, clean
from recipes.live.watching import Watch
from recipes.management.commands.cook import chosen_workspace, kitchen_address, spent
from recipes.models import Execution, ExecutionStatus, Trigger, Workflow
from recipes.workflows import queries, run_services, services
from recipes.workflows.services import WorkflowInput
from workspaces.models import Workspace
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import workspace_scope


class Command(BaseCommand):
    help = "Plan a goal, or run it and follow it. Exits with 0 when the run completed, otherwise with 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("goal", metavar="GOAL", help="what should be done, or the UUID of a workflow")
        parser.add_argument("--plan", action="store_true", help="only plan: subtasks, agents, order, time and cost")
        parser.add_argument("--workspace", metavar="SLUG", help="as for `manage.py cook`")

    def handle(self, *args: Any, goal: str, plan: bool, workspace: str | None, **options: Any) -> None:
        kitchen = chosen_workspace(workspace)
        start = run_services.plan if plan else run_services.execute
        try:
            with workspace_scope(kitchen.pk), acting_as(OPERATOR):
                workflow = _workflow(kitchen, goal)
                execution = start(workspace=kitchen, workflow=workflow, user=None, trigger=Trigger.COMMAND)
        except AppError as error:
            raise CommandError(error.message) from None
        over = self._followed(kitchen, execution)
        with workspace_scope(kitchen.pk):
            workflow = queries.workflow(workspace=kitchen, workflow_id=workflow.pk)
        self._tell(workflow, over, is_plan=plan)

    def _followed(self, kitchen: Workspace, execution: Execution) -> Execution:
        address = kitchen_address(kitchen, execution)
        self.stdout.ending = ""
        screen = Screen(self.stdout)
        screen.line(f"Cooking {clean(execution.recipe_name)} in {clean(kitchen.name)}: {address}")
        try:
            return Watch(Followed(execution.pk, kitchen.pk), screen).until_over()
        except KeyboardInterrupt:
            raise CommandError(f"Not followed any more, but still cooking. Watch or stop it at {address}") from None
        except AppError as error:
            raise CommandError(f"{error.message} The run is at {address}") from None
        finally:
            screen.close()

    def _tell(self, workflow: Workflow, over: Execution, *, is_plan: bool) -> None:
        """The plan, or the answer; CommandError unless the run completed."""
        self.stdout.ending = "\n"
        if over.status != ExecutionStatus.COMPLETED:
            reason = clean((over.error or {}).get("message", ""))
            raise CommandError(f"{over.get_status_display()} after {spent(over)}. {reason}")
        if not is_plan:
            self.stdout.write("\n" + clean((over.output_data or {}).get("final_output", "")).strip() + "\n")
            return
        body = workflow.plan or {}
        for number, one in enumerate(body.get("subtasks", ()), 1):
            who = f"{one['agent_name']} ({one['match_score']:.2f})" if one.get("agent_id") else "nobody fits"
            after = f", after {', '.join(one['dependencies'])}" if one["dependencies"] else ""
            self.stdout.write(clean(f"{number}. {one['id']}: {one['title']} by {who}{after}"))
        estimate = body.get("estimate", {})
        took = words.duration(1000 * float(estimate.get("seconds", 0)))
        self.stdout.write(f"About {took} and {words.money(estimate.get('cost', 0))}. Workflow {workflow.pk}")


def _workflow(workspace: Workspace, goal: str) -> Workflow:
    """The workflow of this UUID, or a new one for the goal."""
    try:
        key = UUID(goal)
    except ValueError:
        return services.create_workflow(workspace=workspace, user=None, data=WorkflowInput(goal=goal))
    return queries.workflow(workspace=workspace, workflow_id=key)
