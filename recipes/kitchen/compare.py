"""Two runs of a recipe side by side: figures, what was changed, steps, and an output as a difference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from automatos import words
from automatos.textdiff import Line
from automatos.textdiff import compare as difference
from recipes.engine.templating import as_text
from recipes.models import Execution, ExecutionStep
from recipes.runs.reading import bare_execution, executions_of
from workspaces.models import Workspace

MOST_OFFERED = 30
# A change below this share of the first figure is not told as better or worse.
NOISE = 0.02
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of both. change: the difference in words; tone: better, worse or neither."""

    name: str
    a: str
    b: str
    change: str
    tone: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A step of both, or of one. a_share, b_share: percent of the longest step. output: how the outputs relate."""

    key: str
    name: str
    a: ExecutionStep | None
    b: ExecutionStep | None
    a_share: float
    b_share: float
    time: str
    cost: str
    output: str

    @property
    def order(self) -> int:
        """Its number, in the second run where it is there."""
        step = self.b or self.a
        return step.order if step else 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run a against run b, which came later. step: the pair whose outputs are shown as lines."""

    a: Execution
    b: Execution
    title: str
    figures: Sequence[Figure]
    changes: Sequence[tuple[str, str, str]]
    pairs: Sequence[Pair]
    step: Pair | None
    lines: Sequence[Line]

    @property
    def sides(self) -> list[tuple[str, Execution]]:
        """Both, with their letters."""
        return [("A", self.a), ("B", self.b)]


def compare(workspace: Workspace, first: UUID, second: UUID, step: str = "") -> Comparison:
    """Both runs; the older one is a. Raises NotFound for a run there is not."""
    runs = [bare_execution(workspace=workspace, execution_id=key) for key in (first, second)]
    # Without what is not compared: prompts as they were sent, calls, attempts.
    steps = ExecutionStep.objects.defer("prompt", "opening", "scope", "state", "config").order_by("order")
    prefetch_related_objects(runs, Prefetch("steps", steps))
    a, b = sorted(runs, key=lambda run: run.created_at)
    pairs = _pairs(a, b)
    shown = next((pair for pair in pairs if pair.key == step), None)
    shown = shown or next((pair for pair in reversed(pairs) if pair.output == "differs"), pairs[-1] if pairs else None)
    lines = difference(_output(shown.a), _output(shown.b)) if shown else []
    return Comparison(a, b, _title(a, b), _figures(a, b), _changes(a, b, pairs), pairs, shown, lines)


def offered(workspace: Workspace, run: Execution) -> list[Execution]:
    """The other runs of its recipe, the newest first."""
    if run.recipe_id is None:
        return []
    rows = executions_of(workspace).filter(recipe=run.recipe_id).exclude(pk=run.pk).select_related("user")
    return list(rows.defer("input_data", "output_data", "error", "learning")[:MOST_OFFERED])


def _title(a: Execution, b: Execution) -> str:
    """What differs most, in a sentence."""
    parts = []
    one, two = a.whole.cost, b.whole.cost
    if one and abs(two - one) / one >= NOISE:
        share = round(100 * float(abs(two - one) / one))
        parts.append(f"{share} % {'cheaper' if two < one else 'dearer'}")
    if a.duration_ms and b.duration_ms and abs(b.duration_ms - a.duration_ms) / a.duration_ms >= NOISE:
        less = b.duration_ms < a.duration_ms
        parts.append(f"{words.duration(abs(b.duration_ms - a.duration_ms))} {'faster' if less else 'slower'}")
    return f"{b.label} was {' and '.join(parts)}" if parts else f"{a.label} and {b.label} came to much the same"


def _figures(a: Execution, b: Execution) -> list[Figure]:
    def figure(name: str, one: Any, two: Any, told: Any, *, less_is_better: bool | None) -> Figure:
        if one is None or two is None:
            return Figure(
                name, told(one) if one is not None else "none", told(two) if two is not None else "none", "", ""
            )
        change = 0.0 if told(one) == told(two) else float(two) - float(one)
        share = f" ({round(100 * change / float(one)):+d} %)" if one else ""
        is_noise = not one or abs(change) / float(one) < NOISE
        tone = "" if is_noise or less_is_better is None else "better" if (change < 0) == less_is_better else "worse"
        sign = MINUS if change < 0 else "+" if change > 0 else ""
        return Figure(name, told(one), told(two), f"{sign}{told(abs(change))}{share}" if change else "the same", tone)

    one, two = a.whole, b.whole
    return [
        figure("Time", a.duration_ms, b.duration_ms, words.duration, less_is_better=True),
        figure("Tokens in", one.input_tokens, two.input_tokens, words.compact, less_is_better=True),
        figure("Tokens out", one.output_tokens, two.output_tokens, words.compact, less_is_better=None),
        figure("Cost", one.cost, two.cost, words.money, less_is_better=True),
        figure("Tool calls", one.tool_calls, two.tool_calls, words.compact, less_is_better=None),
        figure("Quality", a.quality_score, b.quality_score, lambda value: f"{value:.2f}", less_is_better=False),
    ]


def _pairs(a: Execution, b: Execution) -> list[Pair]:
    ones, twos = ({step.place: step for step in run.steps.all()} for run in (a, b))
    longest = max((step.duration_ms or 0 for step in (*ones.values(), *twos.values())), default=0) or 1
    return [_pair(key, ones.get(key), twos.get(key), longest) for key in dict.fromkeys([*ones, *twos])]


def _pair(key: str, a: ExecutionStep | None, b: ExecutionStep | None, longest: int) -> Pair:
    times = [step.duration_ms if step else None for step in (a, b)]
    time = cost = ""
    if a and b and times[0] is not None and times[1] is not None:
        change = times[1] - times[0]
        time = f"{MINUS if change < 0 else '+'}{words.duration(abs(change))}" if change else "0 s"
        spent = b.cost - a.cost
        cost = f"{MINUS if spent < 0 else '+'}{words.money(abs(spent))}" if spent else "the same"
    output = "only in B" if a is None else "only in A" if b is None else "same" if a.output == b.output else "differs"
    step = b or a
    a_share, b_share = (round(100 * (one or 0) / longest, 1) for one in times)
    return Pair(key, (step.title) if step else key, a, b, a_share, b_share, time, cost, output)


def _changes(a: Execution, b: Execution, pairs: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """What was asked differently: (what, before, after)."""
    found = []
    if a.recipe_version != b.recipe_version:
        found.append(("Recipe version", str(a.recipe_version), str(b.recipe_version)))
    for name in dict.fromkeys([*a.input_data, *b.input_data]):
        one, two = (as_text(run.input_data.get(name, "")) for run in (a, b))
        if one != two:
            found.append((f"Input {name}", one[:300], two[:300]))
    for pair in pairs:
        if pair.a and pair.b:
            told = [("model", pair.a.model, pair.b.model), ("agent", pair.a.agent_name, pair.b.agent_name)]
            told.append(("prompt", pair.a.prompt_template, pair.b.prompt_template))
            found += [(f"{pair.name}, {what}", x[:300], y[:300]) for what, x, y in told if x != y]
    return found


def _output(step: ExecutionStep | None) -> str:
    return step.output if step else ""
