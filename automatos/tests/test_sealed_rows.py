"""What is sealed, in any app's table, moves to the newest master key, and is empty once its key was given up."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from automatos.master_keys import MasterKey, MasterKeys
from recipes.models import Recipe, RecipeTrigger
from recipes.triggers import shared_secrets
from tools.composio import messages, triggers
from tools.composio.access import Access
from tools.mcp.oauth import tokens
from tools.models import ComposioWebhook, McpSignIn, RemoteService
from workspaces.credentials import rotation
from workspaces.models import AuditEntry
from workspaces.tests.credential_kit import made, stocked_company

OLD, NEW = MasterKey("old", b"o" * 32), MasterKey("new", b"n" * 32)
pytestmark = pytest.mark.django_db


def keys(*found: MasterKey) -> MasterKeys:
    return MasterKeys(found, "CREDENTIALS_KEYS")


def rotate(**options: str) -> str:
    out = StringIO()
    call_command("rotate_credentials", stdout=out, stderr=out, **options)
    return out.getvalue()


class Sealed:
    """One of each, sealed under the old key, and what they say."""

    def __init__(self, settings: Any) -> None:
        settings.CREDENTIALS_KEYS = keys(OLD)
        self.company = stocked_company()
        workspace = self.company.workspace
        made(self.company.admin)
        service = RemoteService.objects.create(workspace=workspace, kind="mcp", name="tracker", url="https://x.test/")
        row = McpSignIn(workspace=workspace, service=service, state="active")
        tokens.seal_into(row, {"access": "at-1"})
        row.save()
        triggers.keep_secret(Access("ak"), "sub", "https://x.test/", "whsec_installation")
        triggers.keep_secret(Access("ak", workspace_id=workspace.pk), "sub", "https://x.test/", "whsec_own")
        recipe = Recipe.objects.create(workspace=workspace, name="Tides", template_id="tides")
        hook = RecipeTrigger(workspace=workspace, recipe=recipe, kind="webhook", name="Issues")
        shared_secrets.keep(hook, "whsec_hook")
        hook.save()
        RecipeTrigger.objects.create(workspace=workspace, recipe=recipe, kind="recipe", name="Without a secret")

    @property
    def said(self) -> list[str]:
        hook = RecipeTrigger.objects.get(kind="webhook")
        webhooks = ComposioWebhook.objects.order_by("workspace_id")
        return [
            tokens.opened_of(McpSignIn.objects.get()).get("access", ""),
            *(messages.secret_of(row) for row in webhooks),
            *shared_secrets.known(hook),
        ]


def test_every_sealed_row_moves_and_the_old_key_is_needed_no_more(settings: Any) -> None:
    sealed = Sealed(settings)
    before = sealed.said
    assert before == ["at-1", "whsec_own", "whsec_installation", "whsec_hook"]
    settings.CREDENTIALS_KEYS = keys(NEW, OLD)
    told = rotate()
    assert "5 of 5 credentials moved." in told
    assert "older keys can be removed" in told
    settings.CREDENTIALS_KEYS = keys(NEW)
    assert sealed.said == before


def test_what_a_lost_key_sealed_is_emptied_and_asks_for_a_person(settings: Any) -> None:
    sealed = Sealed(settings)
    settings.CREDENTIALS_KEYS = keys(NEW)
    assert "5 credentials under old were removed" in rotate(give_up="old")
    assert sealed.said == ["", "", ""]
    assert AuditEntry.objects.filter(action="credential.given_up").count() == 4
    assert not triggers.is_subscribed(Access("ak"), "https://x.test/")


def test_each_table_with_a_sealed_column_is_known() -> None:
    columns = {"secret", "key_id"}
    sealed = {
        model._meta.db_table
        for model in apps.get_models()
        if columns <= {field.name for field in model._meta.get_fields()}
    }
    assert sealed == {table.name for table in rotation.tables()}
    assert len(sealed) == 4
