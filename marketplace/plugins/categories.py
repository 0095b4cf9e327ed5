"""The categories every installation has: read from `seeds/categories.yaml`, kept up to date."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from marketplace.models import PluginCategory

FILE = Path(__file__).parent.parent / "seeds" / "categories.yaml"


@cache
def rows() -> tuple[dict[str, Any], ...]:
    """The rows as the file has them."""
    return tuple(yaml.safe_load(FILE.read_text(encoding="utf-8")))


@transaction.atomic
def seed_categories() -> int:
    """Create or bring up to date every category, in the file's order. Gives back how many there are."""
    for position, row in enumerate(rows()):
        columns = {name: value for name, value in row.items() if name != "slug"}
        PluginCategory.objects.update_or_create(slug=row["slug"], defaults={**columns, "position": position})
    return len(rows())
