"""What hostile texts cost whoever shows them: `python -m benchmarks.hostile_pages`.

Fills every text column of a workspace with one kind of hostile text after the other (100,000 characters, 1 MB for the
last), asks every page and operation, sends the same text wherever a form or a body takes one, and prints the ten that
took most processor time (seconds of this process), with the kind that did it. What took over `MOST` is asked twice more
with fresh texts and counts with the least, so that no first time counts. Exits with 1 when anything took more, or
answered with a 5xx.
"""

import argparse
import json
import logging
import os
import shutil
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks import run_list  # makes the folder and names it before Django is there

os.environ["API_RATE_LIMIT"] = "0"
os.environ["LLM_OUTSIDE_CALLS"] = "false"

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction

from automatos.local import servers
from benchmarks.machine import describe_machine

MOST = 0.2


@dataclass(frozen=True)
class Cost:
    """seconds: of processor time. size: bytes of the answer."""

    label: str
    kind: str
    seconds: float
    status: int
    size: int


class Meter:
    """Asks doors and keeps what each took."""

    def __init__(self, world: Any) -> None:
        self.world, self.kind = world, ""
        self.costs: dict[tuple[str, str], Cost] = {}

    def ask(self, door: Any, body: Any) -> int:
        """Ask one; its status."""
        from automatos.tests.hostile_texts import cost_of

        seconds, status, size = cost_of(self.world, door, body)
        cost, key = Cost(door.label, self.kind, seconds, status, size), (door.label, self.kind)
        if key not in self.costs or seconds > self.costs[key].seconds or status >= 500:
            self.costs[key] = cost
        return status

    def slow(self, kind: str) -> set[str]:
        """Those that took too long with texts of this kind."""
        return {cost.label for cost in self.costs.values() if cost.kind == kind and cost.seconds > MOST}


def measure(kinds: list[str], shown: int) -> bool:
    """Fill, ask, print; whether all took less than MOST and nothing failed."""
    from automatos.tests import hostile_texts
    from workspaces.credentials.types import seed_credential_types
    from workspaces.tests.matrix import World
    from workspaces.tests.matrix_doors import operations, pages

    seed_credential_types()
    world = World(with_common=False)
    doors, meter = [*pages(), *operations()], Meter(world)
    planted = hostile_texts.Planted(world.ours)
    for kind in kinds:
        meter.kind = kind
        number = planted.fill(kind)
        began = time.monotonic()
        hostile_texts.ask_all(doors, meter.ask, hostile_texts.text_of(kind))
        for _ in range(2):
            again, slow = Meter(world), meter.slow(kind)
            again.kind = kind
            if slow:
                planted.fill(kind)
            hostile_texts.ask_all(
                [door for door in doors if door.label in slow], again.ask, hostile_texts.text_of(kind)
            )
            for key, cost in again.costs.items():
                meter.costs[key] = min(cost, meter.costs[key], key=lambda one: one.seconds)
        print(f"{kind}: in {number} columns, {time.monotonic() - began:.0f} s", flush=True)
    return _told(list(meter.costs.values()), shown)


def _told(costs: list[Cost], shown: int) -> bool:
    failed = [cost for cost in costs if cost.status >= 500]
    worst = dict[str, Cost]()
    for cost in sorted(costs, key=lambda one: -one.seconds):
        worst.setdefault(cost.label, cost)
    print(f"\n{len(worst)} pages and operations; {describe_machine()}")
    for cost in list(worst.values())[:shown]:
        label = cost.label[:84]
        print(f"{1000 * cost.seconds:6.0f} ms  {label:84} {cost.status}  {cost.size // 1000:6} kB  {cost.kind}")
    for cost in failed:
        print(f"FAILED  {cost.label}: {cost.status} with {cost.kind}")
    return not failed and all(cost.seconds <= MOST for cost in costs)


def main() -> None:
    """Measure on servers of its own."""
    from automatos.tests import hostile_texts

    parser = argparse.ArgumentParser(description=__doc__)
    known = [*hostile_texts.KINDS, hostile_texts.MEGABYTE]
    parser.add_argument("--kinds", default=json.dumps(known), help="a JSON list of some of the kinds")
    parser.add_argument("--shown", type=int, default=10)
    wanted = parser.parse_args()
    with transaction.atomic():
        is_sound = measure(json.loads(wanted.kinds), wanted.shown)
        transaction.set_rollback(True)
    sys.exit(not is_sound)


def start() -> None:
    """As the suite does: rows are made as their owner, and every door is asked as the product's own role."""
    held = servers.hold(run_list.DATA, servers.needed())
    # Refusals are what is wanted here; each is counted.
    logging.disable(logging.CRITICAL)
    try:
        settings.DATABASES["default"] = settings.DATABASES.pop("owner")
        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        django.setup()
        import channels.db

        from automatos.tests.app_role import doors_have_the_app_role

        # What streams ask stays in the one transaction that is taken back at the end.
        channels.db.close_old_connections = lambda: None

        call_command("migrate", verbosity=0)
        doors_have_the_app_role()
        main()
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(run_list.DATA, ignore_errors=True)


if __name__ == "__main__":
    start()
