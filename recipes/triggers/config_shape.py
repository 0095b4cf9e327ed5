"""A recipe's `schedule_config`: the shape in which everything that starts it is written in one piece. No database.

    {"type": "manual"}
    {"type": "cron", "cron": "0 8 * * 1-5", "time_zone": "Europe/Berlin"}
    {"type": "trigger", "kind": "webhook", "name": "New orders", "input_map": {"order": "id"}}

Where several things start it, the others stand in `also`, a list of the same objects.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automatos.checking import Problems
from recipes.models import MissedPolicy, TriggerKind
from recipes.triggers import configs

MANUAL, CRON, TRIGGER = "manual", "cron", "trigger"
TYPES = (MANUAL, CRON, TRIGGER)
# A message for a step starts no run, so it is none of these.
KINDS = tuple(str(kind) for kind in configs.KINDS if kind != TriggerKind.WAIT)
# Of each type its parts: what they should be, and their value where they are left out.
PARTS: dict[str, dict[str, tuple[type, str, Any]]] = {
    CRON: {
        "cron": (str, "five fields", ""),
        "time_zone": (str, "text", "UTC"),
        "name": (str, "text", ""),
        "missed_policy": (str, "text", str(MissedPolicy.SKIP)),
        "input_data": (dict, "an object", {}),
        "is_paused": (bool, "true or false", False),
    },
    TRIGGER: {
        "kind": (str, "text", str(TriggerKind.WEBHOOK)),
        "name": (str, "text", ""),
        "listens_to": (str, "text", ""),
        "config": (dict, "an object", {}),
        "input_map": (dict, "an object", {}),
        "input_data": (dict, "an object", {}),
        "per_minute": (int, "a whole number", 60),
        "is_paused": (bool, "true or false", False),
    },
}
ID = "id"
ALSO = "also"


@dataclass(frozen=True, slots=True)
class Start:
    """One thing that starts a recipe. place: where it stands, for errors; id: of the row it is, where that is known."""

    place: str
    type: str
    id: str
    values: Mapping[str, Any]


def read(config: Mapping[str, Any], field: str = "schedule_config") -> list[Start]:
    """Each start with every part it has; raises InvalidInput that names each part of the wrong shape."""
    problems = Problems()
    also = config.get(ALSO, [])
    if not isinstance(also, list) or not all(isinstance(one, dict) for one in also):
        problems.add(f"{field}.{ALSO}", "Write a list of objects, each like schedule_config itself.")
        also = []
    first = {name: value for name, value in config.items() if name != ALSO}
    places = [(field, first), *((f"{field}.{ALSO}.{number}", one) for number, one in enumerate(also))]
    found = [start for place, one in places if (start := _read(place, one, problems)) is not None]
    if also and config.get("type") == MANUAL:
        problems.add(f"{field}.{ALSO}", "A recipe that is manual is started by nothing else. Leave it out.")
    problems.raise_any()
    return found


def _read(place: str, one: Mapping[str, Any], problems: Problems) -> Start | None:
    kind = one.get("type", MANUAL if not one else "")
    problems.choice(f"{place}.type", kind if isinstance(kind, str) else repr(kind)[:60], TYPES)
    if f"{place}.type" in problems:
        return None
    parts = PARTS.get(kind, {})
    for name in one:
        if name not in ("type", ID, *parts):
            there = ", ".join(("type", *parts))
            problems.add(f"{place}.{name}", f"There is no such part of the type {kind}. There are: {there}.")
    values = {}
    for name, (wanted, words, default) in parts.items():
        value = one.get(name, default)
        values[name] = value
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            problems.add(f"{place}.{name}", f"Write {words}.")
    for name, path in (values.get("input_map") or {}).items() if f"{place}.input_map" not in problems else ():
        if not isinstance(path, str):
            problems.add(f"{place}.input_map.{name}", "Write its place in the message, such as issue.title.")
    if kind == TRIGGER and f"{place}.kind" not in problems:
        problems.choice(f"{place}.kind", values["kind"], KINDS)
    known = one.get(ID, "")
    if not isinstance(known, str):
        problems.add(f"{place}.{ID}", "Write the id that schedule_config shows, or leave it out.")
        known = ""
    return Start(place, kind, known, values) if kind != MANUAL else None


def joined(starts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The starts as one config."""
    if not starts:
        return {"type": MANUAL}
    first, *others = (dict(one) for one in starts)
    return {**first, **({ALSO: others} if others else {})}


def quiet(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config as a file has it: without ids and without what is usual; the same config gives the same words."""
    short = {name: value for name, value in config.items() if name != ALSO and not _is_usual(config, name, value)}
    also = [quiet(one) for one in config.get(ALSO, ())]
    return {**short, **({ALSO: also} if also else {})}


def _is_usual(config: Mapping[str, Any], name: str, value: Any) -> bool:
    if name == "kind":
        return False
    if name == "name" and config["type"] == CRON:
        return bool(value == config.get("cron"))
    part = PARTS.get(str(config["type"]), {}).get(name)
    return name == ID or (part is not None and value == part[2])
