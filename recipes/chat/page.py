"""What the playground shows: the exchanges of a conversation along one branch, and what may be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Prefetch
from django.db.models.fields.json import KeyTextTransform
from django.http import QueryDict

from agents.models import Agent, Conversation
from automatos import listing
from automatos.events import streamed_text
from recipes.chat.services import listed_conversations
from recipes.models import Call, Execution, ExecutionStep, StepStatus
from recipes.runs.fallbacks import Fallback, fallback_of
from recipes.runs.thoughts import NONE, Thoughts, thoughts_of
from recipes.runs.tool_calls import ToolUse, tool_uses
from recipes.waits.queries import Asked, asked_by


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and its answer. before, after: the other messages at this place, by their answers' ids."""

    run: Execution
    step: ExecutionStep
    message: str
    attachments: Sequence[str]
    command: Mapping[str, str]
    answer: str
    streamed: str
    uses: Sequence[ToolUse]
    asked: Sequence[Asked]
    opening: Sequence[Mapping[str, str]]
    fallback: Fallback | None
    thoughts: Thoughts
    place: int
    places: int
    before: UUID | None
    after: UUID | None

    @property
    def offset(self) -> int:
        """How many characters of the running text the page holds."""
        return len(self.streamed)


@dataclass(frozen=True, slots=True)
class Talk:
    """The whole page. last: the answer that what is said next follows."""

    agent: Agent
    conversation: Conversation | None = None
    turns: Sequence[Turn] = ()
    listed: Page[Conversation] | None = None
    words: str = ""

    @property
    def last(self) -> Turn | None:
        """The newest exchange shown."""
        return self.turns[-1] if self.turns else None

    @property
    def is_live(self) -> bool:
        """Whether an answer is on its way."""
        return self.last is not None and self.last.run.is_live


def talk(*, agent: Agent, conversation: Conversation | None, query: QueryDict) -> Talk:
    """The page of an agent's playground.

    query: `at`, an answer of the branch to show, without it the newest branch; `q` and `page` of the conversations.
    """
    words = listing.words(query)
    listed = listing.page_of(listed_conversations(agent, words), query)
    if conversation is None:
        return Talk(agent, listed=listed, words=words)
    tree = conversation.answers.order_by("created_at", "id")
    places = list(tree.values_list("pk", KeyTextTransform("parent", "input_data")))
    parents = {str(key): parent or "" for key, parent in places}
    children = _children(parents)
    way = _branch(parents, children, query.get("at", ""))
    known = conversation.answers.defer("quality", "learning").in_bulk([UUID(key) for key in way])
    shown = [known[UUID(key)] for key in way]
    calls = Prefetch("calls", Call.objects.filter(kind=Call.Kind.MODEL).defer("output", "data"))
    found = ExecutionStep.objects.filter(execution__in=shown).prefetch_related(calls)
    steps = {step.execution_id: step for step in found}
    thoughts = thoughts_of(steps.values())
    turns = [
        _turn(run, steps[run.pk], children[parents[str(run.pk)]], thoughts.get(steps[run.pk].pk, NONE)) for run in shown
    ]
    return Talk(agent, conversation, turns, listed, words)


def _children(parents: Mapping[str, str]) -> dict[str, list[str]]:
    """The answers that follow each answer, the oldest first; those at the beginning under an empty text."""
    found: dict[str, list[str]] = {}
    for key, parent in parents.items():
        found.setdefault(parent, []).append(key)
    return found


def _branch(parents: Mapping[str, str], children: Mapping[str, Sequence[str]], at: str) -> list[str]:
    """From the beginning through `at`, or the newest answer, on to the end."""
    here = at if at in parents else next(reversed(list(parents)), "")
    way: dict[str, None] = {}
    while here in parents and here not in way:
        way[here] = None
        here = parents[here]
    found = list(reversed(way))
    while found and (following := children.get(found[-1])):
        found.append(following[-1])
    return found


def _turn(run: Execution, step: ExecutionStep, beside: Sequence[str], thoughts: Thoughts) -> Turn:
    place = beside.index(str(run.pk))
    is_running = step.status == StepStatus.RUNNING
    attachments: Sequence[Mapping[str, Any]] = run.input_data.get("attachments", ())
    return Turn(
        run=run,
        step=step,
        message=run.input_data.get("message", ""),
        attachments=[str(one["name"]) for one in attachments],
        command=run.input_data.get("command") or {},
        answer=(run.output_data or {}).get("final_output", "") or ("" if run.is_live else step.output),
        streamed=streamed_text(step.id, step.attempt) if is_running else "",
        uses=tool_uses(step) if step.started_at else [],
        asked=asked_by(step) if step.status in (StepStatus.WAITING, StepStatus.RUNNING) else [],
        opening=step.opening or [],
        fallback=fallback_of(step),
        thoughts=thoughts,
        place=place + 1,
        places=len(beside),
        before=UUID(beside[place - 1]) if place else None,
        after=UUID(beside[place + 1]) if place + 1 < len(beside) else None,
    )
