"""`manage.py plugins` and the banner that tells a workspace of a block."""

from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from marketplace.models import EnabledPlugin, PluginCategory, PluginVersion
from marketplace.plugins.categories import seed_categories
from marketplace.tests.desk_kit import Desk, package, signed_in
from workspaces.models import Role

pytestmark = pytest.mark.django_db


def run(*words: object) -> str:
    out = StringIO()
    call_command("plugins", *map(str, words), stdout=out)
    return out.getvalue()


def test_an_operator_uploads_scans_and_approves(tmp_path: Path) -> None:
    file = tmp_path / "tool.zip"
    file.write_bytes(package("from-terminal"))
    assert "from-terminal 1.0.0: pending, review_required" in run("upload", file)
    with pytest.raises(CommandError, match="own words"):
        run("approve", "from-terminal")
    assert "from-terminal 1.0.0: pending" in run("scan", "from-terminal@1.0.0")
    assert PluginVersion.objects.get().scans.count() == 2
    assert "from-terminal 1.0.0: approved" in run("approve", "from-terminal", "--reason", "I have read every line.")
    for words in (("scan",), ("scan", "nothing"), ("approve", "nothing"), ("upload", tmp_path / "none.zip")):
        with pytest.raises(CommandError):
            run(*words)


def test_a_package_is_signed_from_a_terminal(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "tool.zip").write_bytes(package("signed-here"))
    slug, number, signature = run("sign", tmp_path / "tool.zip", "--key", tmp_path / "key.pem").split()
    assert (slug, number, len(signature)) == ("signed-here", "1.0.0", 88)


def test_the_twenty_categories_are_seeded_once() -> None:
    assert [seed_categories(), seed_categories(), PluginCategory.objects.count()] == [20, 20, 20]


def test_a_block_is_told_on_the_dashboard_and_the_agents_page_until_it_is_put_away() -> None:
    desk, user = Desk(), Desk()
    body = desk.approved(package())
    EnabledPlugin.objects.create(workspace=user.workspace, plugin_id=body["plugin_id"], version_id=body["id"])
    home = f"/w/{user.workspace.slug}/"
    viewer, admin = (signed_in(user.people[role]) for role in (Role.VIEWER, Role.ADMIN))
    assert "was blocked" not in viewer.get(home).content.decode()
    assert desk.decide(body["id"], "block", "It sends files to a stranger.")[0] == 200
    for path in (home, f"{home}agents/"):
        page = viewer.get(path).content.decode()
        assert "1.0.0 was blocked" in page
        assert "It sends files to a stranger." in page
        assert "Put away" not in page
    assert "was blocked" not in signed_in(desk.people[Role.VIEWER]).get(f"/w/{desk.workspace.slug}/").content.decode()
    notice = user.viewer.get("/api/marketplace/notices")[1][0]["id"]
    assert viewer.post(f"{home}plugins/notices/{notice}/dismiss/").status_code == 403
    assert admin.post(f"{home}plugins/notices/{notice}/dismiss/").status_code == 302
    assert "was blocked" not in viewer.get(home).content.decode()
