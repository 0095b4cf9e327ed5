"""Cooks what comes with the product: `python -m benchmarks.seeds_at_work`, each of its agents and recipes once.

Everything is installed into one workspace and cooked with the model that comes along, which is small: what is looked at
is that each comes to an answer, how long that took, and how it begins. Nothing is left behind.
"""

import argparse
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import django
from django.core.management import call_command

from automatos.local import servers
from benchmarks.engine import DATA, workers

if TYPE_CHECKING:
    from marketplace.models import Listing
    from recipes.tests.kit import Cast

LONGEST_WAIT = 600.0
SHOWN = 110
QUESTION = "Say in two sentences what you would need from me to begin, and name one thing you would never do."


def main() -> None:
    """Print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="slugs that begin so")
    options = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    model = subprocess.Popen([sys.executable, "-m", "automatos.local.model_server"])
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("seed", verbosity=0)
        from marketplace.models import Listing
        from recipes.tests.kit import Cast
        from workspaces.scope.tenancy import Purpose, system_scope

        with system_scope(Purpose.OPERATOR):
            cast = Cast()
            found = list(Listing.objects.filter(is_system=True, slug__startswith=options.only).order_by("kind", "slug"))
        with workers(1, "http://127.0.0.1:9/v1"):
            done = [_cooked(cast, listing) for listing in found]
        print(f"{sum(done)} of {len(done)} came to an answer.")
    finally:
        django.db.connections.close_all()
        model.terminate()
        model.wait()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


def _cooked(cast: "Cast", listing: "Listing") -> bool:
    """Install it, cook it, and say what came of it; whether there was an answer."""
    from agents.models import Agent
    from marketplace.listings import queries
    from marketplace.listings.services import install
    from recipes.models import Recipe
    from workspaces.scope.tenancy import workspace_scope

    with workspace_scope(cast.workspace.pk, cast.owner.pk):
        found = queries.listing(workspace=cast.workspace, slug=listing.slug)
        row, _ = install(workspace=cast.workspace, user=cast.owner, listing=found)
        if listing.kind == "agent":
            cast.agent = Agent.objects.get(pk=row.object_id)
            recipe, inputs = cast.recipe(QUESTION, step={"timeout": 500}), {}
        else:
            recipe = Recipe.objects.get(pk=row.object_id)
            inputs = {name: entry.get("default", "") for name, entry in recipe.inputs.items()}
        run = cast.cook(recipe, **inputs)
    began = time.monotonic()
    status, text = _end(cast, run.pk)
    line = " ".join(text.split())[:SHOWN]
    print(f"{listing.kind:<7} {listing.slug:<28} {status:<10} {time.monotonic() - began:5.0f} s  {line}", flush=True)
    return status == "completed" and bool(text.strip())


def _end(cast: "Cast", run_id: UUID) -> tuple[str, str]:
    from recipes.models import Execution
    from workspaces.scope.tenancy import workspace_scope

    end = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < end:
        with workspace_scope(cast.workspace.pk):
            run: Any = Execution.objects.get(pk=run_id)
        if run.status not in ("pending", "running"):
            return run.status, str((run.output_data or {}).get("final_output") or run.error or "")
        time.sleep(0.5)
    return "too slow", ""


if __name__ == "__main__":
    main()
