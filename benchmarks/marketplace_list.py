"""How fast the marketplace's list answers with 10,000 listings: `python -m benchmarks.marketplace_list`.

Starts PostgreSQL and Valkey of its own in a folder that is thrown away. Measured is the whole request in this process,
under the product's own role and row-level security: median and worst of `--rounds`, in milliseconds, and the median of
this process's processor time. Beside each stands where PostgreSQL reads the table of listings whole.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(tempfile.mkdtemp(prefix="automatos-bench-"))
os.environ["DATA"] = str(DATA)
os.environ["DJANGO_SETTINGS_MODULE"] = "automatos.settings"
os.environ["ALLOWED_HOSTS"] = "testserver"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from automatos.local import servers  # noqa: E402
from benchmarks.machine import describe_machine  # noqa: E402

TABLE = "marketplace_entries"
DOES = ["reviews", "sorts", "drafts", "translates", "checks", "counts", "plans", "mends", "sums", "cites"]
WHAT = [
    "contracts",
    "invoices",
    "letters",
    "tickets",
    "releases",
    "tests",
    "papers",
    "logs",
    "meetings",
    "budgets",
    "recipes",
    "maps",
]
WHOM = ["teams", "lawyers", "shops", "schools", "nurses", "builders", "editors", "farmers", "pilots", "cooks", "clerks"]
ENTRIES = f"""
INSERT INTO {TABLE} (id, kind, object_id, slug, name, description, category, tags, publisher_id, is_public, is_featured,
  feature_note, is_system, version, verdict, was_read, reach, hosts, counts, token_estimate, installs, rating,
  rating_count, changed_at, embedding_model)
SELECT gen_random_uuid(), (ARRAY['plugin', 'agent', 'recipe', 'skill'])[1 + n %% 4], gen_random_uuid(), 'entry-' || n,
  initcap(does || ' ' || what) || ' ' || n, 'It ' || does || ' ' || what || ' for ' || whom || '.',
  (%(categories)s::text[])[1 + n %% %(category_count)s], '{{}}', (%(publishers)s::uuid[])[1 + n %% 50], true, false, '',
  false, '1.0.' || n %% 9, CASE WHEN n %% 7 = 0 THEN 'review_required' ELSE 'safe' END, n %% 7 = 0,
  CASE WHEN n %% 5 = 0 THEN '{{host,hook}}'::text[] ELSE '{{}}'::text[] END, '{{}}', '{{}}', n %% 4000,
  (n * 7919) %% 10007, (n %% 41) / 10.0, n %% 100, now() - n * interval '1 hour', ''
FROM (SELECT n, (%(does)s::text[])[1 + n %% 10] AS does, (%(what)s::text[])[1 + n %% 12] AS what,
  (%(whom)s::text[])[1 + n %% 11] AS whom FROM generate_series(1, %(count)s) n) AS made
"""


def fill(count: int) -> tuple[str, Any]:
    """So many listings of fifty publishers, findable by words and meaning; the slug of a workspace, and its owner."""
    from marketplace.browse.indexing import index
    from marketplace.models import PluginCategory, Publisher
    from workspaces.models import User
    from workspaces.scope.tenancy import Purpose, system_scope
    from workspaces.services import create_workspace

    with system_scope(Purpose.SEED):
        owner = User.objects.create_user("owner@example.org")
        workspace = create_workspace(name="Reader", owner=owner)
        publishers = [
            Publisher.objects.create(name=f"Publisher {n}", slug=f"publisher-{n}", is_public=True).pk for n in range(50)
        ]
        categories = list(PluginCategory.objects.values_list("slug", flat=True)) or ["other"]
    values: dict[str, Any] = {
        "categories": categories,
        "category_count": len(categories),
        "publishers": publishers,
        "count": count,
    }
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET ROLE automatos_system")
        cursor.execute(ENTRIES, {**values, "does": DOES, "what": WHAT, "whom": WHOM})
        cursor.execute("RESET ROLE")
    index()
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {TABLE}")
    return workspace.slug, owner


def questions() -> Iterator[str]:
    """The addresses that are measured."""
    yield from ("", "?page=100", "?kind=plugin", "?sort=newest", "?sort=rating", "?kind=agent&sort=rating")
    yield from ("?category=testing", "?publisher=publisher-7", "?verdict=review_required", "?only=no-hooks")
    yield from ("?only=text,signed", "?q=reviews+contracts", "?q=help+lawyers+read+agreements", "?q=nothing+like+it")
    yield from ("?q=invoices&kind=skill&sort=newest",)


class Plans:
    """Explains each question about listings right after it was asked, under the role that asked."""

    def __init__(self) -> None:
        self.whole: set[str] = set()
        self._busy = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if TABLE in sql and sql.startswith("SELECT") and not self._busy:
            self._busy = True
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                plan = "\n".join(row[0] for row in cursor.fetchall())
            self._busy = False
            self.whole |= {line.strip() for line in plan.splitlines() if f"Seq Scan on {TABLE}" in line}
        return found


def measure(rounds: int, count: int) -> None:
    """Fill, ask, print."""
    from django.test import Client

    slug, owner = fill(count)
    client = Client()
    client.force_login(owner)
    print(f"{count:,} listings; {describe_machine()}")
    for question in questions():
        address = f"/w/{slug}/marketplace/{question}"
        plans = Plans()
        with connection.execute_wrapper(plans):
            answer = client.get(address, headers={"HX-Request": "true"})
        times, spent = [], []
        for _ in range(rounds):
            began, at = time.perf_counter(), time.process_time()
            answer = client.get(address, headers={"HX-Request": "true"})
            times.append(1000 * (time.perf_counter() - began))
            spent.append(1000 * (time.process_time() - at))
            assert answer.status_code == 200, answer.status_code
        figures = f"median {statistics.median(times):6.1f}  worst {max(times):6.1f}"
        figures += f"  processor {statistics.median(spent):6.1f}"
        print(f"{question:44} {figures}  {'; '.join(sorted(plans.whole)) or 'by index'}", flush=True)


def main() -> None:
    """Measure on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    held = servers.hold(DATA, servers.needed())
    try:
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("seed", verbosity=0)
        measure(wanted.rounds, wanted.listings)
    finally:
        connections.close_all()
        held.release()
        shutil.rmtree(DATA, ignore_errors=True)


if __name__ == "__main__":
    main()
