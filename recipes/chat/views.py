"""Pages: the playground of an agent. Everything is a plain form first; the script adds the live answer."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from agents.model_choice.catalogue import cards
from agents.models import Agent, Conversation
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from agents.work.queries import spec_of
from automatos.errors import Conflict, InvalidInput, PlanLimit, TooMany
from automatos.ids import as_uuid
from marketplace.context.slash import commands_of
from recipes.chat import services
from recipes.chat.forms import MessageForm, TitleForm
from recipes.chat.page import Talk, Turn, talk
from recipes.chat.services import Saying
from recipes.engine.attachments import LARGEST, MOST, Upload
from recipes.models import Trigger
from recipes.runs import services as runs
from recipes.runs.files import content_of
from recipes.runs.reading import bare_execution as find_execution
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def playground(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Talk with an agent. `?conversation=` and `?at=` say what is shown, `?edit=` puts a message back into the form."""
    agent = agent_at(workspace=request.workspace, key=key)
    shown = talk(agent=agent, conversation=_conversation(request, agent), query=request.GET)
    models = [("", f"The agent's own, {agent.agent_model_config.model}"), *_models(request)]
    if request.method != "POST":
        return _page(request, shown, MessageForm(models, initial=_start(request, shown)))
    request.access.require("executions:run")
    form = MessageForm(models, request.POST)
    form.is_valid()
    saying = Saying(
        text=request.POST.get("message", "").strip(),
        conversation=shown.conversation,
        parent=form.follows,
        model=form.text("model"),
        uploads=[*_uploads(request), *_kept_files(request, shown)],
    )
    try:
        answer = services.say(
            workspace=request.workspace, agent=agent, saying=saying, user=request.user, trigger=Trigger.PLAYGROUND
        )
    except InvalidInput as error:
        form.take_problems(error.fields)
    except (Conflict, PlanLimit, TooMany) as error:
        form.add_error(None, error.message)
    else:
        return redirect(address(request, agent, conversation=answer.conversation_id, at=answer.pk))
    return _page(request, shown, form, status=422)


@require_POST
@workspace_page(Role.EDITOR)
def stop(request: WorkspaceRequest, key: str, execution_id: UUID) -> HttpResponse:
    """Stop the answer that is on its way."""
    agent = agent_at(workspace=request.workspace, key=key)
    found = find_execution(workspace=request.workspace, execution_id=execution_id)
    try:
        runs.cancel(execution=found, user=request.user)
    except Conflict as late:
        messages.info(request, late.message)
    return redirect(address(request, agent, conversation=found.conversation_id, at=found.pk))


@require_POST
@workspace_page(Role.EDITOR)
def keep(request: WorkspaceRequest, key: str, conversation_id: UUID) -> HttpResponse:
    """Keep a conversation under a name, or give it another one."""
    agent = agent_at(workspace=request.workspace, key=key)
    found = services.conversation(workspace=request.workspace, conversation_id=conversation_id, agent=agent)
    try:
        services.change(conversation=found, title=request.POST.get("title", ""), is_kept=True)
    except InvalidInput as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The conversation is kept as {found.title}.")
    return redirect(address(request, agent, conversation=found.pk))


@require_POST
@workspace_page(Role.EDITOR)
def delete(request: WorkspaceRequest, key: str, conversation_id: UUID) -> HttpResponse:
    """Take a conversation out of sight, and offer to undo."""
    agent = agent_at(workspace=request.workspace, key=key)
    found = services.conversation(workspace=request.workspace, conversation_id=conversation_id, agent=agent)
    services.delete(conversation=found)
    undo = {
        "text": f"{found.title or 'The conversation'} was deleted.",
        "route": "conversation_restore",
        "key": found.pk,
    }
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect(address(request, agent))


@require_POST
@workspace_page(Role.EDITOR)
def restore(request: WorkspaceRequest, conversation_id: UUID) -> HttpResponse:
    """A deleted conversation back."""
    found = services.restore(workspace=request.workspace, conversation_id=conversation_id)
    messages.success(request, f"{found.title or 'The conversation'} is back.")
    return redirect(address(request, found.agent, conversation=found.pk))


def address(request: WorkspaceRequest, agent: Agent, **query: UUID | None) -> str:
    """The agent's playground, with what it is to show."""
    path = reverse("agent_playground", args=[request.workspace.slug, agent.slug])
    return f"{path}?{urlencode({name: str(value) for name, value in query.items()})}" if query else path


def _conversation(request: WorkspaceRequest, agent: Agent) -> Conversation | None:
    key = as_uuid(request.GET.get("conversation"))
    if key is None:
        return None
    return services.conversation(workspace=request.workspace, conversation_id=key, agent=agent)


def _again(request: WorkspaceRequest, shown: Talk) -> Turn | None:
    """The exchange whose message is to be said again differently."""
    return next((turn for turn in shown.turns if str(turn.run.pk) == request.GET.get("edit")), None)


def _uploads(request: WorkspaceRequest) -> list[Upload]:
    return [Upload(file.name or "", file.read(LARGEST + 1)) for file in request.FILES.getlist("attachments")]


def _kept_files(request: WorkspaceRequest, shown: Talk) -> list[Upload]:
    """Files of the message that is said again, as far as they go with it once more."""
    again = _again(request, shown)
    if again is None:
        return []
    names = [name for name in again.attachments if name in request.POST.getlist("keep")]
    return [Upload(name, content_of(request.workspace.pk, again.run.pk, name)) for name in names]


def _start(request: WorkspaceRequest, shown: Talk) -> dict[str, str]:
    """What the form begins with: nothing, or a message to say again differently."""
    again = _again(request, shown)
    if again is not None:
        given = again.run.input_data
        return {"message": again.message, "parent": given.get("parent") or "", "model": given.get("model", "")}
    return {"parent": str(shown.last.run.pk) if shown.last else ""}


def _models(request: WorkspaceRequest) -> list[tuple[str, str]]:
    ready = [card for card in cards(request.workspace) if card.ready]
    return [(card.name, f"{card.label} ({card.without})" if card.without else card.label) for card in ready]


def _page(request: WorkspaceRequest, shown: Talk, form: MessageForm, status: int = 200) -> HttpResponse:
    again = _again(request, shown)
    context = {
        **frame(request, shown.agent, "agent_playground"),
        "talk": shown,
        "form": form,
        "title_form": TitleForm(initial={"title": shown.conversation.title if shown.conversation else ""}),
        "others": [card for card in cards(request.workspace) if not card.ready],
        "can_ask": request.access.allows("executions:run"),
        "may_decide": request.access.allows("approvals:decide"),
        "editing": request.GET.get("edit", ""),
        "again": again,
        "along": request.POST.getlist("keep") if request.method == "POST" else again.attachments if again else [],
        "commands": commands_of(spec_of(shown.agent).plugins),
        "limits": {"files": MOST, "megabytes": LARGEST // 1_000_000},
    }
    return render_live(request, "recipes/playground.html", context, status)
