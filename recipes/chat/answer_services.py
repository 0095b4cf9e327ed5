"""One answer of an agent in a conversation: a run of one step, without a recipe, on the same engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from agents.models import Agent, Conversation
from agents.work.spec import why_no_new_work
from automatos.errors import Conflict, InvalidInput, NotFound
from recipes.engine.new_steps import NewStep
from recipes.engine.sql import statements
from recipes.models import Execution, Mode, Trigger
from recipes.runs.services import begin, require_room
from workspaces.models import User

LONGEST_MESSAGE = 200_000
ROUNDS = 25
STEP_SECONDS, TOTAL_SECONDS = 300.0, 600.0


@dataclass(frozen=True, slots=True)
class Question:
    """What a person says. parent: the answer it follows, None at the beginning; several may follow the same one.

    model: `provider:model` for this answer alone; attachments: what `claiming` adds to the message, see `history`.
    messages: what was said before, as a chat client sent it, instead of a parent; origins: of untrusted text in it.
    The text may be empty then. wishes: what a chat client wants the answer to be. command: of a plugin, that the text
    calls, as `Called.kept` has it.
    """

    text: str
    parent: UUID | None = None
    model: str = ""
    attachments: tuple[Mapping[str, Any], ...] = ()
    messages: tuple[Mapping[str, Any], ...] = ()
    origins: tuple[str, ...] = ()
    wishes: Mapping[str, Any] = field(default_factory=dict)
    command: Mapping[str, str] | None = None


def ask(*, conversation: Conversation, question: Question, user: User | None, trigger: Trigger) -> Execution:
    """Start an answer and wake a worker.

    Raises InvalidInput for a text that is empty or too long, NotFound for a parent of another conversation, Conflict
    when the agent cannot work, TooMany when the plan allows no more at once.
    """
    agent = conversation.agent
    _check(agent, question)
    if question.parent is not None and not conversation.answers.filter(pk=question.parent).exists():
        raise NotFound()
    with transaction.atomic():
        with statements() as sql:
            require_room(sql, conversation.workspace)
            execution = Execution(
                workspace_id=conversation.workspace_id,
                conversation=conversation,
                recipe_name=agent.name,
                recipe_version=agent.version,
                mode=Mode.SEQUENTIAL,
                input_data=_input(question),
                triggered_by=trigger,
                user=user,
                created_at=sql.now,
                deadline_at=sql.now + timedelta(seconds=TOTAL_SECONDS),
            )
            after = {"agent_id": agent.pk, "conversation_id": conversation.pk, "trigger": str(trigger)}
            begin(sql, execution, [_step(agent, question)], after)
        Conversation.objects.filter(pk=conversation.pk).update(updated_at=execution.created_at)
    return execution


def _check(agent: Agent, question: Question) -> None:
    follows = bool(question.messages) and question.messages[-1]["role"] != "user"
    if not question.text.strip() and not question.attachments and not follows:
        raise InvalidInput("Write a message.", fields={"message": ["Write a message."]})
    if len(question.text) > LONGEST_MESSAGE:
        text = f"A message has at most {LONGEST_MESSAGE:,} characters; this one has {len(question.text):,}."
        raise InvalidInput(text, fields={"message": [text]})
    if reason := why_no_new_work(agent.name, agent.status, agent.pending_status, agent.deleted_at is not None):
        raise Conflict(reason, code="agent_unusable")


def _input(question: Question) -> dict[str, Any]:
    given = {
        "message": question.text,
        "parent": str(question.parent) if question.parent else None,
        "model": question.model,
        "attachments": list(question.attachments),
        "messages": list(question.messages),
        "origins": list(question.origins),
        "wishes": dict(question.wishes),
        "command": dict(question.command or {}),
    }
    return {name: value for name, value in given.items() if value}


def _step(agent: Agent, question: Question) -> NewStep:
    return NewStep(
        order=1,
        step_id="answer",
        name="Answer",
        output_key="answer",
        prompt_template=question.text,
        agent_id=agent.pk,
        agent_name=agent.name,
        max_iterations=ROUNDS,
        timeout=STEP_SECONDS,
    )
