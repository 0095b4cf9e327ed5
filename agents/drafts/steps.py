"""What a draft of an agent holds: its five steps, the fields of each, and what a new one starts with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from agents.model_choice.choice import LIMITS, RANGES, ModelInput
from agents.models import Category
from automatos.fields import plain

NONE, PREDEFINED, CUSTOM = "none", "predefined", "custom"
OTHER = "other"
# A list because a switch that is off says nothing; share has one value, or none.
LISTS = ("tools", "apps", "remote_tools", "skills", "plugins", "share")
# Longer texts are cut when they are kept; the services say what is too long long before.
LONGEST_VALUE = 1_000_001
MOST_CHOSEN = 1_000
# A job of which nothing was heard for so long is lost with its worker.
LOST_AFTER = timedelta(seconds=150)


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the wizard. fields: the names of what it asks for."""

    slug: str
    title: str
    heading: str
    note: str
    fields: tuple[str, ...]


STEPS = (
    Step(
        "config",
        "Config",
        "What is it for?",
        "A name, and a sentence that the model reads too.",
        ("category", "name", "description", "tags"),
    ),
    Step(
        "persona",
        "Persona",
        "How does it speak and work?",
        "Take a tried way of working, or write your own.",
        ("persona_kind", "persona_id", "instructions", "custom_prompt"),
    ),
    Step(
        "model",
        "Model",
        "Choose the model",
        "You can change this at any time. Prices are US dollars per million tokens, billed to your own provider keys.",
        (
            "provider",
            "model",
            "other_model",
            *RANGES,
            *LIMITS,
            "fallback_model",
            "effort",
            "response_schema",
        ),
    ),
    Step(
        "tools",
        "Tools",
        "What may it use?",
        "An agent uses only what is chosen here. What sends something outside may have to ask first.",
        ("tools", "apps", "remote_tools"),
    ),
    Step(
        "skills",
        "Plugins and skills",
        "What does it know how to do?",
        "Only a short summary is in every prompt; the rest is read when it is needed.",
        ("plugins", "skills", "share"),
    ),
)
BY_SLUG = {step.slug: step for step in STEPS}


def step_after(slug: str, by: int = 1) -> Step | None:
    """The next step, or with by=-1 the one before; None past the ends."""
    at = STEPS.index(BY_SLUG[slug]) + by
    return STEPS[at] if 0 <= at < len(STEPS) else None


def start_values(model: str, known_models: Sequence[str]) -> dict[str, Any]:
    """What a blank draft starts with. model: the one new agents get, as `provider:model`."""
    usual, known = ModelInput(), model in known_models
    return {
        "category": Category.GENERAL.value,
        "name": "",
        "description": "",
        "tags": "",
        "persona_kind": NONE,
        "persona_id": "",
        "instructions": "",
        "custom_prompt": "",
        "provider": model.partition(":")[0] if known else OTHER,
        "model": model if known else "",
        "other_model": "" if known else model,
        "fallback_model": "",
        "effort": "",
        "response_schema": "",
        **dict.fromkeys(LIMITS, ""),
        **{name: plain(getattr(usual, name)) for name in RANGES},
        "tools": [],
        "apps": [],
        "remote_tools": [],
        "skills": [],
        "plugins": [],
        "share": [],
    }


def posted(step: Step, data: Any) -> dict[str, Any]:
    """What a form of this step sent (a QueryDict): its fields and no others. A field that is missing stays as it was.

    Lists are the exception: a browser says nothing of boxes without a tick.
    """
    values: dict[str, Any] = {}
    for name in step.fields:
        if name in LISTS:
            values[name] = [clean(value)[:100] for value in data.getlist(name)[:MOST_CHOSEN]]
        elif name in data:
            values[name] = clean(data.get(name, ""))
    return values


def numbered(sent: str) -> tuple[str, int]:
    """The page and the number of `page.number`; an empty page when it says neither, as without scripts."""
    page, _, number = sent.rpartition(".")
    return (page[:40], int(number)) if page and number.isascii() and number.isdigit() and len(number) < 10 else ("", 0)


def clean(value: str) -> str:
    """The text as JSON of the database can hold it, with plain line ends: browsers send others than they were given."""
    return value.replace("\x00", "").replace("\r\n", "\n").encode("utf-8", "ignore").decode()[:LONGEST_VALUE]


def model_of(values: Mapping[str, Any]) -> str:
    """The chosen model as `provider:model`; empty when the chosen one is not of the chosen provider."""
    provider, chosen = str(values.get("provider") or ""), str(values.get("model") or "")
    if provider == OTHER:
        return str(values.get("other_model") or "").strip()
    return chosen if chosen.startswith(f"{provider}:") else ""


def is_running(job: Mapping[str, Any] | None) -> bool:
    """Whether a job of the draft's `work` is under way and not lost."""
    if not job or job.get("state") != "running":
        return False
    asked = parse_datetime(str(job.get("asked_at", "")))
    return asked is not None and timezone.now() - asked < LOST_AFTER


def was_lost(job: Mapping[str, Any] | None) -> bool:
    """Whether a job said that it runs and was never heard of again."""
    return bool(job) and (job or {}).get("state") == "running" and not is_running(job)
