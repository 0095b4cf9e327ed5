"""Pages: the APIs of a workspace with their operations, imported from a document, chosen, changed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import AppError, InvalidInput
from tools.composio.waiting import page_answer
from tools.models import RemoteService, RemoteTool
from tools.openapi import forms, services
from tools.openapi.fetching import fetch
from tools.remote import queries
from tools.remote.page import services_context
from tools.remote.page_acts import act_on_tool
from workspaces.doors.pages import WorkspaceRequest, actor_of, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE
from workspaces.scope.tenancy import workspace_scope

KIND = RemoteService.Kind.OPENAPI
FORM, NEWER = "tools/api_form.html", "tools/api_document.html"


@never_cache
@require_safe
@workspace_page()
def index(request: WorkspaceRequest) -> HttpResponse:
    """The APIs, and one of them with its operations."""
    context = services_context(request, KIND, act_name="openapi_act", try_name="openapi_try")
    return render(request, "tools/apis.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def add(request: WorkspaceRequest) -> HttpResponseBase:
    """The form of a new API. A document at an address is fetched once the request's transaction is over."""
    form = forms.ImportForm(request.workspace, request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, FORM)
    values = {**form.values, "document": form.cleaned_data["file"]}

    def work() -> HttpResponse:
        try:
            values["document"] = values["document"] or fetch(values["url"])
            with workspace_scope(request.workspace.pk, request.user.pk):
                made = services.create_api(workspace=request.workspace, user=request.user, data=values)
        except InvalidInput as refusal:
            form.complain(_at_document(refusal, "file" if form.cleaned_data["file"] else "url"))
            with workspace_scope(request.workspace.pk, request.user.pk):
                return _form(request, form, FORM)
        return redirect("openapi_choose", request.workspace.slug, made.pk)

    return page_answer(actor_of(request), work, lambda refusal: _refused(request, form, FORM, refusal))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def choose(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """Which operations agents may be given."""
    service = queries.service_of(request.workspace, KIND, service_id)
    if request.method == "POST":
        names = request.POST.getlist("operation")
        services.update_api(service=service, user=request.user, data={"operations": names})
        messages.success(request, f"Agents may be given {len(names)} operation{'' if len(names) == 1 else 's'}.")
        return _to_api(request, service)
    tools = queries.tools_of(service).exclude(state=RemoteTool.State.GONE)
    return render(request, "tools/api_choose.html", {"service": service, "tools": tools})


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def edit(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """How an API is used."""
    service = queries.service_of(request.workspace, KIND, service_id)
    form = forms.SettingsForm(request.workspace, request.POST or None, initial=forms.first_values(service))
    if request.method == "POST" and form.is_valid():
        values = form.values
        values["base_url"] = values["base_url"] or service.base_url
        try:
            changed = services.update_api(service=service, user=request.user, data=values)
        except InvalidInput as refusal:
            form.complain(refusal.fields)
        else:
            messages.success(request, f"{changed.name} was saved.")
            return _to_api(request, changed)
    return _form(request, form, FORM, service=service)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def document(request: WorkspaceRequest, service_id: UUID) -> HttpResponseBase:
    """A newer document: what differs from the accepted one waits."""
    service = queries.service_of(request.workspace, KIND, service_id)
    form = forms.DocumentForm(request.POST or None, request.FILES or None, initial={"url": service.url})
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, NEWER, service=service)
    text, url = form.cleaned_data["file"], form.cleaned_data["url"]

    def work() -> HttpResponse:
        try:
            newer = text or fetch(url)
            with workspace_scope(request.workspace.pk, request.user.pk):
                services.update_api(
                    service=service, user=request.user, data={"document": newer, "url": "" if text else url}
                )
        except InvalidInput as refusal:
            form.complain(_at_document(refusal, "file" if text else "url"))
            with workspace_scope(request.workspace.pk, request.user.pk):
                return _form(request, form, NEWER, service=service)
        return _to_api(request, service)

    return page_answer(actor_of(request), work, lambda found: _refused(request, form, NEWER, found, service=service))


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(NEEDED_ROLE["services:write"])
def remove(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """Ask first, saying what goes with it; a POST takes the API away."""
    service = queries.service_of(request.workspace, KIND, service_id)
    if request.method != "POST":
        context = {"service": service, "list_name": "apis", "list_title": "APIs", "part": "operation"}
        return render(request, "tools/remote_remove.html", context)
    services.delete_api(service=service)
    messages.success(request, f"{service.name} was removed.")
    return redirect("apis", request.workspace.slug)


@require_POST
@workspace_page(NEEDED_ROLE["services:write"])
def act(request: WorkspaceRequest, service_id: UUID) -> HttpResponse:
    """Carry out one button of an API's page: switch it on or off, or one of its operations."""
    service = queries.service_of(request.workspace, KIND, service_id)
    word = request.POST.get("do", "")
    try:
        if word in ("enable", "disable"):
            services.update_api(service=service, user=request.user, data={"is_enabled": word == "enable"})
        else:
            act_on_tool(request, service, word)
    except AppError as refusal:
        messages.error(request, refusal.message)
    return _to_api(request, service)


def _form(request: WorkspaceRequest, form: Any, template: str, **more: Any) -> HttpResponse:
    return render(request, template, {"form": form, **more}, status=422 if form.is_bound else 200)


def _at_document(refusal: InvalidInput, field: str) -> dict[str, list[str]]:
    """What is wrong with the document, at the field it came from."""
    return {(field if name in ("document", "url") else name): texts for name, texts in refusal.fields.items()}


def _refused(request: WorkspaceRequest, form: Any, template: str, refusal: AppError, **more: Any) -> HttpResponse:
    """The form again with what went wrong: given after the session was kept, no message would outlast a redirect."""
    form.add_error(None, refusal.message)
    with workspace_scope(request.workspace.pk, request.user.pk):
        return _form(request, form, template, **more)


def _to_api(request: WorkspaceRequest, service: RemoteService) -> HttpResponse:
    return redirect(f"{reverse('apis', args=[request.workspace.slug])}?server={service.name}")
