"""Answers that a chat client sends back with its next message: which of them are ours, and what stood behind them."""

import hashlib
import json
from collections.abc import Iterable

from django.db import connection

from agents.models import Agent
from automatos.llm.text import clean
from recipes.engine.payloads import LARGE, payload_id

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
    known: dict[str, list[str]] = {}
    for output, origins in _known(agent, {text for one in readings for text in one}):
        known.setdefault(output, []).extend(origins)
    found: list[str] = []
    for one in readings:
        ours = [text for text in one if text in known]
        found += [origin for text in ours for origin in known[text]] if ours else [UNKNOWN]
    return list(dict.fromkeys(found))


def _known(agent: Agent, texts: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The agent's answers to chat clients that have the hash of one of these texts, with their origins."""
    hashes = {hashlib.md5(text.encode(errors="replace"), usedforsecurity=False).hexdigest() for text in texts}
    payloads = [str(payload_id(agent.workspace_id, clean(text))[0]) for text in texts if len(text) >= LARGE]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT output, origins FROM automatos_known_answers(%s, %s, %s)", [agent.pk, list(hashes), payloads]
        )
        return [(output, json.loads(origins) if origins else []) for output, origins in cursor.fetchall()]


def _readings(text: str) -> list[str]:
    """The texts of ours that this may be: the whole, or what follows one of its breaks."""
    parts = text.split(AGAIN)
    return [AGAIN.join(parts[start:]) for start in range(min(len(parts), MOST_BREAKS))]
