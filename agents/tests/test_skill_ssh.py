"""Private repositories of skills over SSH: a key of the workspace, a server that is known, nothing of the machine."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from asgiref.sync import async_to_sync
from pytest_django.fixtures import Settings

from agents.models import SkillSource
from agents.tests.git_kit import GitServer
from agents.tests.page_kit import signed_in
from agents.tests.skill_kit import Kitchen
from agents.tests.ssh_kit import SshServer, private, ssh_server
from automatos.errors import Unavailable
from automatos.private_hosts import parse
from automatos.skill_format.git import Limits
from automatos.skill_format.repository import Network, fetched, newest_commit
from automatos.skill_format.secure_shell import SshKey
from automatos.testing import free_port
from workspaces.credentials.checks import check
from workspaces.credentials.types import seed_credential_types
from workspaces.models import AuditEntry, Credential, Role

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(shutil.which("ssh") is None, reason="needs OpenSSH's client (Debian: openssh-client)"),
]


@pytest.fixture
def shell(server: GitServer) -> Iterator[SshServer]:
    with ssh_server(server.root) as running:
        yield running


@pytest.fixture
def kitchen(server: GitServer, shell: SshServer, settings: Settings) -> Kitchen:
    seed_credential_types()
    kitchen = Kitchen(server, settings)
    kitchen.url = shell.url("kitchen.git")
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"localhost:{shell.port}"])
    return kitchen


def sent(kitchen: Kitchen, **fields: str) -> tuple[int, Any]:
    body = {"name": f"Deploy key {Credential.objects.count()}", "type": "ssh_key", "fields": fields}
    return kitchen.company.owner.post("/api/credentials", body)


def credential(kitchen: Kitchen, shell: SshServer, key: Any = None, known: str = "") -> str:
    status, row = sent(kitchen, private_key=private(key or shell.key), host_keys=known or shell.known())
    assert status == 201, row
    return str(row["id"])


def test_a_key_opens_it_and_is_left_nowhere(
    kitchen: Kitchen, shell: SshServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While git works, command lines, environments and files are looked at."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/somebodys.agent")
    lines: list[str] = []
    files: dict[str, tuple[int, int]] = {}
    started = subprocess.Popen.__init__

    def looked(self: Any, args: Any, *more: Any, **named: Any) -> None:
        lines.append(f"{args} {named.get('env')}")
        files.update({path.name: (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777)
                      for path in folder.rglob("key")})  # fmt: skip
        started(self, args, *more, **named)

    given = credential(kitchen, shell)
    with monkeypatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", looked)
        source = kitchen.add(credential_id=given)
    assert (source["status"], source["error"], source["skill_count"]) == ("active", "", 2)
    assert source["url"] == kitchen.url
    assert set(shell.asked) == {"git-upload-pack '/kitchen.git'"}
    # Only its owner may read it, in a folder that only its owner may enter, and afterwards it is gone.
    assert files == {"key": (0o600, 0o700)}
    assert not list(folder.iterdir())
    secret = private(shell.key).splitlines()[1]
    assert len(lines) > 3
    assert not [line for line in lines if secret in line or "SSH_AUTH_SOCK" in line]
    assert secret not in json.dumps(list(AuditEntry.objects.values_list("after", "before")), default=str)
    assert AuditEntry.objects.filter(action="credential.read", target_id=given, after={"purpose": "fetch skills"})
    # Asked again, only the newest commit is.
    assert kitchen.sync(source["id"])["pending_commit"] in (None, "")


def test_another_key_is_told_so(kitchen: Kitchen, shell: SshServer) -> None:
    wrong = credential(kitchen, shell, asyncssh.generate_private_key("ssh-rsa", key_size=2048))
    assert "With this credential there is no repository" in kitchen.add(credential_id=wrong)["error"]
    assert (shell.tried, shell.asked) == (["git"], [])


def test_a_server_with_another_key_is_not_talked_to(kitchen: Kitchen, shell: SshServer) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    given = credential(kitchen, shell, known=shell.known(key=other))
    assert "The server's key is none of those in the credential" in kitchen.add(credential_id=given)["error"]
    assert (shell.tried, shell.asked) == ([], [])


def test_a_server_that_is_down_or_no_ssh_is_not_taken_for_a_wrong_key(kitchen: Kitchen, shell: SshServer) -> None:
    for port in (free_port(), kitchen.server.port):
        known = shell.known().replace(f":{shell.port}", f":{port}")
        network = Network(private=parse([f"localhost:{port}"]), key=SshKey(private(shell.key), known))
        with pytest.raises(Unavailable, match="does not answer as one of SSH"):
            newest_commit(f"ssh://git@localhost:{port}/kitchen.git", network=network, limits=Limits(seconds=60))


def test_the_address_and_the_credential_have_to_fit(kitchen: Kitchen, shell: SshServer) -> None:
    elsewhere = credential(kitchen, shell, known=shell.known("git.example.org"))
    fields = {"username": "cook", "password": "s3cret-of-the-kitchen", "hosts": f"localhost:{shell.port}"}
    body = {"name": "HTTP", "type": "basic_auth", "fields": fields}
    _, http = kitchen.company.owner.post("/api/credentials", body)
    wrong = (
        (None, "needs a credential of the type SSH key"),
        (elsewhere, "holds no key of"),
        (http["id"], "take a credential of the type"),
    )
    for given, said in wrong:
        status, answer = kitchen.company.editor.post("/api/skill-sources", {"url": kitchen.url, "credential_id": given})
        assert (status, said in answer["error"]["fields"]["credential_id"][0]) == (400, True), answer
    https = {"url": kitchen.server.local_url("kitchen.git"), "credential_id": elsewhere}
    assert kitchen.company.editor.post("/api/skill-sources", https)[0] == 400
    # The host was taken out of the credential meanwhile.
    right = credential(kitchen, shell)
    source = kitchen.add(credential_id=right)
    Credential.objects.filter(pk=right).update(values={"host_keys": shell.known("git.example.org")})
    assert "holds no key of" in kitchen.sync(source["id"])["error"]


@pytest.mark.parametrize(
    "url",
    ["ssh://git@10.0.0.1/a/b", "git@169.254.169.254:a/b", "ssh://git@localhost/a/b", "ssh://-oProxyCommand=x@h/a",
     "ssh://git@-oProxyCommand=x/a", "ssh://git@example.org:0/a", "ssh://git@example.org:99999/a",
     "ssh://git@example.org/../a", "git@example.org:a/../../b", "ssh://git@example.org/a;b", "ssh://example.org/a",
     "ssh://git:word@example.org/a", "ssh://git@example.org/a b", "SSH://git@example.org/-a", "ssh://"],
)  # fmt: skip
def test_an_address_that_leads_elsewhere_is_refused(kitchen: Kitchen, shell: SshServer, url: str) -> None:
    given = credential(kitchen, shell)
    status, answer = kitchen.company.editor.post("/api/skill-sources", {"url": url, "credential_id": given})
    assert (status, "url" in answer["error"]["fields"]) == (400, True), answer
    assert not SkillSource.objects.exists()


def test_the_connection_goes_to_the_checked_address(shell: SshServer, kitchen: Kitchen) -> None:
    """No resolver of the machine knows this name."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    key = SshKey(private(shell.key), shell.known("skills.example"))
    network = Network(resolve=resolve, private=parse([f"skills.example:{shell.port}"]), key=key)
    with fetched(shell.url("kitchen.git", "skills.example"), network=network) as tree:
        assert tree.commit == kitchen.commit


def test_keys_are_taken_as_people_paste_them(kitchen: Kitchen, shell: SshServer, tmp_path: Path) -> None:
    whole = private(shell.key)
    status, row = sent(kitchen, private_key=" ".join(whole.split()), host_keys=f"# mine\n{shell.known()}  comment\n")
    assert (status, kitchen.add(credential_id=row["id"])["error"]) == (201, ""), row
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "word", "-f", str(tmp_path / "locked")], check=True)
    locked = (tmp_path / "locked").read_text()
    key, known = "private_key", "host_keys"
    for fields, field, said in (
        ({key: locked, known: shell.known()}, key, "passphrase"),
        ({key: "sk-nonsense", known: shell.known()}, key, "no private key"),
        ({key: whole.replace("b3Bl", "AAAA"), known: shell.known()}, key, "cannot be read"),
        ({key: whole, known: "|1|abc|def ssh-ed25519 AAAA"}, known, "not hashed"),
        ({key: whole, known: f"@cert-authority {shell.known()}"}, known, "ssh-keyscan"),
        ({key: whole, known: "example.org ssh-ed25519 AAAA"}, known, "cannot be read"),
        ({key: whole}, known, ""),
    ):
        status, answer = sent(kitchen, **fields)
        assert status == 400, fields
        assert said in answer["error"]["fields"][f"fields.{field}"][0], answer
    row = kitchen.company.owner.get("/api/credentials")[1]["items"][0]
    assert row["hints"]["private_key"] == ""
    assert "BEGIN" not in json.dumps(row)


def test_the_page_takes_it(kitchen: Kitchen, shell: SshServer) -> None:
    owner = signed_in(kitchen.company.people[Role.OWNER])
    root = f"/w/{kitchen.company.workspace.slug}"
    form = {"name": "Deploy key", "field_private_key": private(shell.key), "field_host_keys": shell.known()}
    answer = owner.post(f"{root}/settings/credentials/new/ssh_key/", form)
    assert answer.status_code in (200, 302), answer.content[:500]
    given = str(Credential.objects.get(type_id="ssh_key").pk)
    answer = owner.post(f"{root}/skills/new/", {"url": kitchen.url, "credential_id": given, "every": "0"})
    assert answer.status_code == 302, answer.content[:500]
    source = kitchen.fetched(str(SkillSource.objects.get().pk))
    assert (source["status"], source["credential_id"]) == ("active", given)


def test_a_test_says_whether_its_server_is_there(kitchen: Kitchen, shell: SshServer, settings: Settings) -> None:
    key = private(shell.key)
    told = async_to_sync(check)("ssh_key", {"private_key": key, "host_keys": shell.known()})
    assert (told.ok, "localhost answers" in told.message) == (None, True), told
    assert (shell.tried, shell.asked) == ([], [])
    away = free_port()
    settings.OUTSIDE_PRIVATE_HOSTS = parse([f"localhost:{away}", f"localhost:{kitchen.server.port}"])
    for port, said in ((away, "does not answer"), (22, "private")):
        line = shell.known().replace(f"[localhost]:{shell.port}", f"[localhost]:{port}" if port != 22 else "localhost")
        told = async_to_sync(check)("ssh_key", {"private_key": key, "host_keys": line})
        assert told.ok is False, told
        assert said in told.message
