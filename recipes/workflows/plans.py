"""A plan with its agents: what selection decides, as stages hand it on, a workflow keeps it and a person edits it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import orjson

from recipes.workflows.estimates import of_plan, of_subtask
from recipes.workflows.planning import Plan, Subtask
from recipes.workflows.profiles import Team, vectors_of
from recipes.workflows.selection import MOST_CANDIDATES, Crowd, Match, text_of, texts_of

# A person's choice stands, however well it fits.
CHOSEN = "Chosen by a person."


def matched(team: Team, subtasks: Sequence[Subtask]) -> dict[str, list[Match]]:
    """Every agent for each subtask, the best first. Embeds what was not embedded yet; touches no database."""
    asked = {one.id: text_of(one) for one in subtasks}
    vectors = vectors_of([*texts_of(team.profiles), *asked.values()])
    crowd = Crowd(team.profiles, vectors)
    return {one.id: crowd.matches(one, vectors[asked[one.id]]) for one in subtasks}


def selected(team: Team, plan: Plan, *, lead_model: str, chosen: Mapping[str, UUID] | None = None) -> dict[str, Any]:
    """Who does what, with the candidates, estimates and the subtasks nobody fits. chosen: a person's picks, by subtask.

    A pick who is no active agent any more counts for nothing, and the best one takes its place.
    """
    matches = matched(team, plan.subtasks)
    # Rules only guess what a subtask needs, so the closest agent does it where nobody fits.
    closest = plan.planner == "rules"
    rows = {one.id: _row(matches[one.id], (chosen or {}).get(one.id), closest=closest) for one in plan.subtasks}
    each = {}
    for one in plan.subtasks:
        agent_id = UUID(rows[one.id]["agent_id"]) if rows[one.id]["agent_id"] else None
        model = team.models.get(agent_id, "") if agent_id else ""
        each[one.id] = of_subtask(one, model, team.usual.get(agent_id) if agent_id else None)
        rows[one.id]["estimate"] = asdict(each[one.id])
    return {
        "selection": rows,
        "unfit": [key for key, row in rows.items() if not row["agent_id"]],
        "estimate": of_plan(plan.subtasks, each, lead_model),
    }


def _row(matches: Sequence[Match], pick: UUID | None, *, closest: bool = False) -> dict[str, Any]:
    by_pick = next((one for one in matches if one.agent_id == pick), None) if pick else None
    best = by_pick or next((one for one in matches if one.fits or closest), None)
    shown = list(matches[:MOST_CANDIDATES])
    if best is not None and best not in shown:
        shown.append(best)
    reasoning = best.reasoning if best else "Nobody of the team fits."
    return {
        "agent_id": str(best.agent_id) if best else None,
        "agent_name": best.name if best else "",
        "match_score": best.score if best else 0.0,
        "reasoning": f"{CHOSEN} {reasoning}" if by_pick else reasoning,
        "is_chosen": by_pick is not None,
        "candidates": [{**asdict(one), "agent_id": str(one.agent_id)} for one in shown],
    }


def document(plan: Plan, found: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Plan and selection as one document: what a workflow keeps and the API shows."""
    body = plan.as_json()
    subtasks = [{**one, **found["selection"].get(one["id"], {})} for one in body["subtasks"]]
    return {**body, "subtasks": subtasks, "unfit": found["unfit"], "estimate": found["estimate"], **more}


def plan_in(body: Mapping[str, Any]) -> tuple[Plan, dict[str, UUID]]:
    """The plan of a document, and who is to do what."""
    chosen = {one["id"]: UUID(one["agent_id"]) for one in body["subtasks"] if one.get("agent_id")}
    return Plan.of(body), chosen


def dumped(value: Any) -> str:
    """As a stage's output."""
    return orjson.dumps(value).decode()


def loaded(text: str) -> dict[str, Any]:
    """A stage's output; empty where it left none."""
    try:
        value = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        value = {}
    return value if isinstance(value, dict) else {}
