"""What people are asked for before a step goes on, as pages and the API show it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import F, IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.urls import reverse

from automatos.json_text import indented
from recipes.engine.templating import as_text
from recipes.models import LIVE_STATUSES, Approval, ExecutionStep
from recipes.waits.changes import Changeable, changeable
from recipes.waits.fields import Field, of_inputs, of_schema
from recipes.waits.questions import in_words, question, reach_in_words
from workspaces.models import Workspace

LONGEST_SHOWN = 4000
LONGEST_LINE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A side effect that waits, or a step or a server that asks: then with title, message and fields.

    shown: a side effect's arguments as text; origins: what was read before that is not trusted. server: who asks, and
    whose words the message is; url: a page it sends people to.
    comment: as it was typed, where something has to be mended.
    """

    id: UUID
    tool: str
    shown: str
    origins: Sequence[str]
    run_id: UUID
    run_name: str
    agent: str
    step: int
    asked_at: datetime
    title: str = ""
    in_short: str = ""
    arguments: Sequence[tuple[str, str]] = ()
    changeable: Sequence[Changeable] = ()
    message: str = ""
    fields: Sequence[Field] = ()
    due_at: datetime | None = None
    server: str = ""
    url: str = ""
    reach: str = ""
    comment: str = ""

    @property
    def is_form(self) -> bool:
        """Whether a step or a server asks, and no agent."""
        return bool(self.server) or not self.tool

    @property
    def host(self) -> str:
        """Where the page is that a server sends people to."""
        return urlsplit(self.url).hostname or ""


def approvals_of(workspace: Workspace) -> QuerySet[Approval]:
    """All that people of a workspace are or were asked, with step and run, those asked for last first."""
    return waits_of(workspace).filter(kind__in=Approval.ASKED)


def waits_of(workspace: Workspace) -> QuerySet[Approval]:
    """All that people were asked and all messages that were waited for, the newest first."""
    rows = Approval.objects.filter(workspace=workspace).exclude(kind=Approval.Kind.TIMER)
    return rows.select_related("step__execution", "decided_by").order_by("-asked_at", "id")


def still_asked(rows: QuerySet[Approval]) -> QuerySet[Approval]:
    """Those of them that somebody waits for: a parked step, or the worker that listens for a server's question."""
    listens = Cast(KeyTextTransform("fence", "arguments"), IntegerField())
    rows = rows.filter(status=Approval.Status.PENDING, kind__in=Approval.ASKED).annotate(listens=listens)
    is_question = Q(kind=Approval.Kind.QUESTION)
    return rows.filter(
        ~is_question & Q(step__status="waiting") | is_question & Q(step__status="running", listens=F("step__fence"))
    )


def waiting(workspace: Workspace, limit: int = 20) -> list[Asked]:
    """What waits for a person in runs that still live, the oldest first."""
    rows = still_asked(approvals_of(workspace)).filter(step__execution__status__in=LIVE_STATUSES)
    return _shown(rows.order_by("asked_at", "id")[:limit])


def asked_one(workspace: Workspace, approval_id: UUID) -> Asked | None:
    """One of them; None where nobody waits for it any more."""
    rows = still_asked(approvals_of(workspace)).filter(pk=approval_id, step__execution__status__in=LIVE_STATUSES)
    return next(iter(_shown(rows)), None)


def asked_in(runs: Sequence[UUID]) -> dict[UUID, str]:
    """What each of the runs waits for a person with, in words: its first open question."""
    rows = still_asked(Approval.objects.filter(step__execution__in=runs))
    rows = rows.select_related("step").order_by("-asked_at", "id")
    return {one.step.execution_id: f"asks “{said_in_short(one)}”" for one in rows}


def title_of(one: Approval) -> str:
    """What is asked, as one sentence."""
    if one.kind == Approval.Kind.QUESTION:
        return f"{one.arguments.get('server', 'A server')} asks something"
    return question(one.tool, one.arguments) if one.tool else one.step.title


def said_in_short(one: Approval) -> str:
    """What is asked, where a line has to do: of a step that asks, how its message begins."""
    is_server = one.kind == Approval.Kind.QUESTION
    lines = str(one.arguments.get("message") or "").split("\n") if not (one.tool or is_server) else []
    first = next((line.strip() for line in lines if line.strip()), "") or title_of(one)
    return first if len(first) <= LONGEST_LINE else f"{first[:LONGEST_LINE]}…"


def decided(workspace: Workspace, limit: int = 30) -> list[tuple[Approval, str]]:
    """What people decided last, each with its question."""
    rows = approvals_of(workspace).filter(status__in=(Approval.Status.APPROVED, Approval.Status.REJECTED))
    return [(one, title_of(one)) for one in rows.order_by("-decided_at")[:limit]]


def open_questions() -> QuerySet[Approval]:
    """What waits for a person in live runs, of every workspace the scope shows."""
    return still_asked(Approval.objects.filter(step__execution__status__in=LIVE_STATUSES))


def asked_by(step: ExecutionStep) -> list[Asked]:
    """What this step waits for, or is asked by a server while it is at work."""
    rows = still_asked(Approval.objects.filter(step=step)).select_related("step__execution")
    return _shown(rows.order_by("asked_at", "id"))


def _shown(rows: Iterable[Approval]) -> list[Asked]:
    return [_one(one) for one in rows]


def _one(one: Approval) -> Asked:
    is_question = one.kind == Approval.Kind.QUESTION
    is_call = bool(one.tool) and not is_question
    fields: Sequence[Field] = ()
    if not is_call:
        asked = one.arguments
        fields = of_schema(asked.get("schema") or {}) if is_question else of_inputs(asked.get("fields") or {})
    return Asked(
        id=one.pk,
        tool=one.tool,
        shown=indented(one.arguments)[:LONGEST_SHOWN],
        origins=one.origins,
        run_id=one.step.execution_id,
        run_name=one.step.execution.recipe_name,
        agent=one.step.agent_name,
        step=one.step.order,
        asked_at=one.asked_at,
        title=title_of(one),
        in_short=said_in_short(one),
        arguments=[(in_words(name), as_text(value)) for name, value in one.arguments.items()] if is_call else (),
        changeable=changeable(one) if is_call else (),
        message="" if is_call else str(one.arguments.get("message", "")),
        fields=fields,
        due_at=one.due_at,
        server=str(one.arguments.get("server", "")) if is_question else "",
        url=str(one.arguments.get("url", "")) if is_question else "",
        reach=reach_in_words(one.reach) if one.reach else "",
    )


def due_of(step: ExecutionStep) -> datetime | None:
    """Until when a step waits for the clock or a message; None when it does not."""
    rows = step.approvals.filter(status=Approval.Status.PENDING).exclude(kind__in=Approval.ASKED)
    due: datetime | None = rows.values_list("due_at", flat=True).first()
    return due


def address_of(one: Approval) -> str:
    """Where the message is sent that a step waits for: a path; empty where it waits for none."""
    if one.kind != Approval.Kind.WEBHOOK:
        return ""
    return reverse("hook_wait", args=[one.arguments.get("trigger"), one.pk])


def hook_of(step: ExecutionStep) -> str:
    """Where the message is sent that this step waits for now; empty where it waits for none."""
    one = step.approvals.filter(status=Approval.Status.PENDING, kind=Approval.Kind.WEBHOOK).first()
    return address_of(one) if one else ""
