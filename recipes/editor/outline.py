"""A draft's steps as the tree that people read: lanes of conditions, rounds of loops, and what each step says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automatos.durations import words_of
from recipes import kinds
from recipes.editor.body import Body, Step, output_keys
from recipes.engine.new_steps import PERSON, WEBHOOK, is_told
from recipes.models import StepKind, step_title

# Of each kind under which steps stand: branch, its word and its tone.
LANES: dict[str, Sequence[tuple[str, str, str]]] = {
    StepKind.CONDITION: (("then", "Yes", "ok"), ("else", "Otherwise", "")),
    StepKind.LOOP: (("body", "Each round", ""),),
}
ICONS: dict[str, str] = {StepKind.LOOP: "repeat", StepKind.RECIPE: "book-open", **kinds.ICONS}
TONES: dict[str, str] = {StepKind.CONDITION: "cond"}


@dataclass(slots=True)
class Lane:
    """A branch of a node."""

    branch: str
    words: str
    tone: str
    nodes: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """A step in the tree. sub: what it does, in a line; key: what its output is called, if it has one."""

    step: Step
    number: int
    name: str
    sub: str
    key: str
    icon: str
    tone: str
    agent_id: str
    errors: int = 0
    lanes: list[Lane] = field(default_factory=list)

    @property
    def is_loop(self) -> bool:
        """Whether it stands in a box of its own."""
        return bool(self.step.get("kind") == StepKind.LOOP)

    @property
    def id(self) -> str:
        """Its step_id."""
        return str(self.step["step_id"])


def tree(body: Body, names: Mapping[str, str], wrong: Mapping[str, int]) -> list[Node]:
    """The draft's steps. names: of agents and recipes by id; wrong: how many problems each step has, by step_id."""
    keys = output_keys(body)
    nodes = {
        step["step_id"]: _node(step, number, key, names, wrong.get(step["step_id"], 0))
        for number, (step, key) in enumerate(zip(body["steps"], keys, strict=True), 1)
    }
    roots: list[Node] = []
    for node in nodes.values():
        above = nodes.get(str(node.step.get("under") or ""))
        lane = _lane(above, str(node.step.get("branch") or "")) if above and above.number < node.number else None
        (lane.nodes if lane else roots).append(node)
    return roots


def _lane(node: Node | None, branch: str) -> Lane | None:
    if node is None or not node.lanes:
        return None
    return next((lane for lane in node.lanes if lane.branch == branch), node.lanes[0])


def _node(step: Step, number: int, key: str, names: Mapping[str, str], errors: int) -> Node:
    kind, config = str(step.get("kind") or StepKind.AGENT), step.get("config") or {}
    agent = str(step.get("agent_id") or "")
    is_person = kind == StepKind.WAIT and config.get("for") == PERSON
    is_message = kind == StepKind.WAIT and config.get("for") == WEBHOOK
    return Node(
        step=step,
        number=number,
        name=title_of(step, names),
        sub=_sub(kind, config, agent, names),
        key=key if is_told(kind, config) else "",
        icon="hand" if is_person else "webhook" if is_message else ICONS.get(kind, "bot"),
        tone="ask" if is_person else TONES.get(kind, ""),
        agent_id=agent if kind == StepKind.AGENT and agent in names else "",
        errors=errors,
        lanes=[Lane(*lane) for lane in LANES.get(kind, ())],
    )


def title_of(step: Step, names: Mapping[str, str]) -> str:
    """What a step of a draft is called. names: agents' by id."""
    kind, agent = str(step.get("kind") or StepKind.AGENT), names.get(str(step.get("agent_id") or ""), "")
    title = step_title(str(step.get("name") or ""), kind, step.get("config"), agent) if kind in StepKind.values else ""
    return title or "New step"


def _sub(kind: str, config: Mapping[str, Any], agent_id: str, names: Mapping[str, str]) -> str:
    """What a step does, in a few words."""
    agent = names.get(agent_id, "")
    if kind == StepKind.LOOP:
        at_once = f" · {config['at_once']} at once" if config.get("at_once") else ""
        return f"{config.get('over') or 'No list yet'}{at_once}"
    if kind == StepKind.WAIT:
        if config.get("for") in (PERSON, WEBHOOK):
            return f"within {words_of(config['within'])}" if config.get("within") else "within a week"
        return f"until {config['until']}" if config.get("until") else words_of(config.get("seconds")) or "No time yet"
    said = {
        StepKind.CONDITION: config.get("expression") or "Write the condition",
        StepKind.TOOL: " · ".join(filter(None, [str(config.get("tool") or "No tool yet"), agent])),
        StepKind.RECIPE: names.get(str(config.get("recipe"))) or config.get("recipe") or "No recipe yet",
    }
    return str(said.get(StepKind(kind), agent or "No agent yet") if kind in StepKind.values else kind)
