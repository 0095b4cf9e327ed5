"""What a line of the run list shows of each run: read for a whole page of runs at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from automatos import words
from recipes.engine.templating import as_text
from recipes.models import ENDED_BADLY, Execution, ExecutionStatus, ExecutionStep, StepStatus, Trigger, step_title
from recipes.runs.copying import FAILED
from recipes.runs.medians import usual_lengths
from recipes.waits.queries import asked_in

# So many steps are drawn as dots; a longer run says how far it is.
MOST_DOTS = 12
# From this share of the usual time on a run is slow.
SLOW = 1.25
LONGEST_INPUT = 80

LOOKS = {
    ExecutionStatus.PENDING: ("wait", "clock"),
    ExecutionStatus.RUNNING: ("hot", "flame"),
    ExecutionStatus.WAITING: ("ask", "hourglass"),
    ExecutionStatus.COMPLETED: ("done", "check"),
    ExecutionStatus.FAILED: ("bad", "x"),
    ExecutionStatus.CANCELLED: ("stop", "circle-slash"),
    ExecutionStatus.STOPPED: ("stop", "octagon-pause"),
}
DOTS = {
    StepStatus.RUNNING: "hot", StepStatus.WAITING: "ask", StepStatus.COMPLETED: "done", StepStatus.FAILED: "bad",
    StepStatus.SKIPPED: "off",
}  # fmt: skip
TRIGGERS: dict[str, tuple[str, str]] = {
    Trigger.PAGE: ("mouse-pointer-click", "By hand"), Trigger.API: ("code-xml", "API"),
    Trigger.COMMAND: ("terminal", "Command line"), Trigger.PLAYGROUND: ("messages-square", "Playground"),
    Trigger.CHAT: ("message-circle", "Chat API"), Trigger.SCHEDULE: ("calendar-clock", "Schedule"),
    Trigger.WEBHOOK: ("webhook", "Webhook"), Trigger.FORM: ("clipboard-list", "Form"),
    Trigger.RECIPE: ("book-open", "Another run"), Trigger.APP: ("zap", "Event of an app"),
    Trigger.TRIAL: ("flask-conical", "Trial"),
    Trigger.EVALUATION: ("list-checks", "Evaluation"),
}  # fmt: skip


# What can be done with a run from its line: the end of the address, the icon, the label around its number, the title.
RESUME = ("resume", "play", "Resume {}", "Resume")
STOP = ("stop", "square", "Stop {}", "Stop")
REST = "from the step that was not finished"
RETRY = ("retry", "list-restart", f"Retry {{}} {REST}", f"Retry {REST}")
AGAIN = ("again", "rotate-ccw", "Cook {} again", "Cook again")


@dataclass(frozen=True, slots=True)
class Act:
    """A button of a line."""

    what: str
    icon: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """A run as a line. share, usual_at: percent of the bar that its time and the usual time take; 0 when unknown.

    step, error: of a run that ended badly. doing: what one under way does now. dots: a look for each step. What a list
    of fifty shows of each is text already: whatever a template works out there costs the page as often.
    """

    run: Execution
    look: str
    icon: str
    word: str
    first_input: str
    dots: Sequence[str]
    dots_label: str
    doing: str
    step: str
    error: str
    trigger_icon: str
    trigger: str
    elapsed_ms: int | None
    usual_ms: float | None
    share: int
    usual_at: int
    slow: bool
    key: str
    label: str
    quality: str
    took: str
    usual: str
    cost: str
    is_estimated: bool
    act: Act | None

    @property
    def drawn_dots(self) -> SafeString:
        """The dots as elements."""
        return mark_safe("".join(f'<i class="{dot}"></i>' for dot in self.dots))  # noqa: S308 (words of DOTS)

    @property
    def can_retry(self) -> bool:
        """Whether it ended so that the rest can be done."""
        return self.run.status in FAILED and self.run.recipe_id is not None

    @property
    def began(self) -> datetime:
        """When it began, in the zone that is active."""
        return timezone.localtime(self.run.created_at)

    @property
    def at(self) -> str:
        """When it began, for programs: Django's way of writing it costs ten times as much."""
        return self.began.isoformat()

    @property
    def clock(self) -> str:
        """The time of its day, e.g. "09:05"."""
        return f"{self.began:%H:%M}"

    @property
    def day(self) -> date:
        """The day it began, in the zone that is active."""
        return self.began.date()


def rows_of(runs: Sequence[Execution]) -> list[Row]:
    """The runs as lines, in three queries whatever their number."""
    steps = _steps_of(runs)
    usual = usual_lengths({run.recipe_id for run in runs if run.recipe_id})
    waits = [run.pk for run in runs if run.status == ExecutionStatus.WAITING]
    asked = asked_in(waits) if waits else {}
    now = timezone.now()
    return [_row(run, steps.get(run.pk, []), usual.get(run.recipe_id), asked.get(run.pk, ""), now) for run in runs]


def _steps_of(runs: Sequence[Execution]) -> dict[UUID, list[dict[str, Any]]]:
    """What is told of the steps: of short runs all, of long ones those that say where it stands."""
    short = [run.pk for run in runs if run.total_steps <= MOST_DOTS]
    telling = (StepStatus.FAILED, StepStatus.RUNNING, StepStatus.WAITING)
    long = [run.pk for run in runs if run.total_steps > MOST_DOTS]
    found: dict[UUID, list[dict[str, Any]]] = {}
    wanted = ExecutionStep.objects.filter(Q(execution__in=short) | Q(execution__in=long, status__in=telling))
    columns = ("execution_id", "order", "status", "name", "step_id", "error__message", "kind", "config", "agent_name")
    for step in wanted.order_by("execution_id", "order").values(*columns):
        found.setdefault(step["execution_id"], []).append(step)
    return found


def _row(run: Execution, steps: Sequence[Mapping[str, Any]], usual: float | None, asked: str, now: datetime) -> Row:
    look, icon = LOOKS[ExecutionStatus(run.status)]
    elapsed = run.duration_ms
    if elapsed is None and run.is_live and run.started_at:
        elapsed = max(0, round((now - run.started_at).total_seconds() * 1000))
    scale = max(2.0 * (usual or 0), float(elapsed or 0), 1.0)
    step, error = _trouble(run, steps) if run.status in ENDED_BADLY else ("", "")
    dots = [DOTS.get(StepStatus(one["status"]), "wait") for one in steps] if run.total_steps <= MOST_DOTS else []
    sign, trigger = TRIGGERS[run.triggered_by]
    by_hand = run.triggered_by in (Trigger.PAGE, Trigger.PLAYGROUND, Trigger.COMMAND)
    whole = run.whole
    return Row(
        run=run,
        look=look,
        icon="hand" if asked else "pause" if _is_paused(run) else icon,
        word=_word(run, asked),
        first_input=_first_input(run.input_data),
        dots=dots,
        dots_label=f"{run.steps_done} of {run.total_steps} steps done",
        doing=asked or _doing(run, steps),
        step=step,
        error=error,
        trigger_icon=sign,
        trigger=run.user.display_name if by_hand and run.user else trigger,
        elapsed_ms=elapsed,
        usual_ms=usual,
        share=round(100 * (elapsed or 0) / scale) if usual else 0,
        usual_at=round(100 * usual / scale) if usual else 0,
        slow=bool(usual and elapsed and elapsed > SLOW * usual),
        key=str(run.pk),
        label=run.label,
        quality="" if run.quality_score is None else f"{run.quality_score:.2f}",
        took=words.duration(elapsed),
        usual=words.duration(usual) if usual else "",
        cost=words.money(whole.cost),
        is_estimated=whole.is_estimated,
        act=_act(run),
    )


def _act(run: Execution) -> Act | None:
    """What its line offers; None where nothing can be done."""
    if run.is_live:
        found = RESUME if run.paused_at else STOP
    elif run.recipe_id is None:
        return None
    else:
        found = RETRY if run.status in FAILED else AGAIN
    what, icon, label, title = found
    return Act(what, icon, label.format(run.label), title)


def _is_paused(run: Execution) -> bool:
    return run.is_live and run.paused_at is not None


def _word(run: Execution, asked: str) -> str:
    if asked:
        return "Waiting for you"
    return "Paused" if _is_paused(run) else run.get_status_display()


def _trouble(run: Execution, steps: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """The failed step with its number, and what went wrong."""
    error = run.error or {}
    failed = [one for one in steps if one["order"] == error.get("step")]
    failed = failed or [one for one in steps if one["status"] == StepStatus.FAILED]
    said = words.without_settings(str(error.get("message") or ""))
    if not failed:
        return "", said or "No reason was recorded."
    first = failed[0]
    why = words.without_settings(str(first["error__message"] or said))
    title = step_title(first["name"], first["kind"], first["config"], first["agent_name"]) or first["step_id"]
    return f"{first['order']} {title}", why


def _doing(run: Execution, steps: Sequence[Mapping[str, Any]]) -> str:
    if _is_paused(run):
        return f"paused, {run.steps_done} of {run.total_steps} steps done"
    if run.status == ExecutionStatus.RUNNING:
        at = [one["order"] for one in steps if one["status"] == StepStatus.RUNNING]
        return f"step {at[0] if at else max(1, run.current_step)} of {run.total_steps}"
    if run.status == ExecutionStatus.WAITING:
        return "waits for its time"
    if run.status == ExecutionStatus.PENDING:
        return "waits for a worker"
    return f"{run.steps_done} of {run.total_steps} steps" if run.total_steps > MOST_DOTS else ""


def _first_input(data: Mapping[str, Any]) -> str:
    """The first input that says something, short."""
    for value in data.values():
        if text := " ".join(as_text(value)[: 4 * LONGEST_INPUT].split()):
            return f"{text[:LONGEST_INPUT]}…" if len(text) > LONGEST_INPUT else text
    return ""
