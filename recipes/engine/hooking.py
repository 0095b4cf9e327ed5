"""Hooks of plugins at a step's events: asked by its cook, and what they said is kept beside the call it is about.

A ruling has a row in the journal under that call's path, so a step that is gone through again reads it there: nobody is
asked twice, and what a plugin refused before it was taken away stays refused. What it would have the model told is not
told any more.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol
from uuid import UUID

import orjson

from agents.work.loop import Task
from automatos.errors import AppError
from automatos.llm.parts import ToolCall
from automatos.llm.types import Message, ModelReply, ModelRequest
from marketplace.hooks.calling import call as call_address
from marketplace.hooks.deciding import Happening, Hook, Ruling, ruling_of
from marketplace.hooks.events import EVENTS
from marketplace.hooks.texts import notes_text, said_of
from recipes.engine.decisions import note_of
from recipes.engine.journal import Result
from recipes.engine.notebook import Notebook
from recipes.engine.steps import Job
from recipes.engine.taint import Taint
from tools import contract

# The last number of a ruling's path; no agent that is asked makes as many calls.
BASE = 100_000
PLACES = {event: BASE + number for number, event in enumerate(EVENTS)}
SPOKEN = frozenset(map(str, PLACES.values()))
BEGINNING = ("run_start", "step_start", "prompt_submitted")
# The call that a person is asked about where a hook asks at no tool's call.
GO_ON = "go_on"


class Asking(Protocol):
    """What a cook lends to those who have a say in its calls."""

    job: Job
    notebook: Notebook
    taint: Taint
    before_sending: Callable[[], Awaitable[None]]
    errand: contract.Decide

    def decided(self, key: UUID, call: ToolCall) -> str:
        """approved or rejected where a person decided about this very call; empty where nobody did."""

    def needs_person(self, calls: list[tuple[UUID, ToolCall]]) -> BaseException:
        """What is raised until somebody decides."""


class HookRefused(AppError):
    """A hook of one of the agent's plugins said no."""

    code = "hook_refused"
    http_status = 409


class Hooking:
    """The hooks of one step's agents. refused, asking: of calls under way, by path, what hooks said of them."""

    def __init__(self, cook: Asking) -> None:
        self.cook = cook
        self.notes: dict[str, list[tuple[str, str]]] = {}
        self.refused: dict[str, Ruling] = {}
        self.asking: dict[str, Ruling] = {}
        self.begun: set[str] = set()
        self.has_spoken = any(path.rpartition(".")[2] in SPOKEN for path in cook.job.journal)

    async def before_model(self, task: Task, path: str, request: ModelRequest) -> ModelRequest:
        """The request with what hooks added. Raises HookRefused, or NeedsPerson."""
        if not self._concerns(task):
            return request
        prompt = task.messages[-1].content
        for event in (*(() if task.path in self.begun else self._beginning(task)), "before_model_call"):
            await self._halt(task, path, self._of(task, event, prompt=prompt))
        self.begun.add(task.path)
        noted = self.notes.get(task.path)
        return _with_notes(request, notes_text(noted)) if noted else request

    async def after_model(self, task: Task, path: str, reply: ModelReply) -> None:
        """Raises HookRefused, or NeedsPerson."""
        if self._concerns(task):
            await self._halt(task, path, self._of(task, "after_model_call", answer=reply.text))

    async def ended(self, task: Task, path: str, reply: ModelReply) -> None:
        """The same, of the answer that ends the task."""
        if self._concerns(task):
            await self._halt(task, path, self._of(task, "step_end", answer=reply.text))

    async def before_tools(self, task: Task, calls: Sequence[tuple[str, ToolCall]]) -> None:
        """Note which calls of a round are refused, and which a person has to allow."""
        if not self._concerns(task):
            return
        for path, call in calls:
            said = self._of(task, "before_tool_call", tool_name=call.name, tool_input=_json(call))
            # What was said about a call does not hold for what a person made of it.
            place = f"{path}.changed" if note_of(self.cook.job, self.cook.notebook.id(path), call) else path
            ruling = await self._ruling(task, place, said)
            if ruling.refused:
                self.refused[path] = ruling
            elif ruling.asks:
                self.asking[path] = ruling

    async def after_tool(
        self, task: Task, path: str, call: ToolCall, result: contract.ToolResult
    ) -> contract.ToolResult:
        """The result, or that it is withheld. Raises NeedsPerson."""
        if not self._concerns(task):
            return result
        said = self._of(
            task,
            "after_tool_call",
            tool_name=call.name,
            tool_input=_json(call),
            tool_output=result.content,
            is_failed=result.is_error,
        )
        ruling = await self._ruling(task, path, said)
        self._ask(path, said, ruling)
        return refusal(ruling, "withheld this result") if ruling.refused else result

    # --- what they say ------------------------------------------------------------------------------------------------

    def _concerns(self, task: Task) -> bool:
        """Whether there is anything to ask or to read again."""
        return bool(task.spec.hooks.hooks) or self.has_spoken

    def _beginning(self, task: Task) -> Sequence[str]:
        is_first = self.cook.job.order == 1 and not task.path
        return BEGINNING if is_first else BEGINNING[1:]

    def _of(self, task: Task, event: str, **told: str | bool) -> Happening:
        prompt = task.messages[-1].content
        happening = Happening(event, task.spec.name, is_asked=bool(task.path), command=prompt.startswith("/"))
        return replace(happening, **told)  # type: ignore[arg-type]  # fields of it

    async def _halt(self, task: Task, path: str, happening: Happening) -> None:
        ruling = await self._ruling(task, path, happening)
        if ruling.refused:
            raise HookRefused(f"A hook of {ruling.by} refused this ({EVENTS[happening.event]}): {ruling.refused}")
        self._ask(path, happening, ruling)

    def _ask(self, path: str, happening: Happening, ruling: Ruling) -> None:
        """Raises NeedsPerson until somebody decided, HookRefused where they said no."""
        if not ruling.asks:
            return
        told = {"event": EVENTS[happening.event], "why": ruling.asks, "asked_by": f"a hook of {ruling.by}"}
        call = ToolCall("hook", GO_ON, told)
        decided = self.cook.decided(key := self._key(path, happening), call)
        if not decided:
            raise self.cook.needs_person([(key, call)])
        if decided == "rejected":
            raise HookRefused(f"A hook of {ruling.by} asked a person ({EVENTS[happening.event]}), who refused.")

    async def _ruling(self, task: Task, path: str, happening: Happening) -> Ruling:
        """What is recorded, else what the hooks say now; kept where they say anything, or an address was asked."""
        place = f"{path}.{PLACES[happening.event]}"
        known = self.cook.job.journal.get(place)
        if known is not None and known.status != "sent":
            ruling = Ruling.from_json((known.data or {}).get("ruling") or {})
        else:
            hooks = task.spec.hooks.concerned(happening)
            ruling = await self._asked(hooks, place, happening) if hooks else Ruling()
        if not ruling.is_empty:
            self.cook.taint.add(ruling.origins)
            notes = self.notes.setdefault(task.path, [])
            there = {hook.origin for hook in task.spec.hooks.hooks}
            notes += [one for one in ruling.notes if one not in notes and one[0] in there]
        return ruling

    async def _asked(self, hooks: Sequence[Hook], place: str, happening: Happening) -> Ruling:
        notebook, job = self.cook.notebook, self.cook.job
        address = partial(
            call_address, workspace_id=job.workspace_id, execution_id=job.execution_id, key=str(notebook.id(place))
        )
        is_call = any(hook.is_call for hook in hooks)
        about = {"arguments": {"event": EVENTS[happening.event], "tool": happening.tool_name}}
        name = f"hook {', '.join(dict.fromkeys(hook.slug for hook in hooks))}"[:200]
        intent = replace(notebook.intent(place, name), kind="http" if is_call else "tool", data=about)
        if is_call:
            await self.cook.before_sending()
            await notebook.keep(intents=[intent])
        ruling = await ruling_of(hooks, happening, address)
        if not is_call:
            if ruling.is_empty:
                return ruling
            await notebook.keep(intents=[intent])
        origin = next(iter(ruling.origins), hooks[0].origin)
        kept = {**about, "is_error": False, "origin": origin, "ruling": ruling.to_json()}
        await notebook.keep(results=[Result(intent.id, output=said_of(ruling), data=kept)])
        return ruling

    def _key(self, path: str, happening: Happening) -> UUID:
        return self.cook.notebook.id(f"{path}.{PLACES[happening.event]}")


def refusal(ruling: Ruling, did: str) -> contract.ToolResult:
    """What a model is told instead of a result."""
    text = notes_text([(ruling.by, f"A hook {did}: {ruling.refused}")])
    return contract.ToolResult(text, is_error=True, origin=ruling.by, fenced=True)


def _with_notes(request: ModelRequest, text: str) -> ModelRequest:
    """The request with a text at the end of its system message."""
    first, *rest = request.messages
    if first.role != "system":
        return replace(request, messages=(Message("system", text), *request.messages))
    return replace(request, messages=(Message("system", f"{first.content}\n\n{text}"), *rest))


def _json(call: ToolCall) -> str:
    return orjson.dumps(dict(call.arguments), default=str).decode()
