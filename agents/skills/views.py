"""The pages of skills: the list, and one skill."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.skills import queries, services
from agents.skills.listing import SkillFilter, rights
from agents.skills.source_services import is_syncing
from automatos.listing import page_of
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role

# Characters of a file that its page shows.
LONGEST_SHOWN = 20_000


@require_safe
@workspace_page()
def skill_list(request: WorkspaceRequest) -> HttpResponse:
    """The workspace's sources and skills, filtered as the address says."""
    wanted = SkillFilter.of(request.GET)
    sources = list(queries.sources_of(request.workspace))
    page = page_of(wanted.skills(request.workspace), request.GET)
    users = queries.users_of(page.object_list)
    context = {
        "sources": [{"is": source, "syncing": is_syncing(source)} for source in sources],
        "deleted": list(queries.deleted_sources_of(request.workspace)),
        "page": page,
        "rows": [{"skill": skill, "agents": users[skill.pk]} for skill in page.object_list],
        "wanted": wanted,
        **rights(request),
    }
    return render(request, "skills/list.html", context)


@require_safe
@workspace_page()
def skill_detail(request: WorkspaceRequest, key: str) -> HttpResponse:
    """One skill: its text, its files, its warnings, what it costs and who has it."""
    skill = queries.skill_at(workspace=request.workspace, key=key)
    files = list(skill.files.all())
    shown = next((file for file in files if file.path == request.GET.get("file") and file.is_text), None)
    context = {
        "skill": skill,
        "files": files,
        "file_tokens": sum(file.tokens for file in files),
        "shown": shown,
        "content": shown.content[:LONGEST_SHOWN] if shown else "",
        "is_cut": shown is not None and len(shown.content) > LONGEST_SHOWN,
        "agents": queries.users_of([skill])[skill.pk],
        "by_hand": not queries.is_for_models(skill),
        **rights(request),
    }
    return render(request, "skills/detail.html", context)


@require_POST
@workspace_page(Role.EDITOR)
def skill_enable(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Let agents have the skill, or take it out of use."""
    skill = queries.skill_at(workspace=request.workspace, key=key)
    enabled = request.POST.get("enabled") == "yes"
    services.enable_skill(workspace=request.workspace, skill_id=skill.pk, is_enabled=enabled)
    messages.success(request, f"{skill.name} is {'ready for agents' if enabled else 'out of use'}.")
    return redirect("skill_detail", request.workspace.slug, skill.slug)
