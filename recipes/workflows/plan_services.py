"""Changes of a plan by a person: subtasks edited, moved, added and taken out, agents swapped, before a run begins."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from automatos.checking import Problems
from automatos.errors import Conflict, InvalidInput
from automatos.events import iso
from automatos.ids import as_uuid
from recipes.models import Workflow
from recipes.workflows.planning import arranged, known_capabilities, problems_of, subtask_of
from recipes.workflows.plans import document, selected
from recipes.workflows.profiles import team_of
from recipes.workflows.run_services import lead_for
from recipes.workflows.services import lock_workflow
from workspaces.audit import log as audit


@transaction.atomic
def change_plan(*, workflow: Workflow, body: Mapping[str, Any], expected_version: int | None = None) -> Workflow:
    """The workflow with this plan: its strategy, its subtasks in order, and who does each (`agent_id`).

    A subtask without an agent gets the one that fits best. Raises InvalidInput with every problem found, or Conflict
    when someone else changed the plan since the version the change was made from.
    """
    workflow = lock_workflow(workflow)
    if expected_version is not None and workflow.plan_version != expected_version:
        raise Conflict("The plan was changed by someone else meanwhile. Load it again, then make your change.")
    team = team_of(workflow.workspace_id, workflow.agent_ids)
    problems = Problems()
    for text in problems_of(body, known_capabilities(team.labels)):
        problems.add("subtasks", text)
    problems.json("subtasks", body.get("subtasks"))
    problems.raise_any()
    rows = body["subtasks"]
    chosen = {str(one["id"]): key for one in rows if (key := as_uuid(one.get("agent_id")))}
    known = {profile.id for profile in team.profiles}
    for subtask, agent_id in chosen.items():
        if agent_id not in known:
            problems.add("subtasks", f"Subtask {subtask}: agent {agent_id} is not active here, or not of the team.")
    problems.raise_any()
    plan = arranged([subtask_of(one) for one in rows], str(body["strategy"]), "person")
    found = selected(team, plan, lead_model=lead_for(workflow).model, chosen=chosen)
    before = workflow.plan
    workflow.plan = {**document(plan, found, goal=workflow.goal), "made_at": iso(timezone.now())}
    if before:
        workflow.plan["execution_id"] = before.get("execution_id")
    workflow.plan_version += 1
    workflow.save(update_fields=["plan", "plan_version", "updated_at"])
    titles = {
        "before": [one["title"] for one in (before or {}).get("subtasks", ())],
        "after": [one.title for one in plan.subtasks],
    }
    audit.record_row(
        "workflow.plan_changed", workflow, before={"subtasks": titles["before"]}, after={"subtasks": titles["after"]}
    )
    return workflow


def plan_of(workflow: Workflow) -> dict[str, Any]:
    """The workflow's plan as a document; InvalidInput where there is none yet."""
    if not workflow.plan:
        raise InvalidInput("This workflow has no plan yet. Make one first.", code="no_plan")
    plan: dict[str, Any] = workflow.plan
    return plan


def moved(plan: Mapping[str, Any], subtask: str, by: int) -> dict[str, Any]:
    """The plan with a subtask one place up (-1) or down (1); where the dependencies forbid it, nothing changes."""
    rows = [dict(one) for one in plan["subtasks"]]
    place = next((number for number, one in enumerate(rows) if one["id"] == subtask), None)
    if place is None or not 0 <= place + by < len(rows):
        return {**plan, "subtasks": rows}
    first, second = sorted((place, place + by))
    if rows[first]["id"] not in rows[second].get("dependencies", ()):
        rows[first], rows[second] = rows[second], rows[first]
    return {**plan, "subtasks": rows}


def without(plan: Mapping[str, Any], subtask: str) -> dict[str, Any]:
    """The plan without a subtask; those that waited for it wait for what it waited for."""
    gone = next((one for one in plan["subtasks"] if one["id"] == subtask), None)
    rows = []
    for one in plan["subtasks"]:
        needs = list(one.get("dependencies", ()))
        if gone is not None and subtask in needs:
            needs = list(dict.fromkeys([*(need for need in needs if need != subtask), *gone.get("dependencies", ())]))
        if one is not gone:
            rows.append({**one, "dependencies": needs})
    return {**plan, "subtasks": rows}


def changed(plan: Mapping[str, Any], subtask: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with other values of one subtask."""
    return {**plan, "subtasks": [{**one, **values} if one["id"] == subtask else one for one in plan["subtasks"]]}


def added(plan: Mapping[str, Any], description: str) -> dict[str, Any]:
    """The plan with one more subtask at its end, which waits for nothing."""
    ids = {one["id"] for one in plan["subtasks"]}
    number = next(number for number in range(1, len(ids) + 2) if f"s{number}" not in ids)
    new = {"id": f"s{number}", "title": "", "description": description, "complexity": "medium", "priority": 3}
    return {**plan, "subtasks": [*plan["subtasks"], {**new, "required_capabilities": [], "dependencies": []}]}
