"""An output, or a whole run, as a file: Markdown, Word or PDF."""

import re

from asgiref.sync import async_to_sync

from automatos import words
from automatos.errors import InvalidInput, NotFound
from recipes.engine.templating import as_text
from recipes.models import Execution, ExecutionStep, StepStatus
from tools import confinement

TYPES = {
    "md": "text/markdown; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
# What is made into a document; more is kept as Markdown only.
LONGEST = 300_000
SECONDS = 25.0


def document(execution: Execution, *, step: int | None, kind: str) -> tuple[str, bytes]:
    """(file name, content) of a step's output, of the result (step 0), or of the whole run (step None).

    kind: md, docx or pdf. Raises NotFound for a step there is not or that has no output, InvalidInput when the text is
    too long for a document.
    """
    title, text = _text(execution, step)
    name = re.sub(r"[^\w-]+", "-", title.lower()).strip("-")[:80] or "run"
    if kind == "md":
        return f"{name}.md", text.encode()
    if len(text) > LONGEST:
        cure = f"This is longer than {LONGEST:,} characters. Take the Markdown."
        raise InvalidInput(cure, fields={"format": [cure]})
    _, data = async_to_sync(confinement.run)(kind, {"title": title}, text.encode(), seconds=SECONDS)
    return f"{name}.{kind}", data


def markdown_of(execution: Execution, step: int | None) -> str:
    """The same as Markdown."""
    return _text(execution, step)[1]


def _text(execution: Execution, number: int | None) -> tuple[str, str]:
    named = f"{execution.recipe_name} {execution.label}"
    if number is None:
        return named, _whole(execution)
    if number == 0:
        text = str((execution.output_data or {}).get("final_output") or "")
        if not text:
            raise NotFound()
        return named, text
    step = next((one for one in execution.steps.all() if one.order == number), None)
    if step is None or not step.output:
        raise NotFound()
    return f"{named} {step.title}", step.output


def _whole(execution: Execution) -> str:
    """Inputs, each step's output, what it came to."""
    took, whole = words.duration(execution.duration_ms), execution.whole
    parts = [
        f"# {execution.recipe_name} {execution.label}",
        f"{execution.get_status_display()}{f' in {took}' if took else ''}, {whole.tokens:,} tokens, "
        f"{words.money(whole.cost)}.",
    ]
    if execution.input_data:
        lines = "\n".join(f"- **{name}**: {' '.join(as_text(v).split())}" for name, v in execution.input_data.items())
        parts.append(f"## Inputs\n\n{lines}")
    parts += [_section(step) for step in execution.steps.all()]
    return "\n\n".join(parts) + "\n"


def _section(step: ExecutionStep) -> str:
    told = step.output
    if step.status == StepStatus.FAILED:
        told = f"Failed: {(step.error or {}).get('message', 'no reason was recorded')}\n\n{step.output}".strip()
    return f"## {step.order}. {step.title}\n\n{told or step.get_status_display()}"
