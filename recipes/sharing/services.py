"""A recipe as something others can have: it brings its agents along, or lets own ones stand in for them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse

from agents.models import Agent
from agents.queries import agents_of
from agents.sharing.services import AGENTS, install_agent, merge, needs_of, packed_agent, private_words, remove_made
from automatos.errors import Conflict, InvalidInput, NotFound
from marketplace.listings.kinds import Body, Change, Made, Need, Packed, Part
from recipes.models import Recipe
from recipes.queries import recipes_of
from recipes.services import RecipeInput, create_recipe, delete_recipe, input_of_body, update_recipe
from recipes.validation import body_of
from workspaces.models import User, Workspace

FORMAT = "automatos-recipe"
# Whole, or step by step: what a body holds beside its agents.
TEXTS = ("name", "description", "tags", "inputs", "outputs", "execution_config")
# An own agent that stands in for one of the listing; it is never changed or removed.
STAND_IN, AGENT, RECIPE = "stand_in", "agent", "recipe"
MOST_CHOICES = 200


class Recipes:
    """Recipes, for the marketplace."""

    permission, removal = "recipes:write", "recipes:delete"

    def pack(self, workspace: Workspace, source_id: UUID) -> Packed:
        """The recipe with each of its agents once."""
        recipe = _recipe(workspace, source_id)
        if recipe is None:
            raise NotFound()
        return Packed(
            name=recipe.name,
            description=recipe.description,
            category="",
            tags=recipe.tags,
            body=_body(recipe, {}),
            face=recipe.pk,
            href=self.href(workspace, recipe.pk),
            known=private_words(workspace),
        )

    def needs(self, workspace: Workspace, body: Body) -> list[Need]:
        """What its agents need, each thing once."""
        found = {(need.kind, need.name): need for part in _agents(body).values() for need in needs_of(workspace, part)}
        return list(found.values())

    def parts(self, workspace: Workspace, body: Body) -> list[Part]:
        """Its agents; any agent here can stand in."""
        rows = agents_of(workspace).order_by("name").values_list("pk", "name")[:MOST_CHOICES]
        choices = [(str(pk), name) for pk, name in rows]
        return [
            Part(key, str(agent.get("name") or key), str(agent.get("description") or ""), choices)
            for key, agent in _agents(body).items()
        ]

    def lines(self, body: Body) -> str:
        """The recipe step by step, then each agent."""
        lines = [f"Name: {body.get('name', '')}", f"Description: {body.get('description', '')}"]
        lines += [f"{name.capitalize()}: {_plain(body.get(name))}" for name in TEXTS[2:]]
        for number, step in enumerate(body.get("steps") or (), 1):
            lines.append(
                f"Step {number}: {step.get('name') or step.get('step_id') or ''}, by {step.get('agent') or 'nobody'}"
            )
            rest = {
                name: value for name, value in step.items() if name not in ("prompt_template", "agent", "name", "order")
            }
            lines += [f"  {name}: {_plain(value)}" for name, value in sorted(rest.items()) if value not in (None, "")]
            lines += [f"  {line}" for line in str(step.get("prompt_template") or "").splitlines()]
        for key, agent in _agents(body).items():
            lines += [f"Agent {key}", *(f"  {line}" for line in AGENTS.lines(agent).splitlines())]
        return "\n".join(lines)

    def install(self, workspace: Workspace, user: User, body: Body, choices: Mapping[str, str]) -> Made:
        """The recipe, and those of its agents for which no own one stands in."""
        arrivals = _Arrivals(workspace, user, choices)
        ids = {key: arrivals.take(key, agent) for key, agent in _agents(body).items()}
        recipe = create_recipe(workspace=workspace, user=user, data=_input(body, ids))
        made = [{"kind": RECIPE, "id": str(recipe.pk), "name": recipe.name}, *arrivals.made]
        return Made(recipe.pk, made, arrivals.said)

    def current(self, workspace: Workspace, object_id: UUID, made: Sequence[Mapping[str, str]]) -> Body | None:
        """As it would be packed now, its agents under the names that the listing gives them."""
        recipe = _recipe(workspace, object_id)
        return _body(recipe, {row["id"]: row["key"] for row in made if "key" in row}) if recipe else None

    def update(self, workspace: Workspace, user: User, object_id: UUID, change: Change) -> Made:
        """Steps and agents one by one: what was changed here stays, everything else becomes as the new version."""
        recipe = _recipe(workspace, object_id)
        if recipe is None:
            raise Conflict("The recipe was deleted here.")
        made = [dict(row) for row in change.made]
        said: list[str] = []
        ids = _updated_agents(workspace, user, change, made, said)
        names = {str(pk): key for key, pk in ids.items()}
        merged, kept = _merged(change.base, _body(recipe, names), change.new)
        said = [f"Kept as you changed it: {name}." for name in kept] + said
        update_recipe(recipe=recipe, user=user, data=_input(merged, ids), changelog="Updated from the marketplace")
        return Made(object_id, made, said)

    def uninstall(
        self, workspace: Workspace, user: User, object_id: UUID, made: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """The recipe, then its agents, unless another recipe cooks with them by now."""
        said: list[str] = []
        if recipe := _recipe(workspace, object_id):
            delete_recipe(recipe=recipe, user=user)
            said.append(f"The recipe {recipe.name} was deleted; it can be restored for 30 days.")
        used = recipes_of(workspace).filter(steps__agent__isnull=False).values_list("steps__agent_id", flat=True)
        busy = {str(pk) for pk in used}
        said += [
            f"The agent {row['name']} stays: another recipe cooks with it."
            for row in made
            if row["kind"] == AGENT and row["id"] in busy
        ]
        return said + remove_made(workspace, user, [row for row in made if row["id"] not in busy])

    def href(self, workspace: Workspace, object_id: UUID) -> str:
        """The recipe's page."""
        recipe = _recipe(workspace, object_id)
        return reverse("recipe_detail", args=[workspace.slug, recipe.template_id]) if recipe else ""

    def counts(self, body: Body) -> dict[str, int]:
        """Of a card."""
        return {"steps": len(body.get("steps") or ()), "agents": len(_agents(body))}

    def reach(self, body: Body) -> list[str]:
        """Through its agents."""
        return sorted({word for agent in _agents(body).values() for word in AGENTS.reach(agent)})


RECIPES = Recipes()


def _body(recipe: Recipe, names: Mapping[str, str]) -> dict[str, Any]:
    """names: what agents are called, by their ids; others by their slugs."""
    steps = list(recipe.steps.select_related("agent__agent_model_config", "agent__persona"))
    body = body_of(recipe, steps)
    body.pop("template_id")
    agents: dict[str, Any] = {}
    for row, step in zip(body["steps"], steps, strict=True):
        row.pop("agent_id", None)
        row["agent"] = ""
        if step.agent is not None:
            key = names.get(str(step.agent_id), step.agent.slug)
            row["agent"] = key
            agents[key] = packed_agent(step.agent)
    return {"format": FORMAT, **body, "agents": agents}


def _agents(body: Body) -> dict[str, Any]:
    return dict(body.get("agents") or {})


def _recipe(workspace: Workspace, recipe_id: UUID) -> Recipe | None:
    return recipes_of(workspace).filter(pk=recipe_id).first()


def _input(body: Body, ids: Mapping[str, UUID]) -> RecipeInput:
    steps = []
    for step in body.get("steps") or ():
        rest = {name: value for name, value in step.items() if name not in ("agent", "order")}
        agent_id = ids.get(step.get("agent") or "")
        steps.append({**rest, "agent_id": str(agent_id) if agent_id else None})
    return input_of_body({**{name: body[name] for name in TEXTS if name in body}, "steps": steps})


@dataclass
class _Arrivals:
    """Agents that come in. made, said: what came of them so far. choices: own agents by the part they do."""

    workspace: Workspace
    user: User
    choices: Mapping[str, str] = field(default_factory=dict)
    made: list[Mapping[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def take(self, key: str, agent: Body) -> UUID:
        """The id of the agent that does this part: an own one, or a copy."""
        if chosen := self.choices.get(key):
            own = _own_agent(self.workspace, chosen)
            self.made.append({"kind": STAND_IN, "id": str(own.pk), "name": own.name, "key": key})
            return own.pk
        copy = install_agent(self.workspace, self.user, agent)
        self.made += [{**row, "key": key} if row["kind"] == AGENT else row for row in copy.made]
        self.said += copy.said
        return copy.object_id


def _own_agent(workspace: Workspace, text: str) -> Agent:
    try:
        agent = agents_of(workspace).filter(pk=UUID(text)).first()
    except ValueError:
        agent = None
    if agent is None:
        raise InvalidInput("There is no such agent here.", fields={"agents": ["There is no such agent here."]})
    return agent


def _updated_agents(
    workspace: Workspace, user: User, change: Change, made: list[dict[str, str]], said: list[str]
) -> dict[str, UUID]:
    """The agents by key, each brought to the new version; new ones are copied, stand-ins are left alone."""
    ids: dict[str, UUID] = {}
    here = {row["key"]: row for row in made if "key" in row}
    old, new = _agents(change.base), _agents(change.new)
    for key, agent in new.items():
        row = here.get(key)
        known = _known(workspace, row) if row else None
        if row is None or known is None:
            arrivals = _Arrivals(workspace, user)
            ids[key] = arrivals.take(key, agent)
            made[:] = [each for each in made if each.get("key") != key]
            made += [dict(each) for each in arrivals.made]
            said += arrivals.said
            continue
        ids[key] = known
        if row["kind"] == AGENT and old.get(key) != agent:
            done = AGENTS.update(workspace, user, known, Change(old.get(key) or {}, agent, []))
            said += [f"{row['name']}: {text}" for text in done.said]
    # Agents of steps that were added here keep their names.
    return ids | {row["key"]: UUID(row["id"]) for key, row in here.items() if key not in ids and _known(workspace, row)}


def _known(workspace: Workspace, row: Mapping[str, str]) -> UUID | None:
    found = agents_of(workspace).filter(pk=UUID(row["id"])).values_list("pk", flat=True).first()
    return UUID(str(found)) if found else None


def _merged(base: Body, current: Body, new: Body) -> tuple[dict[str, Any], list[str]]:
    whole, kept = merge({name: base.get(name) for name in TEXTS}, {name: current.get(name) for name in TEXTS}, new)
    old, mine = _by_id(base), _by_id(current)
    steps = []
    for step in new.get("steps") or ():
        key = step["step_id"]
        if key in old and key not in mine:
            kept.append(f"step {step.get('name') or key}, which you removed")
            continue
        if key in mine and key in old:
            ours = {name: value for name, value in mine[key].items() if name != "order"}
            both, names = merge(old[key], ours, step)
            kept += [f"{name} of step {step.get('name') or key}" for name in names]
            steps.append(both)
        else:
            steps.append(step)
    known = {step["step_id"] for step in steps}
    added = [step for key, step in mine.items() if key not in old and key not in known]
    kept += [f"step {step.get('name') or step['step_id']}, which you added" for step in added]
    return {**whole, "steps": [*steps, *added], "agents": new.get("agents") or {}}, kept


def _by_id(body: Body) -> dict[str, Any]:
    return {step["step_id"]: step for step in body.get("steps") or ()}


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
