"""The personas every installation has: read from `seeds/personas.yaml`, kept up to date by their slug."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from agents.models import Persona
from automatos.words import unwrapped

FILE = Path(__file__).parent / "seeds" / "personas.yaml"


@cache
def personas() -> tuple[dict[str, Any], ...]:
    """The rows as the file has them, one dict of column values each."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple({**row, "system_prompt": unwrapped(row["system_prompt"])} for row in rows)


@transaction.atomic
def seed_personas() -> int:
    """Create or bring up to date every global persona; its id stays, so agents keep it. Gives back how many there are.

    What an administrator changed in a row of the file is replaced; other global personas are left alone.
    """
    for row in personas():
        columns = {name: value for name, value in row.items() if name != "slug"}
        Persona.objects.update_or_create(workspace=None, slug=row["slug"], defaults=columns)
    return len(personas())
