"""One visit to the page of a plan: what it shows, and what a button on it changes."""

from typing import Any

from django.http import QueryDict

from automatos.errors import AppError
from automatos.ids import as_uuid
from recipes.models import Workflow
from recipes.workflows import plan_services, queries
from recipes.workflows.hiring_services import offered_for
from recipes.workflows.page import plan_graph, plan_rows
from recipes.workflows.planning import COMPLEXITIES
from recipes.workflows.profiles import team_of
from recipes.workflows.run_services import BY_RULES, Lead, lead_for

RUNS_SHOWN = 8
# Subtasks nobody fits for which the marketplace is searched while the page is made.
MOST_OFFERED = 4
STRATEGY_WORDS = {
    "sequential": "One after another",
    "parallel": "All at once",
    "mixed": "As they wait for one another",
}


def plan_context(workflow: Workflow, asked: str) -> dict[str, Any]:
    """What the page shows. asked: the subtask whose agent is to be looked at; by default one that nobody fits."""
    run, plan = queries.plan_run_of(workflow), workflow.plan
    lead, trouble = _lead(workflow)
    context: dict[str, Any] = {
        "workflow": workflow,
        "planning": run if run is not None and run.is_live else None,
        "plan_error": run.error if run is not None and not run.is_live and run.error else None,
        "plan": plan,
        "lead": lead.agent if lead else None,
        "trouble": trouble,
        "by_rules": BY_RULES if lead is not None and not lead.can_plan else "",
        "runs": list(queries.runs_of(workflow)[:RUNS_SHOWN]),
        "strategies": STRATEGY_WORDS.items(),
    }
    if plan:
        rows = plan_rows(plan)
        ids = {row["id"] for row in rows}
        chosen = asked if asked in ids else (plan.get("unfit") or [rows[0]["id"]])[0]
        row = next(row for row in rows if row["id"] == chosen)
        shown = {one["agent_id"] for one in row["candidates"]}
        team = team_of(workflow.workspace_id, workflow.agent_ids).profiles
        context |= {
            "rows": rows,
            "chosen": row,
            "graph": plan_graph(plan, chosen),
            "agents": len({one["agent_id"] for one in rows if one["agent_id"]}),
            "others": [one for one in team if str(one.id) not in shown],
            "unfit": _unfit(workflow, [one for one in rows if not one["agent_id"]]),
            "chain": [one["number"] for one in rows if one["id"] in plan["estimate"]["chain"]],
            "team_size": len(team),
            "complexities": COMPLEXITIES,
            "ms": {name: 1000 * float(plan["estimate"][name]) for name in ("seconds", "seconds_low", "seconds_high")},
        }
    return context


def _unfit(workflow: Workflow, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The subtasks nobody fits, the first with who of the marketplace would."""
    first = rows[:MOST_OFFERED]
    for row, offered in zip(first, offered_for(workflow.workspace, first), strict=True):
        row["offered"] = offered
    return rows


def _lead(workflow: Workflow) -> tuple[Lead | None, str]:
    try:
        return lead_for(workflow), ""
    except AppError as error:
        return None, error.message


def act_on_plan(workflow: Workflow, posted: QueryDict) -> Workflow:
    """Change the plan as a button says. Raises InvalidInput or Conflict where it cannot be so."""
    plan, subtask, action = plan_services.plan_of(workflow), posted.get("subtask", ""), posted.get("do", "")
    match action:
        case "up" | "down":
            body = plan_services.moved(plan, subtask, -1 if action == "up" else 1)
        case "remove":
            body = plan_services.without(plan, subtask)
        case "add":
            body = plan_services.added(plan, posted.get("description", "").replace("\r\n", "\n"))
        case "strategy":
            body = {**plan, "strategy": posted.get("strategy", "")}
        case "agent":
            agent = as_uuid(posted.get("other") or posted.get("agent"))
            body = plan_services.changed(plan, subtask, {"agent_id": str(agent) if agent else None})
        case _:
            body = plan_services.changed(plan, subtask, _edited(posted))
    version = posted.get("version", "")
    expected = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None
    return plan_services.change_plan(workflow=workflow, body=body, expected_version=expected)


def _edited(posted: QueryDict) -> dict[str, Any]:
    return {
        "title": posted.get("title", "").strip(),
        "description": posted.get("description", "").replace("\r\n", "\n"),
        "complexity": posted.get("complexity", "medium"),
        "dependencies": posted.getlist("dependency"),
    }
