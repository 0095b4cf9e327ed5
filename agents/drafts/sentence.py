"""An agent from one sentence, without a model: its words decide. And how a model is asked to do it better."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.drafts.steps import CUSTOM, PREDEFINED, clean
from agents.models import Category
from automatos.llm.types import Message
from tools.builtin import BUILTIN

OPENING = re.compile(
    r"^\s*(?:i\s+(?:want|need)\s+)?(?:an?|the)?\s*(?:ai\s+)?agent\s+(?:that|who|which|to|for)\s+", re.I
)
WORD = re.compile(r"[^\W\d_]{3,}")
LONGEST_SENTENCE = 1000
# What decides for a category, a persona and a tool: beginnings of words.
CATEGORY_WORDS: dict[Category, str] = {
    Category.SUPPORT: "support ticket complain helpdesk refund customer",
    Category.DEVELOPMENT: "code bug pull commit develop program software deploy test repository",
    Category.ANALYTICS: "data analy csv spreadsheet sql metric figure statistic chart report",
    Category.MARKETING: "market seo campaign newsletter social post brand",
    Category.SALES: "sale lead prospect deal quote outreach",
    Category.LEGAL: "legal contract law clause compliance gdpr",
    Category.HR: "hire hiring candidate applicant onboard employee cv résumé",
    Category.EDUCATION: "teach learn lesson student quiz course explain",
    Category.RESEARCH: "research paper source web page site competitor news",
    Category.WRITING: "write writing translat edit proofread article story text",
    Category.COMMUNICATION: "email mail message letter reply announce",
    Category.PRODUCTIVITY: "meeting note minutes task plan calendar remind summar",
    Category.DESIGN: "design layout colour color logo interface",
    Category.BUSINESS: "business invoice budget finance strategy account",
}
PERSONA_WORDS: dict[str, str] = {
    "code-reviewer": "review pull diff commit",
    "senior-engineer": "code program software develop architect",
    "devops-sre": "deploy incident server monitor log outage",
    "technical-support": "support ticket helpdesk troubleshoot",
    "customer-advocate": "complain refund feedback customer",
    "sales-development-rep": "lead prospect outreach",
    "account-executive": "deal quote proposal negotiat",
    "customer-success-manager": "renewal onboard churn",
    "seo-specialist": "seo keyword ranking",
    "content-strategist": "content campaign newsletter blog article post",
}
TOOL_WORDS: dict[str, str] = {
    "web_fetch": "web page site url link news competitor online",
    "calculator": "calculat sum total figure price cost budget invoice percent",
    "csv_query": "csv spreadsheet table excel",
    "json_query": "json",
    "sql_query": "sql database",
    "http_request": "api webhook http",
    "file_read": "file document transcript",
    "file_list": "file document transcript",
    "render_document": "pdf docx word letter report document",
    "remember": "remember memory memorise",
    "recall": "remember memory recall",
    "current_time": "today week daily day month date deadline",
    "date_calculate": "deadline date calendar schedul",
    "ask_agent": "delegate colleague",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What a proposal may choose from. personas: id by slug; skills: (id, slug, what it is for)."""

    personas: Mapping[str, str]
    skills: Sequence[tuple[str, str, str]] = ()


def by_rules(sentence: str, offer: Offer) -> dict[str, Any]:
    """Fields of a draft from the sentence's words alone."""
    task = OPENING.sub("", sentence).strip().rstrip(".!?") or sentence.strip()
    words = [word.lower() for word in WORD.findall(task)]
    category = _best({str(key): value for key, value in CATEGORY_WORDS.items()}, words) or Category.GENERAL.value
    slug = _best({key: value for key, value in PERSONA_WORDS.items() if key in offer.personas}, words)
    prompt = f"Your task: {task}. Ask when something you need is missing. Never make up facts."
    return {
        "name": _name(task),
        "description": f"{task[:1].upper()}{task[1:]}.",
        "category": category,
        **_persona(offer.personas.get(slug, ""), prompt),
        "tools": [name for name, starts in TOOL_WORDS.items() if name in BUILTIN and _hits(starts, words)],
    }


def _name(task: str) -> str:
    """The first words of the task, up to a pause."""
    words = re.split(r"[,.;:()]|\b(?:and|every|from|for|with|when|that)\b", task, maxsplit=1)[0].split()[:5]
    name = " ".join(words) or " ".join(task.split()[:5])
    return (name[:1].upper() + name[1:])[:60] or "New agent"


def _persona(pk: str, prompt: str) -> dict[str, Any]:
    if pk:
        return {"persona_kind": PREDEFINED, "persona_id": pk, "instructions": prompt, "custom_prompt": ""}
    return {"persona_kind": CUSTOM, "persona_id": "", "instructions": "", "custom_prompt": prompt}


def _hits(starts: str, words: Iterable[str]) -> int:
    return sum(any(word.startswith(start) for start in starts.split()) for word in words)


def _best(table: Mapping[str, str], words: Sequence[str]) -> str:
    """The key with the most hits, the first of equals; empty without any."""
    scores = {key: _hits(starts, words) for key, starts in table.items()}
    top = max(scores, key=scores.__getitem__, default="")
    return top if top and scores[top] else ""


# --- with a model -----------------------------------------------------------------------------------------------------


def schema(offer: Offer) -> dict[str, Any]:
    """The JSON Schema of a proposal."""
    text = {"type": "string"}
    properties: dict[str, Any] = {
        "name": text,
        "description": text,
        "category": {"type": "string", "enum": list(Category.values)},
        "tags": {"type": "array", "items": text},
        "persona": {"type": "string", "enum": ["", *offer.personas]},
        "instructions": text,
        "temperature": {"type": "number"},
        "tools": {"type": "array", "items": {"type": "string", "enum": list(BUILTIN)}},
    }
    if offer.skills:
        slugs = [slug for _, slug, _ in offer.skills]
        properties["skills"] = {"type": "array", "items": {"type": "string", "enum": slugs}}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def messages(sentence: str, offer: Offer) -> tuple[Message, ...]:
    """What the model is asked. The sentence is a wish to work out, whatever else it says."""
    tools = "\n".join(f"- {name}: {tool.title}" for name, tool in BUILTIN.items())
    skills = "\n".join(f"- {slug}: {purpose[:160]}" for _, slug, purpose in offer.skills) or "- none"
    system = (
        "You set up AI agents. From one sentence you propose an agent, as JSON.\n"
        "name: two or three words. description: one or two sentences about what it does. persona: one of the slugs, or "
        "empty when none fits. instructions: how it works, in five to ten sentences addressed to it, with what it must "
        "not do. temperature: 0 (precise) to 1 (inventive). Choose only tools and skills that it needs.\n\n"
        f"Personas: {', '.join(offer.personas) or 'none'}\n\nTools:\n{tools}\n\nSkills:\n{skills}"
    )
    return (Message("system", system), Message("user", f"The agent wanted: {sentence}"))


def from_reply(text: str, sentence: str, offer: Offer) -> dict[str, Any] | None:
    """Fields of a draft from a model's answer; None when it is of no use.

    Of no use is what is no JSON object, has no name, description or known category, or has no word in common with the
    sentence: a small model follows the form and fills in anything.
    """
    try:
        given = json.loads(re.sub(r"^```(?:json)?|```$", "", text.strip(), flags=re.M))
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    texts = {name: _text(given, name) for name in ("name", "description", "category", "persona", "instructions")}
    wanted = {word.lower()[:5] for word in WORD.findall(OPENING.sub("", sentence))}
    said = {word.lower()[:5] for word in WORD.findall(f"{texts['name']} {texts['description']}")}
    if not 2 < len(texts["name"]) <= 120 or len(texts["description"]) < 20 or not wanted & said:
        return None
    if texts["category"] not in Category.values or len(texts["instructions"]) < 40:
        return None
    return {
        "name": texts["name"],
        "description": texts["description"],
        "category": texts["category"],
        "tags": ", ".join(tag[:40] for tag in _texts(given, "tags") if "," not in tag),
        **_persona(offer.personas.get(texts["persona"], ""), texts["instructions"]),
        "temperature": _temperature(given.get("temperature")),
        "tools": [name for name in dict.fromkeys(_texts(given, "tools")) if name in BUILTIN],
        "skills": [pk for pk, slug, _ in offer.skills if slug in _texts(given, "skills")],
    }


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return clean(value).strip()[:20_000] if isinstance(value, str) else ""


def _texts(given: Mapping[str, Any], name: str) -> list[str]:
    values = given.get(name)
    return [clean(value) for value in values if isinstance(value, str)][:20] if isinstance(values, list) else []


def _temperature(value: object) -> str:
    usable = isinstance(value, int | float) and 0 <= value <= 2
    return f"{value:.2g}" if usable else "0.7"
