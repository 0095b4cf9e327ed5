"""What the playground shows: the exchanges of a conversation along one branch, and what may be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db.models import Prefetch
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
    runs = list(conversation.answers.order_by("created_at", "id"))
    children = _children(runs)
    shown = _branch(runs, children, query.get("at", ""))
    calls = Prefetch("calls", Call.objects.filter(kind=Call.Kind.MODEL).defer("output", "data"))
    found = ExecutionStep.objects.filter(execution__in=shown).prefetch_related(calls)
    steps = {step.execution_id: step for step in found}
    thoughts = thoughts_of(steps.values())
    turns = [_turn(run, steps[run.pk], children[_parent(run)], thoughts.get(steps[run.pk].pk, NONE)) for run in shown]
    return Talk(agent, conversation, turns, listed, words)


def _parent(run: Execution) -> str:
    return str(run.input_data.get("parent") or "")


def _children(runs: Sequence[Execution]) -> dict[str, list[Execution]]:
    """The answers that follow each answer, by its id; those at the beginning under an empty text."""
    found: dict[str, list[Execution]] = {}
    for run in runs:
        found.setdefault(_parent(run), []).append(run)
    return found


def _branch(runs: Sequence[Execution], children: Mapping[str, Sequence[Execution]], at: str) -> list[Execution]:
    """From the beginning through `at`, or the newest answer, on to the end."""
    by_id = {str(run.pk): run for run in runs}
    here = by_id.get(at) or (runs[-1] if runs else None)
    way: list[Execution] = []
    step = here
    while step is not None and step not in way:
        way.insert(0, step)
        step = by_id.get(_parent(step))
    while way and (following := children.get(str(way[-1].pk))):
        way.append(following[-1])
    return way


def _turn(run: Execution, step: ExecutionStep, beside: Sequence[Execution], thoughts: Thoughts) -> Turn:
    place = beside.index(run)
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
        before=beside[place - 1].pk if place else None,
        after=beside[place + 1].pk if place + 1 < len(beside) else None,
    )
