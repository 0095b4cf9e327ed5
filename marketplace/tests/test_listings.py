"""Agents that are shared and installed, by form: checked copies, moderators, links, updates that keep local changes."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from agents.models import Agent, Persona
from automatos.tests.app_role import app_role
from marketplace.listings import leaks
from marketplace.models import Entry, InstalledListing, Listing, ListingVersion
from marketplace.tests.desk_kit import Desk, signed_in
from marketplace.tests.test_submission_pages import browser, text_of
from workspaces.models import AuditEntry, Membership, Role
from workspaces.scope.tenancy import workspace_scope
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db
KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0buFAKEFAKE\nx8Yw0Zk=\n"
    "-----END RSA PRIVATE KEY-----"
)
# Three of each of ten kinds; none of them is one that anybody ever had.
PLANTED = {
    "aws": [
        *("AKIAQ3EGRTUVWX5YZ2AB", "ASIAQ3EGRTUVWX5YZ2CD"),
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzz1234567",
    ],
    "github": ["ghp_" + "a1B2" * 9, "gho_" + "Z9y8" * 9, "github_pat_11ABCDEFG0" + "a1b2c3d4" * 6],
    "model": ["sk-ant-api03-" + "Ab1_" * 12, "sk-proj-" + "x7Y8" * 12, "sk-" + "q1W2" * 12],
    "slack": [
        *("xoxb-123456789012-abcdefABCDEF", "xoxp-998877665544-zyxwvutsrq"),
        "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnop",
    ],
    "google": [
        *("AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p", "AIza" + "SyZ9y8X7w6V5u4T3s2R1q0P9o8N7m6L5k"),
        "ya29." + "a0AfH6SMBx" * 4,
    ],
    "private key": [KEY, KEY.replace("RSA ", "EC "), KEY.replace("RSA ", "OPENSSH ")],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + word * 12 for word in ("abc", "Xy1", "q_-")],
    "password": ["password: hunter2!secret", "DB_PASSWORD=s3cr3t-Pa55", 'passwd = "Tr0ub4dor&3"'],
    "address": [
        "postgres://admin:pa55w0rd@db.example.net/main",
        "https://bob:let-me-1n@files.example.net/x",
        "redis://:t0ps3cret@cache.example.net:6379",
    ],
    "payment": [
        *("sk_live_" + "4eC39HqLyjWDarjt", "rk_live_" + "9aB38GpKxiVCzqis"),
        "SG." + "a1b2c3d4e5f6g7h8i9j0k1" + "." + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V",
    ],
}  # fmt: skip


def home(company: Company, under: str = "") -> str:
    return f"/w/{company.workspace.slug}/marketplace/{under}"


def make(company: Company, **columns: Any) -> dict[str, Any]:
    """An agent of the workspace."""
    given = {"name": "Ada", "custom_prompt": "Answer in one sentence.", "description": "Short answers."} | columns
    status, body = company.editor.post("/api/agents", given)
    assert status == 201, body
    return dict(body)


def share(client: Client, company: Company, agent_id: str, audience: str = "public", **fields: Any) -> Any:
    given = {"audience": audience, "name": "Ada", "description": "Short answers.", "category": "general", **fields}
    return client.post(home(company, f"share/agent/{agent_id}/"), given)


def published(desk: Desk, agent_id: str, **fields: Any) -> ListingVersion:
    """Shared with everybody, and read by a moderator in the admin site."""
    assert share(browser(desk), desk, agent_id, **fields).status_code == 302
    version = ListingVersion.objects.filter(workspace=desk.workspace).latest("submitted_at")
    answer = desk.desk.post(f"/admin/moderation/listings/{version.pk}/", {"act": "approve"})
    assert answer.status_code == 302, answer.content
    version.refresh_from_db()
    return version


def install(client: Client, company: Company, listing: Listing, **fields: str) -> InstalledListing:
    answer = client.post(home(company, f"listings/{listing.slug}/install/"), fields)
    assert answer.status_code == 302, text_of(answer)
    return InstalledListing.objects.filter(workspace=company.workspace, listing=listing).latest("installed_at")


def test_thirty_planted_secrets_of_ten_kinds_are_found_and_none_is_stored() -> None:
    desk = Desk()
    secrets = [(kind, text) for kind, texts in PLANTED.items() for text in texts]
    assert (len(PLANTED), len(secrets)) == (10, 30)
    lines = [f"Step {number}: work with this: {text}\n" for number, (_, text) in enumerate(secrets)]
    agent = make(desk, custom_prompt="".join(lines))
    page = browser(desk).get(home(desk, f"share/agent/{agent['id']}/")).content.decode()
    missed = [(kind, text) for kind, text in secrets if text in page]
    assert not missed
    assert page.count("Taken out") >= 30
    # Nor does it help to ask for them to stay.
    every = re.findall(r'name="keep" value="([^"]+)"', page) + [f"secret:custom_prompt:{n}" for n in range(5000)]
    assert share(browser(desk), desk, agent["id"], keep=every[:500]).status_code == 302
    stored = json.dumps(list(ListingVersion.objects.filter(workspace=desk.workspace).values("body", "removed", "name")))
    assert [text for _, text in secrets if json.dumps(text)[1:-1] in stored] == []
    tails = [text for kind, text in secrets if kind != "private key" and text[-12:] in stored]
    assert tails == []
    # The agent itself keeps what it had.
    assert "hunter2!secret" in Agent.objects.get(pk=agent["id"]).custom_prompt


def test_personal_data_and_private_references_are_named_and_stay_only_if_wanted() -> None:
    desk = Desk()
    member = Membership.objects.get(workspace=desk.workspace, role=Role.EDITOR).user
    member.name = "Wilhelmina Quastel"
    member.save()
    text = (
        "Write to jo@kestrel-works.com or call +49 30 1234 5678. Pay to DE89 3704 0044 0532 0130 00, card "
        "4111 1111 1111 1111. Ask Wilhelmina Quastel. Look at http://10.1.2.3:8080, https://wiki.corp/page, "
        "/home/jo/notes.md and /w/acme/agents/."
    )
    agent = make(desk, custom_prompt=text)
    page = browser(desk).get(home(desk, f"share/agent/{agent['id']}/"))
    words = text_of(page)
    kinds = ("Email address", "Phone number", "Bank account (IBAN)", "Card number", "Name of a member")
    for kind in (
        *kinds,
        "Address inside a network",
        "Host inside a network",
        "Path of a home folder",
        "Page of this workspace",
    ):
        assert kind in words, kind
    keep = re.findall(r'name="keep" value="(personal:custom_prompt:9)"', page.content.decode())
    assert share(browser(desk), desk, agent["id"], keep=keep).status_code == 302
    body = ListingVersion.objects.get(workspace=desk.workspace).body["custom_prompt"]
    assert "jo@kestrel-works.com" in body
    for gone in ("1234 5678", "DE89", "4111", "Quastel", "10.1.2.3", "wiki.corp", "/home/jo", "/w/acme"):
        assert gone not in body, gone


def test_harmless_text_is_left_as_it_is() -> None:
    desk = Desk()
    text = (
        "Use a token budget of 2000. The password policy: ask for 12 characters. Version 1.2.3.4 of RFC 2606. Write to "
        "someone@example.org. See https://docs.python.org/3/ and sha256 of files. Set max_tokens = 2000; the secret is "
        "patience."
    )
    agent = make(desk, custom_prompt=text)
    assert share(browser(desk), desk, agent["id"]).status_code == 302
    assert ListingVersion.objects.get(workspace=desk.workspace).body["custom_prompt"] == text


def test_an_agent_goes_over_the_desk_into_the_marketplace_and_is_installed_elsewhere() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    assert share(browser(desk), desk, agent["id"]).status_code == 302
    version = ListingVersion.objects.get(workspace=desk.workspace)
    assert "With a moderator" in text_of(browser(desk).get(home(desk, "shared/")))
    path = home(other, f"listings/{version.listing.slug}/")
    assert browser(other).get(path).status_code == 404
    assert "Answer in one sentence." in text_of(desk.desk.get(f"/admin/moderation/listings/{version.pk}/"))
    assert (
        desk.desk.post(f"/admin/moderation/listings/{version.pk}/", {"act": "reject", "reason": "no"}).status_code
        == 422
    )
    assert desk.desk.post(f"/admin/moderation/listings/{version.pk}/", {"act": "approve"}).status_code == 302
    entry = Entry.objects.get(kind="agent", object_id=version.listing_id)
    assert (entry.is_public, entry.name) == (True, "Ada")
    assert "Ada" in text_of(browser(other).get(home(other, "?kind=agent")))
    assert "Answer in one sentence." in text_of(browser(other).get(path))
    row = install(browser(other, Role.EDITOR), other, version.listing)
    made = Agent.objects.get(pk=row.object_id)
    assert (made.workspace_id, made.name, made.custom_prompt) == (other.workspace.pk, "Ada", "Answer in one sentence.")
    entry.refresh_from_db()
    assert (Listing.objects.get(pk=version.listing_id).installs, entry.installs) == (1, 1)
    assert browser(other, Role.VIEWER).post(path + "install/").status_code == 403


def test_what_is_missing_is_listed_with_a_button_and_does_not_stop_the_installation() -> None:
    desk, other = Desk(), Company()
    agent = make(desk, agent_model_config={"provider": "anthropic", "model_id": "claude-haiku-4-5"})
    version = published(desk, agent["id"])
    page = browser(other).get(home(other, f"listings/{version.listing.slug}/install/"))
    assert "It thinks with anthropic:claude-haiku-4-5." in text_of(page)
    assert f"/w/{other.workspace.slug}/settings/credentials/" in page.content.decode()
    install(browser(other), other, version.listing)


def test_an_update_keeps_what_was_changed_here_and_can_be_put_off() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    first = published(desk, agent["id"])
    row = install(browser(other), other, first.listing)
    other.editor.patch(f"/api/agents/{row.object_id}", {"description": "Ours now."})
    desk.editor.patch(
        f"/api/agents/{agent['id']}", {"custom_prompt": "Answer in two sentences.", "description": "Longer."}
    )
    second = published(desk, agent["id"], description="Longer.", notes="Twice as long.")
    assert second.number == 2
    admin = browser(other)
    assert "See version 2" in text_of(admin.get(home(other, "installed/")))
    dashboard = f"/w/{other.workspace.slug}/"
    assert "1 update waits" in text_of(admin.get(dashboard))
    path = home(other, f"installed/{row.pk}/update/")
    page = text_of(admin.get(path))
    for words in ("Answer in two sentences.", "Ours now.", "Twice as long."):
        assert words in page, words
    admin.post(path, {"do": "put_off", "number": "2"})
    assert "See version 2" not in text_of(admin.get(home(other, "installed/")))
    assert "update waits" not in text_of(admin.get(dashboard))
    assert admin.post(path, {"do": "accept", "number": "9"}).status_code == 302
    assert Agent.objects.get(pk=row.object_id).custom_prompt == "Answer in one sentence."
    done = admin.post(path, {"do": "accept", "number": "2"}, follow=True)
    assert "Kept as you changed it: description." in text_of(done)
    made = Agent.objects.get(pk=row.object_id)
    assert (made.custom_prompt, made.description) == ("Answer in two sentences.", "Ours now.")


def test_uninstalling_cleans_up_and_says_what() -> None:
    desk, other = Desk(), Company()
    status, persona = desk.editor.post(
        "/api/personas", {"name": "Dry wit", "category": "Support", "system_prompt": "Be dry."}
    )
    assert status == 201, persona
    version = published(desk, make(desk, persona_id=persona["id"])["id"])
    row = install(browser(other), other, version.listing)
    mine = Persona.objects.get(workspace=other.workspace)
    assert mine.system_prompt == "Be dry."
    path = home(other, f"installed/{row.pk}/uninstall/")
    assert browser(other, Role.EDITOR).get(path).status_code == 403
    assert "Dry wit (persona)" in text_of(browser(other).get(path))
    done = browser(other).post(path, follow=True)
    assert "The agent Ada was deleted" in text_of(done)
    assert "The persona Dry wit was deleted" in text_of(done)
    assert not Agent.objects.visible().filter(workspace=other.workspace).exists()
    assert not InstalledListing.objects.filter(pk=row.pk).exists()
    actions = AuditEntry.objects.filter(workspace_id=other.workspace.pk).values_list("action", flat=True)
    assert {"listing.installed", "listing.uninstalled"} <= set(actions)


def test_a_link_opens_what_it_is_for_and_nothing_without_it() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    assert share(browser(desk, Role.EDITOR), desk, agent["id"], "link").status_code == 403
    assert share(browser(desk), desk, agent["id"], "link").status_code == 302
    listing = Listing.objects.get(workspace=desk.workspace)
    admin = browser(other)
    path = home(other, f"listings/{listing.slug}/")
    assert admin.get(path).status_code == 404
    assert admin.get(path + "?link=wrong").status_code == 404
    assert admin.get(home(other, "link/wrong/")).status_code == 404
    assert other.workspace.name in text_of(admin.get(f"/shared/{listing.token}/"))
    led = admin.get(home(other, f"link/{listing.token}/"), follow=True)
    assert "no moderator has read it" in text_of(led)
    install(admin, other, listing, link=listing.token)
    assert admin.get(path).status_code == 200
    browser(desk).post(home(desk, f"shared/{listing.versions.get().pk}/withdraw/"))
    assert "It cannot be installed" in text_of(admin.get(path))
    assert signed_in(desk.moderator).get(home(other, f"link/{listing.token}/")).status_code == 404


def test_inside_a_workspace_an_editor_shares_and_others_see_nothing() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    assert share(browser(desk, Role.EDITOR), desk, agent["id"], "workspace").status_code == 302
    listing = Listing.objects.get(workspace=desk.workspace)
    assert "Inside this workspace" in text_of(browser(desk, Role.VIEWER).get(home(desk, f"listings/{listing.slug}/")))
    assert browser(other).get(home(other, f"listings/{listing.slug}/")).status_code == 404
    assert share(browser(desk), desk, agent["id"], "workspace").status_code == 409
    assert share(browser(desk), desk, agent["id"], "nobody").status_code == 422
    assert share(browser(desk), desk, agent["id"], name="sk-" + "q1W2" * 12).status_code == 422
    assert share(browser(other), other, agent["id"]).status_code == 404


def test_the_database_hides_what_waits_and_lets_nobody_publish_by_themselves() -> None:
    desk, other = Desk(), Company()
    agent = make(desk)
    share(browser(desk), desk, agent["id"])
    share(browser(desk), desk, agent["id"], "link")
    with app_role(), workspace_scope(other.workspace.pk):
        assert not Listing.objects.exists()
        assert not ListingVersion.objects.exists()
    with app_role(), workspace_scope(desk.workspace.pk):
        waiting = ListingVersion.objects.get(status="pending")
        assert Listing.objects.filter(audience="public").update(name="Mine") == 0
        for status in ("approved", "shared"):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                ListingVersion.objects.filter(pk=waiting.pk).update(status=status)
        for column, value in (("is_public", True), ("installs", 99), ("is_system", True)):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                Listing.objects.filter(audience="link").update(**{column: value})
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            ListingVersion.objects.filter(pk=waiting.pk).update(body={})
        waiting.pk, waiting.number, waiting.status = UUID(int=7), 9, "approved"
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            waiting.save(force_insert=True)


def test_odd_text_is_survived() -> None:
    desk = Desk()
    agent = make(desk, custom_prompt="\u202eright to left\u202c and \\u0000 as six letters, " + "word " * 20_000)
    answer = share(browser(desk), desk, agent["id"], name="a\x00b")
    assert answer.status_code == 422
    assert share(browser(desk), desk, agent["id"], name="\u202eodd").status_code == 302
    assert browser(desk).get(home(desk, "share/nothing/" + agent["id"] + "/")).status_code == 404


def test_what_is_too_long_to_be_searched_is_refused_with_its_size() -> None:
    desk = Desk()
    agent = make(desk, custom_prompt="sk-" * 120_000)
    answer = share(browser(desk), desk, agent["id"])
    assert answer.status_code == 400
    assert "at most 300,000 can be shared" in text_of(answer)
    assert not ListingVersion.objects.filter(workspace=desk.workspace).exists()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sk-0123456789abcdef0", "API key"),
        ("rk_live_0123456789", "API key"),
        (f"ghu_{'a1' * 12}", "GitHub token"),
        (f"glpat-{'a1' * 12}", "GitLab token"),
        (f"xoxb-{'1a' * 8}", "Slack token"),
        (f"AIza{'Sy' * 18}", "Google API key"),
        (f"ASIA{'A1' * 8}", "AWS access key"),
        (f"hf_{'aB' * 12}", "Hugging Face token"),
        ("see /w/kitchen/runs/", "Page of this workspace"),
        ("Authorization: BEARER abcdefgh12345678", "Bearer token"),
        ("see HTTPS://ines:hunter22@host.example/x", "Password in an address"),
        ("my PA\u017f\u017fWORD = hunter22!", "Password or key"),
        ("write to Ines@Kitchen.De", "Email address"),
        ("on DB.Kitchen.INTERNAL it stands", "Host inside a network"),
        (f"ibm_cloud_iam_key = '{'aB3_' * 11}'", "IBM Cloud IAM Key"),
        (f"cloudant_password = '{'0a' * 32}'", "Cloudant Credentials"),
        (f"cos_hmac_secret_access_key = '{'0a' * 24}'", "IBM COS HMAC Credentials"),
        (f"softlayer_api_key = '{'z9' * 32}'", "SoftLayer Credentials"),
    ],
)
def test_what_is_looked_for_only_beside_its_words_is_found_in_any_case(text: str, kind: str) -> None:
    assert kind in [hit.kind for hit in [*leaks._of_patterns(text), *leaks._of_detectors(text)]]
