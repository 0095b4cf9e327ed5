"""Answers that a chat client sends back with its next message: which of them are ours, and what stood behind them."""

from collections.abc import Iterable

from agents.models import Agent
from recipes.models import ExecutionStep, Trigger

# Stands in a streamed answer between what the agent said before it used tools and what it said then.
AGAIN = "\n\n"
# What an answer is called that is none of ours, or was changed on its way: it may hold what anybody wrote.
UNKNOWN = "an answer the chat client sent"
# So many breaks of an answer are looked at.
MOST_BREAKS = 20


def origins_of(agent: Agent, answers: Iterable[str]) -> list[str]:
    """Where untrusted text behind these answers came from, each once. An answer that is not known is untrusted."""
    readings = [_readings(text) for text in answers if text.strip()]
    if not readings:
        return []
    rows = ExecutionStep.objects.filter(
        agent=agent, execution__triggered_by=Trigger.CHAT, output__in={text for one in readings for text in one}
    )
    known: dict[str, list[str]] = {}
    for output, origins in rows.values_list("output", "origins"):
        known.setdefault(output, []).extend(origins or ())
    found: list[str] = []
    for one in readings:
        ours = [text for text in one if text in known]
        found += [origin for text in ours for origin in known[text]] if ours else [UNKNOWN]
    return list(dict.fromkeys(found))


def _readings(text: str) -> list[str]:
    """The texts of ours that this may be: the whole, or what follows one of its breaks."""
    parts = text.split(AGAIN)
    return [AGAIN.join(parts[start:]) for start in range(min(len(parts), MOST_BREAKS))]
