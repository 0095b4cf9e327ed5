"""Columns whose large values stand in `payloads`: read through these fields they are whole, whoever asks.

Beside a column `output` stands `output_refs`. It is null as long as the value is in the column itself. Otherwise
PostgreSQL puts the value together where it is read (`automatos_text`, `automatos_json`), also inside of conditions.
Only `recipes/engine/payloads.py` writes references. What is written into the column in any other way counts instead.
"""

from typing import Any

from django.db import models
from django.db.models.expressions import Col

REFS = "_refs"


class FilledCol(Col):
    """The column with what it refers to."""

    function = "automatos_text"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The column where nothing is referred to, else what the function of the database makes of both."""
        column, params = super().as_sql(compiler, connection)
        quote = compiler.quote_name_unless_alias
        beside = quote(f"{self.target.column}{REFS}")
        refs = f"{quote(self.alias)}.{beside}" if self.alias else beside
        return f"(CASE WHEN {refs} IS NULL THEN {column} ELSE {self.function}({column}, {refs}) END)", tuple(params)


class FilledJSONCol(FilledCol):
    """The same of JSON."""

    function = "automatos_json"


class FilledText(models.TextField[str, str]):
    """A text that may stand in `payloads`."""

    def get_col(self, alias: str, output_field: Any = None) -> Col:
        """How queries name it."""
        return FilledCol(alias, self, output_field)

    def deconstruct(self) -> Any:
        """To migrations it is the column that it is."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class FilledJSON(models.JSONField):
    """JSON of which texts may stand in `payloads`."""

    def get_col(self, alias: str, output_field: Any = None) -> Col:
        """How queries name it."""
        return FilledJSONCol(alias, self, output_field)

    def deconstruct(self) -> Any:
        """To migrations it is the column that it is."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class Refs(models.JSONField):
    """What a column beside it refers to; see `recipes/engine/payloads.py` for its forms."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"null": True, "editable": False, **more})

    def deconstruct(self) -> Any:
        """To migrations it is the column that it is."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
