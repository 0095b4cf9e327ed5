"""The places of a workspace's settings. An entry whose page does not exist yet is left out, so nothing is dead."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from workspaces.scope.permissions import NEEDED_ROLE, allowed


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the settings. action: what somebody must be allowed to do to see it."""

    label: str
    icon: str
    url_name: str
    action: str


ENTRIES = (
    Entry("General", "settings-2", "workspace_settings", "workspace:read"),
    Entry("Members", "users-round", "workspace_members", "members:read"),
    Entry("API keys", "key-round", "workspace_api_keys", "api_keys:read"),
    Entry("Credentials", "lock-keyhole", "workspace_credentials", "credentials:read"),
    Entry("Audit log", "scroll-text", "workspace_audit", "audit:read"),
    Entry("Usage", "gauge", "workspace_usage", "usage:read"),
    Entry("Retention", "archive", "workspace_retention", "workspace:read"),
    Entry("Budgets", "wallet", "workspace_budgets", "budgets:read"),
)


@dataclass(frozen=True, slots=True)
class SettingsPlace:
    """An entry as one person sees it. needs: the role it takes, when theirs is too low; then there is no way in."""

    label: str
    icon: str
    href: str
    current: bool
    needs: str = ""


def settings_places(slug: str, role: str, path: str) -> list[SettingsPlace]:
    """The settings of the workspace with this address, for somebody of this role who is at this path."""
    home = reverse("workspace_settings", args=[slug])
    places = []
    for entry in ENTRIES:
        href = _address(entry, slug)
        needed = NEEDED_ROLE.get(entry.action)
        if href is None or needed is None:
            continue
        current = path == href if href == home else path.startswith(href)
        needs = "" if allowed(role, entry.action) else needed.label
        places.append(SettingsPlace(entry.label, entry.icon, href, current, needs))
    return places


def _address(entry: Entry, slug: str) -> str | None:
    try:
        return reverse(entry.url_name, args=[slug])
    except NoReverseMatch:
        return None
