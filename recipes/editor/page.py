"""What the editor shows: the outline, one part of the draft with its form, and the step's trial."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import NoReverseMatch, reverse

from agents.models import Agent, AgentStatus
from agents.queries import agents_of
from agents.work.queries import spec_of
from agents.work.toolbox import toolbox_of
from automatos.fields import TypedForm
from recipes.editor import body as bodies
from recipes.editor import checks_queries as checks
from recipes.editor import forms, outline
from recipes.editor import inner_queries as inner
from recipes.editor import proposal_services as proposals
from recipes.editor import services as drafts
from recipes.editor.arguments import argument_fields
from recipes.editor.basics_forms import basics_forms, settings_form
from recipes.editor.body import Body, Step
from recipes.editor.checks_queries import Problem
from recipes.editor.estimates_queries import Estimate, estimate
from recipes.models import Recipe, RecipeTrigger, StepKind, TriggerKind
from tools.app_calls.forms import FormField
from tools.contract import Tool
from workspaces.models import Workspace

START, SETTINGS = "start", "settings"
VIEWS = ("list", "graph", "code")
# What is said of an empty field only once somebody wants to publish.
NAGGING = (
    "may not be empty", "no such agent", "Choose a recipe", "Say what it goes through", "Write a condition",
    "Write text.", "Write either", "Choose who", "is missing; the tool needs it", "That recipe needs the input",
)  # fmt: skip
KIND_WORDS = {
    "agent": ("bot", "Agent"), "condition": ("split", "Condition"), "loop": ("repeat", "Loop over a list"),
    "recipe": ("book-open", "Another recipe"), "person": ("hand", "Ask a person"),
    "wait": ("hourglass", "Wait for a time"), "message": ("webhook", "Wait for a message"),
    "tool": ("wrench", "Tool, without a model"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """Something a prompt can name. where: what it is from; value: in the last run, shortened."""

    name: str
    where: str


class EditorPage:
    """The draft of one recipe as it is looked at. query: step, view and check of the address."""

    def __init__(self, workspace: Workspace, recipe: Recipe, query: QueryDict) -> None:
        self.workspace, self.recipe = workspace, recipe
        self.draft = drafts.draft_of(recipe)
        self.body: Body = drafts.body_now(recipe, self.draft)
        self.agents = list(agents_of(workspace).select_related(None))
        view = query.get("view", "")
        self.view = view if view in VIEWS else "list"
        self.check = bool(query.get("check"))
        wanted = query.get("step", "")
        known = wanted in (START, SETTINGS) or bodies.step_at(self.body, wanted) is not None
        first = self.body["steps"][0]["step_id"] if self.body["steps"] and self.body.get("name") else START
        self.is_chosen = known
        self.part = wanted if known else first

    @cached_property
    def step(self) -> Step | None:
        """The step that is shown; None for the basics and the settings."""
        return bodies.step_at(self.body, self.part)

    @property
    def part_name(self) -> str:
        """The part as `save_part` names it."""
        return {START: "basics", SETTINGS: "settings"}.get(self.part, f"step:{self.part}")

    @cached_property
    def names(self) -> dict[str, str]:
        """Agents' names by id, deleted ones too where a step still has them."""
        found = {str(agent.pk): agent.name for agent in self.agents}
        gone = {str(step.get("agent_id") or "") for step in self.body["steps"]} - set(found) - {""}
        rows = Agent.objects.filter(workspace=self.workspace, pk__in=drafts.uuids(gone))
        found |= {str(pk): f"{name} (deleted)" for pk, name in rows.values_list("pk", "name")}
        return found | inner.names_of(self.recipes)

    @cached_property
    def recipes(self) -> Sequence[Recipe]:
        """Those that a step may cook; none where no step does."""
        cooks = any(step.get("kind") == StepKind.RECIPE for step in self.body["steps"])
        return inner.offered(self.workspace, self.recipe) if cooks else ()

    @cached_property
    def inner(self) -> inner.Inner:
        """The recipe that the step which is shown cooks."""
        is_one = self.step is not None and self.step.get("kind") == StepKind.RECIPE
        return inner.inner_of(self.workspace, self.step) if is_one and self.step else inner.Inner()

    @cached_property
    def problems(self) -> list[Problem]:
        """Everything that is wrong with the draft."""
        return checks.check(self.workspace, self.body, self.recipe)

    @cached_property
    def estimate(self) -> Estimate:
        """What a run will take."""
        return estimate(self.workspace, self.recipe, self.body)

    def address(self, **query: str) -> str:
        """The editor's address with this query over the present one."""
        view = {"view": self.view} if self.view != "list" else {}
        path = reverse("recipe_edit", args=[self.workspace.slug, self.recipe.template_id])
        return f"{path}?{urlencode({'step': self.part, **view, **query})}"

    def known_names(self, place: int) -> list[Name]:
        """What the step at this place (from 0) can name."""
        found = [
            Name(f"input.{entry['name'].strip()}", "input")
            for entry in self.body["inputs"]
            if entry.get("name", "").strip()
        ]
        keys = bodies.output_keys(self.body)
        loops = self._loops_of(self.body["steps"][place]) if 0 <= place < len(self.body["steps"]) else []
        earlier = []
        for number, step in enumerate(self.body["steps"][:place]):
            inside = self._loops_of(step)
            if forms.is_told(step) and inside == loops[: len(inside)] and step["step_id"] not in loops:
                words = outline.title_of(step, self.names)
                earlier.append(Name(keys[number], f"from {number + 1}, {words}"))
        previous = [Name("previous_output", "the step before")] if earlier else []
        local = [Name("item", "this round"), Name("loop.index", "this round")] if loops else []
        return [*local, *found, *earlier, *previous]

    def _loops_of(self, step: Step) -> list[str]:
        """The loops a step stands in, the outermost first."""
        found: list[str] = []
        for _ in self.body["steps"]:
            above = bodies.step_at(self.body, str(step.get("under") or ""))
            if above is None:
                break
            if above.get("kind") == StepKind.LOOP:
                found.insert(0, above["step_id"])
            step = above
        return found

    def whens(self, place: int) -> list[tuple[str, str]]:
        """When the step at this place may run: the lanes of what stands before it."""
        found = [("", "Always")]
        for number, step in enumerate(self.body["steps"][:place], 1):
            name = step.get("name") or f"step {number}"
            for branch, words, _ in outline.LANES.get(forms.kind_of(step), ()):
                said = {"then": f"If {name}", "else": f"If not {name}"}.get(branch, f"In {words.lower()} of {name}")
                found.append((f"{step['step_id']}:{branch}", said))
        return found

    def form(self) -> TypedForm | None:
        """The form of the step that is shown, with its problems."""
        if self.step is None:
            return None
        place = bodies.place_of(self.body, self.part)
        gone = str(self.step.get("agent_id") or "")
        choices = [(str(agent.pk), _label(agent)) for agent in self.agents]
        if gone and gone not in dict(choices) and gone in self.names:
            choices.append((gone, self.names[gone]))
        step = self.step
        if self.inner.key:  # it may be named by its template_id
            step = {**step, "config": {**(step.get("config") or {}), "recipe": self.inner.key}}
        made = forms.step_form(step, choices, self.whens(place), bodies.output_keys(self.body)[place], list(self.tools))
        if "recipe" in made.fields:
            _offer(made, self.recipes, self.inner)
        for problem in self.problems:
            if problem.step_id == self.part and (self.check or not _nags(problem.text)):
                name = forms.form_field(problem.field.split(".", 2)[2] if problem.field.count(".") > 1 else "")
                made.take(name if name in made.fields else next(iter(made.fields)), [problem.text])
        return made

    @cached_property
    def tools(self) -> Mapping[str, Tool]:
        """The tools that a tool step's agent has, by name."""
        if self.step is None or self.step.get("kind") != StepKind.TOOL:
            return {}
        agent = next((one for one in self.agents if str(one.pk) == str(self.step.get("agent_id"))), None)
        return toolbox_of(spec_of(agent)) if agent else {}

    @property
    def tool(self) -> Tool | None:
        """The tool of the step that is shown, where its agent has it."""
        return self.tools.get(str(((self.step or {}).get("config") or {}).get("tool") or ""))

    @property
    def arguments(self) -> Sequence[FormField]:
        """A field for each argument of that tool."""
        given = ((self.step or {}).get("config") or {}).get("arguments")
        return argument_fields(self.tool.schema, given) if self.tool else ()

    def context(self) -> dict[str, Any]:
        """What the template shows."""
        wrong: dict[str, int] = {}
        errors = [one for one in self.problems if one.severity == checks.ERROR]
        for one in errors:
            wrong[one.step_id] = wrong.get(one.step_id, 0) + 1
        place = bodies.place_of(self.body, self.part)
        steps = self.body["steps"]
        return {
            "recipe": self.recipe, "draft": self.draft, "body": self.body, "page": self, "step": self.step,
            "title": str(self.body.get("name") or "").strip() or bodies.UNTITLED,
            "nodes": outline.tree(self.body, self.names, wrong),
            "step_title": outline.title_of(self.step, self.names) if self.step else "",
            "count": len(steps), "number": place + 1,
            "before": steps[place - 1]["step_id"] if place > 0 else "",
            "after": steps[place + 1]["step_id"] if 0 <= place < len(steps) - 1 else "",
            "form": self.form(), "known": self.known_names(place) if self.step else [],
            "basics": basics_forms(self.body) if self.part == START else None,
            "settings": settings_form(self.body["execution_config"]),
            "settings_was": bodies.digest(self.body["execution_config"]),
            "was": bodies.digest(bodies.part(self.body, self.part_name)),
            "errors": errors, "warnings": [one for one in self.problems if one.severity == checks.WARNING],
            "problems": self.problems, "first_wrong": self._first_wrong(errors),
            "cures": [cure for one in self.problems if one.step_id == self.part for cure in one.cures],
            "estimate": self.estimate, "kinds": [(word, *KIND_WORDS[word]) for word in forms.usable_kinds()],
            "kind": forms.kind_of(self.step) if self.step else "", "agent": self._agent(),
            "undo": _last(self.draft.past if self.draft else "[]"),
            "redo": _last(self.draft.future if self.draft else "[]"),
            "moved_on": self.draft is not None and self.draft.base_version != self.recipe.version,
            "schedule": _schedule(self.workspace, self.recipe), "verifier": self._verifier(), "other": self._other(),
            "proposal": proposals.shown(self.draft),
        }  # fmt: skip

    def _agent(self) -> Agent | None:
        key = str((self.step or {}).get("agent_id") or "")
        return next((one for one in self.agents if str(one.pk) == key), None)

    def _verifier(self) -> RecipeTrigger | None:
        """What knows how messages for the step that is shown are signed."""
        rows = RecipeTrigger.objects.filter(recipe=self.recipe, kind=TriggerKind.WAIT, deleted_at=None)
        return rows.filter(config__step=self.step["step_id"]).first() if self.step else None

    def _first_wrong(self, errors: Sequence[Problem]) -> str:
        if not errors:
            return ""
        first = errors[0]
        part = first.step_id or (SETTINGS if first.field.startswith("execution_config") else START)
        return self.address(step=part, check="1")

    def _other(self) -> Mapping[str, str]:
        """Who wrote the part that is shown last."""
        return dict((self.draft.touched if self.draft else {}).get(self.part_name, {}))


def _label(agent: Agent) -> str:
    state = "" if agent.status == AgentStatus.ACTIVE else f" ({agent.get_status_display().lower()})"
    return f"{agent.name}{state}"


def _offer(made: TypedForm, recipes: Sequence[Recipe], chosen: inner.Inner) -> None:
    """What a step that cooks a recipe may choose from."""
    choices = [("", "Choose a recipe"), *((str(one.pk), one.name) for one in recipes)]
    given = made.text("recipe")
    if given and given not in dict(choices):
        choices.append((given, chosen.name or f"{given} (not here)"))
    made.fields["recipe"].widget = forms.chooser(choices)
    made.fields["version"].widget = forms.chooser(chosen.versions)


def _nags(text: str) -> bool:
    return any(words in text for words in NAGGING)


def _last(entries: str) -> str:
    """What the newest of the kept changes was."""
    found = json.loads(entries)
    return str(found[-1]["what"]) if found else ""


def _schedule(workspace: Workspace, recipe: Recipe) -> str:
    """The page of schedules and triggers, where this installation has one."""
    try:
        return reverse("recipe_triggers", args=[workspace.slug, recipe.template_id])
    except NoReverseMatch:
        return ""
