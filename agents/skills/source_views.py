"""The pages of one source of skills: adding it, choosing from it, its settings, its updates, its removal."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import SkillSource
from agents.skills import queries
from agents.skills import source_services as services
from agents.skills.forms import RepositoryForm, SourceForm, SourceSettings, UploadForm
from agents.skills.listing import rights
from agents.skills.update_page import page_of
from automatos.errors import Conflict, InvalidInput, wrong_field
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role

PAGE = "skill_source"
BESIDE = {"command": "Commands", "agent": "Agents", "hook": "Hooks", "mcp_server": "MCP servers", "plugin": "Plugins"}


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def source_new(request: WorkspaceRequest) -> HttpResponse:
    """The form for a repository; a POST begins to fetch it."""
    form = RepositoryForm(
        request.workspace, request.POST if request.method == "POST" else None, initial={"every": "24"}
    )

    def add() -> SkillSource:
        return services.add_repository(
            workspace=request.workspace,
            user=request.user,
            url=form.text("url"),
            ref=form.text("ref"),
            folder=form.text("folder"),
            credential_id=form.credential(),
            name=form.text("name"),
            **form.schedule(),
        )

    return _form_page(request, form, add, "skills/new.html")


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def source_upload(request: WorkspaceRequest) -> HttpResponse:
    """The form for a file; a POST reads it."""
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()

    def add() -> SkillSource:
        data, filename = _file_of(request)
        name = form.text("name")
        return services.add_upload(
            workspace=request.workspace, user=request.user, data=data, filename=filename, name=name
        )

    return _form_page(request, form, add, "skills/upload.html")


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def source_upload_again(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """The form for a newer version of an upload; a POST shows what it would change."""
    source = queries.source(workspace=request.workspace, source_id=source_id)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    del form.fields["name"]

    def add() -> SkillSource:
        data, filename = _file_of(request)
        return services.upload_again(workspace=request.workspace, source_id=source_id, data=data, filename=filename)

    return _form_page(request, form, add, "skills/upload.html", source)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.EDITOR)
def source_edit(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """The form of its name, its branch and its schedule."""
    source = queries.source(workspace=request.workspace, source_id=source_id)
    form = SourceSettings(source, request.POST if request.method == "POST" else None)

    def change() -> SkillSource:
        return services.change_source(workspace=request.workspace, source_id=source_id, **form.changes())

    return _form_page(request, form, change, "skills/edit.html", source)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def source_detail(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """What is in it, to choose from; a POST keeps the choice. While it is fetched, the page asks again by itself."""
    source = queries.source(workspace=request.workspace, source_id=source_id)
    if request.method == "POST":
        return _choose(request, source)
    skills = list(queries.skills_of(request.workspace).filter(source=source))
    syncing = services.is_syncing(source)
    first = not any(row.is_enabled for row in skills)
    context = {
        "source": source,
        "rows": [{"skill": row, "ticked": row.is_enabled or (first and queries.is_for_models(row))} for row in skills],
        "syncing": syncing,
        "beside": [{**one, "title": BESIDE[one["kind"]]} for one in source.beside],
        "lost": source.status == SkillSource.Status.SYNCING and not syncing,
        **rights(request),
    }
    return render_live(request, "skills/source.html", context)


def _choose(request: WorkspaceRequest, source: SkillSource) -> HttpResponse:
    request.access.require("skills:write")
    try:
        ids = [UUID(text) for text in request.POST.getlist("skill")]
        chosen = services.choose_skills(workspace=request.workspace, source_id=source.pk, skill_ids=ids)
    except (ValueError, InvalidInput):
        messages.error(request, "The skills changed meanwhile. Look at the list again, then choose.")
        return redirect(PAGE, request.workspace.slug, source.pk)
    number = len(chosen)
    messages.success(request, f"{number} skill{'s' if number != 1 else ''} of {source.name} can be given to agents.")
    return redirect("skills", request.workspace.slug)


@require_POST
@workspace_page(Role.EDITOR)
def source_sync(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """Look for an update; the page shows that it runs, and then what it came to."""
    try:
        services.request_sync(workspace=request.workspace, source_id=source_id)
    except Conflict as error:
        messages.error(request, error.message)
    return redirect(PAGE, request.workspace.slug, source_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def source_update(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """What an update would change, line by line; a POST accepts or dismisses it."""
    source = queries.source(workspace=request.workspace, source_id=source_id)
    if request.method == "POST":
        return _decide(request, source)
    update = queries.update_of(workspace=request.workspace, source_id=source_id)
    if update is None:
        return redirect(PAGE, request.workspace.slug, source_id)
    shown = page_of(update, request.GET)
    context = {"source": source, "update": update, "shown": shown, "page": shown.page, **rights(request)}
    return render(request, "skills/update.html", context)


def _decide(request: WorkspaceRequest, source: SkillSource) -> HttpResponse:
    request.access.require("skills:write")
    accepts = request.POST.get("do") == "accept"
    decide = services.accept_update if accepts else services.dismiss_update
    try:
        decide(workspace=request.workspace, source_id=source.pk, commit=request.POST.get("commit", ""))
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("skill_update", request.workspace.slug, source.pk)
    done = "takes effect from the next run on" if accepts else "was dismissed; nothing changed"
    messages.success(request, f"The update of {source.name} {done}.")
    return redirect(PAGE, request.workspace.slug, source.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def source_delete(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """Ask first, naming the agents that would lose a skill; a POST removes it, and offers to undo."""
    source = queries.source(workspace=request.workspace, source_id=source_id)
    if request.method != "POST":
        skills = list(queries.skills_of(request.workspace).filter(source=source, is_enabled=True))
        users = queries.users_of(skills)
        losses = [{"skill": skill, "agents": users[skill.pk]} for skill in skills if users[skill.pk]]
        return render(request, "skills/delete.html", {"source": source, "losses": losses})
    services.delete_source(workspace=request.workspace, source_id=source_id)
    undo = {"text": f"{source.name} was removed.", "route": "skill_source_restore", "key": source.pk}
    messages.success(request, render_to_string("forms/undo.html", undo, request))
    return redirect("skills", request.workspace.slug)


@require_POST
@workspace_page(Role.ADMIN)
def source_restore(request: WorkspaceRequest, source_id: UUID) -> HttpResponse:
    """Bring a removed source back."""
    source = services.restore_source(workspace=request.workspace, source_id=source_id)
    messages.success(request, f"{source.name} is back, and so are its skills.")
    return redirect(PAGE, request.workspace.slug, source_id)


def _file_of(request: WorkspaceRequest) -> tuple[bytes, str]:
    """Content and name of what was sent. Raises InvalidInput when nothing was, or too much to be read at all."""
    file = request.FILES.get("file")
    if file is None:
        raise wrong_field("file", "Choose a ZIP file or a SKILL.md.")
    services.check_size(file.size or 0)
    return file.read(), file.name or ""


def _form_page(
    request: WorkspaceRequest,
    form: SourceForm,
    act: Callable[[], SkillSource],
    template: str,
    source: SkillSource | None = None,
) -> HttpResponse:
    """The form; a POST acts and leads to the source, or shows what is wrong."""
    status = 200
    if request.method == "POST":
        try:
            saved = act()
        except InvalidInput as error:
            form.take_problems(error.fields)
            status = 422
        except Conflict as error:
            form.take_problems({"": [error.message]})
            status = error.http_status
        else:
            return redirect(PAGE, request.workspace.slug, saved.pk)
    complaints = form.complaints() if status != 200 else []
    general = list(form.non_field_errors()) if status != 200 else []
    context = {"form": form, "source": source, "complaints": complaints, "general": general}
    return render(request, template, context, status=status)
