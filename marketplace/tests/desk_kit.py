"""What the tests of intake and moderation stand on: small packages, the people of the desk, and a scan made at once."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from marketplace.models import PluginScan, PluginVersion
from marketplace.scans import jobs
from workspaces.models import Role, User
from workspaces.tests.rest import Company

Json = dict[str, Any]
SKILL = "---\nname: {slug}\ndescription: Says how to {what}.\n---\n\nDo it in small steps, and say what you did.\n"


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A ZIP file of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, body in files.items():
            packed.writestr(path, body)
    return made.getvalue()


def package(slug: str = "", version: str = "1.0.0", *, what: str = "write tests", **more: str) -> bytes:
    """A package of the `manifest.json` layout with one skill; `more` are further files by path, dots as `__`."""
    slug = slug or f"plugin-{uuid4().hex[:8]}"
    manifest = {"slug": slug, "name": slug.title(), "version": version, "description": f"Helps to {what}."}
    files = {"manifest.json": json.dumps(manifest), "SKILL.md": SKILL.format(slug=slug, what=what)}
    return archive(files | {path.replace("__", "."): body for path, body in more.items()})


def send(client: Client, path: str, data: bytes, **fields: str) -> tuple[int, Any]:
    """Status and body of an upload."""
    headers = {name.replace("_", "-"): fields.pop(name) for name in list(fields) if name.startswith(("X_", "Idem"))}
    file = SimpleUploadedFile("package.zip", data, content_type="application/zip")
    answer = client.post(path, {"file": file, **fields}, headers=headers)
    return answer.status_code, answer.json()


class Desk(Company):
    """A workspace that submits, and moderators who are in none."""

    def __init__(self) -> None:
        super().__init__()
        self.moderator = self.staff("first")
        self.desk = signed_in(self.moderator)

    def staff(self, name: str) -> User:
        """One more moderator."""
        return User.objects.create_user(f"{name}-{uuid4().hex[:8]}@example.org", is_staff=True, name=name.title())

    def submit(self, data: bytes, **fields: str) -> Json:
        """A submission of the workspace's admin, which has to be taken in."""
        status, body = send(self.admin.client, "/api/marketplace/plugins", data, **fields)
        assert status in (200, 201), body
        return dict(body)

    def scanned(self, data: bytes, *, safe: bool = True, **fields: Any) -> Json:
        """The same after its scan. safe: as if a model had read it and found nothing."""
        body = self.submit(data, **fields)
        scan(body["id"])
        if safe:
            PluginVersion.objects.filter(pk=body["id"]).update(verdict="safe")
        return body

    def approved(self, data: bytes, **fields: str) -> Json:
        """The same after a moderator approved it."""
        body = self.scanned(data, safe=True, **fields)
        status, answer = self.decide(body["id"], "approve")
        assert (status, answer["status"]) == (200, "approved"), answer
        return body

    def decide(self, version_id: str, what: str, reason: str = "", client: Client | None = None) -> tuple[int, Any]:
        """Status and body of a decision."""
        return post(
            client or self.desk, f"/api/admin/plugins/{version_id}/{what}", {"reason": reason} if reason else {}
        )


def post(client: Client, path: str, body: Json) -> tuple[int, Any]:
    """Status and body of a JSON request."""
    answer = client.post(path, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json() if answer.content else None


def scan(version_id: str) -> PluginScan:
    """What the worker would do."""
    row = PluginScan.objects.filter(version_id=UUID(version_id)).latest("created_at")
    jobs.run_scan(row.pk)
    row.refresh_from_db()
    return row


def signed_in(user: User) -> Client:
    """A browser's client."""
    client = Client(raise_request_exception=False)
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


__all__ = ["Desk", "Json", "Role", "archive", "package", "post", "scan", "send", "signed_in"]
