"""Answers are the same JSON as the framework writes, whoever writes them."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer

from automatos.json_renderer import FastJSONRenderer
from workspaces.models import Role

MOMENT = datetime(2026, 11, 30, 20, 15, 3, 456789, UTC)
SAID: list[Any] = [
    None, "", [], {"a": 1.5, "b": [1, None, True], "c": "\u00e9\u2028"}, {"x": 1e22, "y": 1e-7},
    {"at": MOMENT, "day": date(2026, 11, 30), "clock": time(1, 2, 3), "took": timedelta(seconds=3)},
    {"id": UUID(int=7), "cost": Decimal("1.10"), "safe": SafeString("x"), "lazy": gettext_lazy("x")},
    {"role": Role.OWNER, "both": (1, 2), Role.VIEWER: 1, "bytes": b"x"}, {1: 2, None: 3, False: 4}, {"big": 2**80},
]  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_it_is_the_json_of_the_framework(said: Any) -> None:
    ours, theirs = (renderer.render(said, "application/json", {}) for renderer in (FastJSONRenderer(), JSONRenderer()))
    assert (json.loads(ours) if ours else ours) == (json.loads(theirs) if theirs else theirs)


def test_half_a_character_is_refused_as_before_and_indents_are_kept() -> None:
    with pytest.raises(UnicodeEncodeError):
        FastJSONRenderer().render("\ud800", "application/json", {})
    assert FastJSONRenderer().render({"a": 1}, "application/json; indent=2", {}) == b'{\n  "a": 1\n}'
