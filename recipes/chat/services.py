"""Conversations with agents: messages sent, answers found, and what is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents.models import Agent, Conversation
from agents.work.queries import spec_of
from agents.work.toolbox import toolbox_of
from automatos.checking import Problems
from automatos.errors import InvalidInput, NotFound
from automatos.llm.capabilities import capabilities
from automatos.rows import locked
from marketplace.context.slash import called_by
from recipes.chat import client_history
from recipes.chat.answer_services import Question, ask
from recipes.engine import attachments
from recipes.engine.attachments import Upload
from recipes.models import Execution, ExecutionStep, Trigger
from recipes.runs.model_names import checked_model
from workspaces.audit import log as audit
from workspaces.models import User, Workspace

LONGEST_TITLE = 160
TITLE_FROM = 60


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said before, as a chat client tells it. role: system, user, assistant or tool.

    calls: of the client's own tools, as id, name and arguments; answers: the id of the call that a result belongs to.
    """

    role: str
    text: str
    uploads: Sequence[Upload] = ()
    calls: Sequence[Mapping[str, str]] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """A message as a door read it. conversation: None begins one; model: `provider:model` for this answer alone.

    before: what was said before, instead of a parent; its uploads have other names than those of the message.
    wishes: what the answer has to be, see `openai_tools`. origins: where untrusted text in what was said came from.
    """

    text: str
    conversation: Conversation | None = None
    parent: UUID | None = None
    model: str = ""
    uploads: Sequence[Upload] = ()
    before: Sequence[Turn] = ()
    wishes: Mapping[str, Any] = field(default_factory=dict)
    origins: Sequence[str] = ()


def say(*, workspace: Workspace, agent: Agent, saying: Saying, user: User, trigger: Trigger) -> Execution:
    """Send a message; the run that answers it. A new conversation is made with its first message.

    Raises InvalidInput naming message, model or attachments, NotFound for a parent of elsewhere, Conflict when the
    agent cannot work, TooMany when the plan allows no more at once, PlanLimit without room for the files.
    """
    model = checked_model(workspace, saying.model)
    used = model or agent.agent_model_config.model
    attached = _attached(saying.uploads, used)
    before = tuple(_said(turn, used) for turn in saying.before)
    origins = client_history.origins_of(agent, (turn.text for turn in saying.before if turn.role == "assistant"))
    _check_tools(agent, saying)
    command = _called(agent, saying.text)
    known = (*saying.origins, *origins)
    question = Question(saying.text, saying.parent, model, attached, before, known, saying.wishes, command)
    with transaction.atomic():
        talk = saying.conversation or Conversation.objects.create(
            workspace=workspace,
            agent=agent,
            user=user,
            title=_title(_last_words(saying)),
            is_listed=trigger == Trigger.PLAYGROUND,
        )
        execution = ask(conversation=talk, question=question, user=user, trigger=trigger)
        attachments.keep(
            workspace, execution.pk, [*saying.uploads, *(one for turn in saying.before for one in turn.uploads)]
        )
    return execution


def _last_words(saying: Saying) -> str:
    """What a person said last."""
    return saying.text or next((turn.text for turn in reversed(saying.before) if turn.role == "user"), "")


def _called(agent: Agent, text: str) -> Mapping[str, str] | None:
    """The command of one of the agent's plugins that the message calls."""
    if not text.lstrip().startswith("/"):
        return None
    called = called_by(text, agent.workspace_id, spec_of(agent).plugins)
    return called.kept() if called else None


def _check_tools(agent: Agent, saying: Saying) -> None:
    """A tool of the client may not have the name of one of the agent's own."""
    given = saying.wishes.get("tools", ())
    own = toolbox_of(spec_of(agent)) if given else {}
    for index, tool in enumerate(given):
        if tool["name"] in own:
            text = f"The agent has a tool {tool['name']} of its own. Give yours another name."
            raise InvalidInput(text, fields={f"tools.{index}.function.name": [text]})


def _attached(uploads: Sequence[Upload], model: str) -> tuple[dict[str, str | int], ...]:
    return tuple(one.kept() for one in attachments.read(uploads, sees=sees(model), model=model))


def _said(turn: Turn, model: str) -> dict[str, Any]:
    attached = _attached(turn.uploads, model)
    found: dict[str, Any] = {"role": turn.role, "content": turn.text}
    if attached:
        found["attachments"] = attached
    if turn.calls:
        found["calls"] = [dict(call) for call in turn.calls]
    return {**found, "answers": turn.answers} if turn.answers else found


def sees(model: str) -> bool:
    """Whether the model takes pictures; one that nobody knows says so itself."""
    provider, _, name = model.partition(":")
    return capabilities(provider, name).vision is not False


def conversations_of(workspace: Workspace, agent: Agent | None = None) -> QuerySet[Conversation]:
    """The workspace's conversations that are not deleted, those changed last first."""
    found = Conversation.objects.filter(workspace=workspace, deleted_at=None).select_related("agent", "user")
    if agent is not None:
        found = found.filter(agent=agent)
    return found.order_by("-updated_at", "id")


def listed_conversations(agent: Agent, words: str = "") -> QuerySet[Conversation]:
    """Those of the playground, and what is kept, with these words in the title or in what was said; newest first."""
    found = conversations_of(agent.workspace, agent).filter(Q(is_listed=True) | Q(is_kept=True))
    if words:
        said = Execution.objects.filter(conversation=OuterRef("pk"), input_data__message__icontains=words)
        found = found.filter(Q(title__icontains=words) | Exists(said))
    return found


def newest_answer(conversation: Conversation | None) -> UUID | None:
    """The answer that what is said next follows when nobody says which."""
    if conversation is None:
        return None
    newest: UUID | None = conversation.answers.order_by("-created_at", "-id").values_list("pk", flat=True).first()
    return newest


def newest_answers(conversation: Conversation, offset: int, limit: int) -> list[Execution]:
    """A page of its answers counted from the newest, the oldest of them first.

    Each with `follows` (the parent's id or None), `said` and `told`: messages may hold a client's whole history, so
    they stay in the database.
    """
    rows = conversation.answers.order_by("-created_at", "-id").defer("input_data", "output_data", "quality", "learning")
    steps = ExecutionStep.objects.only("execution_id", "order", "finish_reason")
    told = Coalesce(KeyTextTransform("final_output", "output_data"), Value("", output_field=TextField()))
    rows = rows.annotate(
        follows=KeyTextTransform("parent", "input_data"),
        said=Coalesce(KeyTextTransform("message", "input_data"), Value("", output_field=TextField())),
        told=told,
    )
    return list(reversed(rows.prefetch_related(Prefetch("steps", steps))[offset : offset + limit]))


def conversation(*, workspace: Workspace, conversation_id: UUID, agent: Agent | None = None) -> Conversation:
    """One conversation; NotFound when it is unknown, deleted, another agent's or another workspace's."""
    found = conversations_of(workspace, agent).filter(pk=conversation_id).first()
    if found is None:
        raise NotFound()
    return found


def begin(*, workspace: Workspace, agent: Agent, user: User, title: str) -> Conversation:
    """A conversation that is kept from the start."""
    return Conversation.objects.create(
        workspace=workspace, agent=agent, user=user, title=_checked_title(title), is_kept=True
    )


def change(*, conversation: Conversation, title: str | None = None, is_kept: bool | None = None) -> Conversation:
    """Rename it, keep it, or keep it no more; None leaves it. Raises InvalidInput for a title, NotFound if deleted."""
    with transaction.atomic():
        conversation = _held(conversation)
        before = {"title": conversation.title, "is_kept": conversation.is_kept}
        if title is not None:
            conversation.title = _checked_title(title)
        if is_kept is not None:
            conversation.is_kept = is_kept
        conversation.save(update_fields=["title", "is_kept"])
        after = {"title": conversation.title, "is_kept": conversation.is_kept}
        audit.record_row("conversation.updated", conversation, conversation.title, before=before, after=after)
    return conversation


def delete(*, conversation: Conversation) -> None:
    """Out of sight; it can be brought back. Raises NotFound where somebody was faster."""
    with transaction.atomic():
        conversation = _held(conversation)
        conversation.deleted_at = timezone.now()
        conversation.save(update_fields=["deleted_at"])
        audit.record_row(
            "conversation.deleted",
            conversation,
            conversation.title,
            before={"deleted": False},
            after={"deleted": True},
        )


def restore(*, workspace: Workspace, conversation_id: UUID) -> Conversation:
    """A deleted conversation back, as if it was just carried on; NotFound for any other."""
    rows = Conversation.objects.filter(workspace=workspace, deleted_at__isnull=False).select_related("agent")
    with transaction.atomic():
        found = locked(rows, pk=conversation_id)
        found.deleted_at, found.updated_at = None, timezone.now()
        found.save(update_fields=["deleted_at", "updated_at"])
        audit.record_row(
            "conversation.restored", found, found.title, before={"deleted": True}, after={"deleted": False}
        )
    return found


def _held(conversation: Conversation) -> Conversation:
    """As it is now, ours until the transaction ends."""
    return locked(conversations_of(conversation.workspace), pk=conversation.pk)


def _checked_title(title: str) -> str:
    problems = Problems()
    checked = problems.text("title", title, longest=LONGEST_TITLE, required=True)
    problems.raise_any()
    return checked


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_FROM else f"{line[:TITLE_FROM].rstrip()}…"
