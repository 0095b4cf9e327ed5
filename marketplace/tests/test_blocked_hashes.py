"""Bytes that an operator blocks: found in what is there and in what comes."""

import hashlib
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from marketplace.models import PluginVersion
from marketplace.tests.desk_kit import Desk, package, scan
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


def told(*words: str) -> str:
    out = StringIO()
    call_command("plugins", *words, stdout=out)
    return out.getvalue()


def test_a_blocked_file_is_found_in_what_is_approved_and_stops_what_comes() -> None:
    desk = Desk()
    notes = f"notes {uuid4().hex}\n"
    digest = hashlib.sha256(notes.encode()).hexdigest()
    body = desk.approved(package(references__notes__md="x\n", **{"notes.txt": notes}))
    answer = told("block-hash", digest.upper(), "--reason", "A stealer that was seen elsewhere.")
    assert "1 versions hold it." in answer
    assert PluginVersion.objects.get(pk=body["id"]).verdict == "blocked"
    assert AuditEntry.objects.filter(action="plugin.hash_blocked", after__sha256=digest).exists()
    later = desk.submit(package(**{"deep/in/here.txt": notes}))
    found = scan(later["id"])
    assert (found.verdict, found.findings[0]["severity"], found.findings[0]["file"]) == (
        "blocked",
        "critical",
        "deep/in/here.txt",
    )
    assert found.findings[0]["why"] == "A stealer that was seen elsewhere."
    assert "Taken off" in told("unblock-hash", digest)
    assert scan(desk.submit(package(**{"other.txt": notes}))["id"]).verdict != "blocked"


@pytest.mark.parametrize(("words", "cure"), [(("abc", "--reason", "x"), "64 characters"), (("a" * 64,), "--reason")])
def test_what_is_no_hash_or_has_no_reason_is_refused(words: tuple[str, ...], cure: str) -> None:
    with pytest.raises(CommandError, match=cure):
        told("block-hash", *words)
