"""Agents and recipes that come with the product: read from files here, published under the project's name."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from django.db import transaction

from marketplace.models import Listing, ListingVersion, Publisher
from marketplace.moderation.shared_services import publish

SEEDS = Path(__file__).parent.parent / "seeds"
WHY = "Comes with the product."


def seed_listings(publisher: Publisher) -> int:
    """Add what is not there yet, and a version of what changed; how many there are. To be called across workspaces."""
    number = 0
    for kind, seed, body in _all():
        _keep(publisher, kind, seed, body)
        number += 1
    return number


def _all() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    agents = {seed["slug"]: seed for seed in _read("agents")}
    bodies = {slug: _agent(seed) for slug, seed in agents.items()}
    for slug, seed in agents.items():
        yield Listing.Kind.AGENT, seed, bodies[slug]
    for seed in _read("recipes"):
        yield Listing.Kind.RECIPE, seed, _recipe(seed, bodies)


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((SEEDS / f"{name}.yaml").read_text())
    return found


def _agent(seed: Mapping[str, Any]) -> dict[str, Any]:
    persona = seed.get("persona")
    return {
        "format": "automatos-agent",
        "format_version": 1,
        "name": seed["name"],
        "description": seed["description"],
        "category": seed["category"],
        "tags": seed["tags"],
        "persona": {"slug": persona, "name": persona.replace("-", " ").capitalize()} if persona else None,
        "custom_prompt": seed["prompt"].strip(),
        "agent_model_config": {"temperature": seed["temperature"]},
        "tools": seed["tools"],
        "skills": [],
        "apps": [],
    }


def _recipe(seed: Mapping[str, Any], agents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    steps = [
        {**{name: value for name, value in step.items() if name != "prompt"}, "prompt_template": step["prompt"].strip()}
        for step in seed["steps"]
    ]
    return {
        "format": "automatos-recipe",
        "name": seed["name"],
        "description": seed["description"],
        "tags": seed["tags"],
        "inputs": seed["inputs"],
        "outputs": {},
        "execution_config": {},
        "steps": steps,
        "agents": {step["agent"]: agents[step["agent"]] for step in steps},
    }


@transaction.atomic
def _keep(publisher: Publisher, kind: str, seed: Mapping[str, Any], body: dict[str, Any]) -> None:
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    listing, _ = Listing.objects.get_or_create(
        slug=seed["slug"],
        defaults={
            "kind": kind,
            "name": seed["name"],
            "description": seed["description"],
            "category": seed.get("category", ""),
            "tags": seed["tags"],
            "publisher": publisher,
            "audience": Listing.Audience.PUBLIC,
            "is_system": True,
            "face": uuid5(NAMESPACE_URL, seed["slug"]),
        },
    )
    newest = listing.versions.order_by("-number").first()
    if not listing.is_system or (newest and newest.digest == digest):
        return
    version = ListingVersion.objects.create(
        listing=listing,
        number=newest.number + 1 if newest else 1,
        name=seed["name"],
        description=seed["description"],
        category=seed.get("category", ""),
        body=body,
        digest=digest,
    )
    publish(version, None, WHY)
