"""What hostile texts cost whoever shows them: `python -m benchmarks.hostile_pages`.

Fills every text column of a workspace with one kind of hostile text after the other (100,000 characters, 1 MB for the
last; less where every way in takes less, see `automatos/tests/hostile_limits.py`), asks every page and operation,
sends the same text wherever a form or a body takes one, and prints the ten that took most processor time (seconds of
this process), with the kind that did it. After the first kind (`--whole`: never)
only those are asked that showed the text, or took over `NOTHING` with it, and bodies are sent with the text in all
places at once. What took over `MOST` is asked twice more
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
# Seconds that a door takes which does nothing with a text.
NOTHING = 0.03


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
        self.begin, self.holding = b"", set[str]()

    def ask(self, door: Any, body: Any) -> int:
        """Ask one; its status."""
        from automatos.tests.hostile_texts import cost_of

        seconds, status, content = cost_of(self.world, door, body)
        cost, key = Cost(door.label, self.kind, seconds, status, len(content)), (door.label, self.kind)
        if self.begin in content or seconds > NOTHING:
            self.holding.add(door.label)
        if key not in self.costs or seconds > self.costs[key].seconds or status >= 500:
            self.costs[key] = cost
        return status

    def slow(self, kind: str) -> set[str]:
        """Those that took too long with texts of this kind."""
        return {cost.label for cost in self.costs.values() if cost.kind == kind and cost.seconds > MOST}


def measure(kinds: list[str], shown: int, *, whole: bool) -> bool:
    """Fill, ask, print; whether all took less than MOST and nothing failed. whole: ask all doors with each kind."""
    from automatos.tests import hostile_texts
    from workspaces.credentials.types import seed_credential_types
    from workspaces.tests.matrix import World
    from workspaces.tests.matrix_doors import operations, pages

    seed_credential_types()
    world = World(with_common=False)
    doors, meter = [*pages(), *operations()], Meter(world)
    planted = hostile_texts.Planted(world.ours)
    for place, kind in enumerate(kinds):
        meter.kind = kind
        number = planted.fill(kind)
        meter.begin = planted.begin
        began = time.monotonic()
        hostile_texts.ask_all(doors, meter.ask, hostile_texts.text_of(kind), each=whole or not place)
        if not whole and not place:
            doors = [door for door in doors if door.label in meter.holding or door.body is not None]
        for _ in range(2):
            again, slow = Meter(world), meter.slow(kind)
            again.kind, again.begin = kind, planted.begin
            if slow:
                planted.fill(kind)
            hostile_texts.ask_all(
                [door for door in doors if door.label in slow], again.ask, hostile_texts.text_of(kind)
            )
            for key, cost in again.costs.items():
                meter.costs[key] = min(cost, meter.costs[key], key=lambda one: one.seconds)
        print(f"{kind}: in {number} columns, {time.monotonic() - began:.0f} s", flush=True)
        for cost in sorted(meter.costs.values(), key=lambda one: -one.seconds):
            if cost.kind == kind and cost.seconds > MOST:
                print(f"    {1000 * cost.seconds:6.0f} ms  {cost.label}", flush=True)
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
    parser.add_argument("--whole", action="store_true", help="ask all doors with each kind")
    wanted = parser.parse_args()
    with transaction.atomic():
        is_sound = measure(json.loads(wanted.kinds), wanted.shown, whole=wanted.whole)
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
