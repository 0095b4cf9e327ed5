"""Which decisions the desk offers for a version, and what was filled in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from automatos.errors import wrong_field
from marketplace.models import PluginVersion, VersionStatus
from marketplace.moderation import services
from marketplace.moderation.services import Done

ACTS: Mapping[str, Callable[..., Done]] = {
    "approve": services.approve,
    "changes": services.request_changes,
    "reject": services.reject,
    "deactivate": services.deactivate,
    "block": services.block,
    "reopen": services.reopen,
}
BULK: Mapping[str, Callable[..., Done]] = {
    "scan": services.approve,  # carried out otherwise; here so that its name is known
    "approve": services.approve,
    "changes": services.request_changes,
    "reject": services.reject,
}
# After these the next version that waits is shown.
GOES_ON = ("approve", "changes", "reject")
# These take things away from others, so the plugin's name is typed.
TYPED = ("deactivate", "block")
OFFERED: Mapping[str, Sequence[str]] = {
    VersionStatus.PENDING: ("approve", "changes", "reject", "block"),
    VersionStatus.APPROVED: ("deactivate", "block"),
    VersionStatus.REJECTED: ("reopen", "block"),
    VersionStatus.CHANGES_REQUESTED: ("reopen", "block"),
    VersionStatus.DEACTIVATED: ("reopen", "block"),
    VersionStatus.BLOCKED: ("reopen",),
}


def offered(version: PluginVersion) -> list[str]:
    """What may be decided about it now."""
    return list(OFFERED.get(version.status, ()))


@dataclass(frozen=True)
class Decision:
    """What was sent. findings: keys of those that are given as reasons; confirm: the typed name."""

    name: str
    reason: str
    findings: Sequence[str] = ()
    confirm: str = ""

    @classmethod
    def of(cls, sent: QueryDict) -> "Decision":
        """The decision in a form; its name is empty when it is none."""
        name = sent.get("act", "")
        return cls(
            name=name if name in ACTS else "",
            reason=sent.get("reason", ""),
            findings=sent.getlist("finding")[:50],
            confirm=sent.get("confirm", "").strip(),
        )

    @property
    def act(self) -> Callable[..., Done]:
        """What carries it out. Raises InvalidInput when nothing was chosen."""
        if not self.name:
            raise wrong_field("act", "Choose what is to be done.")
        return ACTS[self.name]

    def target(self, version: PluginVersion) -> PluginVersion:
        """The version it is about. Raises InvalidInput when its name was not typed."""
        if self.name in TYPED and self.confirm != version.plugin.slug:
            raise wrong_field("confirm", f"Type {version.plugin.slug} to confirm.")
        return version

    def text(self, version: PluginVersion) -> str:
        """The reason: the findings that were ticked, then the moderator's words."""
        if not self.findings or self.name not in ("reject", "changes"):
            return self.reason
        known = {item["key"]: item for scan in version.scans.filter(pk__in=[version.scan_id]) for item in scan.findings}
        lines = [
            f"- {known[key]['title']} ({known[key]['file']}:{known[key]['line']})"
            for key in self.findings
            if key in known
        ]
        return "\n".join([*lines, self.reason.strip()]).strip()


def outcome(done: Done) -> str:
    """What is said after it was done."""
    version = done.version
    name = f"{version.plugin.name} {version.version}"
    if done.needs_second:
        return f"Your approval of {name} is noted. Another moderator has to agree."
    text = f"{name} is {version.get_status_display().lower()}."
    if done.touched:
        text += f" {done.touched.workspaces} workspaces and {done.touched.agents} agents had it and are told."
    return text
