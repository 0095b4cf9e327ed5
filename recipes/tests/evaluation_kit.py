"""Evaluation sets for tests: made and read through the API."""

import time
from typing import Any

from django.test import Client

from recipes.evaluations.tasks import sweep_evaluations
from recipes.models import Evaluation, Recipe
from recipes.quality.tasks import sweep_assessments
from recipes.tests.kit import Cast, wait_for
from recipes.tests.test_quality_doors import client_of, in_workspace

TOPIC = {"topic": {"type": "string", "required": True}}


class Desk:
    """A cast at the API, with a recipe and a set of its."""

    def __init__(self, cast: Cast, recipe: Recipe, **values: Any) -> None:
        self.cast, self.recipe = cast, recipe
        self.client: Client = client_of(cast)
        self.set: dict[str, Any] = self.post("evaluation-sets", {"name": "Price questions", **values})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of an operation under the recipe."""
        act = getattr(self.client, method)
        sent = {} if method == "get" else {"data": body or {}, "content_type": "application/json"}
        return act(f"/api/workflow-recipes/{self.recipe.pk}/{path}", headers=in_workspace(self.cast), **sent)

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """What a POST answers that succeeds."""
        answer = self.ask("post", path, body)
        assert answer.status_code in {200, 201, 202}, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def get(self, path: str) -> dict[str, Any]:
        """What a GET answers that succeeds."""
        answer = self.ask("get", path)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    @property
    def path(self) -> str:
        """Where the set is."""
        return f"evaluation-sets/{self.set['id']}"

    def case(self, topic: str, *expectations: dict[str, Any], name: str = "") -> dict[str, Any]:
        """A new case."""
        body = {"name": name, "input_data": {"topic": topic}, "expectations": list(expectations)}
        return self.post(f"{self.path}/cases", body)

    def start(self, **wish: Any) -> str:
        """Begin an evaluation; its id."""
        return str(self.post(f"{self.path}/evaluations", wish)["id"])

    def over(self, key: str, seconds: float = 90) -> dict[str, Any]:
        """The table of an evaluation once it is over."""
        done, swept = Evaluation.objects.filter(pk=key).exclude(status="running"), time.monotonic()

        def is_over() -> bool:
            """Sweeps what a killed worker took with it, as the beat does."""
            nonlocal swept
            if time.monotonic() - swept > 5:
                swept = time.monotonic()
                sweep_assessments.delay()
                sweep_evaluations.delay()
            return done.exists()

        wait_for(is_over, seconds, f"Evaluation {key}")
        return self.get(f"evaluations/{key}")

    def cells(self, key: str) -> list[dict[str, Any]]:
        """Its cells, at most 100."""
        found: list[dict[str, Any]] = self.get(f"evaluations/{key}/cells?limit=100")["items"]
        return found


def contains(text: str) -> dict[str, Any]:
    return {"type": "contains", "text": text}
