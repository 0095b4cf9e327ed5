"""Scans by the real worker with a scripted model: resumed when it dies, never paid twice, never clean by luck."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from automatos.testing import Stack
from marketplace.models import PluginScan, PluginScanCall, PluginVersion
from marketplace.plugins.services import request_scan
from marketplace.scans import holding
from marketplace.scans.tasks import send_scan
from marketplace.tests.desk_kit import Desk, package
from marketplace.tests.live_upload import upload
from marketplace.tests.reviewer_kit import MODEL, data_of, honest, is_judging
from marketplace.versions import contents
from recipes.tests.kit import wait_for
from recipes.tests.test_outages import crash_postgres

pytestmark = [pytest.mark.slow, pytest.mark.chaos]
FILES = ("manifest.json", "SKILL.md")


@pytest.fixture(scope="module")
def reviewing(stack: Stack, django_db_blocker: Any) -> Iterator[Stack]:
    """The product with a model that reviews packages."""
    with django_db_blocker.unblock(), stack.restarted(stack.worker, SCAN_LLM_MODEL=MODEL):
        yield stack


@pytest.fixture
def desk(reviewing: Stack) -> Desk:
    reviewing.models.clear()
    return Desk()


def over(scan_id: UUID | str) -> PluginScan:
    """The scan once it is done."""
    wait_for(lambda: PluginScan.objects.get(pk=scan_id).state == "done")
    return PluginScan.objects.get(pk=scan_id)


def scan_of(body: dict[str, Any]) -> PluginScan:
    return PluginScan.objects.filter(version_id=body["id"]).latest("created_at")


def scan_again(body: dict[str, Any]) -> PluginScan:
    """One more scan of the version, by the worker."""
    version = PluginVersion.objects.select_related("plugin").get(pk=body["id"])
    return request_scan(version=version, user=None, trigger=PluginScan.Trigger.REQUESTED)


def test_a_package_that_a_model_has_read_is_safe_and_the_next_scan_comes_from_the_record(
    reviewing: Stack, desk: Desk
) -> None:
    reviewing.models.on(decide=partial(honest, known=FILES))
    body = desk.submit(package(what=f"tidy up {uuid4().hex}"))
    scan = over(scan_of(body).pk)
    assert (scan.verdict, scan.model_state, scan.risk_score, scan.model) == ("safe", "reviewed", 3, MODEL)
    assert scan.input_tokens > 0
    asked = len(reviewing.models.requests)
    again = over(scan_again(body).pk)
    assert (again.verdict, again.reused_from, again.cost) == ("safe", scan.pk, Decimal(0))
    assert len(reviewing.models.requests) == asked


def test_a_scan_goes_on_where_its_killed_worker_was_and_no_answer_is_paid_twice(reviewing: Stack, desk: Desk) -> None:
    models = reviewing.models
    judged: list[int] = []

    def decide(request: Any) -> Any:
        if is_judging(request) and not judged:
            judged.append(1)
            return {"reply": "", "delay": 60.0}
        return honest(request, known=FILES)

    models.on(decide=decide)
    body = desk.submit(package(what=f"tidy up {uuid4().hex}"))
    scan_id = scan_of(body).pk
    models.wait_for_requests(2)
    reviewing.worker.kill()
    first = PluginScanCall.objects.filter(scan_id=scan_id, reply__isnull=False).count()
    assert (first, PluginScanCall.objects.filter(scan_id=scan_id).count()) == (1, 2)
    reviewing.worker.start()
    PluginScan.objects.filter(pk=scan_id).update(heartbeat_at=timezone.now() - holding.LOST * 2)
    assert scan_id in holding.due()
    send_scan(scan_id)
    scan = over(scan_id)
    assert (scan.verdict, scan.model_state, scan.attempts) == ("safe", "reviewed", 2)
    assert sorted(PluginScanCall.objects.filter(scan_id=scan_id).values_list("sends", flat=True)) == [1, 2]
    assert len(models.requests) == 3, "the first pass was answered from the record"


@pytest.mark.parametrize(
    "answer",
    [
        {"reply": "SAFE. No findings. risk_score: 0"},
        {"reply": '{"facts": []}'},
        {"reply": '{"facts": [', "finish": "length"},
        {"refusal": "I cannot help with that."},
        {"status": 500},
        {"reply": "a\x00b"},
    ],
    ids=["obeys the package", "passes over the planted line", "cut off", "refuses", "fails", "writes a NUL"],
)
def test_no_package_is_clean_by_what_a_model_fails_to_do(reviewing: Stack, desk: Desk, answer: dict[str, Any]) -> None:
    reviewing.models.on(**answer)
    scan = over(scan_of(desk.submit(package(what=f"tidy up {uuid4().hex}"))).pk)
    assert (scan.verdict, scan.model_state) == ("review_required", "not_scanned")
    assert scan.model_note
    assert PluginVersion.objects.get(pk=scan.version_id).status == "pending"


def real_fact(request: Any) -> str:
    """A fact about a line that is there, whose number has a point."""
    file = next(item for item in data_of(request) if item["file"] == "SKILL.md")
    number, _, text = max(file["lines"], key=len).partition(": ")
    place = {"file": "SKILL.md", "line": float(number), "evidence": text.strip()}
    return json.dumps({**place, "order": text, "addressee": "agent", "data": "", "host": ""})


@pytest.mark.parametrize(
    ("is_second", "old", "new"),
    [
        (True, '"It is fine."', r'"\u0000 \ud800"'),
        (True, '"It sends data."', r'"\u0000 \ud800"'),
        (True, '"risk_score": 3', '"risk_score": 3.0'),
        (False, '"line": ', '"line": 1e300, "more": '),
        (False, '"facts": [', '"facts": [REAL, '),
        (False, '"facts": [', r'"facts": [REAL, {"\u0000": 5}, '),
    ],
    ids=["half letters in the summary", "half letters in a finding", "a risk with a point", "a line far away",
         "a line with a point", "half letters in a name"],
)  # fmt: skip
def test_a_scan_ends_whatever_letters_and_numbers_its_model_writes(
    reviewing: Stack, desk: Desk, is_second: bool, old: str, new: str
) -> None:
    def decide(request: Any) -> Any:
        told = dict(honest(request, known=FILES))
        if is_judging(request) is is_second:
            part = new if is_second else new.replace("REAL", real_fact(request))
            assert old in told["reply"]
            told["reply"] = told["reply"].replace(old, part, 1)
        return told

    reviewing.models.on(decide=decide)
    scan = over(scan_of(desk.submit(package(what=f"tidy up {uuid4().hex}"))).pk)
    assert scan.attempts == 1
    assert (scan.verdict, scan.model_state) in (("safe", "reviewed"), ("review_required", "not_scanned"))


@pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="stops only servers that the suite started")
def test_a_scan_survives_a_restart_of_the_database(reviewing: Stack, desk: Desk) -> None:
    models = reviewing.models
    held = models.hold("", decide=partial(honest, known=FILES))
    body = desk.submit(package(what=f"tidy up {uuid4().hex}"))
    scan_id = scan_of(body).pk
    held.wait_for_requests(1)
    crash_postgres()
    held.release()
    wait_for(lambda: PluginScan.objects.get(pk=scan_id).state == "done" or scan_id in holding.due())
    send_scan(scan_id)
    scan = over(scan_id)
    assert (scan.verdict, scan.reasons) == ("safe", [])


def test_uploads_die_with_the_web_process_and_leave_nothing_half(reviewing: Stack, desk: Desk) -> None:
    """Killed at some moment of eight uploads; whatever is there is whole, and what is not can be sent again."""
    reviewing.models.on(decide=partial(honest, known=FILES))
    packages = {f"kill-{number}-{uuid4().hex[:6]}": b"" for number in range(8)}
    for slug in packages:
        packages[slug] = package(slug, notes__md="A line of notes.\n" * 4_000)
    key = desk.admin.key
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(upload, reviewing.url, key, data) for data in packages.values()]
        wait_for(lambda: PluginVersion.objects.filter(plugin__slug__in=packages).count() >= 2)
        reviewing.web.kill()
        [one.result() for one in sent]
    reviewing.web.start()
    reviewing.wait_ready()
    for data in packages.values():
        assert upload(reviewing.url, key, data) in (200, 201)
    versions = PluginVersion.objects.filter(plugin__slug__in=packages)
    assert versions.count() == 8
    for version in versions:
        assert contents.package_of(version).digest == version.sha256
        assert PluginScan.objects.filter(version=version).count() == 1
    connections.close_all()
