"""Pages: one plugin, and what a workspace does with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos import listing
from automatos.errors import AppError
from marketplace.browse.cards import KINDS, tone_of, trust_of
from marketplace.browse.queries import entry_of
from marketplace.enabling import agent_services, assigning, plugin_page, queries, services, update_page
from marketplace.enabling.holders import holders_in
from marketplace.enabling.proposals import proposals_of
from marketplace.hooks.calling import secret_of
from marketplace.listings.queries import stars_of
from marketplace.models import EnabledPlugin, Plugin, VersionStatus
from marketplace.plugins.queries import versions_of
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.scope.permissions import NEEDED_ROLE

ENABLERS = NEEDED_ROLE["plugins:enable"]


@never_cache
@require_safe
@workspace_page()
def detail(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Everything about one plugin: `?version=` and `?file=` choose what is read."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    own = queries.enabled(request.workspace, row.pk)
    versions = list(versions_of(row, request.workspace).exclude(published_at=None)[: plugin_page.SHOWN_VERSIONS])
    number = listing.words(request.GET, "version")
    version = plugin_page.version_to_show(row, own, versions, number)
    reviews = queries.reviews_of(row)
    holders = plugin_page.agents_of(request.workspace, row) if own or row.current_version_id else []
    context = {
        **_head(row),
        "own": own,
        "update": queries.updates_of([own]).get(row.pk) if own else None,
        "shown": plugin_page.shown(version, request.GET.get("file", "")) if version else None,
        "templates": agent_services.templates_of(request.workspace, version) if version else [],
        "version": version,
        "proposals": proposals_of(version, request.workspace.slug) if version else [],
        "secret": _secret(request, own),
        "releases": plugin_page.releases(versions, row),
        "usable": [one for one in versions if one.status == VersionStatus.APPROVED],
        "reviews": list(reviews[: plugin_page.SHOWN_REVIEWS]),
        "stars": stars_of(reviews),
        "own_review": queries.own_review(request.workspace, row),
        "holders": holders,
        "holding": sum(has for _, has in holders),
        **_rights(request),
    }
    return render(request, "marketplace/plugin.html", context)


@require_POST
@workspace_page(ENABLERS)
def enable(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Enable it, and give it to the ticked agents."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    try:
        made = services.enable_plugin(
            workspace=request.workspace,
            user=request.user,
            plugin_id=row.pk,
            version=listing.words(request.POST, "version"),
        )
        given = [one for one in holders_in(request.workspace) if str(one.id) in request.POST.getlist("agent")]
        for holder in given:
            held = queries.plugin_ids_of(request.workspace.pk, holder.id)
            assigning.assign_plugins(
                workspace=request.workspace, agent_id=holder.id, name=holder.name, plugin_ids=[*held, made.plugin_id]
            )
    except AppError as error:
        messages.error(request, error.message or "This version cannot be had any more.")
    else:
        more = f" {len(given)} agent{'s have' if len(given) != 1 else ' has'} it." if given else ""
        messages.success(request, f"{row.name} {made.version.version} is enabled.{more}")
    return _to(request, row)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page()
def update(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """What another version changes (`?to=`, of one long file `?file=`), and accepting it or putting it off."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    own = queries.enabled_or_404(request.workspace, row.pk)
    if request.method == "POST":
        request.access.require("plugins:enable")
        return _decide_update(request, row)
    version = queries.approved_version(row, listing.words(request.GET, "to"))
    context = {
        **_head(row),
        "own": own,
        "version": version,
        "found": update_page.between(own.version, version, request.GET.get("file", "")),
        "opened": request.GET.get("file", ""),
        "is_older": version.sort_key < own.version.sort_key,
        "same": version.pk == own.version_id,
        "holders": [holder for holder, has in plugin_page.agents_of(request.workspace, row) if has],
        "days": services.PUT_OFF_DAYS,
        **_rights(request),
    }
    return render(request, "marketplace/update.html", context)


def _decide_update(request: WorkspaceRequest, row: Plugin) -> HttpResponse:
    version = listing.words(request.POST, "version")
    try:
        if request.POST.get("do") == "put_off":
            days = _number(request.POST.get("days", "0"))
            services.put_update_off(workspace=request.workspace, plugin_id=row.pk, version=version, days=days)
            messages.success(request, f"The update to {version} is put off.")
        else:
            services.change_version(workspace=request.workspace, user=request.user, plugin_id=row.pk, version=version)
            messages.success(request, f"{row.name} is at {version} now. A run under way keeps what it began with.")
    except AppError as error:
        messages.error(request, error.message or "This version cannot be had any more.")
    return _to(request, row)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(ENABLERS)
def disable(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Ask, then take it out."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    own = queries.enabled_or_404(request.workspace, row.pk)
    if request.method == "POST":
        number = services.disable_plugin(workspace=request.workspace, plugin_id=row.pk)
        lost = f" {number} agent{'s' if number != 1 else ''} lost it." if number else ""
        messages.success(request, f"{row.name} is out of this workspace.{lost}")
        return _to(request, row)
    holders = [holder for holder, has in plugin_page.agents_of(request.workspace, row) if has]
    return render(request, "marketplace/disable.html", {**_head(row), "own": own, "holders": holders})


@require_POST
@workspace_page(NEEDED_ROLE["agents:write"])
def agents(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Exactly the ticked agents have it; their other plugins stay as they are."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    own = queries.enabled_or_404(request.workspace, row.pk)
    if own.version.status != VersionStatus.APPROVED:
        messages.error(request, f"{row.name} cannot be given to agents: its version was taken away.")
        return _to(request, row)
    ticked = set(request.POST.getlist("agent"))
    for holder, has in plugin_page.agents_of(request.workspace, row):
        wanted = str(holder.id) in ticked
        if wanted != has:
            held = [key for key in queries.plugin_ids_of(request.workspace.pk, holder.id) if key != row.pk]
            keys = [*held, row.pk] if wanted else held
            assigning.assign_plugins(workspace=request.workspace, agent_id=holder.id, name=holder.name, plugin_ids=keys)
    messages.success(request, f"Saved which agents have {row.name}.")
    return _to(request, row)


@require_POST
@workspace_page(ENABLERS)
def calls(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Let its hooks call their addresses, or no more."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    allow = request.POST.get("do") == "allow"
    try:
        services.allow_calls(workspace=request.workspace, plugin_id=row.pk, allow=allow)
    except AppError as error:
        messages.error(request, error.message or f"{row.name} is not enabled here.")
    else:
        messages.success(
            request,
            f"Hooks of {row.name} {'may call' if allow else 'call'} their addresses{'' if allow else ' no more'}.",
        )
    return _to(request, row)


@require_POST
@workspace_page(NEEDED_ROLE["agents:write"])
def install_agent(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Make a draft of one of its agents, and open it."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    name = request.POST.get("name", "")
    try:
        _, made = agent_services.install_agent(
            workspace=request.workspace, user=request.user, plugin_id=row.pk, name=name
        )
    except AppError as error:
        messages.error(request, error.message or "This agent cannot be had any more.")
        return _to(request, row)
    messages.success(
        request, " ".join([f"{made.made[0]['name']} is here as a draft. Read it, then activate it.", *made.said])
    )
    address = agent_services.maker().addresses(request.workspace, [made.object_id])[made.object_id][0]
    return redirect(address)


@require_POST
@workspace_page(NEEDED_ROLE["plugins:review"])
def review(request: WorkspaceRequest, plugin: str) -> HttpResponse:
    """Say what the workspace thinks of it, or take that back."""
    row = queries.plugin_by_slug(request.workspace, plugin)
    try:
        if request.POST.get("do") == "remove":
            services.remove_review(workspace=request.workspace, plugin_id=row.pk)
            messages.success(request, "The review is taken back.")
        else:
            services.review_plugin(
                workspace=request.workspace,
                user=request.user,
                plugin_id=row.pk,
                stars=_number(request.POST.get("stars", "")),
                text=request.POST.get("text", ""),
            )
            messages.success(request, "The review is published.")
    except AppError as error:
        messages.error(request, error.message or "There is no review of yours.")
    return _to(request, row)


def _head(row: Plugin) -> dict[str, object]:
    """The head of every page of a plugin."""
    entry = entry_of("plugin", row.pk)
    return {
        "plugin": row,
        "entry": entry,
        "trust": trust_of(entry) if entry else None,
        "icon": row.category.icon if row.category else KINDS["plugin"][2],
        "tone": tone_of(row.slug),
    }


def _secret(request: WorkspaceRequest, own: EnabledPlugin | None) -> str:
    """What its hooks' calls are signed with, for those who may let them call."""
    shown = own is not None and services.called_by(own) and request.access.allows("plugins:enable")
    return secret_of(request.workspace.pk, own.plugin_id) if own and shown else ""


def _rights(request: WorkspaceRequest) -> dict[str, object]:
    return {
        "can_enable": request.access.allows("plugins:enable"),
        "can_assign": request.access.allows("agents:write"),
        "can_add_server": request.access.allows("services:write"),
        "can_review": request.access.allows("plugins:review"),
    }


def _to(request: WorkspaceRequest, row: Plugin) -> HttpResponse:
    return redirect("marketplace_plugin", request.workspace.slug, row.slug)


def _number(text: str) -> int:
    """A small number of a form; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1
