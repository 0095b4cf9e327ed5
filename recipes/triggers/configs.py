"""What each kind of trigger is set to, checked. No database."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from automatos.checking import Problems
from recipes.models import TriggerKind
from recipes.triggers import mapping, signing
from recipes.validation import STEP_ID

HEADER = re.compile(r"[A-Za-z0-9-]{1,80}")
# By what a message is known, so that one that comes twice starts one run.
BY_ID, BY_HEADER, BY_FIELD, BY_BODY = "id", "header", "field", "body"
KNOWN_BY = (BY_ID, BY_HEADER, BY_FIELD, BY_BODY)
WEBHOOK = ("scheme", "header", "prefix", "algorithm", "encoding", "timestamp_header", "known_by", "known_name")
MOST_A_MINUTE = 6000
# How a run must have ended to start another one.
ENDS = ("completed", "failed")
# Who may fill in a form: members, or whoever has its address.
MEMBERS, LINK = "members", "link"
AUDIENCES = (MEMBERS, LINK)


def checked(kind: str, config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """The settings with their defaults; what is wrong is noted under `config.<name>`."""
    allowed = _ALLOWED[kind]
    for name in config:
        if name not in allowed:
            there = f"There are: {', '.join(allowed)}." if allowed else "It takes none."
            problems.add(f"config.{name}", f"There is no such setting. {there}")
    return _CHECKS[kind](config, problems)


def _webhook(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    scheme = _word(config, "scheme", signing.STANDARD, signing.SCHEMES, problems)
    by = _word(config, "known_by", BY_ID if scheme == signing.STANDARD else BY_BODY, KNOWN_BY, problems)
    found: dict[str, Any] = {"scheme": scheme, "known_by": by}
    name = config.get("known_name", "")
    if by in (BY_HEADER, BY_FIELD):
        problem = mapping.path_problem(str(name)) if by == BY_FIELD else _header_problem(name)
        if problem:
            problems.add("config.known_name", problem)
        found["known_name"] = name
    if by == BY_ID and scheme != signing.STANDARD:
        problems.add("config.known_by", "Only Standard Webhooks have an id. Choose header, field or body.")
    if scheme == signing.HMAC:
        found |= _hmac(config, problems)
    return found


def _hmac(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {name: config.get(name, value) for name, value in signing.DEFAULTS.items()}
    problems.choice("config.algorithm", str(found["algorithm"]), signing.ALGORITHMS)
    problems.choice("config.encoding", str(found["encoding"]), signing.ENCODINGS)
    if not isinstance(found["prefix"], str) or len(found["prefix"]) > 20:
        problems.add("config.prefix", "Write at most 20 characters, or nothing.")
    for name in ("header", "timestamp_header"):
        value = found.get(name) if name == "header" else config.get(name)
        if (value or name == "header") and (problem := _header_problem(value)):
            problems.add(f"config.{name}", problem)
    return {**found, **({"timestamp_header": config["timestamp_header"]} if config.get("timestamp_header") else {})}


def _header_problem(value: object) -> str:
    is_name = isinstance(value, str) and HEADER.fullmatch(value)
    return "" if is_name else "Write the name of a header: letters, digits and -."


def _word(config: Mapping[str, Any], name: str, default: str, choices: tuple[str, ...], problems: Problems) -> str:
    value = config.get(name) or default
    text = value.lower() if isinstance(value, str) else repr(value)[:60]
    problems.choice(f"config.{name}", text, choices)
    return text


def _wait(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    step = config.get("step", "")
    if not isinstance(step, str) or not STEP_ID.fullmatch(step):
        problems.add("config.step", "Write the step_id of the step that waits.")
    return {"step": step, **_webhook(config, problems)}


def _recipe(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    ends = config.get("on", list(ENDS))
    if not isinstance(ends, list) or not ends or any(end not in ENDS for end in ends):
        problems.add("config.on", f"Write a list of {' and '.join(ENDS)}, or one of them.")
    return {"on": ends}


def _app(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    return {}


def _form(config: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    shows = config.get("shows_output", False)
    if not isinstance(shows, bool):
        problems.add("config.shows_output", "Write true or false.")
    return {"audience": _word(config, "audience", MEMBERS, AUDIENCES, problems), "shows_output": shows}


_ALLOWED: dict[str, tuple[str, ...]] = {
    TriggerKind.WEBHOOK: WEBHOOK,
    TriggerKind.FORM: ("audience", "shows_output"),
    TriggerKind.RECIPE: ("on",),
    TriggerKind.APP: (),
    TriggerKind.WAIT: ("step", *WEBHOOK),
}
_CHECKS: dict[str, Callable[[Mapping[str, Any], Problems], dict[str, Any]]] = {
    TriggerKind.WEBHOOK: _webhook,
    TriggerKind.FORM: _form,
    TriggerKind.RECIPE: _recipe,
    TriggerKind.APP: _app,
    TriggerKind.WAIT: _wait,
}
KINDS = tuple(_CHECKS)
# Those whose messages are signed; those with a secret are these, and those whose address is one.
SIGNED = (TriggerKind.WEBHOOK, TriggerKind.WAIT)
WITH_SECRET = (*SIGNED, TriggerKind.FORM)
