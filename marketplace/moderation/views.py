"""The moderator's desk in the admin site: the queue, one version, reports of users, what other rules found.

The admin site lets staff in and opens the scope across workspaces before any of these is called.
"""

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automatos.errors import AppError
from automatos.listing import choice, page_of, words
from marketplace.models import PluginScan, PluginVersion, Verdict
from marketplace.moderation import desk_queries as desk
from marketplace.moderation import forms, queries, services
from marketplace.moderation.featured_services import set_featured
from marketplace.plugins.services import request_scan
from workspaces.models import User

TABS = ("waiting", "second", "answered", "reports", "rescans", "approved", "rejected")


def moderator_of(request: HttpRequest) -> User:
    """The staff member; the admin site has checked."""
    return cast(User, request.user)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, filtered as the address says; reports and rescans have tabs of their own."""
    tab = choice(request.GET, "tab", TABS, "waiting")
    order = choice(request.GET, "order", tuple(queries.ORDERINGS), "risk")
    verdict = choice(request.GET, "verdict", Verdict.values)
    text = words(request.GET)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Queue",
        "tab": tab,
        "order": order,
        "verdict": verdict,
        "verdicts": Verdict.choices,
        "q": text,
        "counts": queries.tab_counts(),
        "oldest": queries.queue("age").first(),
    }
    if tab == "reports":
        context["page"] = page_of(queries.open_reports(), request.GET)
    elif tab == "rescans":
        context["page"] = page_of(queries.rescans(), request.GET)
    else:
        rows = queries.search(desk.tab_rows(tab, order), text)
        page = page_of(rows.filter(verdict=verdict) if verdict else rows, request.GET)
        context |= {"page": page, "rows": desk.queue_rows(list(page.object_list))}
    context["query"] = urlencode({"tab": tab, "order": order, "verdict": verdict, "q": text})
    return render(request, "admin/moderation/queue.html", context)


@require_safe
def next_version(request: HttpRequest) -> HttpResponse:
    """To the version that should be looked at first."""
    found = queries.queue().exclude(first_reviewer=moderator_of(request)).first()
    return redirect("admin:moderation_review", found.pk) if found else redirect("admin:moderation_queue")


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """The same for every ticked version, each by itself."""
    chosen = [UUID(text) for text in request.POST.getlist("version") if _is_uuid(text)][:200]
    act = request.POST.get("act", "")
    back = _back(request)
    if not chosen or act not in forms.BULK:
        messages.warning(request, "Tick the packages, then choose what to do with them.")
        return back
    me, reason = moderator_of(request), request.POST.get("reason", "")
    if act == "scan":
        done, refused = _scan_again(chosen, me)
    else:
        done, refused = services.each(forms.BULK[act], chosen, moderator=me, reason=reason)
    if done:
        messages.success(request, f"Done for {done} of {len(chosen)}.")
    for sentence in refused[:10]:
        messages.error(request, sentence)
    return back


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version: its files, the text with what was found in it, what is new, and the decision."""
    try:
        version = queries.version(version_id)
    except AppError:
        messages.warning(request, "There is no such version.")
        return redirect("admin:moderation_queue")
    decision = forms.Decision.of(request.POST) if request.method == "POST" else None
    if decision is not None:
        try:
            with transaction.atomic():
                return _decided(request, version, decision)
        except AppError as error:
            messages.error(request, error.message)
    found = desk.review(
        queries.version(version_id),
        path=request.GET.get("file", ""),
        view=request.GET.get("view", ""),
        all_files=request.GET.get("all") == "1",
    )
    context = {
        **admin.site.each_context(request),
        "title": f"Review of {version.plugin.name} {version.version}",
        "review": found,
        "decision": decision,
        "decisions": forms.offered(version),
        "takes_two": version.verdict == Verdict.REVIEW_REQUIRED and services.takes_two(),
        "least": services.LEAST_REASON,
    }
    return render(request, "admin/moderation/review.html", context, status=422 if decision else 200)


@require_POST
def rescan(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Have it scanned once more."""
    _, refused = _scan_again([version_id], moderator_of(request))
    for sentence in refused:
        messages.error(request, sentence)
    if not refused:
        messages.success(request, "It is being scanned again; what was read before comes from the record.")
    return redirect("admin:moderation_review", version_id)


@require_POST
def feature(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """Put the plugin in front of the list, or stop that."""
    featured = request.POST.get("featured") == "1"
    try:
        set_featured(version=queries.version(version_id), featured=featured, note=request.POST.get("note", ""))
        messages.success(request, "It is featured." if featured else "It is not featured any more.")
    except AppError as error:
        messages.error(request, error.message or "There is no such version.")
    return redirect("admin:moderation_review", version_id)


@require_POST
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Close a user's report."""
    state, text = request.POST.get("state", ""), request.POST.get("resolution", "")
    try:
        services.resolve_report(report_id=report_id, moderator=moderator_of(request), state=state, resolution=text)
        messages.success(request, "The report is closed; whoever sent it reads your words.")
    except AppError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(f"{reverse('admin:moderation_queue')}?tab=reports")


@require_POST
def seen(request: HttpRequest, scan_id: UUID) -> HttpResponse:
    """Take note of what other rules found."""
    try:
        services.acknowledge(scan_id=scan_id, moderator=moderator_of(request))
    except AppError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(f"{reverse('admin:moderation_queue')}?tab=rescans")


def _decided(request: HttpRequest, version: PluginVersion, decision: forms.Decision) -> HttpResponse:
    """Carry the decision out and go on to what waits next. Raises AppError."""
    target = decision.target(version)
    done = decision.act(version_id=target.pk, moderator=moderator_of(request), reason=decision.text(version))
    messages.success(request, forms.outcome(done))
    after = queries.queue().exclude(pk=version.pk).first() if decision.name in forms.GOES_ON else None
    if done.needs_second or decision.name not in forms.GOES_ON:
        return redirect("admin:moderation_review", version.pk)
    return redirect("admin:moderation_review", after.pk) if after else redirect("admin:moderation_queue")


def _scan_again(version_ids: list[UUID], user: User) -> tuple[int, list[str]]:
    done, refused = 0, []
    for version in PluginVersion.objects.select_related("plugin").filter(pk__in=version_ids):
        try:
            with transaction.atomic():
                request_scan(version=version, user=user, trigger=PluginScan.Trigger.REQUESTED)
            done += 1
        except AppError as error:
            refused.append(f"{version.plugin.slug} {version.version}: {error.message}")
    return done, refused


def _back(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    return HttpResponseRedirect(f"{reverse('admin:moderation_queue')}?{query[:500]}")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except (ValueError, ValidationError):
        return False
    return True
