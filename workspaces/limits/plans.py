"""Plans: how much a workspace may hold and do at once.

A check holds the workspace's row until the transaction ends, so that of two who take the last place one is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import F
from django.db.models.functions import Greatest

from automatos.errors import AppError, PlanLimit, TooMany
from workspaces.models import Workspace

GIGABYTE = 1024**3
# Nobody knows when a run ends; a short one takes about this long.
RETRY_RUN_SECONDS = 5

Counted = Literal["agents", "recipes", "concurrent_runs", "storage_bytes"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan holds; None: as much as there is."""

    agents: int | None = None
    recipes: int | None = None
    concurrent_runs: int | None = None
    storage_bytes: int | None = None


PLANS: dict[str, Limits] = {
    Workspace.Plan.FREE: Limits(agents=10, recipes=10, concurrent_runs=5, storage_bytes=1 * GIGABYTE),
    Workspace.Plan.TEAM: Limits(agents=200, recipes=200, concurrent_runs=50, storage_bytes=50 * GIGABYTE),
    Workspace.Plan.UNLIMITED: Limits(),
}
LARGER = "or ask whoever runs this installation for a larger plan"
CURES: dict[Counted, str] = {
    "agents": f"Delete an agent, {LARGER}.",
    "recipes": f"Delete a recipe, {LARGER}.",
    "concurrent_runs": f"Wait until one is done, stop one, {LARGER}.",
    "storage_bytes": f"Delete documents, {LARGER}.",
}


def limit_of(plan: str, what: Counted) -> int | None:
    """The most of `what` the plan allows; None without a limit."""
    limit: int | None = getattr(PLANS[plan], what)
    return limit


def require_room(workspace: Workspace, what: Literal["agents", "recipes"], used: Callable[[], int]) -> None:
    """Pass when one more fits, or raise PlanLimit. To be called in the transaction that adds it.

    used: counts what is there; asked only when the plan has a limit, and after the workspace is held.
    """
    if limit_of(workspace.plan, what) is None:
        return
    rows = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk)
    for plan in rows.values_list("plan", flat=True):
        check(plan, what, used())


def check(plan: str, what: Counted, used: int, more: int = 1) -> None:
    """Pass when `more` fits beside what is `used`; raises PlanLimit, or TooMany for runs, which end by themselves."""
    limit = limit_of(plan, what)
    if limit is not None and used + more > limit:
        raise _refusal(plan, what, limit, used)


def full(workspace: Workspace, what: Literal["agents", "recipes"], used: Callable[[], int]) -> str:
    """Why no more of `what` fits and the cure, to be said before a form is filled in; empty while there is room."""
    limit = limit_of(workspace.plan, what)
    if limit is None or (count := used()) < limit:
        return ""
    return str(_refusal(workspace.plan, what, limit, count))


def require_storage(workspace: Workspace, more_bytes: int) -> None:
    """Count the bytes as stored, or raise PlanLimit. For whoever stores a file, in the transaction that notes it."""
    rows = Workspace.objects.filter(pk=workspace.pk)
    limit = limit_of(workspace.plan, "storage_bytes")
    if limit is not None:
        # Held and then read, so that two uploads at once cannot both take the last room. Of an UPDATE nobody learns in
        # a pipeline of statements how many rows it found.
        held = rows.select_for_update(no_key=True)
        for used in held.values_list("storage_bytes", flat=True):
            if used + more_bytes > limit:
                raise _refusal(workspace.plan, "storage_bytes", limit, used)
    rows.update(storage_bytes=F("storage_bytes") + more_bytes)


def release_storage(workspace: Workspace, fewer_bytes: int) -> None:
    """Count bytes of removed files as free again."""
    left: Any = Greatest(F("storage_bytes") - fewer_bytes, 0)
    Workspace.objects.filter(pk=workspace.pk).update(storage_bytes=left)


def _refusal(plan: str, what: Counted, limit: int, used: int) -> AppError:
    label = Workspace.Plan(plan).label
    if what == "concurrent_runs":
        text = f"The plan {label} cooks {limit} runs at once, and {used} are cooking. {CURES[what]}"
        return TooMany(text, code="plan_limit", retry_after=RETRY_RUN_SECONDS)
    if what == "storage_bytes":
        amounts = f"{size(limit)} of files, and {size(used)} are used"
    else:
        amounts = f"{limit} {what}, and this workspace has {used}"
    return PlanLimit(f"The plan {label} holds {amounts}. {CURES[what]}")


def size(number: int) -> str:
    """Bytes in words: 1610612736 -> "1.5 GB". Units are powers of 1024."""
    power = min(3, max(0, number.bit_length() - 1) // 10)
    amount = f"{number / 1024**power:,.1f}".removesuffix(".0")
    return f"{amount} {('bytes', 'KB', 'MB', 'GB')[power]}"
