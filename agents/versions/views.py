"""Pages: what an agent was, and bringing a version back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.copies import services as copies_services
from agents.pages.frame import frame
from agents.pages.listing import agent_at
from agents.versions.document import changed
from agents.versions.log import version_of, versions_of
from automatos.errors import Conflict, InvalidInput
from automatos.fields import whole
from automatos.listing import page_of
from workspaces.doors.pages import WorkspaceRequest, workspace_page
from workspaces.models import Role


@require_safe
@workspace_page()
def history(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Every change of the agent, and what differs between the two versions the address names."""
    agent = agent_at(workspace=request.workspace, key=key)
    page = page_of(versions_of(agent).defer("snapshot"), request.GET)
    numbers = list(versions_of(agent).values_list("version", flat=True)) or [agent.version]
    new = _number(request.GET.get("to", ""), numbers, numbers[0])
    earlier = [number for number in numbers if number < new]
    old = _number(request.GET.get("from", ""), numbers, earlier[0] if earlier else new)
    context = {
        "page": page,
        "numbers": numbers,
        "old": old,
        "new": new,
        "lines": changed(version_of(agent, old).snapshot, version_of(agent, new).snapshot),
    }
    return render(request, "agents/history.html", {**frame(request, agent, "agent_history"), **context})


def _number(text: str, numbers: list[int], otherwise: int) -> int:
    number = whole(text, otherwise)
    return int(number) if number in numbers else otherwise


@require_POST
@workspace_page(Role.EDITOR)
def version_restore(request: WorkspaceRequest, key: str) -> HttpResponse:
    """Make an earlier version the newest one again, unless somebody edited since the page was opened."""
    agent = agent_at(workspace=request.workspace, key=key)
    number = whole(request.POST.get("version", ""), 0)
    number = number if isinstance(number, int) and 0 < number < 2**31 else 0
    expected = whole(request.POST.get("newest", ""), 0)
    try:
        saved = copies_services.restore_version(
            agent=agent, version=number, user=request.user, expected_version=expected
        )
    except (Conflict, InvalidInput) as error:
        messages.error(request, f"Version {number} was not brought back. {error.message}")
    else:
        messages.success(request, f"Version {number} is back, as version {saved.version}.")
    return redirect("agent_history", request.workspace.slug, agent.slug)
