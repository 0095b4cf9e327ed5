"""Who publishes: keys, signatures, and the loud event of another key."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marketplace.models import PluginVersion
from marketplace.publishers import signing
from marketplace.tests.desk_kit import Desk, package, send
from marketplace.versions import contents
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
KEYS = "/api/marketplace/publisher/keys"


def pem_of(key: Ed25519PrivateKey) -> str:
    encoding, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, shape).decode()


def test_a_key_is_registered_as_pem_or_base64_once_and_revoked() -> None:
    desk, key = Desk(), Ed25519PrivateKey.generate()
    status, made = desk.admin.post(KEYS, {"name": "Laptop", "public_key": pem_of(key)})
    assert (status, made["fingerprint"]) == (201, signing.public_key_of(key).fingerprint)
    assert desk.admin.post(KEYS, {"name": "Again", "public_key": signing.public_key_of(key).text})[0] == 409
    assert desk.editor.post(KEYS, {"name": "Mine", "public_key": pem_of(Ed25519PrivateKey.generate())})[0] == 403
    for text in ("nonsense", base64.b64encode(b"short").decode(), "-----BEGIN PUBLIC KEY-----\nx\n"):
        status, body = desk.admin.post(KEYS, {"name": "Bad", "public_key": text})
        assert (status, list(body["error"]["fields"])) == (400, ["public_key"])
    assert desk.outsider.delete(f"{KEYS}/{made['id']}")[0] == 404
    assert desk.admin.delete(f"{KEYS}/{made['id']}")[0] == 204
    assert desk.viewer.get("/api/marketplace/publisher")[1]["keys"][0]["revoked_at"] is not None
    actions = AuditEntry.objects.filter(workspace_id=desk.workspace.pk).values_list("action", flat=True)
    assert {"publisher.key_added", "publisher.key_revoked"} <= set(actions)


def test_the_publisher_is_named_after_its_workspace_until_it_is_renamed() -> None:
    desk = Desk()
    assert desk.viewer.get("/api/marketplace/publisher")[1]["name"] == desk.workspace.name
    assert desk.admin.patch("/api/marketplace/publisher", {"name": "Kestrel Works"})[1]["name"] == "Kestrel Works"
    assert desk.admin.patch("/api/marketplace/publisher", {"website": "javascript:x"})[0] == 400
    assert desk.admin.patch("/api/marketplace/publisher", {"is_verified": True})[0] == 400


def test_a_signature_has_to_fit_a_registered_key_and_this_very_package() -> None:
    desk, key = Desk(), Ed25519PrivateKey.generate()
    desk.admin.post(KEYS, {"name": "Laptop", "public_key": pem_of(key)})
    plain = desk.submit(package("signed"))
    digest = plain["sha256"]
    good = signing.sign(key, slug="signed", version="1.0.0", digest=digest)
    bad = {
        "another slug": signing.sign(key, slug="other", version="1.0.0", digest=digest),
        "another key": signing.sign(Ed25519PrivateKey.generate(), slug="signed", version="1.0.0", digest=digest),
    }
    PluginVersion.objects.filter(pk=plain["id"]).delete()
    for why, text in bad.items():
        status, body = send(desk.admin.client, "/api/marketplace/plugins", package("signed"), signature=text)
        assert (status, body["error"]["code"]) == (400, "signature_unknown"), why
    status, body = send(desk.admin.client, "/api/marketplace/plugins", package("signed"), signature="short")
    assert (status, list(body["error"]["fields"])) == (400, ["signature"])
    assert desk.submit(package("signed"), signature=good)["is_signed"] is True
    version = PluginVersion.objects.get(plugin__slug="signed")
    assert contents.package_of(version).digest == digest


def test_another_key_than_before_is_marked_and_noted() -> None:
    desk, old, new = Desk(), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    for name, key in (("Old", old), ("New", new)):
        desk.admin.post(KEYS, {"name": name, "public_key": pem_of(key)})

    def submit(key: Ed25519PrivateKey | None, version: str) -> dict[str, object]:
        data = package("changes-hands", version)
        probe = desk.submit(data)
        if key is None:
            return probe
        PluginVersion.objects.filter(pk=probe["id"]).delete()
        text = signing.sign(key, slug="changes-hands", version=version, digest=probe["sha256"])
        return desk.submit(data, signature=text)

    first = submit(old, "1.0.0")
    assert first["key_changed"] is False
    PluginVersion.objects.filter(pk=str(first["id"])).update(status="approved", published_at="2026-01-01T00:00:00Z")
    assert submit(old, "1.1.0")["key_changed"] is False
    assert submit(new, "1.2.0")["key_changed"] is True
    assert submit(None, "1.3.0")["key_changed"] is True
    assert AuditEntry.objects.filter(action="plugin.key_changed", workspace_id=desk.workspace.pk).count() >= 2
