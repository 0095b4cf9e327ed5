"""What is sealed opens in its own row and nowhere else."""

import base64
import os
import threading
from collections.abc import Callable
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from automatos.errors import AppError
from automatos.master_keys import MasterKey, MasterKeys
from workspaces.credentials import rotation
from workspaces.credentials import services as credentials
from workspaces.credentials.sealing import Place, Unreadable, seal, unseal
from workspaces.models import AuditEntry, Credential, KeyCheck
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope
from workspaces.tests.credential_kit import ADDRESS, SECRET, made, row, stocked_company

# ROTATED=10000 measures the figure of the README.
COUNT = int(os.environ.get("ROTATED", "500"))
OLD, NEW = MasterKey("old", b"o" * 32), MasterKey("new", b"n" * 32)


def keys(*found: MasterKey) -> MasterKeys:
    return MasterKeys(found, "CREDENTIALS_KEYS")


def rotate(**options: str) -> str:
    out = StringIO()
    call_command("rotate_credentials", stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_same_secret_never_looks_the_same_twice() -> None:
    place = Place(uuid4(), uuid4(), "openai")
    first, second = (seal({"api_key": SECRET}, place)[1] for _ in range(2))
    assert first != second
    assert SECRET.encode() not in first
    assert base64.b64encode(SECRET.encode()) not in first


def test_every_changed_bit_and_every_other_place_is_refused() -> None:
    place = Place(uuid4(), uuid4(), "openai")
    key_id, sealed = seal({"api_key": SECRET}, place)
    assert unseal(sealed, key_id, place) == {"api_key": SECRET}
    spoilt = [bytes([*sealed[:n], sealed[n] ^ 1, *sealed[n + 1 :]]) for n in range(len(sealed))]
    others = [
        Place(uuid4(), place.row_id, place.kind),
        Place(place.workspace_id, uuid4(), place.kind),
        Place(place.workspace_id, place.row_id, "anthropic"),
    ]
    for value, where in [
        *((value, place) for value in [*spoilt, b"", sealed[:20]]),
        *((sealed, one) for one in others),
    ]:
        with pytest.raises(Unreadable, match="does not belong to this row"):
            unseal(value, key_id, where)


@pytest.mark.django_db
def test_a_ciphertext_copied_to_another_row_or_workspace_is_refused() -> None:
    ours, theirs = stocked_company(), stocked_company()
    source = row(made(ours.admin))
    near, far = row(made(ours.admin, name="Second", api_key="other-secret")), row(made(theirs.admin, api_key="theirs"))
    with system_scope(Purpose.OPERATOR):
        Credential.objects.filter(pk__in=[near.pk, far.pk]).update(secret=source.secret, key_id=source.key_id)
    for company, target in ((ours, near), (theirs, far)):
        with pytest.raises(AppError, match="copied from another row or workspace"):
            credentials.read(company.workspace.pk, target.pk, "test")
    body = {"fields": {"api_key": "entered-again-1234"}}
    assert ours.admin.patch(f"{ADDRESS}/{near.pk}", body)[0] == 200
    assert credentials.read(ours.workspace.pk, near.pk, "test") == {"api_key": "entered-again-1234"}


@pytest.mark.django_db
def test_a_rotated_credential_needs_the_old_key_no_more(settings: Any) -> None:
    company = stocked_company()
    settings.CREDENTIALS_KEYS = keys(OLD)
    body = made(company.admin)
    settings.CREDENTIALS_KEYS = keys(NEW)
    with pytest.raises(Unreadable, match="master key 'old'"):
        credentials.read(company.workspace.pk, row(body).pk, "test")
    settings.CREDENTIALS_KEYS = keys(NEW, OLD)
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": SECRET}
    told = rotate()
    assert "1 of 1 credentials moved." in told
    assert "Every credential is under new: older keys can be removed" in told
    settings.CREDENTIALS_KEYS = keys(NEW)
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": SECRET}
    rotate()
    assert set(KeyCheck.objects.values_list("key_id", flat=True)) == {"new"}


@pytest.mark.django_db
def test_what_cannot_be_opened_is_told_and_the_rest_moves(settings: Any) -> None:
    company = stocked_company()
    settings.CREDENTIALS_KEYS = keys(OLD)
    good, bad = made(company.admin), made(company.admin, name="Spoilt")
    with system_scope(Purpose.OPERATOR):
        Credential.objects.filter(pk=bad["id"]).update(secret=row(good).secret)
    settings.CREDENTIALS_KEYS = keys(NEW, OLD)
    with pytest.raises(CommandError, match="1 credentials could not be opened"):
        rotate()
    assert (row(good).key_id, row(bad).key_id) == ("new", "old")


@pytest.mark.django_db
def test_a_change_by_a_process_that_still_has_the_old_key_in_front_is_not_lost(settings: Any) -> None:
    company = stocked_company()
    settings.CREDENTIALS_KEYS = keys(OLD)
    body = made(company.admin)
    read_before = rotation.next_batch(rotation.CREDENTIALS, None, newest="new")
    company.admin.patch(f"{ADDRESS}/{body['id']}", {"fields": {"api_key": "changed-meanwhile"}})
    settings.CREDENTIALS_KEYS = keys(NEW, OLD)
    assert rotation.move(rotation.CREDENTIALS, read_before, rotation.Progress()) == 0
    rotate()
    assert row(body).key_id == "new"
    assert credentials.read(company.workspace.pk, row(body).pk, "test") == {"api_key": "changed-meanwhile"}


@pytest.mark.django_db
def test_only_a_lost_key_can_be_given_up_and_it_is_audited(settings: Any) -> None:
    company = stocked_company()
    settings.CREDENTIALS_KEYS = keys(OLD)
    made(company.admin)
    with pytest.raises(CommandError, match="nothing is lost"):
        rotate(give_up="old")
    settings.CREDENTIALS_KEYS = keys(NEW)
    assert "1 credentials under old were removed" in rotate(give_up="old")
    assert not Credential.objects.filter(workspace=company.workspace).exists()
    assert AuditEntry.objects.filter(workspace_id=company.workspace.pk, action="credential.given_up").exists()


@pytest.mark.django_db(transaction=True)
def test_credentials_are_rotated_while_threads_read_and_write(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if COUNT <= 500:
        monkeypatch.setattr(rotation, "BATCH", 10)  # long enough for the others to get a word in
    settings.CREDENTIALS_KEYS = keys(OLD)
    company, load = stocked_company(), Load()
    load.fill(company.workspace.pk, COUNT)
    settings.CREDENTIALS_KEYS = keys(NEW, OLD)
    told = load.around(rotate)
    assert load.failures == []
    assert load.reads > 20
    assert load.writes > 5
    assert "older keys can be removed" in told
    settings.CREDENTIALS_KEYS = keys(NEW)
    assert load.wrong_rows(company.workspace.pk) == []
    print(f"\n{COUNT:,} rotated, {load.reads:,} reads and {load.writes:,} writes meanwhile: 0 failed, 0 unreadable")


class Load:
    """Threads that read and change credentials until they are told to stop, and remember what each should say."""

    def __init__(self, threads: int = 4) -> None:
        self.threads, self.over = threads, threading.Event()
        self.failures: list[str] = []
        self.reads = self.writes = 0
        self.told: dict[UUID, str] = {}

    def fill(self, workspace_id: UUID, count: int) -> None:
        rows = []
        for number in range(count):
            pk = uuid4()
            key_id, sealed = seal({"api_key": f"secret-{pk}"}, Place(workspace_id, pk, "openai"))
            columns = {"name": f"Key {number}", "type_id": "openai", "secret": sealed, "key_id": key_id}
            rows.append(Credential(id=pk, workspace_id=workspace_id, **columns))
            self.told[pk] = f"secret-{pk}"
        with workspace_scope(workspace_id):
            Credential.objects.bulk_create(rows, batch_size=500)
        self.workspace_id, self.ids = workspace_id, list(self.told)

    def around(self, work: Callable[[], str]) -> str:
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(self.threads)]
        for thread in threads:
            thread.start()
        try:
            return work()
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _run(self, number: int) -> None:
        own = self.ids[number :: self.threads]
        try:
            while not self.over.is_set():
                for turn, pk in enumerate(own):
                    if self.over.is_set():
                        break
                    self._once(pk, write=turn % 5 == 0)
        finally:
            connections.close_all()

    def _once(self, pk: UUID, *, write: bool) -> None:
        try:
            with workspace_scope(self.workspace_id):
                if write:
                    secret = f"changed-{uuid4()}"
                    credentials.update(workspace_id=self.workspace_id, credential_id=pk, fields={"api_key": secret})
                else:
                    secret = credentials.read(self.workspace_id, pk, "load")["api_key"]
            if write:
                self.told[pk], self.writes = secret, self.writes + 1
            else:
                self.reads += 1
                if secret != self.told[pk]:
                    self.failures.append(f"{pk} says another secret")
        except Exception as error:
            self.failures.append(f"{pk}: {type(error).__name__} {error}")

    def wrong_rows(self, workspace_id: UUID) -> list[UUID]:
        with workspace_scope(workspace_id):
            rows = list(Credential.objects.all())
        assert len(rows) == len(self.told)
        return [
            one.pk
            for one in rows
            if unseal(one.secret, one.key_id, Place(workspace_id, one.pk, "openai")) != {"api_key": self.told[one.pk]}
        ]
