"""A skill as plain JSON and back, for tables and for updates that wait to be accepted."""

from dataclasses import asdict, fields
from typing import Any

from automatos.skill_format.skill import Resource, Skill

TUPLES = ("allowed_tools", "warnings")


def as_json(skill: Skill) -> dict[str, Any]:
    """Everything about the skill but the contents of its files."""
    value = asdict(skill)
    return value | {name: list(value[name]) for name in (*TUPLES, "resources")}


def from_json(value: dict[str, Any]) -> Skill:
    """The skill that `as_json` wrote; fields it does not know are passed over."""
    known = {field.name: value[field.name] for field in fields(Skill) if field.name in value}
    known |= {name: tuple(known.get(name, ())) for name in TUPLES}
    known["resources"] = tuple(Resource(**file) for file in known.get("resources", ()))
    return Skill(**known)
