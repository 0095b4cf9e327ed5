"""Pages of what a workspace submits: its plugins, a new one, and one version with its way, report and answers."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import AppError, Conflict, InvalidInput, wrong_field
from automatos.listing import choice, page_of, words
from marketplace.models import PluginVersion, VersionStatus
from marketplace.packages.package import PackageRefused
from marketplace.plugins import limits, queries, services
from marketplace.submissions import page
from marketplace.submissions.forms import PackageForm
from marketplace.versions import contents, text_view, tree
from workspaces.doors.pages import WorkspaceRequest, render_live, workspace_page
from workspaces.models import Role

PAGE, LIST = "submission", "submissions"
# Fields of the answers' form begin with this; the rest of the name is the finding's key.
ANSWER = "answer:"


@never_cache
@require_safe
@workspace_page()
def submission_list(request: WorkspaceRequest) -> HttpResponse:
    """What the workspace submitted, with the state of each; repositories that are being fetched come first."""
    status, text = choice(request.GET, "status", VersionStatus.values), words(request.GET)
    rows = queries.submissions_of(request.workspace)
    if status:
        rows = rows.filter(status=status)
    for word in text.split()[:8]:
        rows = rows.filter(Q(plugin__name__icontains=word) | Q(plugin__slug__icontains=word))
    found = page_of(rows, request.GET)
    versions = list(found.object_list)
    scanning = page.scanning_of(versions)
    imports = list(queries.imports_of(request.workspace)[:8])
    context = {
        "page": found,
        "rows": [{"version": row, "state": page.state_of(row, row.pk in scanning)} for row in versions],
        "imports": [{"import": row, "state": page.import_state(row)} for row in imports],
        "live": bool(scanning) or any(row.state in page.OPEN for row in imports),
        "status": status,
        "statuses": VersionStatus.choices,
        "q": text,
        "narrows": bool(status or text),
        **_rights(request),
    }
    return render_live(request, "marketplace/submissions/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def submission_new(request: WorkspaceRequest) -> HttpResponse:
    """The form for a package; a POST takes it in, or has its repository fetched."""
    return _form_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def submission_version(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """The same for a newer version of a plugin that was submitted before."""
    return _form_page(request, queries.submission(workspace=request.workspace, version_id=version_id))


@never_cache
@require_safe
@workspace_page()
def submission_detail(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """One version: how far it is, then its report. While it is scanned, the page asks again by itself."""
    version = queries.submission(workspace=request.workspace, version_id=version_id)
    found = page.submission(version, request.workspace, request.GET.get("page"))
    context = {"it": found, "page": found.findings, "may_withdraw": version.status == VersionStatus.PENDING}
    rights = _rights(request)
    context["can_answer"] = rights["may_submit"] and found.may_answer
    return render_live(request, "marketplace/submissions/detail.html", {**context, **rights})


@require_safe
@workspace_page()
def submission_files(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """The files of a submitted version; `?file=` shows the text of one with what was found in it."""
    version = queries.submission(workspace=request.workspace, version_id=version_id)
    findings = queries.findings_of(version)
    files = list(version.files.order_by("path"))
    path = request.GET.get("file", "") or (files[0].path if files else "")
    row = contents.file_row(version, path)
    text = contents.text_of(row)
    mine = [item for item in findings if item["file"] == row.path]
    rows, left_out = text_view.whole(text, mine) if text is not None else ([], 0)
    context = {
        "version": version,
        "nodes": tree.tree_of(files, findings),
        "file": row,
        "is_text": text is not None,
        "rows": rows,
        "left_out": left_out,
        "answers": queries.answers_of(version, request.workspace),
    }
    return render(request, "marketplace/submissions/files.html", context)


@require_POST
@workspace_page(Role.ADMIN)
def submission_answer(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """Keep what is said to findings; with `do=send`, the moderators see all of it."""
    said = {name.removeprefix(ANSWER): text for name, text in request.POST.items() if name.startswith(ANSWER)}
    send = request.POST.get("do") == "send"
    try:
        services.answer(
            workspace=request.workspace,
            user=request.user,
            version_id=version_id,
            answers={key: str(text) for key, text in said.items()},
            send=send,
        )
    except InvalidInput as error:
        messages.error(request, next(iter(error.fields.values()), [error.message])[0])
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The moderators see your answers now." if send else "Kept; nobody sees it yet.")
    return redirect(PAGE, request.workspace.slug, version_id)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Role.ADMIN)
def submission_withdraw(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """Ask first; a POST takes the version back."""
    version = queries.submission(workspace=request.workspace, version_id=version_id)
    if request.method != "POST":
        return render(request, "marketplace/submissions/withdraw.html", {"version": version})
    services.withdraw(workspace=request.workspace, version_id=version_id)
    messages.success(request, f"{version.plugin.name} {version.version} is withdrawn. You can submit it again.")
    return redirect(PAGE, request.workspace.slug, version_id)


@require_POST
@workspace_page(Role.ADMIN)
def submission_again(request: WorkspaceRequest, version_id: UUID) -> HttpResponse:
    """Put a withdrawn version back before the moderators."""
    version = services.submit_again(workspace=request.workspace, version_id=version_id)
    messages.success(request, f"{version.plugin.name} {version.version} waits for a moderator again.")
    return redirect(PAGE, request.workspace.slug, version_id)


@never_cache
@require_safe
@workspace_page()
def submission_import(request: WorkspaceRequest, import_id: UUID) -> HttpResponse:
    """A repository that is fetched: how far it is, then what came of it."""
    row = queries.import_(workspace=request.workspace, import_id=import_id)
    ids = [UUID(text) for text in row.version_ids]
    versions = list(queries.submissions_of(request.workspace).filter(pk__in=ids))
    scanning = page.scanning_of(versions)
    context = {
        "import": row,
        "state": page.import_state(row),
        "is_open": row.state in page.OPEN,
        "live": row.state in page.OPEN or bool(scanning),
        "rows": [{"version": each, "state": page.state_of(each, each.pk in scanning)} for each in versions],
        **_rights(request),
    }
    return render_live(request, "marketplace/submissions/import.html", context)


def _form_page(request: WorkspaceRequest, before: PluginVersion | None) -> HttpResponse:
    sent = request.method == "POST"
    form = PackageForm(request.POST, request.FILES) if sent else PackageForm()
    if before is not None:
        for name in ("url", "ref", "folder", "category"):
            del form.fields[name]
    status, refusal = 200, None
    if sent:
        try:
            return _taken(request, form, before)
        except PackageRefused as error:
            form.take_problems(error.fields)
            status, refusal = 422, error.refusal
        except InvalidInput as error:
            form.take_problems(error.fields)
            status = 422
        except AppError as error:
            form.take_problems({"": [error.message]})
            status = error.http_status
    context = {
        "form": form,
        "before": before,
        "refusal": refusal,
        "filename": getattr(request.FILES.get("file"), "name", ""),
        "complaints": form.complaints() if sent else [],
        "general": list(form.non_field_errors()) if sent else [],
        "today": limits.submitted_today(request.workspace),
        "most": settings.PLUGIN_SUBMISSIONS_PER_DAY,
    }
    return render(request, "marketplace/submissions/new.html", context, status=status)


def _taken(request: WorkspaceRequest, form: PackageForm, before: PluginVersion | None) -> HttpResponse:
    """Take in what was sent, and lead to where it can be followed. Raises InvalidInput, Conflict, TooMany."""
    file, url = request.FILES.get("file"), "" if before else form.text("url")
    if file is not None and url:
        raise wrong_field("url", "Send a file or name a repository, not both at once.")
    if url:
        place = {"url": url, "ref": form.text("ref"), "folder": form.text("folder")}
        row = services.request_import(workspace=request.workspace, user=request.user, words=form.words(), **place)
        return redirect("submission_import", request.workspace.slug, row.pk)
    if file is None:
        raise wrong_field("file", "Choose a ZIP file." if before else "Choose a ZIP file, or name a repository.")
    services.check_size(file.size or 0)
    intake = services.submit_upload(
        workspace=request.workspace,
        user=request.user,
        data=file.read(),
        filename=file.name or "",
        words=form.words(),
        version_of=before.plugin if before else None,
    )
    return _led_to(request, intake)


def _led_to(request: WorkspaceRequest, intake: services.Intake) -> HttpResponse:
    for refusal in intake.refusals[:5]:
        messages.warning(request, f"{refusal.entry}: {refusal.sentence}" if refusal.entry else refusal.sentence)
    known = [each.version for each in intake.submitted if not each.is_new]
    if known:
        names = ", ".join(f"{version.plugin.slug} {version.version}" for version in known[:5])
        messages.info(request, f"Submitted before, byte for byte: {names}.")
    if len(intake.submitted) == 1:
        return redirect(PAGE, request.workspace.slug, intake.submitted[0].version.pk)
    messages.success(request, f"{len(intake.submitted)} plugins were taken in.")
    return redirect(LIST, request.workspace.slug)


def _rights(request: WorkspaceRequest) -> dict[str, bool]:
    return {"may_submit": request.access.allows("plugins:submit")}
