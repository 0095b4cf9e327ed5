"""Two at once, and uploads that die halfway: one wins, the other is told, and nothing is half there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from automatos.storage import objects
from automatos.tests.s3_server import S3Server
from automatos.tests.threads import one_waits, together
from marketplace.models import EnabledPlugin, Listing, Plugin, PluginDecision, PluginScan, PluginVersion
from marketplace.packages.package import digest_of
from marketplace.scans import holding, jobs
from marketplace.tests.desk_kit import Desk, package, send, signed_in
from marketplace.tests.test_listings import make, published
from marketplace.versions import bodies, contents
from workspaces.models import Role
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5
WHY = "I have read every line of it."


def test_of_two_moderators_one_decides_and_the_other_is_told_who() -> None:
    desk = Desk()
    other = desk.staff("second")
    body = desk.scanned(package())
    approve = partial(desk.decide, body["id"], "approve", WHY, desk.desk)
    reject = partial(desk.decide, body["id"], "reject", WHY, signed_in(other))
    (won, _), (lost, answer) = one_waits(approve, reject)
    assert (won, lost, answer["error"]["code"]) == (200, 409, "decided")
    assert answer["error"]["message"].endswith("decided by First.")
    assert PluginDecision.objects.filter(version_id=body["id"]).count() == 1


def test_one_moderator_who_clicks_twice_is_not_two() -> None:
    desk = Desk()
    desk.staff("second")
    for _ in range(ROUNDS):
        body = desk.scanned(package(), safe=False)
        answers = together(*[partial(desk.decide, body["id"], "approve", WHY, signed_in(desk.moderator))] * 2)
        assert sorted(status for status, _ in answers) == [200, 409], answers
        assert PluginVersion.objects.get(pk=body["id"]).status == "pending"


def test_the_same_version_twice_at_once_is_one_version() -> None:
    desk = Desk()
    clients = [signed_in(desk.staff(str(number))) for number in range(4)]
    for _ in range(ROUNDS):
        slug = f"race-{uuid4().hex[:8]}"
        data = package(slug)
        answers = together(*[partial(send, client, "/api/admin/plugins/upload", data) for client in clients])
        assert sorted(status for status, _ in answers) == [200, 200, 200, 201], answers
        assert len({body["id"] for _, body in answers}) == 1
        assert PluginScan.objects.filter(version__plugin__slug=slug).count() == 1


def test_the_same_version_with_other_bytes_at_once_is_taken_once() -> None:
    desk = Desk()
    clients = [signed_in(desk.staff(str(number))) for number in range(2)]
    for _ in range(ROUNDS):
        slug = f"race-{uuid4().hex[:8]}"
        uploads = [
            partial(send, client, "/api/admin/plugins/upload", package(slug, what=what))
            for client, what in zip(clients, ("sing", "dance"), strict=True)
        ]
        answers = together(*uploads)
        assert sorted(status for status, _ in answers) == [201, 409], answers
        assert PluginVersion.objects.filter(plugin__slug=slug).count() == 1
        assert Plugin.objects.filter(slug=slug).count() == 1


def test_one_scan_is_held_by_one_worker() -> None:
    desk = Desk()
    body = desk.submit(package())
    scan = PluginScan.objects.get(version_id=body["id"])
    claims = together(*[partial(holding.claim, scan.pk)] * 4)
    assert len([claim for claim in claims if claim]) == 1
    jobs.run_scan(scan.pk)
    assert PluginScan.objects.get(pk=scan.pk).state == "running"


def test_a_worker_that_lost_its_scan_writes_nothing_more() -> None:
    desk = Desk()
    body = desk.submit(package())
    scan_id = PluginScan.objects.get(version_id=body["id"]).pk
    first = holding.claim(scan_id)
    assert first is not None
    PluginScan.objects.filter(pk=scan_id).update(heartbeat_at="2020-01-01T00:00:00Z")
    assert holding.due() == [scan_id]
    second = holding.claim(scan_id)
    assert second is not None
    with pytest.raises(holding.Superseded):
        holding.note(first, done=7)
    holding.note(second, done=1)
    assert PluginScan.objects.get(pk=scan_id).done == 1


def test_what_a_killed_upload_left_half_written_is_written_again() -> None:
    desk = Desk()
    data = package("half")
    probe = desk.submit(data)
    version = PluginVersion.objects.get(pk=probe["id"])
    sha256 = version.files.get(path="SKILL.md").sha256
    whole = bodies.read(sha256)
    version.delete()
    name = f"plugins/{sha256[:2]}/{sha256[2:]}"
    objects.write(name, whole[:10])
    again = desk.submit(data)
    assert again["is_new"] is True
    found = PluginVersion.objects.get(pk=again["id"])
    assert contents.package_of(found).digest == found.sha256
    rows = found.files.values_list("path", "sha256", "executable")
    assert digest_of(rows) == found.sha256


def test_a_block_tells_every_workspace_also_one_that_enables_it_meanwhile() -> None:
    desk = Desk()
    for _ in range(ROUNDS):
        body = desk.approved(package())
        user = Desk()

        def enable(user: Desk = user, body: dict[str, Any] = body) -> None:
            EnabledPlugin.objects.create(workspace=user.workspace, plugin_id=body["plugin_id"], version_id=body["id"])

        together(enable, partial(desk.decide, body["id"], "block", WHY, desk.desk))
        # Whoever came first, nothing of it can be read any more: its files go by the version's status.
        assert PluginVersion.objects.get(pk=body["id"]).status == "blocked"


def test_a_change_beside_another_version_of_the_plugin_finds_it_there() -> None:
    desk, slug = Desk(), f"both-{uuid4().hex[:8]}"
    body = desk.approved(package(slug))
    path = f"/api/workspaces/{desk.workspace.pk}/plugins"
    assert desk.admin.post(path, {"plugin_id": body["plugin_id"]})[0] == 201
    desk.approved(package(slug, "1.1.0"))
    own = f"{path}/{body['plugin_id']}"
    later = partial(desk.admin.patch, own, {"version": "1.1.0", "put_off_days": 7})
    first, second = one_waits(partial(desk.admin.patch, own, {"version": "1.1.0"}), later)
    assert (first[0], second[0]) == (200, 200), second
    assert second[1]["version"] == "1.1.0"


def test_an_update_that_waits_is_told_of_a_version_that_came_meanwhile() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    slug = published(desk, agent["id"]).listing.slug
    row = other.editor.post(f"/api/marketplace/listings/{slug}/install", {})[1]
    for prompt in ("Sing.", "Dance."):
        desk.editor.patch(f"/api/agents/{agent['id']}", {"custom_prompt": prompt})
        newest = published(desk, agent["id"])
    Listing.objects.update(current_version_id=newest.listing.versions.get(number=2).pk)

    def come() -> None:
        path = f"/w/{other.workspace.slug}/marketplace/installed/{row['id']}/update/"
        signed_in(other.people[Role.EDITOR]).post(path, {"do": "put_off", "number": "2"})
        Listing.objects.update(current_version_id=newest.pk)

    update = partial(other.editor.patch, f"/api/marketplace/installed/{row['id']}", {"number": 2})
    _, (status, answer) = one_waits(come, update)
    assert (status, answer["error"]["code"]) == (409, "newer")


@contextmanager
def breaking_at(endpoint: str, most: int) -> Iterator[str]:
    """An address that leads to the server until so many bytes were sent there; then nothing answers at it any more."""
    host, port = endpoint.rpartition("/")[2].split(":")
    door, sent, lines = socket.create_server(("127.0.0.1", 0)), [0], list[socket.socket]()

    def pump(source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                sent[0] += len(data) * counted
                if sent[0] > most:
                    break
                target.sendall(data)
        for line in lines if sent[0] > most else (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while sent[0] <= most:
                near, far = door.accept()[0], socket.create_connection((host, int(port)))
                lines.extend((near, far))
                threading.Thread(target=pump, args=(near, far, True), daemon=True).start()
                threading.Thread(target=pump, args=(far, near, False), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        for line in (door, *lines):
            line.close()


def test_an_upload_whose_store_goes_down_midway_leaves_nothing_half(s3: S3Server, settings: Any) -> None:
    desk, slug = Desk(), f"store-{uuid4().hex[:8]}"
    data = package(slug, **{f"notes/{number}__md": f"{number}. A line of notes.\n" * 300 for number in range(20)})
    with breaking_at(s3.endpoint, 60_000) as endpoint:
        options = {**s3.storage["OPTIONS"], "endpoint_url": endpoint}
        settings.STORAGES = {**settings.STORAGES, "default": {**s3.storage, "OPTIONS": options}}
        status, answer = send(desk.desk, "/api/admin/plugins/upload", data)
    assert (status, answer["error"]["code"]) == (503, "storage_down")
    kept = s3.client().list_objects_v2(Bucket=s3.bucket).get("KeyCount", 0)
    assert 0 < kept < 20
    assert not Plugin.objects.filter(slug=slug).exists()
    assert not PluginScan.objects.filter(version__plugin__slug=slug).exists()
    settings.STORAGES = {**settings.STORAGES, "default": s3.storage}
    status, body = send(desk.desk, "/api/admin/plugins/upload", data)
    version = PluginVersion.objects.get(pk=body["id"])
    assert (status, contents.package_of(version).digest) == (201, version.sha256)
