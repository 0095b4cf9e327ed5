"""Rows of models from a statement of ours, where the ORM would make the same SQL anew at each call of a tool."""

from typing import Any, Generic, TypeVar

import orjson
from django.db import connection, models

M = TypeVar("M", bound=models.Model)


class Columns(Generic[M]):
    """Some columns of a model's table, the key among them; all without names."""

    def __init__(self, model: type[M], *names: str) -> None:
        fields = [one for one in model._meta.concrete_fields if not names or one.attname in names]
        self.model, self.names = model, [one.attname for one in fields]
        self.is_json = [isinstance(one, models.JSONField) for one in fields]
        self.key = self.names.index(str(model._meta.pk.attname))

    def listed(self, alias: str) -> str:
        """What to select of the table with this alias."""
        return ", ".join(f'{alias}."{name}"' for name in self.names)

    def take(self, row: list[Any]) -> M | None:
        """The next values as a row of the model, which are taken off; None where the join found none."""
        values, row[:] = row[: len(self.names)], row[len(self.names) :]
        if values[self.key] is None:
            return None
        for place, is_json in enumerate(self.is_json):
            if is_json and values[place] is not None:
                values[place] = orjson.loads(values[place])
        return self.model.from_db(connection.alias, self.names, values)
